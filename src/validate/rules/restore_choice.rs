//! A restore that says two things, or cannot be meant.

use crate::diagnostic::{Explanation, Severity, nearest};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};
use crate::value::BackupChoice;

/// See its explanation.
pub const TWO_BACKUPS: Rule = Rule {
    explanation: Explanation {
        code: "UP0801",
        title: "two backups for one restore",
        text: "`backup` names a backup by its id, `before` chooses the newest that had ended by an instant: one of them can be.",
        bad: r#"[restore]
backup = "20261123T021500Z-k3x9p"
before = "2026-11-20T12:00:00Z"
"#,
        good: r#"[restore]
before = "2026-11-20T12:00:00Z"
"#,
    },
    severity: Severity::Error,
    check: two_backups,
};

/// See its explanation.
pub const INTO: Rule = Rule {
    explanation: Explanation {
        code: "UP0802",
        title: "a restore into a name that is taken",
        text: "A restore makes a database of its own. It does not write into one of PostgreSQL's, nor into another database of the spec; to put it in the place of the one that it comes from, `replace = true` says so.",
        bad: r#"[restore]
into = "postgres"
"#,
        good: r#"[restore]
into = "app_restored"
"#,
    },
    severity: Severity::Error,
    check: into,
};

/// See its explanation.
pub const EXCLUDED: Rule = Rule {
    explanation: Explanation {
        code: "UP0803",
        title: "a restore of what is not backed up",
        text: "No backup holds a database that `backup.exclude` names. A database of the spec that is left out is lost with the server.",
        bad: r#"[backup]
exclude = ["app"]
"#,
        good: r#"[backup]
exclude = ["scratch"]
"#,
    },
    severity: Severity::Error,
    check: excluded,
};

/// See its explanation.
pub const SUPERUSER: Rule = Rule {
    explanation: Explanation {
        code: "UP0804",
        title: "restores by the superuser",
        text: "What a backup holds is run as SQL when it is restored, and as the superuser it can do anything. A restore names what it cannot make without; set `as_superuser` for that one restore, and take it out again. Where an extension of the spec needs it, it stays.",
        bad: r"[restore]
as_superuser = true
",
        good: r"[restore]
as_superuser = false
",
    },
    severity: Severity::Warning,
    check: superuser,
};

/// See its explanation.
pub const UNKNOWN: Rule = Rule {
    explanation: Explanation {
        code: "UP0805",
        title: "a restore of a database that is not in the spec",
        text: "A restore takes the database by the name that it has in the backup. Backups hold every database of the server, so one that is not in the spec may be there: it was made by hand, or it was taken out of the spec. Mostly it is a slip, and the restore finds nothing.",
        bad: r#"[restore]
database = "ap"
"#,
        good: r#"[restore]
database = "app"
"#,
    },
    severity: Severity::Warning,
    check: unknown,
};

/// See its explanation.
pub const OWN_NAME: Rule = Rule {
    explanation: Explanation {
        code: "UP0806",
        title: "a restore into its own database that does not replace it",
        text: "Without `replace = true` a restore takes a name only as long as nothing is in the database that has it: on a new server, before anything was written. On one that serves it is refused each time.",
        bad: r#"[restore]
into = "app"
"#,
        good: r#"[restore]
into = "app_restored"
"#,
    },
    severity: Severity::Warning,
    check: own_name,
};

fn own_name(spec: &Spec, findings: &mut Findings) {
    let restore = crate::validate::defaults::backup::restore(spec);
    if restore.into == restore.database && !restore.replace {
        findings
            .value(
                path!["restore", "into"],
                format!("`{}` is the database that is restored, and it is not replaced", restore.into),
            )
            .help(format!(
                "write `into = \"{}_restored\"`, or `replace = true` to put it in the place of the serving one",
                restore.database
            ));
    }
}

fn two_backups(spec: &Spec, findings: &mut Findings) {
    let Some(restore) = &spec.restore else {
        return;
    };
    if restore.before.is_some() && matches!(restore.backup, Some(BackupChoice::Id(_))) {
        findings
            .value(path!["restore", "before"], "both an instant and an id")
            .context(path!["restore", "backup"], "the id")
            .help("keep one of them");
    }
}

fn into(spec: &Spec, findings: &mut Findings) {
    let Some(into) = spec
        .restore
        .as_ref()
        .and_then(|restore| restore.into.as_ref())
    else {
        return;
    };
    let restore = crate::validate::defaults::backup::restore(spec);
    let name = into.to_string();
    let path = path!["restore", "into"];
    if ["postgres", "template0", "template1"].contains(&name.as_str())
        || name.starts_with("underpin_")
    {
        findings
            .value(path, format!("`{name}` is no name for a restored database"))
            .help(format!(
                "write another name, such as `{}_restored`",
                restore.database
            ));
        return;
    }
    if let Some(neon) = &spec.neon
        && neon.database == *into
        && restore.database != *into
    {
        findings
            .value(path, format!("`{name}` is the database of the spec"))
            .context(path!["neon", "database"], "this one")
            .help("write another name");
        return;
    }
    let taken = spec
        .databases()
        .iter()
        .position(|database| database.name == *into);
    if let Some(index) = taken
        && restore.database != *into
    {
        findings
            .value(path, format!("`{name}` is another database of the spec"))
            .context(path!["databases", index, "name"], "this one")
            .help("write another name");
    }
}

fn excluded(spec: &Spec, findings: &mut Findings) {
    let exclude = spec
        .backup
        .as_ref()
        .and_then(|backup| backup.exclude.as_ref());
    let restore = crate::validate::defaults::backup::restore(spec);
    for (index, name) in exclude.into_iter().flatten().enumerate() {
        if restore.database == *name {
            findings
                .value(
                    path!["backup", "exclude", index],
                    format!("`{name}` is left out of backups, and is what a restore restores"),
                )
                .help("take it out of the list, or name another database in `restore.database`");
        }
    }
}

fn unknown(spec: &Spec, findings: &mut Findings) {
    let restore = spec.restore.as_ref();
    let database = restore.and_then(|restore| restore.database.as_ref());
    // At Neon the spec names one database, and every other of its owner is backed up too.
    let Some(database) = database.filter(|_| spec.neon.is_none()) else {
        return;
    };
    let name = database.to_string();
    let mut known: Vec<String> = spec
        .databases()
        .iter()
        .map(|database| database.name.to_string())
        .collect();
    known.push("postgres".to_owned());
    if known.contains(&name) {
        return;
    }
    let near = nearest(&name, known.iter().map(String::as_str));
    findings
        .value(
            path!["restore", "database"],
            format!("there is no database `{name}` in the spec"),
        )
        .help(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "write one of `{}`; or accept it with `allow`, if the backups hold it",
                known.join("`, `")
            ),
        });
}

fn superuser(spec: &Spec, findings: &mut Findings) {
    if spec
        .restore
        .as_ref()
        .and_then(|restore| restore.as_superuser)
        == Some(true)
        // At Neon it is refused, which says more.
        && spec.neon.is_none()
        && !super::extension_needs::wants_superuser(spec)
    {
        findings
            .value(
                path!["restore", "as_superuser"],
                "restores are run by the superuser",
            )
            .help("leave it out, unless a restore has named what needs it");
    }
}
