//! A branch at Neon: what cannot stand beside it, and how long it lives.

use super::pooler_image::version;
use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::spec::path::Path;
use crate::spec::types::Branch;
use crate::validate::defaults::neon::IMAGE;
use crate::validate::{Findings, Rule};

/// Neon's own limit (<https://neon.com/docs/guides/branch-expiration>), seconds.
const LONGEST: u32 = 30 * 86_400;
/// Poolers do not restart by themselves: what is shorter goes under a deployment that runs.
const SHORTEST: u32 = 60 * 60;

/// See its explanation.
pub const PLACE: Rule = Rule {
    explanation: Explanation {
        code: "UP1108",
        title: "an endpoint and a branch",
        text: "`neon.host` is the host of an endpoint that is there. The host of a branch is only known once the branch is made: the poolers ask Neon's API for it when they start.",
        bad: r#"allow = [{ rule = "UP1001" }]
[neon]
host = "ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech"
database = "neondb"
role = "neondb_owner"
branch = { project = "round-river-12345678", name = "preview-7" }
"#,
        good: r#"allow = [{ rule = "UP1001" }]
[neon]
database = "neondb"
role = "neondb_owner"
branch = { project = "round-river-12345678", name = "preview-7" }
"#,
    },
    severity: Severity::Error,
    check: place,
};

/// See its explanation.
pub const MISPLACED: Rule = Rule {
    explanation: Explanation {
        code: "UP1109",
        title: "what a branch at Neon cannot have",
        text: "A branch goes when its time is over, and is made from data that is kept elsewhere: so it is not backed up, and nothing is restored into it. `[backup]` and `[restore]` belong into the spec of the database that it is made from, and so does `neon.postgres`, the version of their client. There is one role, too: the passwords at a branch may be others than those of its parent, so the pooler asks Neon for the password of `neon.role` and logs in as that, whoever dialled it. Another of `roles` would silently have the rights of that one.",
        bad: r#"allow = [{ rule = "UP1001" }]
backup.schedules = [{ name = "nightly", cron = "15 2 * * *" }]
[neon]
database = "neondb"
role = "neondb_owner"
branch = { project = "round-river-12345678", name = "preview-7" }
"#,
        good: r#"allow = [{ rule = "UP1001" }]
[neon]
database = "neondb"
role = "neondb_owner"
branch = { project = "round-river-12345678", name = "preview-7" }
"#,
    },
    severity: Severity::Error,
    check: misplaced,
};

/// See its explanation.
pub const LONG: Rule = Rule {
    explanation: Explanation {
        code: "UP1110",
        title: "a branch that Neon would not make",
        text: "Neon deletes a branch after 30 days at most, or never. One that is to live longer is renewed whenever a pooler starts; one that is to stay is a database like any other, with `neon.host`.",
        bad: r#"allow = [{ rule = "UP1001" }]
[neon]
database = "neondb"
role = "neondb_owner"
branch = { project = "round-river-12345678", name = "preview-7", ttl = "60d" }
"#,
        good: r#"allow = [{ rule = "UP1001" }]
[neon]
database = "neondb"
role = "neondb_owner"
branch = { project = "round-river-12345678", name = "preview-7", ttl = "30d" }
"#,
    },
    severity: Severity::Error,
    check: long,
};

/// See its explanation.
pub const SHORT: Rule = Rule {
    explanation: Explanation {
        code: "UP1111",
        title: "a branch that goes within the hour",
        text: "The time of a branch is reckoned anew when a pooler starts, and at no other moment: poolers that run on lose their database when it is over, until they are restarted, and then the data is the parent's again.",
        bad: r#"allow = [{ rule = "UP1001" }]
[neon]
database = "neondb"
role = "neondb_owner"
branch = { project = "round-river-12345678", name = "preview-7", ttl = "10m" }
"#,
        good: r#"allow = [{ rule = "UP1001" }]
[neon]
database = "neondb"
role = "neondb_owner"
branch = { project = "round-river-12345678", name = "preview-7", ttl = "8h" }
"#,
    },
    severity: Severity::Warning,
    check: short,
};

/// See its explanation.
pub const FLOATS: Rule = Rule {
    explanation: Explanation {
        code: "UP1112",
        title: "an image of Python that moves",
        text: "What runs is what was reviewed, and what asks Neon's API holds a key of it: a tag such as `alpine` or `3.13` is another Python tomorrow. The tag names the whole release, or a digest follows.",
        bad: r#"allow = [{ rule = "UP1001" }]
[neon]
database = "neondb"
role = "neondb_owner"
branch = { project = "round-river-12345678", name = "preview-7", image = "docker.io/library/python:3.13-alpine" }
"#,
        good: r#"allow = [{ rule = "UP1001" }]
[neon]
database = "neondb"
role = "neondb_owner"
branch = { project = "round-river-12345678", name = "preview-7", image = "docker.io/library/python:3.13.14-alpine3.24" }
"#,
    },
    severity: Severity::Error,
    check: floats,
};

fn branch(spec: &Spec) -> Option<&Branch> {
    spec.neon.as_ref()?.branch.as_ref()
}

fn place(spec: &Spec, findings: &mut Findings) {
    let host = spec.neon.as_ref().and_then(|neon| neon.host.as_ref());
    if branch(spec).is_some() && host.is_some() {
        findings
            .key(path!["neon", "host"], "both `neon.host` and `[neon.branch]`")
            .context(path!["neon", "branch"], "the other one")
            .help("leave `host` out: it comes from Neon's API; or leave `[neon.branch]` out, for an endpoint that is there");
    }
}

fn misplaced(spec: &Spec, findings: &mut Findings) {
    let Some(neon) = spec.neon.as_ref().filter(|neon| neon.branch.is_some()) else {
        return;
    };
    let mut wrong = |path: Path, why: &str, help: &str| {
        findings
            .key(
                path.clone(),
                format!("`{path}` has no meaning with `[neon.branch]`: {why}"),
            )
            .context(path!["neon", "branch"], "the databases are a branch")
            .help(help);
    };
    if neon.postgres.is_some() {
        wrong(
            path!["neon", "postgres"],
            "it is the version of the client for backups, and there are none",
            "leave it out",
        );
    }
    if spec.roles.as_ref().is_some_and(|roles| !roles.is_empty()) {
        wrong(
            path!["roles"],
            "the pooler logs in at the branch as `neon.role`, whoever dialled it",
            "leave it out: applications dial as `neon.role`; for roles of their own, write `neon.host` in place of the branch",
        );
    }
    let parent = "leave it out: back up what the branch is made from, in a spec of its own";
    if spec.backup.is_some() {
        wrong(
            path!["backup"],
            "a branch goes when its time is over",
            parent,
        );
    }
    if spec.restore.is_some() {
        wrong(
            path!["restore"],
            "a branch is not backed up",
            "leave it out: to see older data, make the branch at Neon from that moment of its parent, under the same name",
        );
    }
}

fn long(spec: &Spec, findings: &mut Findings) {
    let ttl = branch(spec).and_then(|branch| branch.ttl);
    if ttl.is_some_and(|ttl| ttl.seconds() > LONGEST) {
        findings
            .value(path!["neon", "branch", "ttl"], "Neon keeps a branch with an end for 30 days at most")
            .label("longer than 30 days")
            .help("write `ttl = \"30d\"`, and restart the poolers now and then; or `neon.host`, for a branch that stays");
    }
}

fn short(spec: &Spec, findings: &mut Findings) {
    let ttl = branch(spec).and_then(|branch| branch.ttl);
    if ttl.is_some_and(|ttl| ttl.seconds() < SHORTEST) {
        findings
            .value(
                path!["neon", "branch", "ttl"],
                "the branch goes within the hour, also under poolers that run",
            )
            .label("less than an hour")
            .help("write for example `ttl = \"8h\"`: deleting it earlier is one click or one call");
    }
}

fn floats(spec: &Spec, findings: &mut Findings) {
    let Some(image) = branch(spec).and_then(|branch| branch.image.as_ref()) else {
        return;
    };
    if image.digest.is_none() && version(image).is_none() {
        findings
            .value(
                path!["neon", "branch", "image"],
                "the image may change without a change here",
            )
            .label("no release in the tag, and no digest")
            .help(format!(
                "write a tag such as `{IMAGE}` has, or add a digest"
            ));
    }
}
