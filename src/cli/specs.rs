//! Finds the specs, reads and compiles them: what `build` and `check` begin with.

use super::args::{Format, Named, Selection};
use super::print::{Printer, count};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use underpin::compile::{Compilation, compile};
use underpin::diagnostic::{Diagnostic, Severity, visible};
use underpin::disk::Scope;
use underpin::emit::Tree;
use underpin::model::Model;
use underpin::source::{LARGEST, Source};
use underpin::spec::{Document, UNREADABLE};
use underpin::together;
use walkdir::WalkDir;

/// The name that a spec has.
const FILE: &str = "database.toml";
/// The folder that specs stand in.
const ROOT: &str = "specs";

/// What came of the specs.
pub enum Outcome {
    /// All are fine; warnings are printed.
    Trees(Vec<Tree>, Scope),
    /// Some are wrong, and why is printed.
    Wrong,
}

/// A spec that was read, or why it cannot be one.
pub type Reading = (Source, Option<Diagnostic>);

/// Compiles what the arguments select, and prints what is wrong with it.
/// `so` ends the sentence that counts the errors.
pub fn compile_selection(selection: &Selection, so: &str, printer: &Printer) -> Result<Outcome> {
    let (files, scope) = find(selection)?;
    let readings = files
        .iter()
        .map(|file| read(file))
        .collect::<Result<Vec<_>>>()?;
    let mut compilations = in_parallel(&readings);
    let others = neighbours(&files, scope)
        .iter()
        .filter_map(|file| read(file).ok())
        .collect::<Vec<_>>();
    hold_together(&others, &readings, &mut compilations);
    let mut trees = Vec::new();
    let mut errors = 0;
    for ((source, _), compilation) in readings.iter().zip(compilations) {
        printer.diagnostics(source, &compilation.diagnostics, selection.format);
        let failed = compilation.failed();
        errors += compilation
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
            .count();
        if let Some(compiled) = compilation.tree.filter(|_| !failed) {
            if let Some(finding) = compiled
                .findings
                .iter()
                .find(|finding| finding.severity == Severity::Error)
            {
                bail!(
                    "{} does not pass Underpin's own audit, and nothing was written: {} {} {}: {}; this is a fault of Underpin, please report it",
                    source.path,
                    finding.code,
                    finding.object,
                    finding.path,
                    finding.message
                );
            }
            trees.push(compiled.tree);
        }
    }
    if errors > 0 {
        if selection.format == Format::Human {
            printer.message(
                Severity::Error,
                &format!("{} in the specs{so}", count(errors, "error")),
            );
        }
        return Ok(Outcome::Wrong);
    }
    Ok(Outcome::Trees(trees, scope))
}

/// The model of the spec with a name; `None` where it is wrong, and why is printed. Its warnings
/// are what `build` says, and are not repeated.
pub fn model(named: &Named, printer: &Printer) -> Result<Option<Model>> {
    let mut files = Vec::new();
    if named.specs.is_dir() {
        walk(&named.specs, &mut files)?;
    } else {
        files.push(named.specs.clone());
    }
    let mut others = Vec::new();
    for file in &files {
        let reading = read(file)?;
        let name = name_of(&reading.0.text);
        if name.as_deref() != Some(named.name.as_str()) {
            others.extend(name);
            continue;
        }
        let compilation = one(&reading);
        if compilation.failed() {
            printer.diagnostics(&reading.0, &compilation.diagnostics, Format::Human);
            return Ok(None);
        }
        return Ok(compilation.tree.map(|compiled| compiled.model));
    }
    let there = if others.is_empty() {
        String::new()
    } else {
        format!("; there are: {}", others.join(", "))
    };
    bail!(
        "no spec in `{}` has the name `{}`{there}",
        named.specs.display(),
        visible(&named.name)
    );
}

/// The name that a spec says, also where the rest of it is wrong.
fn name_of(text: &str) -> Option<String> {
    let json = Document::parse(text).ok()?.to_json();
    json["name"].as_str().map(str::to_owned)
}

/// Specs are independent of each other, so each core takes its share; the order stays.
fn in_parallel(readings: &[Reading]) -> Vec<Compilation> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = readings.len().div_ceil(cores).max(8);
    if readings.len() <= share {
        return readings.iter().map(one).collect();
    }
    std::thread::scope(|scope| {
        let workers: Vec<_> = readings
            .chunks(share)
            .map(|chunk| scope.spawn(move || chunk.iter().map(one).collect::<Vec<_>>()))
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| {
                worker
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    })
}

fn one((source, unreadable): &Reading) -> Compilation {
    match unreadable {
        Some(diagnostic) => Compilation {
            tree: None,
            diagnostics: vec![diagnostic.clone()],
        },
        None => compile(source),
    }
}

/// Adds to each spec what is wrong with it beside the others. Only what compiles is judged: of others
/// that do not, their own build says so.
fn hold_together(others: &[Reading], readings: &[Reading], compilations: &mut [Compilation]) {
    let beside = in_parallel(others);
    let all: Vec<(Option<usize>, together::Spec<'_>)> = others
        .iter()
        .zip(&beside)
        .map(|(reading, compilation)| (None, reading, compilation))
        .chain(
            readings
                .iter()
                .zip(&*compilations)
                .enumerate()
                .map(|(at, (reading, compilation))| (Some(at), reading, compilation)),
        )
        .filter_map(|(at, (source, _), compilation)| {
            let compiled = compilation.tree.as_ref()?;
            let spec = together::Spec {
                path: &source.path,
                text: &source.text,
                name: &compiled.tree.name,
                taken: &compiled.taken,
            };
            Some((at, spec))
        })
        .collect();
    let specs: Vec<_> = all.iter().map(|(_, spec)| *spec).collect();
    let places: Vec<_> = all.iter().map(|(at, _)| *at).collect();
    for (at, judged) in places.into_iter().zip(together::judge(&specs)) {
        if let (Some(at), Some(diagnostic)) = (at, judged) {
            compilations[at].diagnostics.push(diagnostic);
        }
    }
}

/// The specs that stand below `specs` with those that were named: they meet in the cluster, whoever
/// builds only one of them.
fn neighbours(files: &[PathBuf], scope: Scope) -> Vec<PathBuf> {
    let (Scope::Only, Ok(root)) = (scope, fs::canonicalize(ROOT)) else {
        return Vec::new();
    };
    let named: BTreeSet<PathBuf> = files
        .iter()
        .filter_map(|file| fs::canonicalize(file).ok())
        .collect();
    if !named.iter().any(|file| file.starts_with(&root)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    // What cannot be read here is said by a build of it.
    let _ = walk(Path::new(ROOT), &mut found);
    found.retain(|file| fs::canonicalize(file).is_ok_and(|file| !named.contains(&file)));
    found
}

fn find(selection: &Selection) -> Result<(Vec<PathBuf>, Scope)> {
    if !selection.paths.is_empty() {
        let mut files = Vec::new();
        for path in &selection.paths {
            if fs::metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
                let before = files.len();
                walk(path, &mut files)?;
                if files.len() == before {
                    bail!("there is no {FILE} below `{}`", path.display());
                }
            } else {
                files.push(path.clone());
            }
        }
        files.sort();
        files.dedup();
        return Ok((files, Scope::Only));
    }
    let root = Path::new(ROOT);
    if !root.is_dir() {
        bail!("there is no folder `specs` here: run this where it is, or name a {FILE}");
    }
    let mut files = Vec::new();
    walk(root, &mut files)?;
    if files.is_empty() {
        bail!("there is no {FILE} below `specs`: write one, for example specs/orders/{FILE}");
    }
    Ok((files, Scope::All))
}

/// Every spec below a folder, in order. Links are not followed: they may lead out of the
/// repository, and what is reviewed is what stands in it.
fn walk(root: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in WalkDir::new(root).follow_links(false).sort_by_file_name() {
        let entry = entry.with_context(|| format!("cannot look through `{}`", root.display()))?;
        if entry.file_name() != FILE || entry.file_type().is_dir() {
            continue;
        }
        if entry.file_type().is_symlink() {
            bail!(
                "`{}` is a symbolic link, and is not followed: put the spec itself there",
                entry.path().display()
            );
        }
        files.push(entry.into_path());
    }
    Ok(())
}

/// Reads one spec, and never more than a spec may be.
pub fn read(path: &Path) -> Result<Reading> {
    let shown = path.display().to_string();
    // Looked at before it is opened: opening a pipe would wait for its writer.
    let metadata = fs::metadata(path).with_context(|| format!("cannot read `{shown}`"))?;
    if !metadata.is_file() {
        bail!("cannot read `{shown}`: it is not a file");
    }
    let file = File::open(path).with_context(|| format!("cannot read `{shown}`"))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read `{shown}`"))?;
    let refuse = |message: &str, help: &str| {
        let mut diagnostic = Diagnostic::new(UNREADABLE, Severity::Error, message);
        diagnostic.help = Some(help.to_owned());
        (
            Source {
                path: slashes(path),
                text: String::new(),
            },
            Some(diagnostic),
        )
    };
    if bytes.len() as u64 > LARGEST {
        return Ok(refuse(
            "the file is larger than 1 MiB",
            "a spec is a page or two: is this the right file?",
        ));
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Ok(refuse("the file is UTF-16", "save it as UTF-8"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => {
            // A byte order mark is no part of the text.
            let text = text
                .strip_prefix('\u{FEFF}')
                .map(str::to_owned)
                .unwrap_or(text);
            Ok((
                Source {
                    path: slashes(path),
                    text,
                },
                None,
            ))
        }
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            Ok(refuse(
                &format!("the file is not UTF-8: byte {at} belongs to no character"),
                "save it as UTF-8",
            ))
        }
    }
}

fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
