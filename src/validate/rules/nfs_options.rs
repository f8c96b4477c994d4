//! NFS mount options that corrupt.

use super::volumes::volumes;
use crate::diagnostic::{Explanation, Severity};
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0302",
        title: "an NFS option that corrupts",
        text: "With `soft` a write that the server does not answer in time fails in the middle, and PostgreSQL cannot know what was written (nfs(5)). Options go into the mount command, one in each string.",
        bad: r#"[storage]
volume.nfs = { server = "nfs.internal", path = "/export/orders", options = ["soft"] }
"#,
        good: r#"[storage]
volume.nfs = { server = "nfs.internal", path = "/export/orders", options = ["hard"] }
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    for volume in volumes(spec) {
        let options = volume.kinds.nfs.and_then(|nfs| nfs.options.as_ref());
        for (index, option) in options.into_iter().flatten().enumerate() {
            let path = volume.kinds_at.join("nfs").join("options").join(index);
            if ["soft", "softerr", "softreval", "nolock"].contains(&option.as_str()) {
                findings
                    .value(path, format!("`{option}` is not safe for a database"))
                    .help("write `hard`, and let locks work");
            } else if option.is_empty()
                || !option
                    .chars()
                    .all(|c| c.is_ascii_graphic() && !matches!(c, ',' | '"' | '\'' | '`' | '$'))
            {
                findings
                    .value(path, "not one mount option")
                    .help("write one option in each string, such as `\"nfsvers=4.1\"`");
            }
        }
    }
}
