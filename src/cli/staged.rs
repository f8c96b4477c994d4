//! What git has staged, as files: `check --staged` looks at the next commit and not at the working
//! folder, where output may stand that nobody has added.

use super::args::Selection;
use anyhow::{Context, Result, bail};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Copies the specs and the output of the next commit into a directory of its own, and goes there.
/// It lives as long as what is returned.
pub fn enter(selection: &Selection) -> Result<TempDir> {
    let mut paths = selection.paths.clone();
    // Also where one is named: the others stand beside it.
    paths.push(PathBuf::from("specs"));
    paths.push(selection.out.clone());
    if let Some(path) = paths.iter().find(|path| path.is_absolute()) {
        bail!(
            "`{}` is absolute: with --staged, name it as git does, from here",
            path.display()
        );
    }
    let copy = tempfile::tempdir().context("cannot make a temporary directory")?;
    let mut list = Command::new("git");
    list.args(["--literal-pathspecs", "ls-files", "-z", "--cached", "--"]);
    list.args(&paths);
    let files = git(list, &[])?;
    let mut prefix = copy.path().as_os_str().to_owned();
    prefix.push("/");
    let mut check_out = Command::new("git");
    check_out.args(["checkout-index", "-z", "--stdin"]);
    check_out.arg("--prefix").arg(&prefix);
    git(check_out, &files.stdout)?;
    let mut place = Command::new("git");
    place.args(["rev-parse", "--show-prefix"]);
    let below = git(place, &[])?.stdout;
    let below = String::from_utf8(below).context("this folder's name is not UTF-8")?;
    let folder = copy.path().join(Path::new(below.trim_end_matches('\n')));
    // Nothing may be staged in it.
    std::fs::create_dir_all(&folder).context("cannot make a temporary directory")?;
    std::env::set_current_dir(&folder).context("cannot enter a temporary directory")?;
    Ok(copy)
}

/// Runs git, and says in its own words why it failed.
fn git(mut command: Command, input: &[u8]) -> Result<Output> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run git, which --staged needs")?;
    // git reads all of it before it writes anything.
    if let Some(mut stdin) = child.stdin.take() {
        let written = stdin.write_all(input);
        drop(stdin);
        // Of a git that has failed its own words say more.
        if written.is_err() && child.try_wait().is_ok_and(|status| status.is_none()) {
            written.context("cannot write to git")?;
        }
    }
    let output = child.wait_with_output().context("cannot wait for git")?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        bail!("git cannot say what is staged: {}", words.trim_end());
    }
    Ok(output)
}
