//! A git repository of one test, in which a real pre-commit guards real commits.

use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const DEFINITIONS: &str = include_str!("../../.pre-commit-hooks.yaml");
const UNDERPIN: &str = env!("CARGO_BIN_EXE_underpin");

/// The repository.
pub(crate) struct Scratch {
    folder: TempDir,
}

/// What a commit came to, and what was said.
pub(crate) struct Commit {
    /// Whether there is one more commit.
    pub(crate) done: bool,
    /// Both streams of `git commit`.
    pub(crate) said: String,
}

impl Scratch {
    /// One spec, compiled and committed; from then on the hooks of this configuration guard it.
    pub(crate) fn guarded(configuration: &Value) -> Self {
        let scratch = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        scratch.git(&["init", "--quiet", "--initial-branch=main"]);
        scratch.spec("app", "1Gi");
        // JSON is YAML.
        scratch.write(".pre-commit-config.yaml", &configuration.to_string());
        scratch.build();
        scratch.git(&["add", "--all"]);
        scratch.git(&["commit", "--quiet", "--message=First"]);
        let installed = scratch.run(&mut pre_commit(), &["install"]);
        assert!(installed.status.success(), "{}", words(&installed));
        scratch
    }

    /// The spec of a database, with the size of its volume.
    pub(crate) fn spec(&self, name: &str, size: &str) {
        let text = format!(
            "name = \"{name}\"\nnamespace = \"demo\"\npostgres.image = \"docker.io/library/postgres:17.12-bookworm\"\nstorage.size = \"{size}\"\ndatabases = [{{ name = \"app\" }}]\n"
        );
        self.write(&format!("specs/{name}/database.toml"), &text);
    }

    /// `underpin build`.
    pub(crate) fn build(&self) {
        let built = self.run(&mut Command::new(UNDERPIN), &["build"]);
        assert!(built.status.success(), "{}", words(&built));
    }

    /// Runs git, which must succeed; what it printed.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = self.run(&mut Command::new("git"), arguments);
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            words(&output)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Commits what is staged.
    pub(crate) fn commit(&self) -> Commit {
        let before = self.git(&["rev-parse", "HEAD"]);
        let output = self.run(
            &mut Command::new("git"),
            &["commit", "--quiet", "--message=Next"],
        );
        let done = self.git(&["rev-parse", "HEAD"]) != before;
        let said = words(&output);
        assert_eq!(done, output.status.success(), "{said}");
        Commit { done, said }
    }

    /// A file of the working folder.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap()
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs a program in the repository, with nothing of this machine's configuration of git.
    fn run(&self, command: &mut Command, arguments: &[&str]) -> Output {
        for (name, _) in std::env::vars_os() {
            // The tests may themselves run in a hook of git.
            if name.to_string_lossy().starts_with("GIT_") {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "Somebody")
            .env("GIT_AUTHOR_EMAIL", "somebody@example.com")
            .env("GIT_COMMITTER_NAME", "Somebody")
            .env("GIT_COMMITTER_EMAIL", "somebody@example.com")
            // For when pre-commit builds the program: kept from run to run, and made in a hurry.
            .env(
                "CARGO_TARGET_DIR",
                concat!(env!("CARGO_TARGET_TMPDIR"), "/pre-commit"),
            )
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
            .env("PRE_COMMIT_HOME", self.path().join(".git/pre-commit-home"))
            .output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }
}

/// The committed definition of a hook, with the program that was built for the tests.
pub(crate) fn local(id: &str) -> Value {
    let mut hooks: Value = serde_yaml::from_str(DEFINITIONS).unwrap();
    let hooks = hooks.as_array_mut().unwrap();
    let hook = hooks.iter_mut().find(|hook| hook["id"] == id);
    let hook = hook.unwrap_or_else(|| panic!("there is no hook `{id}`"));
    let entry = hook["entry"].as_str().unwrap();
    let arguments = entry.strip_prefix("underpin ").unwrap();
    hook["entry"] = json!(format!("'{UNDERPIN}' {arguments}"));
    hook["language"] = json!("system");
    json!({ "repos": [{ "repo": "local", "hooks": [hook] }] })
}

fn pre_commit() -> Command {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let program = target.join("tools/python/bin/pre-commit");
    assert!(
        program.exists(),
        "{} is missing: run tests/run, which gets it",
        program.display()
    );
    Command::new(program)
}

fn words(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&both).into_owned()
}
