//! A copy of a backup under another id, which a test changes: with its sums made right again it is
//! one that was made so, without that it is damaged.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::deployed::{Backup, Deployed};

pub(crate) struct Mutant {
    pub(crate) id: String,
    path: PathBuf,
}

/// Makes the sums of the folder it runs in right.
const SEAL: &str = r#"
set -Eeuo pipefail
find . -type f ! -name SHA256SUMS ! -path ./manifest.json ! -path ./manifest.sha256 -print0 | sort -z | xargs -0 sha256sum >SHA256SUMS
sums=$(sha256sum <SHA256SUMS)
sed -i "s/^  \"sums\": \".*\"/  \"sums\": \"${sums%% *}\"/" manifest.json
sha256sum manifest.json >manifest.sha256
"#;

impl Mutant {
    /// A whole one that differs by its id alone: its time, and five letters.
    #[track_caller]
    pub(crate) fn of(deployed: &Deployed, backup: &Backup, id: &str) -> Mutant {
        let path = deployed.directory().join(id);
        let copied = Command::new("cp")
            .args(["--archive", "--"])
            .arg(deployed.directory().join(&backup.id))
            .arg(&path)
            .status();
        assert!(copied.unwrap().success());
        let mutant = Mutant {
            id: id.to_owned(),
            path,
        };
        mutant.edit("manifest.json", &backup.id, id);
        mutant.seal();
        mutant
    }

    /// Replaces what must be there.
    #[track_caller]
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let file = self.path.join(file);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "`{from}` in {text}");
        fs::write(file, text.replacen(from, to, 1)).unwrap();
    }

    /// Gives a simple value of the manifest another one.
    #[track_caller]
    pub(crate) fn say(&self, key: &str, value: &str) -> &Mutant {
        let file = self.path.join("manifest.json");
        let text = fs::read_to_string(&file).unwrap();
        let start = format!("  \"{key}\": ");
        let line = text.lines().find(|line| line.starts_with(&start)).unwrap();
        fs::write(&file, text.replacen(line, &format!("{start}{value},"), 1)).unwrap();
        self.seal();
        self
    }

    #[track_caller]
    pub(crate) fn seal(&self) {
        let sealed = Command::new("bash")
            .args(["-c", SEAL])
            .current_dir(&self.path)
            .status();
        assert!(sealed.unwrap().success());
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.path.join(below)
    }

    /// The largest file of rows of a folder, by its name below the backup.
    #[track_caller]
    pub(crate) fn rows(&self, folder: &str) -> String {
        let files = fs::read_dir(self.path.join(folder).join("dump"))
            .unwrap()
            .flatten()
            .filter(|file| file.file_name() != "toc.dat");
        let largest = files.max_by_key(|file| file.metadata().unwrap().len());
        let name = largest.unwrap().file_name();
        format!("{folder}/dump/{}", name.to_str().unwrap())
    }
}
