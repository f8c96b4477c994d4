//! The only place that prints. Results go to standard output, messages to standard error; colours
//! follow `--color`, the terminal and NO_COLOR.

use super::args::{Color, Format};
use anstyle::{AnsiColor, Style};
use anyhow::{Context, Result, bail};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use underpin::diagnostic::{Diagnostic, Severity, json, terminal, visible};
use underpin::disk::{Line, LineKind};
use underpin::source::Source;
use underpin::spec::redaction;

/// More diagnostics than this are counted and not shown.
const MOST: usize = 50;

/// Prints with or without colour.
#[derive(Debug)]
pub struct Printer {
    out: anstream::ColorChoice,
    err: anstream::ColorChoice,
}

impl Printer {
    /// A printer that follows the option and, where that says nothing, the terminal.
    pub fn new(color: Color) -> Self {
        let of = |auto: anstream::ColorChoice| match color {
            Color::Auto => auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        Self {
            out: of(anstream::AutoStream::choice(&std::io::stdout())),
            err: of(anstream::AutoStream::choice(&std::io::stderr())),
        }
    }

    /// A result.
    pub fn out(&self, text: &str) {
        let mut stream = anstream::AutoStream::new(std::io::stdout(), self.out);
        // A reader that has gone (`underpin schema | head`) is no failure of ours.
        let _ = stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.flush());
    }

    /// A message.
    pub fn err(&self, text: &str) {
        let mut stream = anstream::AutoStream::new(std::io::stderr(), self.err);
        let _ = stream.write_all(text.as_bytes());
    }

    /// A message of one line: its kind in colour, then the text.
    pub fn message(&self, severity: Severity, text: &str) {
        let style = match severity {
            Severity::Error => AnsiColor::Red.on_default().bold(),
            Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        };
        self.err(&format!("{style}{severity}{style:#}: {text}\n"));
    }

    /// What to do.
    pub fn help(&self, text: &str) {
        let style = AnsiColor::Cyan.on_default().bold();
        self.err(&format!("{style}help{style:#}: {text}\n"));
    }

    /// Why the job could not be done.
    pub fn failure(&self, error: &anyhow::Error) {
        self.message(Severity::Error, &visible(&format!("{error:#}")));
    }

    /// The diagnostics of one spec.
    pub fn diagnostics(&self, source: &Source, diagnostics: &[Diagnostic], format: Format) {
        if diagnostics.is_empty() {
            return;
        }
        let redaction = redaction(&source.text);
        match format {
            Format::Json => {
                let lines: String = diagnostics
                    .iter()
                    .map(|diagnostic| json::render(diagnostic, source, &redaction) + "\n")
                    .collect();
                self.out(&lines);
            }
            Format::Human => {
                let style = terminal::Style {
                    color: self.err == anstream::ColorChoice::Always
                        || self.err == anstream::ColorChoice::AlwaysAnsi,
                    width: width(),
                };
                let shown: String = diagnostics
                    .iter()
                    .take(MOST)
                    .map(|diagnostic| terminal::render(diagnostic, source, &redaction, style))
                    .collect();
                self.err(&shown);
                if diagnostics.len() > MOST {
                    let more = diagnostics.len() - MOST;
                    self.message(
                        Severity::Error,
                        &format!("and {more} more in {}", source.path),
                    );
                }
            }
        }
    }

    /// A diff.
    pub fn diff(&self, lines: &[Line]) {
        let mut text = String::new();
        for line in lines {
            let style = match line.kind {
                LineKind::File => Style::new().bold(),
                LineKind::Hunk => AnsiColor::Cyan.on_default(),
                LineKind::Removed => AnsiColor::Red.on_default(),
                LineKind::Added => AnsiColor::Green.on_default(),
                LineKind::Context | LineKind::Note => Style::new(),
            };
            let _ = writeln!(text, "{style}{}{style:#}", line.text);
        }
        self.out(&text);
    }
}

/// A result that must arrive, and that nobody but its reader may see.
pub fn confidential(text: &str, show: bool) -> Result<()> {
    let mut stdout = std::io::stdout();
    if stdout.is_terminal() && !show {
        bail!(
            "standard output is a terminal, where passwords stay to be read: pipe them into `kubectl create -f -`, or say `--show`"
        );
    }
    let file = File::from(stdout.as_fd().try_clone_to_owned()?).metadata()?;
    let nowhere = std::fs::metadata("/dev/null")?;
    // A standard output that was closed is this one, too.
    if file.file_type().is_char_device() && file.rdev() == nowhere.rdev() {
        bail!("standard output leads nowhere: the passwords would be lost");
    }
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .context("cannot write to standard output: what has arrived there is not whole")
}

/// The terminal's width where the shell tells it, within reason.
pub fn width() -> usize {
    std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse::<usize>().ok())
        .unwrap_or(100)
        .clamp(60, 160)
}

/// `1 file`, `2 files`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}
