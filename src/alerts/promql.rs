//! Expressions of PromQL, as text: selectors whose values cannot break out of them.

/// A label that is this.
pub fn is(label: &str, value: &str) -> String {
    format!("{label}={}", quoted(value))
}

/// A label that is one of these.
pub fn one_of(label: &str, values: &[String]) -> String {
    match values {
        [only] => is(label, only),
        several => {
            let several: Vec<String> = several.iter().map(|value| escaped(value)).collect();
            format!("{label}=~{}", quoted(&several.join("|")))
        }
    }
}

/// A label that begins with this and goes on as an expression says. Prometheus anchors both ends.
pub fn begins(label: &str, value: &str, rest: &str) -> String {
    format!("{label}=~{}", quoted(&(escaped(value) + rest)))
}

/// Series by metric and labels.
pub fn series(metric: &str, matchers: &[String]) -> String {
    format!("{metric}{{{}}}", matchers.join(", "))
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A regular expression that is this text.
fn escaped(value: &str) -> String {
    let mut text = String::new();
    for character in value.chars() {
        if !character.is_ascii_alphanumeric() && !matches!(character, '-' | '_') {
            text.push('\\');
        }
        text.push(character);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_a_value() {
        assert_eq!(is("a", r#"b"} or x{c="\"#), r#"a="b\"} or x{c=\"\\""#);
        assert_eq!(one_of("a", &["b.c".into()]), r#"a="b.c""#);
        assert_eq!(
            one_of("a", &["b.c".into(), "d-e".into()]),
            r#"a=~"b\\.c|d-e""#
        );
        assert_eq!(begins("a", "b.c-", "[a-z]+"), r#"a=~"b\\.c-[a-z]+""#);
    }
}
