//! Backups that were whole and are not any more: the list says which, and how.

use std::fs;
use std::path::{Path, PathBuf};

use super::faults::small;

/// A file of the rows of the database with the most.
fn rows_of(backup: &Path) -> PathBuf {
    let folders = fs::read_dir(backup).unwrap().flatten();
    let dumps = folders.flat_map(|folder| fs::read_dir(folder.path().join("dump")));
    let files = dumps.flat_map(Iterator::flatten).map(|file| file.path());
    files
        .filter(|file| !file.ends_with("toc.dat"))
        .max_by_key(|file| fs::metadata(file).unwrap().len())
        .unwrap()
}

fn flip(backup: &Path) {
    let file = rows_of(backup);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).unwrap();
}

fn cut(backup: &Path) {
    let file = fs::File::options()
        .write(true)
        .open(rows_of(backup))
        .unwrap();
    file.set_len(file.metadata().unwrap().len() - 1).unwrap();
}

fn remove(backup: &Path) {
    fs::remove_file(rows_of(backup)).unwrap();
}

fn edit(backup: &Path) {
    let manifest = backup.join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let other = text.replace("\"nightly\"", "\"weekly\"");
    assert_ne!(other, text);
    fs::write(manifest, other).unwrap();
}

fn add(backup: &Path) {
    fs::write(backup.join("1/more"), "").unwrap();
}

/// A way to damage a backup, and what the list says of it.
type Way = (fn(&Path), &'static str);

#[test]
fn what_is_damaged_is_told_and_left_alone() {
    let deployed = small();
    let whole = deployed.back_up("backup-whole").id;
    let ways: [Way; 5] = [
        (flip, "has changed"),
        (cut, "has changed"),
        (remove, "is missing"),
        (add, "is not of this backup"),
        (edit, "manifest.json and manifest.sha256 do not agree"),
    ];
    let mut damaged = Vec::new();
    for (number, (damage, words)) in ways.into_iter().enumerate() {
        let id = deployed.back_up(&format!("backup-{number}")).id;
        damage(&deployed.directory().join(&id));
        damaged.push((id, words));
    }

    let result = deployed.list("list", &[]);
    result.expect_success();
    let log = result.log();
    for id in deployed.ids() {
        let shown = log.lines().any(|line| line.starts_with(&id));
        assert!(shown, "{id}\n{log}");
    }

    let result = deployed.list("verify", &[("VERIFY", "all")]);
    assert_eq!((result.succeeded, result.code()), (false, Some(3)));
    let log = result.log();
    assert!(
        log.contains(&format!("event=verify id={whole} result=whole")),
        "{log}"
    );
    for (id, words) in &damaged {
        assert!(
            log.contains(&format!("event=verify id={id} result=damaged")),
            "{log}"
        );
        let fault = log
            .lines()
            .find(|line| line.starts_with(&format!("event=fault id={id} ")));
        assert!(fault.unwrap_or_default().contains(words), "{words}\n{log}");
    }
    let message = result.message();
    assert!(
        message.contains("5 of 6") && damaged.iter().any(|(id, _)| message.contains(id)),
        "{message}"
    );

    for (wanted, succeeded) in [(&whole, true), (&damaged[0].0, false)] {
        let job = format!("verify-{wanted}").to_lowercase();
        let result = deployed.list(&job, &[("VERIFY", wanted)]);
        assert_eq!(result.succeeded, succeeded, "{}", result.log());
    }

    let before = deployed.ids();
    let backup = deployed.back_up("backup-later");
    let left = format!(
        "event=stranger name={} result=left state=damaged",
        damaged[4].0
    );
    assert!(backup.log.contains(&left), "{}", backup.log);
    assert_eq!(deployed.ids()[..before.len()], before);
    // A manifest that nobody can trust is for somebody to look at, whatever the rules say.
    let least = r#"{"last": 1, "daily": 0, "weekly": 0, "monthly": 0, "yearly": 0, "minimum": 1}"#;
    let result = deployed.start_backup("backup-last", &[("KEEP", least)]);
    result.wait().expect_success();
    let ids = deployed.ids();
    assert!(ids.len() == 2 && ids.contains(&damaged[4].0), "{ids:?}");
}
