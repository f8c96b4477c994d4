//! Trees against real directories, real faults and real kills.

mod compare;
mod concurrent;
mod diff;
mod faults;
mod kill;
mod links;
mod ownership;
mod process;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use underpin::disk::{Difference, Edited, Outcome, Scope, Written, compare, write};
use underpin::emit::Tree;
use walkdir::WalkDir;

fn tree(name: &str, files: &[(&str, &str)]) -> Tree {
    let files = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    Tree {
        name: name.to_owned(),
        files,
    }
}

/// A folder of which every test has an idea: two concerns and a file at the top.
fn orders() -> Tree {
    tree(
        "orders",
        &[
            (
                "kustomization.yaml",
                "resources:\n  - server/stateful-set.yaml\n",
            ),
            ("server/service.yaml", "kind: Service\n"),
            (
                "server/stateful-set.yaml",
                "kind: StatefulSet\nreplicas: 1\n",
            ),
            ("storage/claim.yaml", "kind: PersistentVolumeClaim\n"),
        ],
    )
}

/// The same database after its spec changed: one file new, one changed, one gone.
fn orders_changed() -> Tree {
    tree(
        "orders",
        &[
            ("access/policy.yaml", "kind: NetworkPolicy\n"),
            (
                "kustomization.yaml",
                "resources:\n  - server/stateful-set.yaml\n",
            ),
            ("server/service.yaml", "kind: Service\n"),
            (
                "server/stateful-set.yaml",
                "kind: StatefulSet\nreplicas: 2\n",
            ),
        ],
    )
}

/// An output directory that does not exist yet, in one that goes with the value.
struct Output {
    parent: TempDir,
    path: PathBuf,
}

impl Output {
    fn new() -> Self {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("generated");
        Self { parent, path }
    }

    fn of(trees: &[Tree]) -> Self {
        let output = Self::new();
        output.build(trees);
        output
    }

    /// A build of every spec that must succeed.
    fn build(&self, trees: &[Tree]) -> Written {
        match write(&self.path, trees, Scope::All, Edited::Keep).unwrap() {
            Outcome::Written(written) => written,
            Outcome::InTheWay(obstacles) => panic!("in the way: {obstacles:?}"),
        }
    }

    /// A build that must find something in its way and change nothing; says what it was.
    fn refused(&self, trees: &[Tree], edited: Edited) -> String {
        let before = self.snapshot();
        let Outcome::InTheWay(obstacles) = write(&self.path, trees, Scope::All, edited).unwrap()
        else {
            panic!("nothing was in the way")
        };
        assert_eq!(self.snapshot(), before);
        let lines: Vec<String> = obstacles.iter().map(ToString::to_string).collect();
        lines
            .join("\n")
            .replace(&format!("{}/", self.path.display()), "")
    }

    /// A build that replaces what was edited by hand and must succeed.
    fn force(&self, trees: &[Tree]) -> Written {
        match write(&self.path, trees, Scope::All, Edited::Replace).unwrap() {
            Outcome::Written(written) => written,
            Outcome::InTheWay(obstacles) => panic!("in the way: {obstacles:?}"),
        }
    }

    fn compare(&self, trees: &[Tree]) -> Vec<Difference> {
        compare(&self.path, trees, Scope::All).unwrap()
    }

    fn at(&self, path: &str) -> PathBuf {
        self.path.join(path)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap()
    }

    fn put(&self, path: &str, content: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// The paths of a build's report, below the output directory.
    fn relative(&self, paths: &[PathBuf]) -> Vec<String> {
        let relative = |path: &PathBuf| {
            path.strip_prefix(&self.path)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        };
        paths.iter().map(relative).collect()
    }

    fn snapshot(&self) -> BTreeMap<String, Option<Vec<u8>>> {
        snapshot(&self.path)
    }

    /// That the directory holds the trees, each with its list, and not one thing more.
    fn assert_holds(&self, trees: &[Tree]) {
        assert_eq!(self.snapshot(), expected(trees));
    }
}

/// Everything below a directory: files with their content, directories without.
fn snapshot(path: &Path) -> BTreeMap<String, Option<Vec<u8>>> {
    let walk = WalkDir::new(path).min_depth(1).into_iter();
    walk.filter_map(Result::ok)
        .map(|entry| {
            let name = entry
                .path()
                .strip_prefix(path)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            (
                name,
                entry
                    .file_type()
                    .is_file()
                    .then(|| fs::read(entry.path()).unwrap()),
            )
        })
        .collect()
}

/// What a directory that holds these trees looks like, said without the code under test: the
/// checksums of `.underpin` are those of `sha256sum`.
fn expected(trees: &[Tree]) -> BTreeMap<String, Option<Vec<u8>>> {
    let scratch = tempfile::tempdir().unwrap();
    for Tree { name, files } in trees {
        let root = scratch.path().join(name);
        for (path, text) in files {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), text).unwrap();
        }
        let mut sums = std::process::Command::new("sha256sum");
        let sums = sums
            .arg("--")
            .args(files.keys())
            .current_dir(&root)
            .output()
            .unwrap();
        assert!(
            sums.status.success(),
            "sha256sum: {}",
            String::from_utf8_lossy(&sums.stderr)
        );
        fs::write(root.join(".underpin"), sums.stdout).unwrap();
    }
    snapshot(scratch.path())
}
