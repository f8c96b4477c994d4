//! What is pasted: every command parses, reaches kubectl as it was meant, and names what is there.

use super::{HOSTILE, runbook, specs, tree};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use underpin::emit::Tree;

/// Writes down its arguments, their number first.
const KUBECTL: &str = "#!/bin/bash\nprintf '%s\\0' \"$#\" \"$@\" >>\"$CALLS\"\nfor word; do [[ $word != *=/dev/fd/* ]] || cat \"${word##*=}\" >>\"$GIVEN\"; done\n[[ $* != *{.metadata.name}* ]] || printf the-job\n";

/// The commands of a runbook: its blocks, and what stands in a line of text.
fn commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block: Option<String> = None;
    for line in text.lines() {
        match (&mut block, line.trim_start()) {
            (None, "```sh") => block = Some(String::new()),
            (Some(_), "```") => found.extend(block.take()),
            (Some(block), _) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, _) => {
                let spans = line.split('`').skip(1).step_by(2);
                found.extend(
                    spans
                        .filter(|span| span.starts_with("kubectl "))
                        .map(str::to_owned),
                );
            }
        }
    }
    found
}

/// Every call of kubectl, as words.
fn calls(script: &str, folder: &Path) -> Vec<Vec<String>> {
    let log = folder.join("calls");
    let _ = fs::remove_file(&log);
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("bash")
        .args(["-u", "-c", script])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", folder.join("bin").display()))
        .env("CALLS", &log)
        .env("GIVEN", folder.join("given"))
        .output()
        .unwrap();
    assert!(
        output.stderr.is_empty(),
        "{}\n{script}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!folder.join("pwned").exists(), "a name was run: {script}");
    let bytes = fs::read(&log).unwrap_or_default();
    let mut words = bytes
        .split(|byte| *byte == 0)
        .map(|word| String::from_utf8(word.to_vec()).unwrap());
    let mut calls = Vec::new();
    while let Some(count) = words.next().filter(|count| !count.is_empty()) {
        calls.push(words.by_ref().take(count.parse().unwrap()).collect());
    }
    calls
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("bin")).unwrap();
    for (name, text) in [("kubectl", KUBECTL), ("psql", KUBECTL), ("env", KUBECTL)] {
        let path = folder.path().join("bin").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

/// Kind and name of every object that the spec makes or needs.
fn objects(tree: &Tree) -> BTreeSet<(String, String)> {
    let mut known = BTreeSet::new();
    let mut add = |kind: &str, name: &str| known.insert((kind.to_owned(), name.to_owned()));
    for (path, text) in tree
        .files
        .iter()
        .filter(|(path, _)| path.contains('/') && !path.ends_with("kustomization.yaml"))
    {
        let value: serde_json::Value =
            serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let name = value["metadata"]["name"].as_str().unwrap();
        match value["kind"].as_str().unwrap() {
            "PersistentVolumeClaim" => add("pvc", name),
            "PersistentVolume" => add("pv", name),
            "StatefulSet" => add("pod", &format!("{name}-0")) && add("statefulset", name),
            kind => add(&kind.to_lowercase(), name),
        };
        // Secrets are only named.
        let mut lines = text.lines().map(str::trim).peekable();
        while let Some(line) = lines.next() {
            if let Some(name) = line.strip_prefix("secretName: ") {
                add("secret", name);
            } else if line == "- secret:" {
                add(
                    "secret",
                    lines
                        .peek()
                        .and_then(|line| line.strip_prefix("name: "))
                        .unwrap(),
                );
            }
        }
    }
    known
}

#[test]
fn every_command_is_bash() {
    for (name, spec) in specs() {
        let tree = tree(&spec);
        let commands = commands(runbook(&tree));
        assert!(commands.len() > 20, "{name}");
        let output = Command::new("bash")
            .arg("-n")
            .arg("-c")
            .arg(commands.join("\n"))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// One call of kubectl: its namespace, its verb, and the rest.
struct Call<'w> {
    namespace: Option<&'w str>,
    verb: &'w str,
    words: Vec<&'w str>,
}

impl<'w> Call<'w> {
    fn of(words: &'w [String]) -> Self {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["-n", namespace, verb, words @ ..] => Self {
                namespace: Some(namespace),
                verb,
                words: words.to_vec(),
            },
            [verb, words @ ..] => Self {
                namespace: None,
                verb,
                words: words.to_vec(),
            },
            [] => panic!("kubectl alone"),
        }
    }

    /// The objects that it names, by kind.
    fn objects(&self) -> Vec<(&'w str, &'w str)> {
        let mut named: Vec<_> = self
            .words
            .iter()
            .filter_map(|word| word.strip_prefix("--from=").unwrap_or(word).split_once('/'))
            .filter(|(kind, _)| {
                let kinds = [
                    "statefulset",
                    "deployment",
                    "service",
                    "job",
                    "cronjob",
                    "externalsecret",
                ];
                kinds.contains(kind)
            })
            .collect();
        match (self.verb, self.words.as_slice()) {
            ("logs", ["-l" | "-f", ..]) => {}
            ("exec", ["-i" | "-it", pod, ..]) | ("exec" | "logs", [pod, ..]) => {
                named.push(("pod", pod));
            }
            ("create", ["secret", "generic", name, ..]) => named.push(("secret", name)),
            (
                _,
                [
                    kind @ ("pod" | "pvc" | "pv" | "secret" | "statefulset"),
                    name,
                    ..,
                ],
            ) if !name.starts_with('-') => {
                named.push((kind, name));
            }
            _ => {}
        }
        named
    }

    /// What has no namespace, and files that say theirs.
    fn is_cluster_wide(&self) -> bool {
        let kinds = ["namespace", "storageclass", "nodes", "node", "pv"];
        // All that the folder holds says its own namespace.
        kinds.contains(&self.words[0])
            || ["diff", "apply"].contains(&self.verb)
            || self.words[0] == "-k"
    }

    /// psql on the person's own machine.
    fn is_psql(&self) -> bool {
        let environment = ["PGDATABASE=", "PGSSLMODE="];
        self.verb == "-d" || environment.iter().any(|name| self.verb.starts_with(name))
    }
}

#[test]
fn every_command_names_what_is_there() {
    let folder = folder();
    for (name, spec) in specs() {
        let tree = tree(&spec);
        let known = objects(&tree);
        let calls = calls(&commands(runbook(&tree)).join("\n"), folder.path());
        assert!(calls.len() > 25, "{name}: {}", calls.len());
        // Those that the same lines have just made, with the time in their names.
        let made = ["bootstrap", "backup", "backups", "restore", "drill"]
            .map(|kind| format!("{}-{kind}-1", tree.name));
        for call in calls
            .iter()
            .map(|words| Call::of(words))
            .filter(|call| !call.is_psql())
        {
            for (kind, object) in call.objects() {
                // What the person puts there is called so.
                let exists = known.contains(&(kind.to_owned(), object.to_owned()))
                    || object.starts_with("the-");
                assert!(
                    exists || made.iter().any(|made| object.starts_with(made)),
                    "{name}: there is no {kind} {object}"
                );
            }
            let files = call.words.windows(2).filter(|pair| pair[0] == "-f");
            for pair in
                files.filter(|pair| !["-", "-l"].contains(&pair[1]) && !pair[1].starts_with("job/"))
            {
                assert!(tree.files.contains_key(pair[1]), "{name}: {}", pair[1]);
            }
            let namespaces: &[_] = match (call.verb, call.words[0]) {
                _ if call.is_cluster_wide() => &[None, Some("shop")],
                ("get", "pods") => &[Some("shop"), Some("bi")],
                _ => &[Some("shop")],
            };
            assert!(
                namespaces.contains(&call.namespace),
                "{name}: {} {:?}",
                call.verb,
                call.words
            );
        }
    }
}

#[test]
fn hostile_names_arrive_as_they_are() {
    let folder = folder();
    for hostile in HOSTILE {
        let spec = format!(
            "name = \"orders\"\nnamespace = \"shop\"\npostgres.image = \"docker.io/library/postgres:17.12-bookworm\"\nstorage.size = \"1Gi\"\ndatabases = [{{ name = {hostile:?} }}]\nroles = [{{ name = {hostile:?}, password = {{ secret = \"a\", key = \"b\" }} }}]\n"
        );
        let tree = tree(&spec);
        let calls = calls(&commands(runbook(&tree)).join("\n"), folder.path());
        let database = format!("PGDATABASE={hostile}");
        let logins: Vec<_> = calls
            .iter()
            .filter(|call| call.contains(&database) && !call.contains(&"postgres".to_owned()))
            .collect();
        assert_eq!(logins.len(), 3, "{hostile}: {calls:#?}");
        // In a container's environment, where `$(NAME)` would be read.
        for variable in ["DATABASE", "INTO"] {
            let value = format!("{variable}={}", hostile.replace('$', "$$"));
            assert!(calls.iter().any(|call| call.contains(&value)), "{value}");
        }
        for login in logins {
            assert!(
                login
                    .windows(2)
                    .any(|pair| pair[0] == "-U" && pair[1] == hostile),
                "{login:?}"
            );
        }
    }
}

/// Nobody else on the machine can read a password in an argument.
#[test]
fn passwords_are_no_arguments() {
    let folder = folder();
    let tree = tree(&specs()["default class"]);
    let given = folder.path().join("given");
    let mut passwords = 0;
    for script in commands(runbook(&tree))
        .iter()
        .filter(|script| script.contains("urandom"))
    {
        let _ = fs::remove_file(&given);
        let calls = calls(script, folder.path());
        let text = fs::read_to_string(&given).unwrap();
        for password in text
            .split(|c: char| !c.is_ascii_hexdigit())
            .filter(|word| word.len() >= 48)
        {
            passwords += password.len() / 48;
            assert!(
                !calls.iter().flatten().any(|word| word.contains(password)),
                "{script}"
            );
        }
    }
    // Three when the Secret is made, one at each change: the superuser's, the backup role's and the
    // role's; and the restore role's.
    assert_eq!(passwords, 7);
}
