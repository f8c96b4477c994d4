//! `underpin backups`: which backups there will be, and what they need.

use super::End;
use super::args::Backups;
use super::print::Printer;
use super::specs;
use anyhow::{Context, Result, anyhow, bail};
use jiff::Timestamp;
use jiff::civil::Date;
use std::fs;
use std::path::Path;
use std::time::SystemTime;
use underpin::diagnostic::visible;
use underpin::forecast::{
    Assumption, DAY, Plan, after, day, forecast, midnight, size::SHARE, svg, table,
};
use underpin::model::{Backup, Model, Recovery};
use underpin::validate::defaults::backup::VOLUME_FACTOR;
use underpin::value::Size;

/// The years that can be told.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2090;

/// Prints it, or draws it.
pub fn run(arguments: &Backups, printer: &Printer) -> Result<End> {
    let Some(model) = specs::model(&arguments.named, printer)? else {
        return Ok(End::Wrong);
    };
    let Some(Recovery { backup, .. }) = &model.recovery else {
        bail!("a branch at Neon is not backed up: its data goes when its time is over");
    };
    let from = match &arguments.from {
        Some(text) => date("--from", text)?,
        None => today()?,
    };
    let on = match &arguments.on {
        Some(text) => Some(date("--on", text)?),
        None => None,
    };
    // A day that is asked for lies in what is told, and a year is told in any case.
    let end = on
        .map_or(from, |on| after(on, DAY))
        .max(after(from, 365 * DAY));
    if on.is_some_and(|on| on < from) {
        bail!("`--on` is before `--from`: what there is by then, only the cluster knows");
    }
    let size = match &arguments.size {
        Some(text) => Some(parse_size(text)?),
        None => None,
    };
    let (guess, how) = guess(&model, backup);
    let assumption = Assumption {
        bytes: size.unwrap_or(guess),
        growth: arguments.growth,
    };
    let Some(told) = forecast(
        &backup.schedules,
        backup.volume.keep,
        [from, end],
        assumption,
    ) else {
        bail!("backups run too often for a forecast");
    };
    let plan = Plan {
        name: &model.name.to_string(),
        schedules: &backup.schedules,
        keep: backup.volume.keep,
        volume: backup.volume.size.bytes(),
        assumption,
        guessed: size.is_none().then_some(how),
        forecast: &told,
    };
    if let Some(file) = &arguments.svg {
        draw(&plan, file, printer)?;
        return Ok(End::Fine);
    }
    printer.out(&match on {
        Some(on) => table::on(&plan, on),
        None => table::year(&plan),
    });
    Ok(End::Fine)
}

/// How large a backup may be, and in words why.
fn guess(model: &Model, backup: &Backup) -> (u64, &'static str) {
    match model.server() {
        Some(server) => (
            server.storage.size.bytes() / SHARE,
            "a tenth of storage.size",
        ),
        // How much there is, only Neon knows.
        None => (
            backup.volume.size.bytes() / (SHARE * VOLUME_FACTOR),
            "a thirtieth of backup.volume.size",
        ),
    }
}

fn draw(plan: &Plan<'_>, file: &Path, printer: &Printer) -> Result<()> {
    let picture = svg::draw(plan);
    if file == Path::new("-") {
        printer.out(&picture);
        return Ok(());
    }
    fs::write(file, picture).with_context(|| format!("cannot write `{}`", file.display()))
}

/// The only look at a clock: what is told from an explicit day is the same on every other.
fn today() -> Result<Timestamp> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let now = Timestamp::from_second(i64::try_from(now.as_secs())?)
        .map_err(|_| anyhow!("the clock is out of range"))?;
    Ok(midnight(day(now)))
}

fn date(option: &str, text: &str) -> Result<Timestamp> {
    let date: Option<Date> = text
        .parse()
        .ok()
        .filter(|date: &Date| YEARS.contains(&date.year()) && text.len() == 10);
    match date {
        Some(date) => Ok(midnight(date)),
        None => Err(anyhow!(
            "`{option} {}`: is no day from 2000 to 2090; write it as in `2027-03-01`",
            visible(text)
        )),
    }
}

fn parse_size(text: &str) -> Result<u64> {
    Size::parse(text).map(Size::bytes).map_err(|fault| {
        let help = fault
            .help
            .map(|help| format!("; {help}"))
            .unwrap_or_default();
        anyhow!("`--size {}`: {}{help}", visible(text), fault.message)
    })
}
