//! Every argument of every command. The documentation here is what `--help` prints and what
//! `docs/commands.md` is made of.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Compiles database.toml into plain Kubernetes YAML for a PostgreSQL database
#[derive(Debug, Parser)]
#[command(name = "underpin", version, about, max_term_width = 100)]
pub struct Arguments {
    /// What is to be done
    #[command(subcommand)]
    pub command: Command,
    /// Whether output is coloured
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
}

/// When output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compiles the specs and writes what they say
    ///
    /// Every `specs/**/database.toml` is compiled into `generated/<name>/`; files there that no
    /// spec says any more are removed. Only files that Underpin wrote are replaced or removed. A
    /// generated file that was edited by hand stops the build.
    Build(Build),
    /// Tells whether what is committed is what the specs say
    ///
    /// Compiles the specs as `build` does, writes nothing, and prints how the files differ.
    Check(Check),
    /// Checks rendered YAML: references, policies, Pod Security, and what else Underpin promises
    ///
    /// These are the checks that `build` makes of its own output. Give it an overlay's:
    /// `kubectl kustomize overlays/staging | underpin audit -`.
    Audit(Audit),
    /// Tells which backups there will be, which the keep rules hold, and what space they need
    ///
    /// From the spec alone, as if its backup volume were empty on the first day: no cluster is
    /// asked. `--svg` draws the year as a picture for a pull request.
    Backups(Backups),
    /// Prints a Job that restores a database, ready for `kubectl create -f -`
    ///
    /// What is not said here is as the spec's `[restore]` says. Nothing is written, and no cluster
    /// is asked: the Job runs the scripts and reads the backups that are in the cluster already.
    /// `underpin restore orders --before 2026-11-20T12:00:00Z | kubectl create -f -`.
    Restore(Restore),
    /// Prints the Secrets that a spec needs, with new random passwords
    ///
    /// For a pipe, `underpin secrets orders | kubectl create -f -`, or for a tool that encrypts them.
    /// `create` refuses to replace a Secret that is there; `apply` would replace its passwords, and
    /// leave them readable in an annotation. Nothing is written and no cluster is asked: the values
    /// stand on standard output and nowhere else, and each time they are others. What a store holds
    /// (`secret.external`) or what was made at Neon is not made here.
    Secrets(Secrets),
    /// Prints the JSON Schema of database.toml
    Schema(Schema),
    /// Explains a field, a setting of PostgreSQL, or the code of a message
    ///
    /// With `--spec`, also what a field is in that spec, where it is derived.
    Explain(Explain),
}

/// Which specs, and where to.
#[derive(Debug, Args)]
pub struct Selection {
    /// Specs, or folders with specs; then only their output is looked at [default: specs]
    pub paths: Vec<PathBuf>,
    /// The folder of the output
    #[arg(long, value_name = "DIR", default_value = "generated")]
    pub out: PathBuf,
    /// How faults are printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// How faults are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// With the lines that are at fault, on standard error
    Human,
    /// One JSON object a line, on standard output
    Json,
}

/// Arguments of `build`.
#[derive(Debug, Args)]
pub struct Build {
    /// Which specs, and where to.
    #[command(flatten)]
    pub selection: Selection,
    /// Replaces generated files that were edited by hand
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Which specs, and where to.
    #[command(flatten)]
    pub selection: Selection,
    /// Looks at what git has staged for the next commit, and not at the files in this folder
    #[arg(long)]
    pub staged: bool,
}

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub struct Audit {
    /// Files of YAML or JSON, folders of them, or `-` for standard input
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// Which spec.
#[derive(Debug, Args)]
pub struct Named {
    /// The name of the database: `name` of its spec
    pub name: String,
    /// A spec, or a folder of specs, where it is looked for
    #[arg(long, value_name = "PATH", default_value = "specs")]
    pub specs: PathBuf,
}

/// Arguments of `backups`.
#[derive(Debug, Args)]
pub struct Backups {
    /// Which spec.
    #[command(flatten)]
    pub named: Named,
    /// The first day of the year that is told, such as 2027-03-01; with it, the same is said on
    /// every day [default: today]
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// Lists each backup that is held at the end of this day
    #[arg(long, value_name = "DATE", conflicts_with = "svg")]
    pub on: Option<String>,
    /// The size of one backup, as the list of backups in the cluster shows it, such as 5Gi
    /// [default: a tenth of storage.size]
    #[arg(long, value_name = "SIZE")]
    pub size: Option<String>,
    /// By how many percent of that a backup grows each year
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub growth: u32,
    /// Draws the year into this file, or to standard output if it is `-`
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

/// Arguments of `restore`.
#[derive(Debug, Args)]
pub struct Restore {
    /// Which spec.
    #[command(flatten)]
    pub named: Named,
    /// Which backup: `latest`, or an id from the list of backups
    #[arg(long, value_name = "ID", conflicts_with = "before")]
    pub backup: Option<String>,
    /// The newest backup that had ended by this instant, such as 2026-11-20T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub before: Option<String>,
    /// The database that is restored, as it is named in the backup
    #[arg(long, value_name = "NAME")]
    pub database: Option<String>,
    /// What it becomes [default: its name and `_restored`]
    #[arg(long, value_name = "NAME", conflicts_with = "replace")]
    pub into: Option<String>,
    /// Puts it in the place of the database, which is kept under a dated name
    #[arg(long, conflicts_with = "table")]
    pub replace: bool,
    /// Restores the rows of this table alone, `schema.table` or `table`; can be repeated
    #[arg(long, value_name = "TABLE")]
    pub table: Vec<String>,
    /// Accepts what differs from the backup: the digest of exactly that list, as a restore that was
    /// kept aside for it says
    #[arg(long, value_name = "DIGEST", requires = "backup")]
    pub accept: Option<String>,
    /// Lets this role own something in what is restored, beside the owner of the spec; can be repeated
    #[arg(long, value_name = "ROLE")]
    pub owner: Vec<String>,
    /// Logs in as the superuser, for what only a superuser can restore
    #[arg(long)]
    pub as_superuser: bool,
}

/// Arguments of `secrets`.
#[derive(Debug, Args)]
pub struct Secrets {
    /// Which spec.
    #[command(flatten)]
    pub named: Named,
    /// One key alone, to change one password: `KEY` of the spec's Secret, `SECRET/KEY` of another;
    /// for `kubectl patch secret SECRET --patch-file /dev/stdin`
    #[arg(long, value_name = "KEY", conflicts_with = "restore")]
    pub key: Option<String>,
    /// The Secret of the restore role alone, which is made when a restore is needed
    #[arg(long)]
    pub restore: bool,
    /// Where an overlay moves everything to [default: the spec's namespace]
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Prints the passwords also to a terminal
    #[arg(long)]
    pub show: bool,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct Schema {}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A field such as `storage.size`, a setting such as `work_mem`, or a code such as `UP0002`;
    /// without it, all fields and codes
    pub subject: Option<String>,
    /// A spec, to see what is derived from it
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
}
