//! `underpin explain`: what a field, a setting or a code is.

use super::End;
use super::args::{Explain, Format};
use super::print::{Printer, width};
use super::specs;
use anyhow::{Result, bail};
use std::path::Path;
use underpin::diagnostic::visible;
use underpin::explain::{Given, Page, explain, overview};
use underpin::source::Source;
use underpin::{spec, validate};

/// Prints the page of the subject, or the overview.
pub fn run(arguments: &Explain, printer: &Printer) -> Result<End> {
    let Some(subject) = &arguments.subject else {
        printer.out(&overview().terminal(width()));
        return Ok(End::Fine);
    };
    let Some(file) = &arguments.spec else {
        return print(subject, None, printer);
    };
    in_spec(subject, file, printer)
}

fn in_spec(subject: &str, file: &Path, printer: &Printer) -> Result<End> {
    let (source, unreadable) = specs::read(file)?;
    if let Some(diagnostic) = unreadable {
        printer.diagnostics(&source, &[diagnostic], Format::Human);
        return Ok(End::Wrong);
    }
    let reading = match spec::read(&source) {
        Ok(reading) => reading,
        Err(diagnostics) => return Ok(wrong(&source, &diagnostics, printer)),
    };
    match validate::validate(&reading) {
        (Some(model), _) => {
            let given = Given {
                path: &source.path,
                document: &reading.document,
                model: &model,
            };
            print(subject, Some(&given), printer)
        }
        (None, diagnostics) => Ok(wrong(&source, &diagnostics, printer)),
    }
}

fn wrong(
    source: &Source,
    diagnostics: &[underpin::diagnostic::Diagnostic],
    printer: &Printer,
) -> End {
    printer.diagnostics(source, diagnostics, Format::Human);
    End::Wrong
}

fn print(subject: &str, given: Option<&Given<'_>>, printer: &Printer) -> Result<End> {
    match explain(subject, given) {
        Ok(page) => {
            printer.out(&safe(&page));
            Ok(End::Fine)
        }
        Err(unknown) => bail!("nothing is known of `{subject}`; {}", unknown.help),
    }
}

/// What a spec says may hold anything; a terminal is not to act on it.
fn safe(page: &Page) -> String {
    page.terminal(width())
        .lines()
        .map(|line| visible(line) + "\n")
        .collect()
}
