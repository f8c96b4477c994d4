//! A role whose name no key of a Secret can hold.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::spec::types::Role;
use crate::validate::defaults;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0504",
        title: "a role name that no Secret key can hold",
        text: "A role's password is key `role.<name>` of the Secret, and keys hold letters, digits, `-`, `_` and `.` alone. Another role says where its password is.",
        bad: r#"databases = [{ name = "orders", owner = "order desk" }]
"#,
        good: r#"databases = [{ name = "orders", owner = "order desk" }]
[[roles]]
name = "order desk"
password = { secret = "orders-desk", key = "password" }
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let listed: Vec<&Role> = spec.roles.iter().flatten().collect();
    for (index, role) in listed.iter().enumerate() {
        if role.password.is_none() && defaults::password_key(&role.name).is_none() {
            findings
                .value(
                    path!["roles", index, "name"],
                    format!("no key of a Secret can be named `role.{}`", role.name),
                )
                .help("add `password = { secret = \"…\", key = \"…\" }` to the role");
        }
    }
    for (index, database) in spec.databases().iter().enumerate() {
        let owner = defaults::owner(database);
        if defaults::password_key(owner).is_none() && !listed.iter().any(|role| role.name == *owner)
        {
            let field = if database.owner.is_some() {
                "owner"
            } else {
                "name"
            };
            findings
                .value(path!["databases", index, field], format!("no key of a Secret can be named `role.{owner}`"))
                .label("this role owns the database and logs in to it")
                .help("list the role under `[[roles]]` with a `password = { secret = \"…\", key = \"…\" }`");
        }
    }
}
