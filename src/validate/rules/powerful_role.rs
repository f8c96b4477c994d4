//! Membership that amounts to more than it says.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0507",
        title: "a role as powerful as the superuser",
        text: "Members of these roles can read or write the server's files or run programs as its user, and so can make themselves superuser (<https://www.postgresql.org/docs/current/predefined-roles.html>).",
        bad: r#"[[roles]]
name = "report"
member_of = ["pg_execute_server_program"]
"#,
        good: r#"[[roles]]
name = "report"
member_of = ["pg_read_all_data"]
"#,
    },
    severity: Severity::Warning,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    for (index, role) in spec.roles.iter().flatten().enumerate() {
        for (at, group) in role.member_of.iter().flatten().enumerate() {
            if [
                "pg_execute_server_program",
                "pg_read_server_files",
                "pg_write_server_files",
            ]
            .contains(&group.to_string().as_str())
            {
                findings
                    .value(
                        path!["roles", index, "member_of", at],
                        format!("`{}` can make itself superuser", role.name),
                    )
                    .label(format!("members of `{group}` act as the server's own user"))
                    .help("leave it out, or accept that with `allow`");
            }
        }
    }
}
