//! The shell scripts that run in the cluster: constant text, all data in the environment.
//!
//! Each is a file of this folder, embedded as it is and mounted under `/scripts`. Nothing is ever
//! put into their text: what a spec says reaches them by environment variables and mounted files.

/// A script as it stands in a `ConfigMap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    /// Its key in the `ConfigMap`: policy scanners take one with `password` in it for a password.
    pub key: &'static str,
    /// The file name under `/scripts`.
    pub name: &'static str,
    /// The whole text.
    pub text: &'static str,
}

/// Shared by all others, which source it from their own folder.
pub const LIB: Script = Script {
    key: "lib.sh",
    name: "lib.sh",
    text: include_str!("lib.sh"),
};

/// The server's command.
pub const START: Script = Script {
    key: "start.sh",
    name: "start.sh",
    text: include_str!("start.sh"),
};

/// Run by hand in the server's pod after the Secret was changed.
pub const SET_SUPERUSER_PASSWORD: Script = Script {
    key: "set-superuser",
    name: "set-superuser-password",
    text: include_str!("set-superuser-password"),
};

/// The command of the bootstrap Job.
pub const BOOTSTRAP: Script = Script {
    key: "bootstrap.sh",
    name: "bootstrap.sh",
    text: include_str!("bootstrap.sh"),
};

/// What the server's container mounts.
pub const SERVER: [Script; 3] = [LIB, SET_SUPERUSER_PASSWORD, START];

/// What the bootstrap container mounts.
pub const BOOTSTRAP_JOB: [Script; 2] = [BOOTSTRAP, LIB];

/// Every script, by name.
pub const ALL: [Script; 4] = [BOOTSTRAP, LIB, SET_SUPERUSER_PASSWORD, START];

impl Script {
    /// The comment at the top of the script, which is Markdown: what it does, its environment, exit
    /// codes and log lines. The manual is made from it.
    pub fn documentation(&self) -> String {
        let mut documentation = String::new();
        for line in self.text.lines().skip(1) {
            let Some(comment) = line.strip_prefix('#') else {
                break;
            };
            documentation.push_str(comment.strip_prefix(' ').unwrap_or(comment));
            documentation.push('\n');
        }
        documentation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_in_the_table_and_nothing_else() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/scripts");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "mod.rs" && !name.starts_with('.'))
            .collect();
        files.sort();
        assert_eq!(files, ALL.map(|script| script.name));
    }

    #[test]
    fn starts_strictly() {
        for script in ALL {
            let mut lines = script.text.lines();
            assert_eq!(lines.next(), Some("#!/usr/bin/env bash"), "{}", script.name);
            let first_command = lines.find(|line| !line.starts_with('#'));
            assert_eq!(first_command, Some("set -Eeuo pipefail"), "{}", script.name);
        }
    }

    #[test]
    fn is_clean_text() {
        for script in ALL {
            assert!(script.text.ends_with('\n'), "{}", script.name);
            for (index, line) in script.text.lines().enumerate() {
                let place = format!("{}:{}", script.name, index + 1);
                assert!(!line.contains(['\t', '\r']), "{place}: tab or CR");
                assert!(!line.ends_with(' '), "{place}: space at the end");
            }
        }
    }

    // A template would show as one of these; a Kubernetes reference would be expanded in `command`.
    #[test]
    fn is_no_template() {
        for script in ALL {
            for mark in ["{{", "{%", "@@"] {
                assert!(!script.text.contains(mark), "{}: {mark}", script.name);
            }
        }
    }

    #[test]
    fn fits_a_config_map() {
        let bytes: usize = ALL.iter().map(|script| script.text.len()).sum();
        assert!(bytes < 100 * 1024);
    }

    #[test]
    fn documents_itself() {
        for script in ALL {
            let documentation = script.documentation();
            assert!(documentation.lines().count() > 2, "{}", script.name);
            assert!(!documentation.starts_with('\n'), "{}", script.name);
            if script != LIB {
                for section in ["## Environment", "## Exit codes", "## Log lines"] {
                    assert!(
                        documentation.contains(section),
                        "{}: {section}",
                        script.name
                    );
                }
            }
        }
    }

    // An undocumented event is one that nobody can wait for.
    #[test]
    fn documents_every_event() {
        for script in ALL {
            let documentation = script.documentation();
            for (start, _) in script.text.match_indices("event=") {
                let event: String = script.text[start..]
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || "=-".contains(*c))
                    .collect();
                assert!(documentation.contains(&event), "{}: {event}", script.name);
            }
        }
    }
}
