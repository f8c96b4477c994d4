//! Bad input: what a person gets for it, and that nothing whatever makes the compiler stumble.

mod bytes;
mod file;
mod large;
mod masked;
mod mutated;
mod neon;
mod secrets;
mod table;
mod warned;

use crate::tools;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A good spec, one line a field.
pub const GOOD: &str = "\
name = \"orders\"
namespace = \"shop\"
postgres.image = \"docker.io/library/postgres:17.12-bookworm\"
storage.size = \"10Gi\"
databases = [{ name = \"orders\" }]
";

/// The good spec with one line replaced (that of the same key) or added.
fn with(line: &str) -> String {
    let key = |line: &str| line.split([' ', '=']).next().unwrap().to_owned();
    let mut lines: Vec<&str> = GOOD.lines().filter(|good| key(good) != key(line)).collect();
    // A table's header ends what stands at the top.
    lines.push(line);
    lines.join("\n") + "\n"
}

/// A spec in a folder of its own.
struct Spec {
    folder: TempDir,
}

impl Spec {
    fn of(bytes: impl AsRef<[u8]>) -> Self {
        let spec = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::write(spec.path(), bytes).unwrap();
        spec
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("database.toml")
    }

    /// `underpin build database.toml` with more arguments, in that folder.
    fn build(&self, arguments: &[&str]) -> Output {
        tools::run(self.command().args(arguments))
    }

    fn command(&self) -> Command {
        let mut command = tools::underpin();
        command
            .args(["build", "database.toml"])
            .current_dir(&self.folder);
        command
    }

    /// The faults, as `--format json` has them.
    fn faults(&self) -> Vec<Value> {
        let output = self.build(&["--format", "json"]);
        let said = String::from_utf8(output.stdout).unwrap();
        said.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// Everything that a process printed.
fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap() + std::str::from_utf8(&output.stderr).unwrap()
}
