//! The command against a file system and a terminal that are not as it would wish.

use crate::input::GOOD;
use crate::tools;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A folder in which `underpin` is run.
struct Project(TempDir);

impl Project {
    /// Without a spec.
    fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With a good spec, `specs/orders/database.toml`.
    fn new() -> Self {
        let project = Self::empty();
        project.put("specs/orders/database.toml", GOOD);
        project
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = tools::underpin();
        command.args(arguments).current_dir(&self.0);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        tools::run(&mut self.command(arguments))
    }

    /// The same by a user who is not root, whom modes keep out.
    fn run_as_nobody(&self, arguments: &[&str]) -> Output {
        let binary = self.at("underpin");
        tools::copy_underpin(&binary);
        self.mode("", "0755");
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
            .arg(binary)
            .args(arguments)
            .current_dir(&self.0);
        tools::run(&mut command)
    }

    fn mode(&self, path: &str, mode: &str) {
        let status = Command::new("chmod").arg(mode).arg(self.at(path)).status();
        assert!(status.unwrap().success());
    }
}

#[track_caller]
fn answer(output: &Output, code: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "no {word:?} in\n{said}");
    }
}

#[test]
fn no_specs_folder() {
    answer(
        &Project::empty().run(&["build"]),
        2,
        &["there is no folder `specs` here"],
    );
}

#[test]
fn an_empty_specs_folder() {
    let project = Project::empty();
    fs::create_dir(project.at("specs")).unwrap();
    answer(
        &project.run(&["build"]),
        2,
        &["there is no database.toml below `specs`"],
    );
}

#[test]
fn specs_that_may_not_be_read() {
    let project = Project::new();
    project.mode("specs/orders", "0000");
    answer(
        &project.run_as_nobody(&["check"]),
        2,
        &["cannot look through `specs`", "Permission denied"],
    );
    project.mode("specs/orders", "0755");
}

#[test]
fn a_linked_spec_is_not_followed() {
    let project = Project::new();
    project.put("elsewhere.toml", GOOD);
    fs::create_dir(project.at("specs/linked")).unwrap();
    symlink(
        project.at("elsewhere.toml"),
        project.at("specs/linked/database.toml"),
    )
    .unwrap();
    answer(
        &project.run(&["build"]),
        2,
        &["specs/linked/database.toml", "symbolic link"],
    );
    assert!(!project.at("generated").exists());
}

#[test]
fn two_specs_with_one_name() {
    let project = Project::new();
    project.put("specs/other/database.toml", GOOD);
    let output = project.run(&["build"]);
    answer(
        &output,
        1,
        &[
            "error[UP0104]: two specs have the name `orders`",
            "also the name of specs/orders/database.toml",
        ],
    );
    assert!(!project.at("generated").exists());
}

#[test]
fn two_specs_that_make_one_object_also_where_one_of_them_is_named() {
    let project = Project::new();
    let other = "specs/other/database.toml";
    project.put(
        other,
        &GOOD.replace("name = \"orders\"\nn", "name = \"orders-direct\"\nn"),
    );
    let both = "error[UP0108]: `orders-direct` and `orders` both make Service shop/orders-direct";
    for arguments in [
        &["build"][..],
        &["check"],
        &["check", other],
        &["build", "specs/other"],
    ] {
        let meets = "meets specs/orders/database.toml";
        answer(&project.run(arguments), 1, &[both, meets]);
    }
    let first = project.run(&["build", "specs/orders/database.toml"]);
    answer(
        &first,
        1,
        &["`orders` and `orders-direct` both make Service shop/orders-direct"],
    );
    assert!(!project.at("generated").exists());
    // A spec elsewhere is for another repository, or another cluster.
    project.put(
        "elsewhere.toml",
        &fs::read_to_string(project.at(other)).unwrap(),
    );
    assert_eq!(
        project.run(&["build", "elsewhere.toml"]).status.code(),
        Some(0)
    );
}

#[test]
fn one_bad_spec_stops_them_all() {
    let project = Project::new();
    project.put("specs/bad/database.toml", "name = 1\n");
    answer(&project.run(&["build"]), 1, &["nothing was written"]);
    assert!(!project.at("generated").exists());
}

#[test]
fn the_output_is_a_file() {
    let project = Project::new();
    project.put("generated", "mine\n");
    let output = project.run(&["build"]);
    assert_ne!(output.status.code(), Some(0));
    assert_eq!(
        fs::read_to_string(project.at("generated")).unwrap(),
        "mine\n"
    );
    project.put("file", "mine\n");
    let output = project.run(&["build", "--out", "file/below"]);
    answer(&output, 2, &["file"]);
}

#[test]
fn the_output_may_not_be_written() {
    let project = Project::new();
    fs::create_dir(project.at("generated")).unwrap();
    answer(
        &project.run_as_nobody(&["build"]),
        2,
        &["generated", "Permission denied"],
    );
    assert_eq!(fs::read_dir(project.at("generated")).unwrap().count(), 0);
}

/// `check` writes nothing, so it needs no right to.
#[test]
fn check_is_content_with_reading() {
    let project = Project::new();
    answer(&project.run(&["build"]), 0, &[]);
    answer(&project.run_as_nobody(&["check"]), 0, &[]);
}

#[test]
fn wrong_usage() {
    for arguments in [
        &[][..],
        &["biuld"],
        &["build", "--colour"],
        &["build", "--format", "xml"],
        &["audit"],
    ] {
        answer(&Project::new().run(arguments), 2, &[]);
    }
    for arguments in [&["--help"][..], &["--version"], &["build", "--help"]] {
        answer(&Project::empty().run(arguments), 0, &[]);
    }
}

/// `underpin schema | head -1`.
#[test]
fn a_reader_that_has_gone() {
    let project = Project::empty();
    let mut command = project.command(&["schema"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    answer(&child.wait_with_output().unwrap(), 0, &[]);
}

#[test]
fn a_pipe_has_no_colours_and_no_color_takes_them() {
    let project = Project::new();
    project.put("specs/bad/database.toml", "name = 1\n");
    let stderr = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = project.command(arguments);
        tools::run(command.envs(variables.iter().copied())).stderr
    };
    let coloured = |bytes: &[u8]| bytes.contains(&0x1b);
    assert!(!coloured(&stderr(&["check"], &[])));
    assert!(coloured(&stderr(&["check", "--color", "always"], &[])));
    assert!(coloured(&stderr(
        &["check", "--color", "always"],
        &[("NO_COLOR", "1")]
    )));
    assert!(coloured(&stderr(&["check"], &[("CLICOLOR_FORCE", "1")])));
    assert!(!coloured(&stderr(
        &["check"],
        &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]
    )));
    assert!(!coloured(&stderr(
        &["check", "--color", "never"],
        &[("CLICOLOR_FORCE", "1")]
    )));
}

#[test]
fn the_width_is_the_terminals() {
    let project = Project::new();
    let line = format!("namespce = \"{}\"\n", "x".repeat(130));
    project.put("specs/bad/database.toml", &line);
    let longest = |columns: &str| {
        let mut command = project.command(&["check"]);
        let output = tools::run(command.env("COLUMNS", columns));
        let said = String::from_utf8(output.stderr).unwrap();
        let quoted = said.lines().filter(|line| line.contains("namespce = "));
        quoted.map(|line| line.chars().count()).max().unwrap()
    };
    assert!(longest("70") <= 70, "{}", longest("70"));
    assert!(longest("150") > 100, "{}", longest("150"));
    for odd in ["0", "-1", "", "99999999999999999999", "wide"] {
        assert!(longest(odd) > 0);
    }
}
