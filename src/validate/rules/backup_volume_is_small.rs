//! A backup volume that does not hold what the keep rules do.

use super::schedules::{schedules, year};
use crate::diagnostic::{Explanation, Severity};
use crate::forecast::most_in_the_long_run;
use crate::forecast::size::{SHARE, shown};
use crate::path;
use crate::spec::Spec;
use crate::validate::defaults::backup;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0713",
        title: "a backup volume that is too small",
        text: "The volume must hold what the keep rules hold, and one backup more, since nothing is removed before the new one is proven. Assumed is that a backup takes a tenth of `storage.size`: half of the volume in use, and compressed to a fifth. `underpin backups NAME --size SIZE` reckons with the size that yours have. When the volume is full, backups fail; none is lost.",
        bad: r#"[backup.volume]
size = "1Gi"
keep = { daily = 30, monthly = 12 }
"#,
        good: r#"[backup.volume]
size = "5Gi"
keep = { daily = 30, monthly = 12 }
"#,
    },
    severity: Severity::Warning,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    // How much there is at Neon, only Neon knows.
    let Some(storage) = &spec.storage else {
        return;
    };
    let Some(volume) = spec
        .backup
        .as_ref()
        .and_then(|backup| backup.volume.as_ref())
    else {
        return;
    };
    let keep = backup::keep(volume.keep.as_ref());
    let Some(number) = most_in_the_long_run(&schedules(spec), keep, year()[0]) else {
        return;
    };
    let size = volume.size.unwrap_or_else(|| backup::size(storage.size));
    let one = storage.size.bytes() / SHARE;
    let needed = one.saturating_mul(number as u64);
    if needed > size.bytes() {
        let path = if volume.size.is_some() {
            path!["backup", "volume", "size"]
        } else {
            path!["backup", "volume", "keep"]
        };
        findings
            .value(
                path,
                format!("{size} may not hold the {number} backups that the keep rules hold at most"),
            )
            .label(format!(
                "{} for backups of {}, a tenth of `storage.size`",
                shown(needed),
                shown(one)
            ))
            .help(format!(
                "make it larger or keep fewer; `underpin backups {} --size SIZE` reckons with the size that yours have",
                spec.name
            ));
    }
}
