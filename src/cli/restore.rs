//! `underpin restore`: the Job of a restore, on standard output.

use super::End;
use super::args::Restore;
use super::print::Printer;
use super::specs;
use anyhow::{Result, anyhow, bail};
use underpin::diagnostic::visible;
use underpin::validate::defaults::backup::restored;
use underpin::value::{BackupChoice, Fault, Identifier, Instant};
use underpin::{emit, lower, model};

/// Prints it.
pub fn run(arguments: &Restore, printer: &Printer) -> Result<End> {
    let Some(model) = specs::model(&arguments.named, printer)? else {
        return Ok(End::Wrong);
    };
    if arguments.as_superuser && model.neon().is_some() {
        bail!("`--as-superuser`: nobody is superuser at Neon");
    }
    let Some(mut recovery) = model.recovery.clone() else {
        bail!("a branch at Neon is not backed up: nothing can be restored into it");
    };
    choose(&mut recovery.restore, arguments)?;
    let job = lower::restore_job(&model, &recovery);
    printer.out(&emit::restore_job(&recovery.restore, &job));
    Ok(End::Fine)
}

/// What the arguments say in place of the spec.
fn choose(restore: &mut model::Restore, arguments: &Restore) -> Result<()> {
    if let Some(text) = &arguments.database {
        restore.database = parse("--database", text, Identifier::parse)?;
        restore.into = restored(&restore.database);
    }
    if let Some(text) = &arguments.into {
        restore.into = parse("--into", text, Identifier::parse)?;
    }
    if let Some(text) = &arguments.backup {
        restore.backup = parse("--backup", text, BackupChoice::parse)?;
        restore.before = None;
    }
    if let Some(text) = &arguments.before {
        restore.before = Some(parse("--before", text, Instant::parse)?);
        restore.backup = BackupChoice::Latest;
    }
    if let Some(text) = &arguments.accept {
        if !is_digest(text) {
            bail!(
                "`--accept {}`: is no digest of a list; copy it from the last line of the restore that was kept aside",
                visible(text)
            );
        }
        restore.accept = Some(text.clone());
    }
    for table in &arguments.table {
        if table.is_empty() || table.chars().any(char::is_control) {
            bail!("`--table {}`: is no name of a table", visible(table));
        }
    }
    for owner in &arguments.owner {
        restore
            .owners
            .push(parse("--owner", owner, Identifier::parse)?);
    }
    restore.tables.clone_from(&arguments.table);
    // Whoever says a name wants it beside the one that serves, whatever the spec has.
    let beside = arguments.into.is_some() || !restore.tables.is_empty();
    restore.replace = (restore.replace || arguments.replace) && !beside;
    restore.as_superuser |= arguments.as_superuser;
    Ok(())
}

fn is_digest(text: &str) -> bool {
    text.len() == 32
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn parse<T>(option: &str, text: &str, parse: fn(&str) -> Result<T, Fault>) -> Result<T> {
    parse(text).map_err(|fault| {
        let help = fault
            .help
            .map(|help| format!("; {help}"))
            .unwrap_or_default();
        anyhow!("`{option} {}`: {}{help}", visible(text), fault.message)
    })
}
