//! What to write in place of what is no TOML. The parser's words and the line in, a help out; a value is
//! not repeated: it may be a secret.

/// By what is known of slips: the habits of YAML, a table written in two ways, an end that is missing.
pub(super) fn help(message: &str, line: &str) -> String {
    let line = line.trim();
    if message.starts_with("duplicate key") {
        return twice(line);
    }
    if message.contains("string") && (message.contains("expected") || message.contains("invalid")) {
        return "end a text with the quote that it begins with: `key = \"text\"`".into();
    }
    match line.split_once(':') {
        Some((key, value)) if is_key(key) && value.trim().is_empty() => {
            format!("TOML writes a table as `[{key}]`, and its keys below as `key = \"text\"`")
        }
        Some((key, _)) if is_key(key) => format!("TOML writes `{key} = \"…\"`"),
        _ if line.starts_with("- ") => {
            "TOML writes a list as `key = [\"one\", \"two\"]`, and of tables each below `[[key]]`".into()
        }
        _ => "TOML writes `key = \"text\"`, `key = [\"one\", \"two\"]`, and `[table]` above the keys of a table".into(),
    }
}

fn twice(line: &str) -> String {
    let inner = |open: &str, close: &str| line.strip_prefix(open)?.split(close).next();
    if let Some(list) = inner("[[", "]]").filter(|list| is_key(list)) {
        return format!(
            "`{list}` is there already: write all of it at `{list} = [{{ … }}, {{ … }}]`, or each below `[[{list}]]`"
        );
    }
    if let Some(table) = inner("[", "]").filter(|table| is_key(table)) {
        return format!(
            "`{table}` is there already: put these keys to the others, as `{table}.key = …`, or all of them below one `[{table}]`"
        );
    }
    "it is there already: keep one of them".into()
}

fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}
