//! `underpin schema`: the JSON Schema, for editors.

use super::End;
use super::args::Schema;
use super::print::Printer;

/// Prints it.
pub fn run(_: &Schema, printer: &Printer) -> End {
    printer.out(underpin::spec::schema::TEXT);
    End::Fine
}
