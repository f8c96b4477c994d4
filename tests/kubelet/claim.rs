//! Claims: directories that outlive pods, on disk or of a size that can run out and grow.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::host;
use super::volume::mount_memory;

/// Every claim's directory, of one cluster.
#[derive(Clone, Debug)]
pub(crate) struct Claims(PathBuf);

impl Claims {
    pub(crate) fn new(cluster: &Path) -> Claims {
        Claims(cluster.join("claims"))
    }

    /// The directory behind a claim; what a fresh ext4 file system looks like, the first time.
    pub(crate) fn directory(&self, claim: &str) -> PathBuf {
        let directory = self.0.join(claim);
        if !directory.exists() {
            fs::create_dir_all(&directory).expect("our directory");
            format_volume(&directory);
        }
        directory
    }
}

/// One claim's volume, from outside of any pod.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) directory: PathBuf,
}

impl Claim {
    /// Makes the volume hold so many bytes and no more; only before anything was written to it.
    pub(crate) fn limit(&self, bytes: u64) -> &Claim {
        let entries = fs::read_dir(&self.directory).expect("our directory");
        assert!(
            entries.count() == 1,
            "the volume {} is used already",
            self.directory.display()
        );
        mount_memory(&self.directory, Some(bytes), 0o755);
        format_volume(&self.directory);
        self
    }

    /// Changes the size of a limited volume, under a running pod too.
    pub(crate) fn grow(&self, bytes: u64) {
        let options = format!("remount,size={bytes}");
        host::run(
            "mount",
            &["-o", &options, &self.directory.to_string_lossy()],
        );
    }

    /// Changes the size so that so many bytes are free: a volume that others have filled.
    pub(crate) fn leave_free(&self, bytes: u64) {
        self.grow(self.bytes("%b") - self.free() + bytes);
    }

    /// How many bytes are free.
    pub(crate) fn free(&self) -> u64 {
        self.bytes("%a")
    }

    /// A number of blocks, as bytes.
    fn bytes(&self, blocks: &str) -> u64 {
        let directory = self.directory.to_string_lossy();
        let format = format!("--format={blocks} %S");
        let said = host::run("stat", &["--file-system", &format, &directory]);
        let mut numbers = said.split_whitespace().map(str::parse::<u64>);
        let mut next = || numbers.next().expect("two numbers").expect("a number");
        next() * next()
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.directory.join(below)
    }
}

/// What a fresh ext4 file system looks like.
pub(crate) fn format_volume(directory: &Path) {
    let set = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("our directory");
    };
    set(directory, 0o755);
    let lost = directory.join("lost+found");
    fs::create_dir(&lost).expect("our directory");
    set(&lost, 0o700);
}
