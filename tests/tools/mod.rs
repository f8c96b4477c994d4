//! The programs that tests run beside our own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Python with the packages of tests/requirements.txt, about to run a script of the repository.
pub fn python(script: &str) -> Command {
    let mut command = python_tool("python");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(script));
    command
}

/// A program of those packages, or Python itself.
pub fn python_tool(name: &str) -> Command {
    tool("python", name)
}

/// checkov, which looks at Kubernetes YAML as security teams do.
pub fn checkov() -> Command {
    let mut command = tool("checkov", "python");
    command.args(["-m", "checkov.main"]);
    command
}

/// promtool, which evaluates rules of Prometheus.
pub fn promtool() -> Command {
    tool("prometheus", "promtool")
}

/// Prometheus itself.
pub fn prometheus() -> Command {
    tool("prometheus-server", "prometheus")
}

fn tool(of: &str, name: &str) -> Command {
    let program = target().join("tools").join(of).join("bin").join(name);
    assert!(
        program.exists(),
        "{} is missing: `tests/run` gets what the tests need",
        program.display()
    );
    Command::new(program)
}

/// kubectl, 1.32 or later for its kustomize, with no cluster to talk to.
pub fn kubectl() -> Command {
    let mut command = Command::new("kubectl");
    command.env("KUBECONFIG", "/dev/null");
    command
}

/// Our own binary, with nothing from the environment that it could look at.
pub fn underpin() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_underpin"));
    command
        .env_remove("NO_COLOR")
        .env_remove("COLUMNS")
        .stdin(Stdio::null());
    command
}

/// A copy of it, to be run by another user. Made by another process: one that this process forks
/// meanwhile would hold the file open for writing, and such a file cannot be run.
pub fn copy_underpin(to: &Path) {
    stdout(
        Command::new("cp")
            .arg(env!("CARGO_BIN_EXE_underpin"))
            .arg(to),
    );
}

/// What a program that must succeed prints.
pub fn stdout(command: &mut Command) -> String {
    let output = run(command);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// How a program ends.
pub fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| {
        panic!("{command:?}: {error}; `tests/run` gets what the tests need")
    })
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .unwrap()
        .to_owned()
}
