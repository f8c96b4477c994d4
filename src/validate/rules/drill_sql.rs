//! Asserts that are no one expression.

use super::drill_database::asserts;
use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP1302",
        title: "an assert that asks nothing, or more than one thing",
        text: "What is asserted is put between parentheses, as `select (…)`, and must be true: it is one query of one value, or an expression, and no `;` ends it.",
        bad: r#"[backup.drill]
asserts = [{ database = "app", sql = "select true;" }]
"#,
        good: r#"[backup.drill]
asserts = [{ database = "app", sql = "select true" }]
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    for (index, assert) in asserts(spec) {
        let at = path!["backup", "drill", "asserts", index, "sql"];
        let sql = assert.sql.trim();
        if sql.is_empty() {
            findings
                .value(at, "nothing is asserted")
                .help("write a query of one value, such as `select count(*) > 0 from orders`");
        } else if let Some(rest) = sql.strip_suffix(';') {
            let finding = findings
                .value(at, "a `;` ends it, and it is put between parentheses")
                .label("one query, without the `;`");
            if !rest.contains(['\n', ';', '`']) {
                finding.help(format!("write `{}`", rest.trim_end()));
            }
        } else if statements(sql) > 1 {
            findings
                .value(
                    at,
                    "more than one statement, and it is put between parentheses",
                )
                .label("one query of one value")
                .help("write each as an assert of its own; what changes something is none");
        }
    }
}

/// How many a `;` divides it into, outside of what PostgreSQL reads as text, name or comment.
fn statements(sql: &str) -> usize {
    let mut rest = sql;
    let mut count = 1;
    while let Some(at) = rest.find(['\'', '"', '$', '-', '/', ';']) {
        rest = &rest[at..];
        let length = match rest.as_bytes() {
            [b';', ..] => {
                count += 1;
                1
            }
            [b'-', b'-', ..] => rest.find('\n').unwrap_or(rest.len()),
            [b'/', b'*', ..] => past(rest, 2, "*/"),
            [quote @ (b'\'' | b'"'), ..] => past(rest, 1, if *quote == b'"' { "\"" } else { "'" }),
            [b'$', ..] => match dollar_quote(rest) {
                Some(tag) => past(rest, tag.len(), tag),
                None => 1,
            },
            _ => 1,
        };
        rest = &rest[length..];
    }
    count
}

/// How long it is with what ends it.
fn past(text: &str, start: usize, end: &str) -> usize {
    text[start..]
        .find(end)
        .map_or(text.len(), |at| start + at + end.len())
}

/// `$$` or `$tag$`.
fn dollar_quote(text: &str) -> Option<&str> {
    let end = text[1..].find('$')? + 1;
    let is_tag = text[1..end]
        .chars()
        .all(|c| c.is_alphanumeric() || c == '_')
        && !text[1..].starts_with(|c: char| c.is_ascii_digit());
    is_tag.then(|| &text[..=end])
}

#[cfg(test)]
mod tests {
    use super::statements;

    #[test]
    fn what_is_quoted_divides_nothing() {
        for sql in [
            "select count(*) > 0 from a",
            "select ';' = ';' and \"a;b\" and 'it''s;'",
            "select $$;$$ <> $a$ $$;' $a$",
            "select true -- first; second",
            "select /* ; */ 7 / 2 - 1 > 0",
            "select $1",
        ] {
            assert_eq!(statements(sql), 1, "{sql}");
        }
        for sql in [
            "select true; drop table x",
            "select ';'; select 1",
            "a -- b\n; c",
        ] {
            assert_eq!(statements(sql), 2, "{sql}");
        }
    }
}
