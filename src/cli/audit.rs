//! `underpin audit`: the self-checks, on any rendered YAML.

use super::End;
use super::args::{Audit, Format};
use super::print::{Printer, count};
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use underpin::audit::{self, Finding, Object};
use underpin::diagnostic::{Severity, visible};
use walkdir::WalkDir;

/// The most that is read: a rendered overlay of a large cluster, and no endless stream.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Reads, audits and prints.
pub fn run(arguments: &Audit, printer: &Printer) -> Result<End> {
    let mut objects = Vec::new();
    for file in files(&arguments.files)? {
        objects.extend(read(&file)?);
    }
    if objects.is_empty() {
        // What `kubectl kustomize … |` leaves when it fails must not pass for a clean render.
        bail!("there is nothing to audit: the input holds no object");
    }
    let findings = audit::audit(&objects);
    match arguments.format {
        Format::Human => human(&findings, objects.len(), printer),
        Format::Json => {
            let lines: String = findings
                .iter()
                .map(|finding| line(finding) + "\n")
                .collect();
            printer.out(&lines);
        }
    }
    let wrong = findings
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    Ok(if wrong { End::Wrong } else { End::Fine })
}

fn human(findings: &[Finding], objects: usize, printer: &Printer) {
    for finding in findings {
        let place = if finding.path.is_empty() {
            String::new()
        } else {
            format!(" {}", visible(&finding.path))
        };
        printer.message(
            finding.severity,
            &format!(
                "[{}] {}{place}: {}",
                finding.code,
                visible(&finding.object),
                visible(&finding.message)
            ),
        );
        printer.err(&format!("  --> {}\n", visible(&finding.origin)));
        if let Some(help) = &finding.help {
            printer.err("  ");
            printer.help(&visible(help));
        }
    }
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .count();
    printer.out(&format!(
        "{} audited: {}, {}\n",
        count(objects, "object"),
        count(errors, "error"),
        count(findings.len() - errors, "warning"),
    ));
}

fn line(finding: &Finding) -> String {
    json!({
        "code": finding.code,
        "severity": finding.severity.to_string(),
        "object": finding.object,
        "file": finding.origin,
        "path": finding.path,
        "message": finding.message,
        "help": finding.help,
    })
    .to_string()
}

/// The files that are named, and the YAML and JSON in folders that are.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in named {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        for entry in WalkDir::new(path).follow_links(false).sort_by_file_name() {
            let entry =
                entry.with_context(|| format!("cannot look through `{}`", path.display()))?;
            let kind = entry
                .path()
                .extension()
                .and_then(|extension| extension.to_str());
            // What kustomize reads itself is no object of the cluster.
            let own = matches!(
                entry.file_name().to_str(),
                Some("kustomization.yaml" | "kustomizeconfig.yaml")
            );
            if entry.file_type().is_file() && matches!(kind, Some("yaml" | "yml" | "json")) && !own
            {
                files.push(entry.into_path());
            }
        }
    }
    Ok(files)
}

fn read(path: &Path) -> Result<Vec<Object<'static>>> {
    let (origin, text) = if path == Path::new("-") {
        (
            "standard input".to_owned(),
            text(std::io::stdin().lock(), "standard input")?,
        )
    } else {
        let shown = path.display().to_string();
        let metadata = fs::metadata(path).with_context(|| format!("cannot read `{shown}`"))?;
        if !metadata.is_file() {
            bail!("cannot read `{shown}`: it is not a file");
        }
        let file = fs::File::open(path).with_context(|| format!("cannot read `{shown}`"))?;
        let text = text(file, &shown)?;
        (shown, text)
    };
    audit::read::parse(&origin, &text).map_err(|error| anyhow::anyhow!("{error}"))
}

fn text(reader: impl Read, shown: &str) -> Result<String> {
    let mut bytes = Vec::new();
    reader
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {shown}"))?;
    if bytes.len() as u64 > LARGEST {
        bail!("cannot read {shown}: it is larger than 64 MiB");
    }
    String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("cannot read {shown}: it is not UTF-8"))
}
