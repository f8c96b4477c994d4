//! A volume that a drill cannot restore into.

use crate::diagnostic::{Explanation, Severity};
use crate::forecast::size::shown;
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP1306",
        title: "a volume of drills that is too small",
        text: "A drill restores one database at a time, and needs the space of the largest, a tenth more, and 200 MB for its server. Assumed is that half of `storage.size` is in use, by one database. On a volume that is too small every drill fails. Left out, it has `storage.size`.",
        bad: r#"storage.size = "20Gi"
[backup.drill]
size = "1Gi"
"#,
        good: r#"storage.size = "20Gi"
[backup.drill]
size = "20Gi"
"#,
    },
    severity: Severity::Warning,
    check,
};

/// What a server without a database takes.
const SERVER: u64 = 200_000_000;

fn check(spec: &Spec, findings: &mut Findings) {
    // How much there is at Neon, only Neon knows.
    let Some(storage) = &spec.storage else {
        return;
    };
    let backup = spec.backup.as_ref();
    let drill = backup.and_then(|backup| backup.drill.as_ref());
    let Some(size) = drill.and_then(|drill| drill.size) else {
        return;
    };
    let half = storage.size.bytes() / 2;
    let needed = (half + half / 10).saturating_add(SERVER);
    if size.bytes() < needed {
        findings
            .value(
                path!["backup", "drill", "size"],
                format!("{size} may not hold the largest database"),
            )
            .label(format!(
                "{} for a database of {}, half of `storage.size`",
                shown(needed),
                shown(half)
            ))
            .help(format!(
                "write `size = \"{}\"` as `storage.size`, or leave it out for that default; accept it with `allow` if your databases are small",
                storage.size
            ));
    }
}
