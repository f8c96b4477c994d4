//! The files of `docs/`, made of the same as what `underpin explain` and `--help` print. A test
//! holds the committed files to it.

use super::code::{self, Family};
use super::field;
use super::page::Page;
use crate::alerts;
use crate::audit::scanners::{self, Answer};
use crate::scripts;
use clap::Command;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The five lines that the examples are added to.
pub const MINIMAL: &str = include_str!("../../specs/minimal/database.toml");

const HEADER: &str = "<!-- Made from the source by `UNDERPIN_OVERWRITE=1 cargo test documentation`: change that, not this. -->\n\n";

/// The files by path, from the root of the repository.
pub fn documentation(command: &Command) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("docs/alerts.md", alerts()),
        ("docs/commands.md", commands(command)),
        ("docs/fields.md", fields()),
        ("docs/rules.md", rules()),
        ("docs/scanners.md", scanners()),
        ("docs/scripts.md", scripts()),
    ])
}

fn file(title: &str, text: &str, pages: impl Iterator<Item = String>) -> String {
    let pages: Vec<String> = pages.collect();
    format!("{HEADER}# {title}\n\n{text}\n\n{}", pages.join("\n"))
}

fn fields() -> String {
    let text = format!(
        "What a `database.toml` can say. Five lines are enough:\n\n```toml\n{MINIMAL}```\n\n`underpin explain FIELD` prints the same, and with `--spec FILE` what a field is in that spec."
    );
    let pages = field::paths().into_iter().filter_map(|path| {
        let level = 2 + usize::from(path.contains('.'));
        Some(field::page(&field::find(&path)?)?.markdown(level))
    });
    file("Fields", &text, pages)
}

fn rules() -> String {
    let text = "Every code that a message can carry. `underpin explain CODE` prints the same. The examples of a spec are to be added to the five lines of `specs/minimal/database.toml`, whose keys they replace.";
    let families = [
        (Family::Form, "The form of a spec"),
        (Family::Spec, "The meaning of a spec"),
        (Family::Audit, "Rendered YAML"),
    ];
    let pages = families.into_iter().flat_map(|(family, title)| {
        let codes = code::all()
            .into_iter()
            .filter(move |code| code.family == family);
        std::iter::once(format!("## {title}\n")).chain(codes.map(|code| code.page().markdown(3)))
    });
    file("Rules", text, pages)
}

fn scanners() -> String {
    let text = "What other tools look at in Kubernetes YAML, and what Underpin answers. A code is a rule of [`underpin audit`](rules.md#rendered-yaml), which every tree passes before it is written. What is *waived* is left as it is on purpose: tell the tool to leave that check out (`checkov --skip-check`, `kube-linter --exclude`, `kube-score --ignore-test`, polaris' `exemptions`), or read here why it may be seen. The tests run checkov over `generated/`; the other tools' checks were read in August 2026.";
    let pages = scanners::ROWS.iter().map(|row| {
        let mut page = format!("## {}\n\n", row.asked);
        for (tool, checks) in row.checks {
            let checks: Vec<String> = checks.iter().map(|check| format!("`{check}`")).collect();
            let _ = writeln!(page, "- {}: {}", tool.name(), checks.join(", "));
        }
        page.push('\n');
        let _ = match row.answer {
            Answer::Held(codes) => {
                let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
                writeln!(page, "Held by {}.", codes.join(", "))
            }
            Answer::Given(reason) => writeln!(page, "{reason}"),
            Answer::Waived(reason) => writeln!(page, "**Waived.** {reason}"),
        };
        page
    });
    file("Scanners", text, pages)
}

fn alerts() -> String {
    let text = "What Underpin's rules for Prometheus tell of a database; RUNBOOK.md of each says the same with its names, in its chapter *Alarms*. They read what [kube-state-metrics](https://github.com/kubernetes/kube-state-metrics) 2 and the kubelet tell, with `honor_labels: true`, so that a series carries the namespace of what it tells of. Alerts carry the labels `severity`, `database`, `namespace`, and where they are of a schedule `cronjob`. At Neon there are none of the server and its volume, without a pooler none of that. Names are those of the spec: an overlay that changes a name or the namespace silences them, so change the spec instead.";
    let pages = alerts::ALL.iter().map(|guide| {
        let hold = guide
            .hold
            .map(|hold| format!(" It must last for {hold}."))
            .unwrap_or_default();
        let mut page = format!(
            "## `{}`\n\nseverity: {}.{hold}\n\n{}\n\n",
            guide.name,
            guide.severity.words(),
            guide.meaning
        );
        for (number, step) in guide.steps.iter().enumerate() {
            let _ = writeln!(page, "{}. {step}", number + 1);
        }
        let _ = writeln!(page, "\nIn RUNBOOK.md: {}.", guide.chapters.join(", "));
        page
    });
    file("Alerts", text, pages)
}

fn commands(command: &Command) -> String {
    let mut command = command.clone().term_width(0);
    command.build();
    let text = "Every command ends with 0 when all is well; with 1 when the spec has errors, the files differ, or the audit finds something; with 2 when it could not do its job.";
    let pages = command
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
        .map(|command| self::command(command).markdown(2))
        .collect::<Vec<_>>();
    file("Commands", text, pages.into_iter())
}

fn command(command: &Command) -> Page {
    let about = command.get_long_about().or_else(|| command.get_about());
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let arguments = command
        .get_arguments()
        .filter(|argument| !matches!(argument.get_id().as_str(), "help" | "version"))
        .map(|argument| {
            let value = argument
                .get_value_names()
                .filter(|_| argument.get_action().takes_values())
                .map(|names| {
                    names
                        .iter()
                        .map(|name| format!("<{name}>"))
                        .collect::<Vec<_>>()
                        .join(" ")
                });
            let name = match (argument.get_long(), value) {
                (Some(long), Some(value)) => format!("`--{long} {value}`"),
                (Some(long), None) => format!("`--{long}`"),
                (None, _) => format!("`[{}]`", argument.get_id().as_str().to_uppercase()),
            };
            let mut help = argument
                .get_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            let defaults: Vec<_> = argument
                .get_default_values()
                .iter()
                .map(|value| value.to_string_lossy())
                .collect();
            if argument.get_action().takes_values() && !defaults.is_empty() {
                let _ = write!(help, " [default: {}]", defaults.join(", "));
            }
            let values: Vec<String> = argument
                .get_possible_values()
                .iter()
                .filter(|_| argument.get_action().takes_values())
                .map(|value| match value.get_help() {
                    Some(help) => format!("`{}`: {}", value.get_name(), lower(&help.to_string())),
                    None => format!("`{}`", value.get_name()),
                })
                .collect();
            if !values.is_empty() {
                let _ = write!(help, " ({})", values.join("; "));
            }
            (name, help)
        })
        .collect();
    Page::new(format!("`underpin {}`", command.get_name()))
        .text(about.map(ToString::to_string).unwrap_or_default())
        .code("sh", "Usage", &usage)
        .list(arguments)
}

fn lower(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| {
        first.to_lowercase().chain(characters).collect()
    })
}

fn scripts() -> String {
    let text = "What runs in the cluster: constant text, the same for every spec; all that differs is in the environment. Each script's head says what it reads, how it ends and what it writes into its log.";
    let pages = scripts::ALL.iter().map(|script| {
        let head = script.documentation().replace("\n## ", "\n### ");
        format!("## `{}`\n\n{}\n", script.name, head.trim())
    });
    file("Scripts", text, pages)
}
