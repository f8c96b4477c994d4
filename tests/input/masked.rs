//! Broken specs with a password at any place: nothing that is said of them repeats it.

use crate::generate::{committed, source};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use underpin::compile::compile;
use underpin::diagnostic::{json, terminal};
use underpin::source::Source;
use underpin::spec::redaction;

/// How many broken specs of each kind.
const CASES: u32 = 192 * crate::FACTOR;

/// What stands in the place of a password; a message has no other reason to hold it.
const MARKER: &str = "Zq7vMarker";

/// Lines that hold the marker as a value, where no field is.
const LINES: [&str; 22] = [
    "pasword = \"MARKER\"",
    "pasword = 'MARKER'",
    "pasword = \"\"\"\nMARKER\n\"\"\"",
    "pasword = '''\nMARKER'''",
    "pasword = { value = \"MARKER\" }",
    "pasword = [\"a\", [\"MARKER\"]]",
    "a.b.pasword = \"MARKER\"",
    "\"pass word\" = \"MARKER\"",
    "pasword = \"MARKER",
    "pasword = \"\"\"MARKER",
    "pasword = MARKER",
    "pasword: MARKER",
    "pasword: \"MARKER\"",
    "- MARKER",
    "MARKER",
    "pasword = \"a\" MARKER",
    "pasword = \"a\" # MARKER",
    "pasword = \"a\"\npasword = \"MARKER\"",
    "[oops]\ntoken = \"MARKER\"",
    "[[roles]]\nname = \"a\"\npassword = { value = \"MARKER\" }",
    "pasword = \"-----BEGIN EC PRIVATE KEY-----\\nMARKER\"",
    "pasword = \"postgres://u:MARKER@h/db\"",
];

/// What a value becomes: of another shape, or with a password in it.
const VALUES: [&str; 9] = [
    "{ value = \"MARKER\" }",
    "{ a = { b = 'MARKER' } }",
    "[[\"MARKER\"]]",
    "\"user:MARKER@registry.example/x:1\"",
    "\"https://user:MARKER@host/x\"",
    "\"https://MARKER@host/x\"",
    "\"MARKER",
    "MARKER",
    "\"a\" MARKER",
];

fn broken(lines: &[&str], at: usize, with: &str) -> String {
    let mut text: Vec<&str> = lines.to_vec();
    text.insert(at, with);
    text.join("\n") + "\n"
}

fn says_nothing_of_it(source: &Source) {
    let redaction = redaction(&source.text);
    for diagnostic in &compile(source).diagnostics {
        let style = terminal::Style {
            color: false,
            width: 100,
        };
        for said in [
            terminal::render(diagnostic, source, &redaction, style),
            json::render(diagnostic, source, &redaction),
        ] {
            assert!(!said.contains(MARKER), "{said}\nof\n{}", source.text);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_line_that_no_field_is_for(spec in any::<Index>(), at in any::<Index>(), line in select(&LINES[..])) {
        let specs = committed();
        let lines: Vec<&str> = spec.get(&specs).text.lines().collect();
        let line = line.replace("MARKER", MARKER);
        says_nothing_of_it(&source(broken(&lines, at.index(lines.len()), &line)));
    }

    #[test]
    fn a_value_of_another_shape(spec in any::<Index>(), at in any::<Index>(), value in select(&VALUES[..])) {
        let specs = committed();
        let mut lines: Vec<String> = spec.get(&specs).text.lines().map(str::to_owned).collect();
        let with_value: Vec<usize> = (0..lines.len())
            .filter(|at| !lines[*at].starts_with('#') && lines[*at].contains(" = "))
            .collect();
        let at = *at.get(&with_value);
        let (key, _) = lines[at].split_once(" = ").unwrap();
        lines[at] = format!("{key} = {}", value.replace("MARKER", MARKER));
        says_nothing_of_it(&source(lines.join("\n")));
    }

    #[test]
    fn a_key_that_is_misspelt(spec in any::<Index>(), at in any::<Index>()) {
        let specs = committed();
        let mut lines: Vec<String> = spec.get(&specs).text.lines().map(str::to_owned).collect();
        let strings: Vec<usize> = (0..lines.len())
            .filter(|at| lines[*at].contains(" = \"") && !lines[*at].starts_with(['#', ' ']) && !lines[*at].contains('{'))
            .collect();
        let at = *at.get(&strings);
        let (key, _) = lines[at].split_once(" = \"").unwrap();
        lines[at] = format!("x{} = \"{MARKER}\" # {MARKER}", key.trim().replace('"', ""));
        says_nothing_of_it(&source(lines.join("\n")));
    }
}

#[test]
fn where_a_secret_is_named_stands_no_other_text() {
    for line in [
        "pull_secrets = [\"registry:MARKER\"]",
        "secret = \"MARKER!\"",
        "roles = [{ name = \"a\", password = { secret = \"MARKER!\", key = \"MARKER/x\" } }]",
        "restore.secret = \"a MARKER\"",
        "postgres.settings.pasword = \"MARKER\"",
        "postgres.settings.primary_conninfo = \"host=a pass=MARKER\"",
        "postgres.settings.ssl_passphrase_command = \"echo MARKER\"",
        "postgres.settings = { ssl = true, \"a.pasword\" = \"MARKER\" }",
        "storage.volume.csi = { driver = \"a\", handle = \"b\", attributes = { pasword = \"MARKER\" }, x = 1 }",
        "storage.volume.csi.fs_type = \"https://u:MARKER@a\"",
        "labels = { pasword = \"MARKER MARKER\" }",
        "\"u:MARKER@h\" = 1",
        "\"https://u:MARKER@h\" = \"a\"",
    ] {
        let text = super::with(&line.replace("MARKER", MARKER));
        let said = compile(&source(text.as_str())).diagnostics;
        assert!(!said.is_empty(), "{line}");
        says_nothing_of_it(&source(text));
    }
}
