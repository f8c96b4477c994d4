//! `underpin build`: specs in, files out.

use super::End;
use super::args::{Build, Format};
use super::print::{Printer, count};
use super::specs::{self, Outcome};
use anyhow::Result;
use underpin::diagnostic::Severity;
use underpin::disk::{self, Edited};
use underpin::emit;

/// Compiles and writes.
pub fn run(arguments: &Build, printer: &Printer) -> Result<End> {
    let selection = &arguments.selection;
    let (trees, scope) =
        match specs::compile_selection(selection, "; nothing was written", printer)? {
            Outcome::Trees(trees, scope) => (trees, scope),
            Outcome::Wrong => return Ok(End::Wrong),
        };
    let edited = if arguments.force {
        Edited::Replace
    } else {
        Edited::Keep
    };
    match disk::write(&selection.out, &trees, scope, edited)? {
        disk::Outcome::Written(written) => {
            if selection.format == Format::Human {
                for path in &written.removed {
                    printer.err(&format!("removed {}\n", path.display()));
                }
                say_deletions(&emit::deletions(&written.gone, &trees), printer);
                printer.out(&format!(
                    "{} compiled: {} written, {} removed, {} unchanged\n",
                    count(trees.len(), "spec"),
                    count(written.written.len(), "file"),
                    written.removed.len(),
                    written.unchanged,
                ));
            }
            Ok(End::Fine)
        }
        disk::Outcome::InTheWay(obstacles) => {
            for obstacle in &obstacles {
                printer.message(Severity::Error, &obstacle.to_string());
            }
            printer.help("nothing was written; change the spec instead of its output, or move the file; `underpin build --force` replaces generated files that were edited");
            Ok(End::Wrong)
        }
    }
}

/// No apply by kubectl takes from a cluster what was taken out of a spec.
fn say_deletions(lines: &[String], printer: &Printer) {
    if lines.is_empty() {
        return;
    }
    printer.help("`kubectl apply -k` deletes nothing: what was removed runs on. After the apply, once nothing needs it, run these; claims, volumes and passwords stay");
    for line in lines {
        printer.err(&format!("  {line}\n"));
    }
}
