//! A pasted connection string, or another host than the one that is needed.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};
use crate::value::NeonHost;

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP1103",
        title: "not the direct host of an endpoint",
        text: "`neon.host` is one part of the connection string that Neon's console shows: what stands between `@` and `/`, without `-pooler`. Neon's own pooler (`-pooler`) would be a second one behind ours, and no dump can be taken through it; the name is needed and no address, since Neon finds the endpoint by it (SNI) and its certificate is held against it. `sslmode` and `channel_binding` are left out: TLS to Neon is always verified, and the application speaks to our pooler, which knows no channel binding.",
        bad: r#"allow = [{ rule = "UP1001" }]
[neon]
host = "ep-cool-darkness-a1b2c3d4-pooler.us-east-2.aws.neon.tech"
database = "neondb"
role = "neondb_owner"
postgres = 17
"#,
        good: r#"allow = [{ rule = "UP1001" }]
[neon]
host = "ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech"
database = "neondb"
role = "neondb_owner"
postgres = 17
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(neon) = &spec.neon else {
        return;
    };
    let Some(host) = &neon.host else {
        return;
    };
    if let Err(fault) = NeonHost::parse(host) {
        let finding = findings.value(
            path!["neon", "host"],
            format!("`neon.host` {}", fault.message),
        );
        finding.label("not the direct host of an endpoint");
        if let Some(help) = fault.help {
            finding.help(help);
        }
    }
}
