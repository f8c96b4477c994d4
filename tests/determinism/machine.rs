//! Two processes with nothing in common but the spec.

use crate::{generate, tools};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;
use tempfile::TempDir;
use walkdir::WalkDir;

/// A folder with the specs that every test of this file compiles.
fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut specs = generate::committed();
    specs.push(generate::listed().pop().unwrap());
    for (index, source) in specs.iter().enumerate() {
        let spec = folder.path().join(format!("specs/{index}/database.toml"));
        fs::create_dir_all(spec.parent().unwrap()).unwrap();
        fs::write(spec, &source.text).unwrap();
    }
    folder
}

/// The files of a folder.
fn files(folder: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry
                .path()
                .strip_prefix(folder)
                .unwrap()
                .display()
                .to_string();
            let written = entry.metadata().unwrap().modified().unwrap();
            (path, (fs::read(entry.path()).unwrap(), written))
        })
        .collect()
}

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    files(folder)
        .into_iter()
        .map(|(path, (bytes, _))| (path, bytes))
        .collect()
}

#[test]
fn the_machine_has_no_meaning() {
    let here = project();
    tools::stdout(tools::underpin().arg("build").current_dir(&here));
    let expected = contents(&here.path().join("generated"));
    assert!(expected.len() > 40, "{:?}", expected.keys());

    let there = project();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = tools::underpin();
    command
        .arg("build")
        .args(["--out".as_ref(), there.path().join("out").as_os_str()])
        .arg(there.path().join("specs"))
        .current_dir(&elsewhere)
        .env_clear()
        .envs([
            ("TZ", "Pacific/Kiritimati"),
            ("LANG", "tr_TR.UTF-8"),
            ("LC_ALL", "tr_TR.UTF-8"),
        ])
        .envs([
            ("HOME", "/nowhere"),
            ("COLUMNS", "40"),
            ("CLICOLOR_FORCE", "1"),
        ]);
    tools::stdout(&mut command);
    assert_eq!(contents(&there.path().join("out")), expected);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn a_second_build_writes_nothing() {
    let project = project();
    let build = || tools::stdout(tools::underpin().arg("build").current_dir(&project));
    build();
    let first = files(project.path());
    let said = build();
    assert!(said.contains(": 0 files written, 0 removed, "), "{said}");
    assert_eq!(files(project.path()), first);
    tools::stdout(tools::underpin().arg("check").current_dir(&project));
    assert_eq!(files(project.path()), first);
}
