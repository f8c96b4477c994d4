//! NFS mount options with which writes are durable and locks hold; all others are refused.

use super::volumes::volumes;
use crate::diagnostic::{Explanation, Severity};
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0302",
        title: "an NFS option that is not known to be safe",
        text: "Allowed is what is known to leave writes durable and locks alone (nfs(5)). Without a value: ac, cto, fg, hard, lock, noac, noatime, nodev, nodiratime, noexec, noresvport, nordirplus, nosharecache, nosuid, rdirplus, relatime, resvport, rw, sharecache, sync, tcp. With one: local_lock=none, lookupcache, minorversion, mountproto and proto (no UDP), nfsvers and vers (3 and later), sec, xprtsec. With a number: acdirmax, acdirmin, acregmax, acregmin, actimeo, max_connect, mountport, nconnect, port, retrans, retry, rsize, timeo, wsize.\n\nWith `soft` a write that the server does not answer in time fails in the middle, and PostgreSQL cannot know what was written; with `nolock` or `local_lock=flock` the lock that server and backups hold on the volume is seen by their own node alone; with `ro` nothing can be written. Options go into the mount command, one in each string, and mount takes them in lower case.",
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

/// Options without a value.
const FLAGS: [&str; 21] = [
    "ac",
    "cto",
    "fg",
    "hard",
    "lock",
    "noac",
    "noatime",
    "nodev",
    "nodiratime",
    "noexec",
    "noresvport",
    "nordirplus",
    "nosharecache",
    "nosuid",
    "rdirplus",
    "relatime",
    "resvport",
    "rw",
    "sharecache",
    "sync",
    "tcp",
];

/// Options with one of some values.
const CHOICES: [(&str, &[&str]); 9] = [
    ("local_lock", &["none"]),
    ("lookupcache", &["all", "none", "pos", "positive"]),
    ("minorversion", &["0", "1", "2"]),
    ("mountproto", &["tcp", "tcp6"]),
    ("nfsvers", VERSIONS),
    ("proto", &["tcp", "tcp6", "rdma", "rdma6"]),
    ("sec", &["sys", "krb5", "krb5i", "krb5p"]),
    ("vers", VERSIONS),
    ("xprtsec", &["none", "tls", "mtls"]),
];
const VERSIONS: &[&str] = &["3", "4", "4.0", "4.1", "4.2"];

/// Options with a number.
const NUMBERS: [&str; 14] = [
    "acdirmax",
    "acdirmin",
    "acregmax",
    "acregmin",
    "actimeo",
    "max_connect",
    "mountport",
    "nconnect",
    "port",
    "retrans",
    "retry",
    "rsize",
    "timeo",
    "wsize",
];

fn is_safe(option: &str) -> bool {
    let Some((name, value)) = option.split_once('=') else {
        return FLAGS.contains(&option);
    };
    let is_number = !value.is_empty() && value.chars().all(|c| c.is_ascii_digit());
    let chosen = CHOICES.iter().find(|(known, _)| *known == name);
    match chosen {
        Some((_, values)) => values.contains(&value),
        None => is_number && NUMBERS.contains(&name),
    }
}

fn help(option: &str) -> String {
    let name = option.split('=').next().unwrap_or_default();
    match CHOICES.iter().find(|(known, _)| *known == name) {
        Some((_, values)) => format!("write `{name}=` and one of {}", values.join(", ")),
        None if is_safe(&option.to_ascii_lowercase()) => {
            format!("write `{}`: mount takes options in lower case", option.to_ascii_lowercase())
        }
        None => "leave it out; `underpin explain UP0302` lists what is known to be safe, such as `\"hard\"` or `\"nfsvers=4.1\"`".into(),
    }
}

fn check(spec: &Spec, findings: &mut Findings) {
    for volume in volumes(spec) {
        let options = volume.kinds.nfs.and_then(|nfs| nfs.options.as_ref());
        for (index, option) in options.into_iter().flatten().enumerate() {
            if is_safe(option) {
                continue;
            }
            let path = volume.kinds_at.join("nfs").join("options").join(index);
            findings
                .value(
                    path,
                    "not an option that is known to be safe for a database",
                )
                .label("writes must be durable, and locks must hold on every node")
                .help(help(option));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allowed_is_explained() {
        let text = RULE.explanation.text;
        let named = FLAGS.iter().chain(&NUMBERS);
        for name in named.chain(CHOICES.iter().map(|(name, _)| name)) {
            assert!(text.contains(name), "{name}");
        }
    }

    #[test]
    fn allowed_is_what_is_known() {
        for option in [
            "hard",
            "nfsvers=4.1",
            "vers=3",
            "local_lock=none",
            "rsize=1048576",
            "timeo=600",
            "sec=krb5p",
        ] {
            assert!(is_safe(option), "{option}");
        }
        for option in [
            "soft",
            "softerr",
            "softreval",
            "nolock",
            "NOLOCK",
            "Soft",
            "ro",
            "local_lock=flock",
            "local_lock=all",
            "local_lock=posix",
            "Local_Lock=all",
            "async",
            "bg",
            "nocto",
            "proto=udp",
            "udp",
            "vers=2",
            "hard,soft",
            "hard soft",
            "rsize=",
            "rsize=1k",
            "remount",
            "",
            "x-systemd.automount",
        ] {
            assert!(!is_safe(option), "{option}");
        }
    }
}
