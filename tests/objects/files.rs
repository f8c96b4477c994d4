//! Objects as files of a temporary folder, for programs that read many in one process.

use super::objects;
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;
use underpin::compile::Compiled;

/// The files, and what each holds.
pub struct Files {
    folder: TempDir,
    /// In order.
    pub all: Vec<(PathBuf, Value)>,
}

impl Files {
    /// No file yet.
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            all: Vec::new(),
        }
    }

    /// Adds every object of a spec, as its tree has it. An object that is there already is left
    /// out: the scripts are the same for many specs.
    pub fn add(&mut self, compiled: &Compiled) {
        for (path, value) in objects(compiled) {
            let text = &compiled.tree.files[&path];
            if !self.all.iter().any(|(_, known)| *known == value) {
                self.put(text, value);
            }
        }
    }

    /// Adds one file.
    pub fn put(&mut self, text: &str, value: Value) {
        let path = self.folder.path().join(format!("{}.yaml", self.all.len()));
        fs::write(&path, text).unwrap();
        self.all.push((path, value));
    }

    /// A file that lists them, one a line.
    pub fn list(&self) -> PathBuf {
        let path = self.folder.path().join("list");
        let mut lines = String::new();
        for (file, _) in &self.all {
            let _ = writeln!(lines, "{}", file.display());
        }
        fs::write(&path, lines).unwrap();
        path
    }
}
