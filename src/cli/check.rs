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
use underpin::disk::{self, Difference, Obstacle, Reason};

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
            printer.message(
                Severity::Error,
                &format!("{} not what the specs say", plural(differences.len())),
            );
            let obstacles = disk::in_the_way(&selection.out, &trees, scope)?;
            say_what_to_do(&fix_of(selection), &obstacles, printer);
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

/// A build does not touch what a person has edited.
fn say_what_to_do(command: &str, obstacles: &[Obstacle], printer: &Printer) {
    for obstacle in obstacles {
        printer.message(Severity::Error, &obstacle.to_string());
    }
    let forced = |obstacle: &Obstacle| matches!(obstacle.reason, Reason::Edited | Reason::Listing);
    if obstacles.is_empty() {
        printer.help(&format!("run `{command}`, and commit what it writes"));
    } else if obstacles.iter().all(forced) {
        printer.help(&format!("a build does not replace what was edited by hand: put what is wanted into the spec, then run `{command} --force`, and commit what it writes"));
    } else {
        printer.help(&format!("a build does not touch what no build wrote: move it, then run `{command} --force`, and commit what it writes"));
    }
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
fn fix_of(selection: &super::args::Selection) -> String {
    let mut command = "underpin build".to_owned();
    if selection.out != std::path::Path::new("generated") {
        let _ = write!(command, " --out {}", selection.out.display());
    }
    for path in &selection.paths {
        let _ = write!(command, " {}", path.display());
    }
    command
}
