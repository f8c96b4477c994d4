//! What is said: links lead somewhere, tables keep their columns, and what the scripts say is
//! quoted as they say it.

use super::{HOSTILE, runbook, specs, tree};
use underpin::scripts;

#[test]
fn every_link_leads_to_a_heading() {
    for (name, spec) in specs() {
        let tree = tree(&spec);
        expect_links_to_lead(name, runbook(&tree));
    }
    let mut committed = 0;
    for folder in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/generated")).unwrap() {
        let path = folder.unwrap().path().join("RUNBOOK.md");
        expect_links_to_lead(
            &path.display().to_string(),
            &std::fs::read_to_string(&path).unwrap(),
        );
        committed += 1;
    }
    assert!(committed > 3, "{committed}");
}

#[track_caller]
fn expect_links_to_lead(name: &str, text: &str) {
    let headings: Vec<String> = text
        .lines()
        .filter_map(|line| {
            line.trim_start_matches('#')
                .strip_prefix(' ')
                .filter(|_| line.starts_with("##"))
        })
        .map(|title| title.to_lowercase().replace(' ', "-"))
        .collect();
    for link in text.split("](#").skip(1) {
        let link = link.split(')').next().unwrap();
        assert!(
            headings.iter().any(|heading| heading == link),
            "{name}: #{link}"
        );
    }
    assert!(headings.len() > 10, "{name}");
}

/// What the spec has switched off, or on, is no step and no row.
#[test]
fn what_the_spec_says_of_restores_and_rehearsals_is_said() {
    let [plain, other] = ["default class", "superuser, not rehearsed"]
        .map(|name| runbook(&tree(&specs()[name])).to_owned());
    for (words, in_plain, in_other) in [
        (
            "a backup's restore is | rehearsed beside it, up to",
            true,
            false,
        ),
        ("a backup's restore is | not rehearsed |", false, true),
        ("which can log in only as long as", true, false),
        ("as the superuser (`restore.as_superuser`", false, true),
        ("create secret generic orders-restore", true, false),
        ("delete secret orders-restore", true, false),
        ("half of that for one |", true, false),
        ("step 1 of [Restore]", true, false),
        ("take the key away", true, false),
        (
            "password was changed in the Secret alone: [Change",
            false,
            true,
        ),
        ("| `was rehearsed in part` |", true, false),
        ("| `is published, but` … `it lacks:` |", true, true),
        (
            "| `kept by an earlier restore, since it differs` |",
            true,
            true,
        ),
        ("| `(a restore fails or differs)` |", true, true),
    ] {
        assert_eq!(plain.contains(words), in_plain, "{words}");
        assert_eq!(other.contains(words), in_other, "{words}");
    }
}

#[test]
fn every_row_has_the_columns_of_its_table() {
    for (name, spec) in specs() {
        let tree = tree(&spec);
        let mut columns = None;
        for line in runbook(&tree).lines() {
            if !line.starts_with('|') {
                columns = None;
                continue;
            }
            let found = line.matches('|').count();
            assert_eq!(*columns.get_or_insert(found), found, "{name}: {line}");
        }
    }
}

#[test]
fn nothing_of_a_name_is_markup() {
    let tree = tree(&specs()["hostile"]);
    let mut in_code = false;
    for line in runbook(&tree).lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            for name in HOSTILE.iter().filter(|name| name.len() > 2) {
                assert!(
                    !line.contains(name) || line.contains(&format!("`{name}`")),
                    "{line}"
                );
            }
        }
    }
    assert!(!in_code);
}

#[test]
fn no_line_is_left_ragged() {
    for (name, spec) in specs() {
        let tree = tree(&spec);
        let text = runbook(&tree);
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{name}");
        assert!(
            !text.contains("\n\n\n"),
            "{name}: two blank lines: {:?}",
            text.split("\n\n\n")
                .next()
                .map(|text| &text[text.len().saturating_sub(80)..])
        );
        for line in text.lines() {
            assert_eq!(line.trim_end(), line, "{name}");
            assert!(
                !line.contains("{{") && !line.contains("{%"),
                "{name}: {line}"
            );
        }
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.starts_with("**") || line.starts_with("## "))
        {
            assert!(lines[at - 1].is_empty(), "{name}: {line}");
        }
    }
}

/// A person searches the runbook for the words on the screen.
#[test]
fn what_the_scripts_say_is_quoted_as_they_say_it() {
    let text: String = scripts::ALL.iter().map(|script| script.text).collect();
    // What several scripts share speaks of itself by this word.
    let scripts: String = ["bootstrap", "backup", "restore", "drill"]
        .map(|action| text.replace("$action", action))
        .concat();
    let mut quoted = 0;
    for (name, spec) in specs() {
        let tree = tree(&spec);
        let text = runbook(&tree);
        let (_, tables) = text
            .split_once("\n## When the server refuses to start")
            .or_else(|| text.split_once("\n## When a backup fails"))
            .or_else(|| text.split_once("\n## When the branch is not there"))
            .unwrap();
        for line in tables.lines().filter(|line| line.starts_with("| `")) {
            let cell = line.split('|').nth(1).unwrap();
            for span in cell.split('`').skip(1).step_by(2) {
                let words: Vec<String> = if span.starts_with("event=") {
                    span.split([' ', '=', '…']).map(str::to_owned).collect()
                } else {
                    let said = span
                        .replace("uid 999", "uid $uid")
                        .replace("uid 70", "uid $uid");
                    said.split('…').map(|part| part.trim().to_owned()).collect()
                };
                for word in words {
                    assert!(
                        scripts.contains(&word),
                        "{name}: no script says `{word}`, of `{span}`"
                    );
                    quoted += 1;
                }
            }
        }
    }
    assert!(quoted > 100);
}

/// A person searches it for the last line of a Job: each that asks for something has its row.
#[test]
fn each_last_line_has_its_row() {
    let text: Vec<String> = specs()
        .values()
        .map(|spec| runbook(&tree(spec)).to_owned())
        .collect();
    let mut told = 0;
    for (heading, parts) in [
        (
            "When a drill fails",
            &["drill", "throwaway", "manifest", "asserts"][..],
        ),
        ("List and verify backups", &["backups"]),
        (
            "When a restore fails",
            &[
                "restore", "manifest", "choice", "target", "load", "swap", "aside", "salvage",
            ],
        ),
        (
            "When a backup fails",
            &[
                "backup",
                "snapshot",
                "dump",
                "publish",
                "prune",
                "rehearsal",
                "failure",
                "session",
            ],
        ),
        ("When bootstrap fails", &["bootstrap"]),
        ("When the server refuses to start", &["start"]),
    ] {
        let action = heading.split(' ').rev().nth(1).unwrap();
        let spans: Vec<&str> = text
            .iter()
            .flat_map(|text| first_cells(text, heading))
            .collect();
        for part in parts {
            let file = format!("{part}.sh");
            let script = scripts::ALL
                .iter()
                .find(|script| script.name == file)
                .unwrap();
            for line in script.text.lines().filter_map(last_line) {
                let line = line
                    .replace("$action", action)
                    .replace("uid $uid", "uid 999");
                let says = |span: &&str| span.split('…').all(|words| line.contains(words.trim()));
                assert!(
                    spans.iter().any(says),
                    "{file}: no row of \"{heading}\" says: {line}"
                );
                told += 1;
            }
        }
    }
    assert!(told > 60, "{told}");
}

/// What stands in backticks in the first column of the tables below a heading.
fn first_cells<'t>(text: &'t str, heading: &str) -> Vec<&'t str> {
    let Some((_, rest)) = text.split_once(&format!("\n## {heading}\n")) else {
        return Vec::new();
    };
    let chapter = rest.split("\n## ").next().unwrap();
    let rows = chapter.lines().filter(|line| line.starts_with("| "));
    rows.flat_map(|line| {
        line.split('|')
            .nth(1)
            .unwrap()
            .split('`')
            .skip(1)
            .step_by(2)
    })
    .collect()
}

/// What a script ends with by a status that no retry mends. Where nothing but a variable stands, the words are
/// another script's.
fn last_line(line: &str) -> Option<&str> {
    let end = line.split_once("end 3 ");
    let (_, sentence) = end.or_else(|| line.split_once("end_all 3 "))?;
    let sentence = sentence.trim_start_matches(['"', '\'']);
    let is_variable = |c: char| c.is_ascii_alphanumeric() || "${}_".contains(c);
    let words = sentence.trim_start_matches(is_variable);
    (!words.starts_with('"')).then_some(sentence)
}

/// What one should see is what a script logs, in one line.
#[test]
fn what_one_should_see_is_what_the_scripts_log() {
    let lines: Vec<&str> = scripts::ALL
        .iter()
        .flat_map(|script| script.text.lines())
        .collect();
    let mut promised = 0;
    for (name, spec) in specs() {
        let tree = tree(&spec);
        let spans = runbook(&tree).split('`').skip(1).step_by(2);
        for span in spans.filter(|span| span.starts_with("event=")) {
            let mut words = span.split_whitespace();
            let event = words.next().unwrap();
            let result = words.find_map(|word| word.strip_prefix("result="));
            let logged = lines.iter().any(|line| {
                let ends = |at: usize| !line[at..].starts_with(|c: char| c.is_alphanumeric());
                line.match_indices(event)
                    .any(|(at, _)| ends(at + event.len()))
                    && result.is_none_or(|result| line.contains(result))
            });
            assert!(logged, "{name}: no script logs `{span}`");
            promised += 1;
        }
    }
    assert!(promised > 50, "{promised}");
}
