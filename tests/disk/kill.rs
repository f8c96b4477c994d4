//! A build is killed at every system call by which it changes the disk, one run for each; strace
//! does the killing. Then every file is old or new, and the next build is content, also when the
//! specs have changed once more.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Output, expected, process, snapshot};

type Content = BTreeMap<String, Option<Vec<u8>>>;

/// Every way in which a build changes the disk.
const CALLS: [&str; 7] = [
    "openat", "write", "fchmod", "rename", "mkdir", "unlink", "rmdir",
];

/// Builds a step under strace and kills the process as it enters the call for the nth time; false
/// when it makes no such call that often.
fn killed(out: &Path, step: &str, call: &str, nth: usize) -> bool {
    let builder = process::builder(out, step);
    let nth = if matches!(call, "openat" | "write") {
        process::WARM_UP + nth
    } else {
        nth
    };
    let variants = match call {
        "openat" => "openat",
        "write" => "write",
        "rename" => "?rename,renameat,renameat2",
        "mkdir" => "?mkdir,mkdirat",
        "unlink" => "?unlink,unlinkat",
        _ => "?rmdir",
    };
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null"]);
    strace.args(["-e", &format!("inject={variants}:signal=KILL:when={nth}")]);
    strace.arg(builder.get_program()).args(builder.get_args());
    strace.envs(
        builder
            .get_envs()
            .filter_map(|(key, value)| Some((key, value?))),
    );
    let status = strace.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let status = status.expect("strace must be installed for this test");
    assert!(
        status.success() || status.signal() == Some(9),
        "{call} {nth}: {status}"
    );
    !status.success()
}

/// Files that are neither old nor new, nor a list, nor a temporary file.
fn torn<'a>(now: &'a Content, old: &Content, new: &Content) -> Vec<&'a String> {
    let fine = |path: &String, content: &Option<Vec<u8>>| {
        let name = path.rsplit('/').next().unwrap();
        content.is_none()
            || name.starts_with(".underpin")
            || old.get(path) == Some(content)
            || new.get(path) == Some(content)
    };
    now.iter()
        .filter(|(path, content)| !fine(path, content))
        .map(|(path, _)| path)
        .collect()
}

/// Files that both have and that are gone. (Between a directory and a file there is nothing.)
fn lost<'a>(now: &Content, old: &'a Content, new: &Content) -> Vec<&'a String> {
    let stays = |path: &String| matches!((&old[path], new.get(path)), (Some(_), Some(Some(_))));
    old.keys()
        .filter(|path| stays(path) && !now.contains_key(*path))
        .collect()
}

/// Kills the build of a step on top of another at every call; says at which states it was caught.
fn kill_everywhere(from: Option<&str>, to: &str) -> usize {
    let old = from.map(process::trees).unwrap_or_default();
    let new = process::trees(to);
    let (old_content, new_content) = (expected(&old), expected(&new));
    let mut states: Vec<Content> = Vec::new();
    for call in CALLS {
        for nth in 1.. {
            assert!(nth < 500, "{call} without end");
            let output = Output::of(&old);
            let finished = !killed(&output.path, to, call, nth);
            let now = output.snapshot();
            assert_eq!(
                torn(&now, &old_content, &new_content),
                [""; 0],
                "{call} {nth}"
            );
            assert_eq!(
                lost(&now, &old_content, &new_content),
                [""; 0],
                "{call} {nth}"
            );
            if finished {
                output.assert_holds(&new);
                break;
            }
            // Whatever is built next finds nothing that was edited by hand, and leaves nothing.
            for next in [&old, &new, &process::trees("third"), &Vec::new()] {
                let copy = Output::new();
                copy_tree(&output.path, &copy.path);
                copy.build(next);
                copy.build(&new);
                prune(&copy);
                copy.assert_holds(&new);
            }
            output.build(&process::trees("third"));
            prune(&output);
            output.assert_holds(&process::trees("third"));
            let now = anonymous(now);
            if !states.contains(&now) {
                states.push(now);
            }
        }
    }
    states.len()
}

/// The state with the random part of temporary names left out.
fn anonymous(content: Content) -> Content {
    let name = |path: String| match path.split_once("-tmp-") {
        Some((front, _)) => front.to_owned() + "-tmp-",
        None => path,
    };
    content
        .into_iter()
        .map(|(path, content)| (name(path), content))
        .collect()
}

/// Removes empty directories of the output directory: nothing says that a database was to be made
/// there, or has just gone, and git sees none of them.
fn prune(output: &Output) {
    for entry in fs::read_dir(&output.path).unwrap() {
        // One that is not empty stays.
        let _ = fs::remove_dir(entry.unwrap().path());
    }
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for (path, content) in snapshot(from) {
        match content {
            Some(content) => fs::write(to.join(path), content).unwrap(),
            None => fs::create_dir_all(to.join(path)).unwrap(),
        }
    }
}

#[test]
fn a_first_build() {
    let states = kill_everywhere(None, "first");
    // Six files and two lists, each before its temporary file, with it empty, and with it full.
    assert!(states >= 3 * 8, "only {states} states were seen");
}

#[test]
fn a_build_over_another() {
    let states = kill_everywhere(Some("first"), "second");
    // Three files and four lists are written, four files and two directories go.
    assert!(states >= 3 * 7 + 6, "only {states} states were seen");
}

#[test]
fn a_build_in_which_files_and_directories_change_places() {
    let states = kill_everywhere(Some("second"), "third");
    assert!(states >= 3 * 5 + 6, "only {states} states were seen");
}
