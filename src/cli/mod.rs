//! The commands: one file each. They read, call the stages, write and print; they compute nothing.
//!
//! Exit status: 0 fine; 1 the spec has errors, the tree differs, or the audit finds something;
//! 2 the job could not be done.

pub mod args;
mod audit;
mod backups;
mod build;
mod check;
mod explain;
mod print;
mod restore;
mod schema;
mod secrets;
mod specs;
mod staged;

use anyhow::Result;
use args::{Arguments, Command};
use clap::Parser;
use print::Printer;
use std::process::ExitCode;

/// How a command ended, when it could do its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Exit status 0.
    Fine,
    /// Exit status 1.
    Wrong,
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // clap's own words: help and version go to stdout and are no failure.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let printer = Printer::new(arguments.color);
    match dispatch(&arguments.command, &printer) {
        Ok(End::Fine) => ExitCode::SUCCESS,
        Ok(End::Wrong) => ExitCode::from(1),
        Err(error) => {
            printer.failure(&error);
            ExitCode::from(2)
        }
    }
}

fn dispatch(command: &Command, printer: &Printer) -> Result<End> {
    match command {
        Command::Build(arguments) => build::run(arguments, printer),
        Command::Check(arguments) => check::run(arguments, printer),
        Command::Audit(arguments) => audit::run(arguments, printer),
        Command::Backups(arguments) => backups::run(arguments, printer),
        Command::Restore(arguments) => restore::run(arguments, printer),
        Command::Secrets(arguments) => secrets::run(arguments, printer),
        Command::Schema(arguments) => Ok(schema::run(arguments, printer)),
        Command::Explain(arguments) => explain::run(arguments, printer),
    }
}

#[cfg(test)]
mod tests {
    use super::args::Arguments;
    use clap::CommandFactory;
    use std::{env, fs, path::Path};
    use underpin::explain::documentation;

    /// `UNDERPIN_OVERWRITE=1 cargo test documentation` writes the committed files anew.
    #[test]
    fn the_committed_documentation_is_the_code() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for (path, text) in documentation(&Arguments::command()) {
            if env::var_os("UNDERPIN_OVERWRITE").is_some() {
                fs::create_dir_all(root.join("docs")).unwrap();
                fs::write(root.join(path), &text).unwrap();
            }
            let committed = fs::read_to_string(root.join(path)).unwrap_or_default();
            snapbox::assert_data_eq!(committed, snapbox::Data::from(text).raw());
        }
    }
}
