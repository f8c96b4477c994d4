//! Any bytes, straight into the compiler and through the words for its faults.

use crate::generate::source;
use proptest::prelude::*;
use underpin::compile::compile;
use underpin::diagnostic::{json, terminal};
use underpin::source::Source;

/// How many texts of each kind.
const CASES: u32 = 256 * crate::FACTOR;

/// Compiles, and shows what it says in both forms; the test is that it comes back.
pub fn survives(source: &Source) {
    let compilation = compile(source);
    assert_eq!(
        compilation.failed(),
        compilation.tree.is_none(),
        "{:?}",
        source.text
    );
    let redaction = underpin::spec::redaction(&source.text);
    for diagnostic in &compilation.diagnostics {
        let style = terminal::Style {
            color: false,
            width: 80,
        };
        let shown = terminal::render(diagnostic, source, &redaction, style);
        assert!(
            !shown
                .chars()
                .any(|c| c != '\n' && underpin::diagnostic::is_hidden(c)),
            "{shown:?}"
        );
        serde_json::from_str::<serde_json::Value>(&json::render(diagnostic, source, &redaction))
            .unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text: String) {
        survives(&source(text));
    }

    #[test]
    fn any_line_of_text(text in "(\\PC|[\n\r\t\u{0}\u{1b}]){0,120}") {
        survives(&source(text));
    }

    #[test]
    fn what_looks_like_toml(text in "(name|namespace|postgres|image|storage|size|databases|roles|labels|password|[.=\\[\\]{},\"'#\n ]|= |\"a\"|1|true|nan|2001-01-01|\\[\\[|\\]\\]|\"\"\"|'''|\\\\u|é){0,60}") {
        survives(&source(text));
    }
}
