//! `underpin check`: whether what is committed is what the specs say.

use super::End;
use super::args::{Check, Format};
use super::print::{Printer, count};
use super::specs::{self, Outcome};
use super::staged;
use anyhow::Result;
use serde_json::json;
use std::fmt::Write;
use underpin::diagnostic::Severity;
use underpin::disk::{self, Difference};

/// Longer diffs are cut: the command that mends them shows the rest in git.
const MOST_LINES: usize = 400;

/// Compiles and compares.
pub fn run(arguments: &Check, printer: &Printer) -> Result<End> {
    let selection = &arguments.selection;
    let _copy = if arguments.staged {
        Some(staged::enter(selection)?)
    } else {
        None
    };
    let (trees, scope) = match specs::compile_selection(selection, "", printer)? {
        Outcome::Trees(trees, scope) => (trees, scope),
        Outcome::Wrong => return Ok(End::Wrong),
    };
    let mut differences = disk::compare(&selection.out, &trees, scope)?;
    // The checksums say nothing to a reader that the files do not.
    differences.sort_by_key(|difference| difference.path().ends_with(".underpin"));
    if differences.is_empty() {
        if selection.format == Format::Human {
            printer.out(&format!(
                "{} checked: nothing differs\n",
                count(trees.len(), "spec")
            ));
        }
        return Ok(End::Fine);
    }
    match selection.format {
        Format::Human => {
            printer.diff(&disk::diff(&differences, MOST_LINES));
            let command = mend(selection);
            printer.message(
                Severity::Error,
                &format!("{} not what the specs say", plural(differences.len())),
            );
            printer.help(&format!("run `{command}`, and commit what it writes"));
        }
        Format::Json => {
            let lines: String = differences
                .iter()
                .map(|difference| line(difference) + "\n")
                .collect();
            printer.out(&lines);
        }
    }
    Ok(End::Wrong)
}

fn plural(number: usize) -> String {
    format!(
        "{} {}",
        count(number, "file"),
        if number == 1 { "is" } else { "are" }
    )
}

fn line(difference: &Difference) -> String {
    let kind = match difference {
        Difference::Changed { .. } => "changed",
        Difference::Missing { .. } => "missing",
        Difference::Stale { .. } => "stale",
    };
    json!({ "drift": kind, "file": difference.path().to_string_lossy() }).to_string()
}

/// The command that makes the difference go away.
fn mend(selection: &super::args::Selection) -> String {
    let mut command = "underpin build".to_owned();
    if selection.out != std::path::Path::new("generated") {
        let _ = write!(command, " --out {}", selection.out.display());
    }
    for path in &selection.paths {
        let _ = write!(command, " {}", path.display());
    }
    command
}
