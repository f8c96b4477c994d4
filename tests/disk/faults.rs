//! Directories that cannot be written: said with path and reason, and nothing is lost.
//!
//! File systems that are full or read-only are mounted in a namespace of their own, which goes with
//! the process. Whoever is not root needs user namespaces for it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output as Finished};

use underpin::disk::{Edited, Scope, compare, write};

use super::{Output, expected, orders, process, snapshot};

/// Runs a script in a mount namespace. `$1` is the directory to mount over and `"${@:2}"` the
/// build or comparison.
fn in_namespace(script: &str, out: &Path, command: &Command) -> Finished {
    let me = Command::new("id").arg("-u").output().unwrap().stdout;
    let mut unshare = Command::new("unshare");
    unshare.arg("--mount");
    if me != b"0\n" {
        unshare.args(["--user", "--map-root-user"]);
    }
    unshare.args(["bash", "-euc", script, "bash"]).arg(out);
    unshare.arg(command.get_program()).args(command.get_args());
    unshare.envs(
        command
            .get_envs()
            .filter_map(|(key, value)| Some((key, value?))),
    );
    unshare
        .output()
        .expect("unshare (of util-linux) must be installed for this test")
}

fn text(finished: &Finished) -> String {
    let (out, err) = (&finished.stdout, &finished.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}

#[test]
fn a_full_disk_leaves_each_file_old_or_new_and_the_next_build_heals() {
    const SCRIPT: &str = r#"
        cp -a "$1" "$1.before"
        mount -t tmpfs -o "size=$SIZE" tmpfs "$1"
        cp -a "$1.before/." "$1"
        code=0; "${@:2}" || code=$?
        cp -a "$1/." "$1.after"
        if (( code != 0 )); then
            mount -o remount,size=10m "$1"
            "${@:2}" > /dev/null
        fi
        cp -a "$1/." "$1.healed"
        exit "$code"
    "#;
    let (old, new) = (
        expected(&process::trees("small")),
        expected(&process::trees("large")),
    );
    let (mut failed, mut finished) = (Vec::new(), 0);
    for size in (44..=96).step_by(4) {
        let output = Output::of(&process::trees("small"));
        let beside = |name: &str| output.path.with_extension(name);
        for name in ["after", "healed"] {
            fs::create_dir(beside(name)).unwrap();
        }
        let script = SCRIPT.replace("$SIZE", &format!("{size}k"));
        let run = in_namespace(
            &script,
            &output.path,
            &process::builder(&output.path, "large"),
        );
        let said = text(&run);
        assert_eq!(snapshot(&beside("healed")), new, "{size}k: {said}");
        let after = snapshot(&beside("after"));
        if run.status.success() {
            assert_eq!(after, new);
            finished += 1;
            continue;
        }
        assert!(
            said.contains("error: cannot write ") && said.contains("No space left"),
            "{said}"
        );
        assert_eq!(
            after.keys().collect::<Vec<_>>(),
            old.keys().collect::<Vec<_>>(),
            "{size}k"
        );
        let torn = after.iter().filter(|(path, content)| {
            !path.ends_with(".underpin") && old[*path] != **content && new[*path] != **content
        });
        assert_eq!(torn.count(), 0, "{size}k");
        failed.push(after);
    }
    failed.dedup();
    assert!(
        failed.len() >= 3 && finished > 0,
        "{} failures, {finished} finished",
        failed.len()
    );
}

#[test]
fn a_read_only_directory_is_compared_and_refused() {
    const SCRIPT: &str = r#"
        mount --bind "$1" "$1"
        mount -o remount,bind,ro "$1"
        "${@:2}"
    "#;
    let output = Output::of(&process::trees("first"));
    let run = |command| in_namespace(SCRIPT, &output.path, &command);
    let check = run(process::checker(&output.path, "first"));
    assert!(check.status.success(), "{}", text(&check));
    // Nothing to write: nothing to complain about.
    let same = run(process::builder(&output.path, "first"));
    assert!(same.status.success(), "{}", text(&same));
    let build = run(process::builder(&output.path, "second"));
    assert!(!build.status.success());
    let said = text(&build);
    let cannot = format!(
        "error: cannot create {}: Read-only file system",
        output.at("billing").display()
    );
    assert!(said.contains(&cannot), "{said}");
    output.assert_holds(&process::trees("first"));
}

#[test]
fn an_output_directory_that_is_none() {
    let output = Output::new();
    fs::write(&output.path, "mine\n").unwrap();
    let message = format!(
        "the output directory {} is not a directory",
        output.path.display()
    );
    let build = write(&output.path, &[orders()], Scope::All, Edited::Replace).unwrap_err();
    let check = compare(&output.path, &[orders()], Scope::All).unwrap_err();
    assert_eq!(
        [build.to_string(), check.to_string()],
        [message.clone(), message]
    );

    let below = output.path.join("generated");
    let build = write(&below, &[orders()], Scope::All, Edited::Replace).unwrap_err();
    assert_eq!(
        format!("{build:#}"),
        format!(
            "cannot look at {}: Not a directory (os error 20)",
            below.display()
        )
    );
    assert_eq!(fs::read(&output.path).unwrap(), b"mine\n");
}

#[test]
fn the_root_of_the_file_system() {
    for path in ["/", "//", "/.", "/tmp/.."] {
        let build = write(Path::new(path), &[], Scope::Only, Edited::Keep).unwrap_err();
        let check = compare(Path::new(path), &[], Scope::Only).unwrap_err();
        let message = "the output directory is `/`: name one for the generated files alone";
        assert_eq!(
            [build.to_string(), check.to_string()],
            [message, message],
            "{path}"
        );
    }
}

#[test]
fn directories_on_the_way_are_made() {
    let output = Output::new();
    let deep = output.path.join("a/b/c");
    write(&deep, &[orders()], Scope::All, Edited::Keep).unwrap();
    assert_eq!(snapshot(&deep), expected(&[orders()]));
}
