//! Images of the pooler that are gone, move, or are too old.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::defaults::pooler::IMAGE;
use crate::validate::{Findings, Rule};
use crate::value::Image;

/// Repositories from which nothing is to be had any more, each with why.
const GONE: &[(&str, &str)] = &[
    (
        "bitnami/pgbouncer",
        "Bitnami took its images from Docker Hub in 2025",
    ),
    (
        "bitnamilegacy/pgbouncer",
        "it is frozen: it gets no more fixes",
    ),
    ("pgbouncer/pgbouncer", "it has had no release for years"),
];
/// The first release with prepared statements in transaction mode.
const LEAST: (u32, u32) = (1, 21);

/// See its explanation.
pub const GONE_IMAGE: Rule = Rule {
    explanation: Explanation {
        code: "UP1004",
        title: "an image of PgBouncer that is gone",
        text: "Docker Hub's `bitnami/pgbouncer` has no tags since 2025 (<https://github.com/bitnami/containers/issues/83267>), `bitnamilegacy` is frozen, and `pgbouncer/pgbouncer` gets no releases: a node that does not have the image cannot start the pod.",
        bad: r#"allow = [{ rule = "UP1001" }]
[pooler]
image = "docker.io/bitnami/pgbouncer:1.24.1"
"#,
        good: r#"allow = [{ rule = "UP1001" }]
[pooler]
image = "docker.io/edoburu/pgbouncer:v1.25.2-p0"
"#,
    },
    severity: Severity::Error,
    check: gone,
};

/// See its explanation.
pub const FLOATS: Rule = Rule {
    explanation: Explanation {
        code: "UP1005",
        title: "an image of PgBouncer that moves",
        text: "What runs is what was reviewed: a tag such as `latest` or `v1` is another PgBouncer tomorrow. The tag names the whole release, or a digest follows.",
        bad: r#"allow = [{ rule = "UP1001" }]
[pooler]
image = "docker.io/edoburu/pgbouncer:latest"
"#,
        good: r#"allow = [{ rule = "UP1001" }]
[pooler]
image = "docker.io/edoburu/pgbouncer:v1.25.2-p0"
"#,
    },
    severity: Severity::Error,
    check: floats,
};

/// See its explanation.
pub const OLD: Rule = Rule {
    explanation: Explanation {
        code: "UP1006",
        title: "a PgBouncer that is too old",
        text: "Before 1.21 PgBouncer knows no prepared statements in transaction mode, which most drivers use, and refuses the setting for them: it would not start.",
        bad: r#"allow = [{ rule = "UP1001" }]
[pooler]
image = "docker.io/edoburu/pgbouncer:1.20.1-p0"
"#,
        good: r#"allow = [{ rule = "UP1001" }]
[pooler]
image = "docker.io/edoburu/pgbouncer:v1.25.2-p0"
"#,
    },
    severity: Severity::Error,
    check: old,
};

fn image(spec: &Spec) -> Option<&Image> {
    spec.pooler.as_ref()?.image.as_ref()
}

fn gone(spec: &Spec, findings: &mut Findings) {
    let Some(image) = image(spec) else {
        return;
    };
    let of_hub = ["docker.io/", "index.docker.io/", "registry-1.docker.io/"];
    let name = of_hub
        .iter()
        .find_map(|host| image.repository.strip_prefix(host))
        .unwrap_or(&image.repository);
    if let Some((_, why)) = GONE.iter().find(|(gone, _)| *gone == name) {
        findings
            .value(
                path!["pooler", "image"],
                format!("`{name}` is no longer to be had"),
            )
            .label(*why)
            .help(format!("write `{IMAGE}`, or leave it out"));
    }
}

fn floats(spec: &Spec, findings: &mut Findings) {
    let Some(image) = image(spec) else {
        return;
    };
    if image.digest.is_none() && version(image).is_none() {
        findings
            .value(
                path!["pooler", "image"],
                "the image may change without a change here",
            )
            .label("no release in the tag, and no digest")
            .help(format!(
                "write a tag such as `{IMAGE}` has, or add a digest"
            ));
    }
}

fn old(spec: &Spec, findings: &mut Findings) {
    let Some((major, minor)) = image(spec).and_then(version) else {
        return;
    };
    if (major, minor) < LEAST {
        findings
            .value(
                path!["pooler", "image"],
                format!(
                    "PgBouncer {major}.{minor} knows no prepared statements in transaction mode"
                ),
            )
            .label("1.21 or later")
            .help(format!("write `{IMAGE}`, or leave it out"));
    }
}

/// Major and minor of a whole release: of `v1.25.2-p0` or `1.25.2`.
pub(super) fn version(image: &Image) -> Option<(u32, u32)> {
    let tag = image.tag.as_deref()?;
    let release = tag.trim_start_matches('v').split('-').next()?;
    let numbers: Vec<u32> = release
        .split('.')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    match numbers.as_slice() {
        [major, minor, _] => Some((*major, *minor)),
        _ => None,
    }
}
