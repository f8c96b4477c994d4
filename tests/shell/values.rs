//! The values that people write, as values.sh judges them: what is meant is taken, and whatever else is
//! written ends a Job before it does anything, with what to write instead.

use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const SPEC: &str = "[\n  {\n    \"name\": \"orders\",\n    \"owner\": \"orders\"\n  },\n  {\n    \"name\": \"it's \\\"x\\\"\"\n  }\n]\n";
const SAY: &str = r#"
set -Eeuo pipefail
source src/scripts/lib.sh
source src/scripts/values.sh
"$JUDGE"
for name in BACKUP BEFORE REPLACE AS_SUPERUSER TABLES ACCEPT JOBS VERIFY SHOW ADOPT TARGET limit; do
    printf '%s=%s;' "$name" "${!name-}"
done
"#;

/// The script `judge` with these values, beside those that a CronJob has.
fn judge(judge: &str, values: &[(&str, &str)]) -> Output {
    let mut command = Command::new("bash");
    command
        .args(["-c", SAY])
        .current_dir(ROOT)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap());
    let usual = [
        ("JUDGE", judge),
        ("NAME", "orders"),
        ("NAMESPACE", "shop"),
        ("DATABASE", "orders"),
        (
            "DATABASES",
            if judge == "judge_backup" {
                "[\n  \"orders\"\n]\n"
            } else {
                SPEC
            },
        ),
        ("EXCLUDE", "[]"),
        ("ROLES", "[]"),
        ("REHEARSAL", "true"),
        ("REHEARSALS_SECONDS", "1200"),
        ("AS_SUPERUSER", "false"),
        ("VERIFY", ""),
        ("JOBS", "2"),
    ];
    for (name, value) in usual.iter().chain(values) {
        command.env(name, value);
    }
    command.output().unwrap()
}

#[track_caller]
fn taken(script: &str, values: &[(&str, &str)], words: &[&str]) {
    let output = judge(script, values);
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{values:?} {output:?}");
    for words in words {
        assert!(
            said.contains(&format!("{words};")),
            "{values:?}: `{words}` in {said}"
        );
    }
}

#[track_caller]
fn refused(script: &str, values: &[(&str, &str)], words: &[&str]) {
    let output = judge(script, values);
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(3), "{values:?} {output:?}");
    assert!(output.stdout.is_empty(), "{values:?} {output:?}");
    for words in words {
        assert!(said.contains(words), "{values:?}: `{words}` in {said}");
    }
    assert_eq!(said.trim_end().lines().count(), 1, "{values:?}: {said}");
}

#[test]
fn times() {
    for (time, epoch) in [
        ("2026-11-20T12:00:00Z", "1795176000"),
        ("2026-11-20t12:00:00z", "1795176000"),
        ("2026-11-20 13:00:00+01:00", "1795176000"),
        ("2026-11-20T06:30:00-05:30", "1795176000"),
        (" 2026-11-20T12:00:00Z\n", "1795176000"),
        ("2026-11-20T12:00:00.25Z", "1795176000"),
        ("2028-02-29T00:00:00Z", "1835395200"),
        ("2000-02-29T23:59:59Z", "951868799"),
        ("2026-01-01T00:30:00+02:00", "1767220200"),
    ] {
        taken(
            "judge_restore",
            &[("BEFORE", time)],
            &[&format!("limit={epoch}"), "BACKUP=latest"],
        );
    }
    for time in [
        "2026-13-20T12:00:00Z",
        "2026-00-20T12:00:00Z",
        "2026-11-31T12:00:00Z",
        "2026-11-00T12:00:00Z",
        "2026-13-40T25:61:61Z",
        "2027-02-29T12:00:00Z",
        "2100-02-29T12:00:00Z",
        "2026-11-20T24:00:00Z",
        "2026-11-20T12:60:00Z",
        "2026-11-20T12:00:60Z",
        "2026-11-20T12:00:61Z",
        "2026-11-20T12:00:00+99:99",
        "2026-11-20T12:00:00+24:00",
        "2026-11-20T12:00:00+01:60",
        "2026-11-20T12:00:00+0100",
        "2026-11-20T12:00:00",
        "2026-11-20T12:00Z",
        "2026-11-20",
        "20.11.2026 12:00",
        "yesterday",
        "2026-11-20T12:00:00 CET",
        "2026-11-20T12:00:00Z; rm -rf /",
        "$(touch pwned)",
    ] {
        let words = [
            "BEFORE is \"",
            "write a time of the calendar with its offset, as 2026-11-20T12:00:00Z",
        ];
        refused("judge_restore", &[("BEFORE", time)], &words);
    }
}

#[test]
fn backups() {
    let id = "20261123T021500Z-x7k2p";
    for (judge, values) in [
        ("judge_restore", &["latest", " latest\n"][..]),
        ("judge_drill", &["latest", "older", ""]),
    ] {
        for value in values {
            taken(judge, &[("BACKUP", value)], &[]);
        }
        taken(
            judge,
            &[("BACKUP", &format!(" {id}\n"))],
            &[&format!("BACKUP={id}")],
        );
        for wrong in [
            "Latest",
            "newest",
            "20261323T021500Z-x7k2p",
            "20270229T021500Z-x7k2p",
            "20261123T251500Z-x7k2p",
            "20261123T021560Z-x7k2p",
            "20261123T021500Z-X7K2P",
            "20261123T021500Z",
            "20261123T021500Z-x7k2pp",
            "../orders",
            "*",
            "a b",
        ] {
            let words = [
                &*format!("BACKUP is \"{wrong}\": write latest,"),
                "or the id of a backup, as 20261123T021500Z-x7k2p",
                "kubectl -n shop create job orders-backups-$(date +%s) --from=cronjob/orders-backups",
            ];
            refused(judge, &[("BACKUP", wrong)], &words);
        }
    }
    refused(
        "judge_restore",
        &[("BACKUP", "older")],
        &["BACKUP is \"older\": write latest, or"],
    );
    taken(
        "judge_restore",
        &[("BACKUP", ""), ("BEFORE", "")],
        &["BACKUP=latest"],
    );
    // One would silently win.
    let both = [("BACKUP", id), ("BEFORE", "2026-11-20T12:00:00Z")];
    refused(
        "judge_restore",
        &both,
        &["only one of them can choose", "write BEFORE= beside"],
    );
    for value in ["", "latest", "all", id, " all\n"] {
        taken("judge_list", &[("VERIFY", value)], &[]);
    }
    for wrong in ["All", "yes", "20261123T021500Z-", "20261323T021500Z-x7k2p"] {
        let words = [&*format!(
            "VERIFY is \"{wrong}\": write latest, all, or the id"
        )];
        refused("judge_list", &[("VERIFY", wrong)], &words);
    }
}

/// What may hold a password is not shown, nor what is outside of a backup.
#[test]
fn files_to_show() {
    let id = "20261123T021500Z-x7k2p";
    for value in [
        "latest/RESTORE.md",
        &format!("{id}/manifest.json"),
        &format!(" {id}/12/rehearsal.json\n"),
        "",
    ] {
        let taken_as = format!("SHOW={}", value.trim());
        taken("judge_list", &[("SHOW", value)], &[&taken_as]);
    }
    for wrong in [
        "latest",
        "RESTORE.md",
        "all/RESTORE.md",
        "latest/",
        "latest//RESTORE.md",
        "latest/restore.md",
        "latest/globals.sql",
        "latest/SHA256SUMS",
        "latest/1/database.json",
        "latest/1/schema.sql",
        "latest/1/dump/toc.dat",
        "latest/0/rehearsal.json",
        "latest/../other/RESTORE.md",
        "latest/1/../RESTORE.md",
        "latest/RESTORE.md\nlatest/RESTORE.md",
        "/latest/RESTORE.md",
        "../orders/RESTORE.md",
        "20261323T021500Z-x7k2p/RESTORE.md",
    ] {
        let words = [
            "SHOW is \"",
            "one of the files RESTORE.md, manifest.json or",
        ];
        refused("judge_list", &[("SHOW", wrong)], &words);
    }
    let both = [("VERIFY", "latest"), ("SHOW", "latest/RESTORE.md")];
    refused("judge_list", &both, &["VERIFY and SHOW are both set"]);
}

#[test]
fn switches_numbers_and_digests() {
    for name in ["REPLACE", "AS_SUPERUSER"] {
        for value in ["true", "false", " true", "true\n", "\tfalse "] {
            taken(
                "judge_restore",
                &[(name, value)],
                &[&format!("{name}={}", value.trim())],
            );
        }
        taken("judge_restore", &[(name, "")], &[&format!("{name}=false")]);
        for wrong in ["True", "TRUE", "yes", "1", "on", "'true'", "t", "truefalse"] {
            let words = [&*format!("{name} is \"{wrong}\": write true or false")];
            refused("judge_restore", &[(name, wrong)], &words);
        }
    }
    for judge in ["judge_restore", "judge_drill", "judge_backup"] {
        let verify = ("VERIFY", "content");
        taken(judge, &[("JOBS", " 4\n"), verify], &["JOBS=4"]);
        // Those of a backup are bounded by the connections that its role may have.
        let most = if judge == "judge_backup" { 4 } else { 99 };
        for wrong in ["0", "-1", "two", "1.5", "100", "08", "2 3"] {
            let words = [&*format!(
                "JOBS is \"{wrong}\": write a number from 1 to {most}"
            )];
            refused(judge, &[("JOBS", wrong), verify], &words);
        }
    }
    refused(
        "judge_backup",
        &[("JOBS", "5"), ("VERIFY", "rows")],
        &["write a number from 1 to 4"],
    );
    let digest = "0123456789abcdef0123456789abcdef";
    for value in [digest, &format!(" {digest}\n"), ""] {
        taken(
            "judge_restore",
            &[("ACCEPT", value)],
            &[&format!("ACCEPT={}", value.trim())],
        );
    }
    for wrong in [&digest[1..], "yes", "all", &digest.to_uppercase()] {
        refused(
            "judge_restore",
            &[("ACCEPT", wrong)],
            &["ACCEPT is \"", "last line of the restore"],
        );
    }
    for (adopt, verify) in [("", "content"), ("all", "rows"), (" all\n", " decode ")] {
        taken(
            "judge_backup",
            &[("ADOPT", adopt), ("VERIFY", verify)],
            &[&format!("ADOPT={}", adopt.trim())],
        );
    }
    for wrong in ["ALL", "true", "yes", "7371234567890123456"] {
        let values = [("ADOPT", wrong), ("VERIFY", "content")];
        refused(
            "judge_backup",
            &values,
            &[&format!("ADOPT is \"{wrong}\": write ADOPT=all")],
        );
    }
    refused(
        "judge_backup",
        &[("VERIFY", "full")],
        &["VERIFY is \"full\": write decode, rows or content"],
    );
}

#[test]
fn tables() {
    for (tables, taken_as) in [
        ("", "[]"),
        ("[]", "[]"),
        ("[ \n ]\n", "[]"),
        ("[\"public.items\"]", "[\"public.items\"]"),
        (" [ \"a\" , \"b\" ] ", "[ \"a\" , \"b\" ]"),
        // As `underpin restore` and the spec write it.
        (
            "[\n  \"public.a\",\n  \"b\\\"c\"\n]\n",
            "[  \"public.a\",  \"b\\\"c\"]",
        ),
        (
            r#"["line\nfeed", "é", "\u00e9", "a\\b"]"#,
            r#"["line\nfeed", "é", "\u00e9", "a\\b"]"#,
        ),
    ] {
        taken(
            "judge_restore",
            &[("TABLES", tables)],
            &[&format!("TABLES={taken_as}")],
        );
    }
    for wrong in [
        "public.items",
        "\"public.items\"",
        "['public.items']",
        "[\"a\",]",
        "[,\"a\"]",
        "[\"a\" \"b\"]",
        "[\"a\", b]",
        "[\"a\"",
        "[\"a\nb\"]",
        "[\"a\\x\"]",
        "[\"a\"]]",
        "[[\"a\"]]",
        "[1]",
        "{\"a\": 1}",
        "none",
    ] {
        let words = [
            "TABLES is \"",
            "write a JSON list of names",
            "TABLES='[\"public.orders\", \"public.items\"]'",
        ];
        refused("judge_restore", &[("TABLES", wrong)], &words);
    }
    let values = [("TABLES", "[\"a\"]"), ("REPLACE", "true")];
    refused(
        "judge_restore",
        &values,
        &["would leave out all other tables: write REPLACE=false"],
    );
}

#[test]
fn names() {
    let replace = ("REPLACE", "true");
    let (long, longer) = ("n".repeat(55), "é".repeat(32));
    for (values, target) in [
        (&[("INTO", "")][..], "orders_restored"),
        (&[("INTO", "of monday")], "of monday"),
        (&[("INTO", "orders"), replace], "orders"),
        (&[("INTO", "orders_restored"), replace], "orders"),
        (
            &[
                ("DATABASE", "stock"),
                ("INTO", "of_spec"),
                ("INTO_OF_SPEC", "of_spec"),
                replace,
            ],
            "stock",
        ),
        (&[("DATABASE", " ü  !1"), ("INTO", "")], " ü  !1_restored"),
        (&[("DATABASE", "line\nfeed "), replace], "line\nfeed "),
    ] {
        taken("judge_restore", values, &[&format!("TARGET={target}")]);
    }
    for (values, words) in [
        (
            &[("DATABASE", "")][..],
            &[
                "DATABASE is empty",
                "the spec has \"orders\", \"it's \\\"x\\\"\"",
            ][..],
        ),
        (
            &[("DATABASE", &longer)],
            &["longer than 63 bytes", "\"orders\""],
        ),
        (
            &[("DATABASE", &long)],
            &["_restored\" is longer than 63 bytes: choose another name for INTO"],
        ),
        (
            &[("INTO", &longer)],
            &["longer than 63 bytes: choose another name for INTO"],
        ),
        (
            &[("INTO", "postgres")],
            &["a restore into \"postgres\" is never done: choose another name for INTO"],
        ),
        (
            &[("INTO", "template1")],
            &["a restore into \"template1\" is never done"],
        ),
        (
            &[("INTO", "underpin_restoring")],
            &["a restore into \"underpin_restoring\" is never done"],
        ),
        (
            &[("DATABASE", "postgres"), replace],
            &["a restore into \"postgres\" is never done: write REPLACE=false and a name for INTO"],
        ),
        (
            &[
                ("DATABASE", "stock"),
                ("INTO", "orders"),
                ("INTO_OF_SPEC", "of_spec"),
                replace,
            ],
            &[
                "INTO is \"orders\", and REPLACE=true puts database \"stock\" into its own place",
                "write INTO= REPLACE=true to replace \"stock\", or REPLACE=false",
            ],
        ),
        (
            &[("INTO", "of_monday\n")],
            &["INTO is \"of_monday\\n\": it has blanks at its ends"],
        ),
        (
            &[("INTO", " of_monday")],
            &["INTO is \" of_monday\": it has blanks at its ends"],
        ),
        (&[("INTO", "of\nmonday")], &["a newline or the like in it"]),
    ] {
        refused("judge_restore", values, words);
    }
}

/// What a spec makes and a person may type over: a value of another form is named, and no database, server or
/// backup is blamed for it.
#[test]
fn what_is_typed_over_a_spec() {
    let of_bytes = "write a whole number of bytes, in digits alone";
    for (judge, name, wrong, words) in [
        ("judge_restore", "STORAGE_BYTES", "50Gi", of_bytes),
        ("judge_restore", "STORAGE_BYTES", "-1", of_bytes),
        ("judge_restore", "STORAGE_BYTES", "08", of_bytes),
        (
            "judge_restore",
            "DATABASES",
            "x",
            "leave it as the CronJob has it",
        ),
        (
            "judge_restore",
            "ROLES",
            "",
            "leave it as the CronJob has it",
        ),
        (
            "judge_backup",
            "EXCLUDE",
            "scratch",
            "EXCLUDE='[\"orders\", \"stock\"]'",
        ),
        (
            "judge_backup",
            "EXCLUDE",
            "",
            "write a JSON list of databases",
        ),
        (
            "judge_backup",
            "DATABASES",
            "orders",
            "write a JSON list of databases",
        ),
        (
            "judge_backup",
            "REHEARSALS_SECONDS",
            "20m",
            "write a whole number of seconds",
        ),
        ("judge_backup", "REHEARSAL", "yes", "write true or false"),
        (
            "judge_drill",
            "ASSERTS",
            "nonsense",
            "write a JSON list: ASSERTS='[{",
        ),
        (
            "judge_drill",
            "ASSERTS",
            "[{\"sql\": \"true\"}]",
            "write a JSON list",
        ),
        (
            "judge_drill",
            "ASSERT_SECONDS",
            "5m",
            "write a whole number of seconds",
        ),
    ] {
        let is = format!("{name} is \"");
        refused(judge, &[(name, wrong)], &[&is, words]);
    }
    let asserts = "[\n  {\n    \"database\": \"a\",\n    \"sql\": \"select \\\"n\\\" = '[{' from t\"\n  },\n  {\n    \"database\": \"b\",\n    \"sql\": \"true\"\n  }\n]\n";
    for (judge, values) in [
        ("judge_restore", [("STORAGE_BYTES", "")]),
        ("judge_restore", [("STORAGE_BYTES", " 53687091200\n")]),
        ("judge_drill", [("ASSERTS", asserts)]),
        ("judge_drill", [("ASSERTS", "[]")]),
        ("judge_drill", [("ASSERTS", "")]),
    ] {
        taken(judge, &values, &[]);
    }
}

/// A deadline is read before anything else: by what ends a Job in time.
#[test]
fn deadlines() {
    let supervise = "set -Eeuo pipefail; action=backup; source src/scripts/lib.sh; source src/scripts/run.sh; supervise";
    for wrong in ["", "6h", "0", "-5", "1e3"] {
        let output = Command::new("bash")
            .args(["-c", supervise])
            .current_dir(ROOT)
            .env("DEADLINE_SECONDS", wrong)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{said}");
        let words = format!("DEADLINE_SECONDS is \"{wrong}\": write a whole number of seconds");
        assert!(said.starts_with(&words), "{said}");
    }
}
