//! What an image brings and the YAML does not show: the one table of it.
//!
//! An image reference becomes a root made of this machine's `/usr`, cut down to the programs that
//! the image has, with `PostgreSQL`'s binaries from `target/tools` in `/usr/local`, or `PgBouncer`'s
//! with libraries of their own, or the exporter, or this machine's Python. Its entrypoint is not here: a container without a command is refused.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::host;
use super::root;

/// The minor version that stands for each major.
const POSTGRESQL: &[(u32, &str)] = &[(15, "15.19"), (16, "16.15"), (17, "17.11"), (18, "18.6")];

/// The programs in the root.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Userland {
    Debian,
    Alpine,
    /// Alpine without bash, as images other than PostgreSQL's are.
    Busybox,
}

/// What one image reference stands for.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) userland: Userland,
    /// The directory that becomes `/usr/local`: `PostgreSQL`'s bin, lib and share.
    pub(crate) local: PathBuf,
    /// The directory whose libraries stand in `/usr/lib` in place of this machine's.
    pub(crate) libraries: Option<PathBuf>,
    /// The user `postgres`, who has this id as a group too.
    pub(crate) postgres: u32,
    pub(crate) environment: Vec<(String, String)>,
    /// The Dockerfile's VOLUME: writable whatever the root is, and thrown away with the container.
    pub(crate) volume: Option<&'static str>,
    pub(crate) stop_signal: &'static str,
    /// The file with the certificates of authorities, where the image has one; what is in it a test says.
    pub(crate) authorities: Option<&'static str>,
}

/// Looks an image up; `versions` may name another minor (or a directory) for a major.
pub(crate) fn resolve(reference: &str, versions: &BTreeMap<u32, String>) -> Result<Image, String> {
    let unknown = || format!("tests/kubelet/image.rs does not know the image `{reference}`");
    let named = reference.split('@').next().unwrap_or_default();
    let (_, last) = named.rsplit_once('/').unwrap_or(("", named));
    let (repository, tag) = last.split_once(':').ok_or_else(unknown)?;
    if repository == "pgbouncer" {
        return pgbouncer();
    }
    if repository == "postgres-exporter" {
        return exporter("exporter", "postgres_exporter");
    }
    if repository == "pgbouncer-exporter" {
        return exporter("pooler-exporter", "pgbouncer_exporter");
    }
    if repository == "python" {
        return Ok(python());
    }
    if repository != "postgres" {
        return Err(unknown());
    }
    let (version, system) = tag.split_once('-').ok_or_else(unknown)?;
    let major: u32 = version
        .split('.')
        .next()
        .and_then(|major| major.parse().ok())
        .ok_or_else(unknown)?;
    let userland = match system {
        "bookworm" | "trixie" => Userland::Debian,
        _ if system.starts_with("alpine") => Userland::Alpine,
        _ => return Err(unknown()),
    };
    Ok(postgresql(major, userland, local(major, versions)?))
}

/// Where the programs of a major are.
pub(crate) fn local(major: u32, versions: &BTreeMap<u32, String>) -> Result<PathBuf, String> {
    let pinned = POSTGRESQL
        .iter()
        .find(|(known, _)| *known == major)
        .map(|(_, version)| (*version).to_owned());
    let version = versions
        .get(&major)
        .cloned()
        .or(pinned)
        .ok_or_else(|| format!("tests/kubelet/image.rs has no PostgreSQL {major}"))?;
    let local = host::tools().join("postgresql").join(version);
    if local.join("bin/postgres").exists() {
        Ok(local)
    } else {
        Err(format!(
            "{} is missing: `tests/run` gets what the tests need",
            local.display()
        ))
    }
}

fn postgresql(major: u32, userland: Userland, local: PathBuf) -> Image {
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let path = match userland {
        Userland::Debian => format!("{path}:/usr/lib/postgresql/{major}/bin"),
        Userland::Alpine | Userland::Busybox => path.to_owned(),
    };
    let (data, volume) = if major >= 18 {
        (
            format!("/var/lib/postgresql/{major}/docker"),
            "/var/lib/postgresql",
        )
    } else {
        (
            "/var/lib/postgresql/data".to_owned(),
            "/var/lib/postgresql/data",
        )
    };
    let environment = [
        ("PATH", path),
        ("LANG", "en_US.utf8".to_owned()),
        ("PG_MAJOR", major.to_string()),
        ("PGDATA", data),
    ];
    let mut environment = environment
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
    // Debian's build brings what this machine may lack.
    if local.join("lib/debian").exists() {
        for (name, value) in [
            ("LD_LIBRARY_PATH", "lib/debian"),
            ("PROJ_LIB", "share/proj"),
        ] {
            environment.push((name.to_owned(), format!("/usr/local/{value}")));
        }
    }
    Image {
        userland,
        local,
        libraries: None,
        postgres: match userland {
            Userland::Debian => 999,
            Userland::Alpine | Userland::Busybox => 70,
        },
        environment,
        volume: Some(volume),
        stop_signal: "INT",
        // https://github.com/docker-library/postgres/issues/1331
        authorities: None,
    }
}

/// PgBouncer as `edoburu/pgbouncer` has it, of whatever release: Debian 13's.
fn pgbouncer() -> Result<Image, String> {
    let directory = host::tools().join("pgbouncer");
    if !directory.join("local/bin/pgbouncer").exists() {
        return Err(format!(
            "{} is missing: `tests/run` gets what the tests need",
            directory.display()
        ));
    }
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    Ok(Image {
        userland: Userland::Busybox,
        local: directory.join("local"),
        libraries: Some(directory.join("usr")),
        postgres: 70,
        environment: vec![("PATH".to_owned(), path.to_owned())],
        volume: None,
        stop_signal: "TERM",
        authorities: Some("/etc/ssl/certs/ca-certificates.crt"),
    })
}

/// An exporter as `prometheuscommunity` has it: of PostgreSQL Debian 13's, of whatever release; of
/// `PgBouncer` another one, see `pgbouncer_exporter.py`.
fn exporter(tool: &str, program: &str) -> Result<Image, String> {
    let directory = host::tools().join(tool);
    if !directory.join("bin").join(program).exists() {
        return Err(format!(
            "{} is missing: `tests/run` gets what the tests need",
            directory.display()
        ));
    }
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    Ok(Image {
        userland: Userland::Busybox,
        local: directory,
        libraries: None,
        postgres: 70,
        environment: vec![("PATH".to_owned(), path.to_owned())],
        volume: None,
        stop_signal: "TERM",
        authorities: None,
    })
}

/// Python as `library/python` has it on Alpine: this machine's.
fn python() -> Image {
    let bundle = "/etc/ssl/certs/ca-certificates.crt";
    let environment = [
        (
            "PATH",
            "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
        ),
        // Where Alpine's OpenSSL looks by itself, and not every Debian's does.
        ("SSL_CERT_FILE", bundle),
    ];
    Image {
        userland: Userland::Busybox,
        local: root::python().to_owned(),
        libraries: None,
        postgres: 70,
        environment: environment
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        volume: None,
        stop_signal: "TERM",
        authorities: Some(bundle),
    }
}

/// Programs of images beside busybox, and where they stand.
pub(crate) const BESIDE_BUSYBOX: [(&str, &str); 3] = [
    ("pgbouncer", "/usr/local/bin/pgbouncer"),
    ("postgres_exporter", "/usr/local/bin/postgres_exporter"),
    ("pgbouncer_exporter", "/usr/local/bin/pgbouncer_exporter"),
];

/// Debian packages of the image beside the essential ones; what is not installed here is left out.
pub(crate) const DEBIAN_PACKAGES: &[&str] = &[
    "adduser",
    "apt",
    "debconf",
    "gnupg",
    "gpg",
    "gpg-agent",
    "gpgconf",
    "gpgv",
    "less",
    "mawk",
    "mount",
    "openssl",
    "passwd",
    "perl",
    "ssl-cert",
    "xz-utils",
    "zstd",
];

/// Names that Debian's packages do not list because dpkg diverts or links them.
pub(crate) const DEBIAN_LINKS: &[&str] = &["sh", "awk", "nawk", "which", "pager"];

/// Programs of the Alpine image that are not busybox there either.
pub(crate) const ALPINE_PROGRAMS: &[&str] = &["bash", "zstd", "getent", "iconv", "ldd"];

/// Applets of Alpine's busybox that Debian's build lacks; the real programs stand in for them.
pub(crate) const ALPINE_APPLETS: &[&str] = &[
    "comm", "cksum", "install", "nohup", "pgrep", "pkill", "split",
];

/// busybox's flock, which Debian's build lacks: util-linux's, refusing what busybox's does not know.
pub(crate) const ALPINE_FLOCK: &str = r#"#!/bin/bash
# flock [-sxun] FD | { FILE [-c] PROGRAM ARGUMENTS }, and nothing else.
OPTIND=1
while getopts ':sxunc' option; do
  [[ $option == '?' ]] && { echo "flock: unrecognized option: ${OPTARG}" >&2; exit 1; }
  [[ $option == c ]] && break
done
for word in "$@"; do
  case $word in
    --) break ;;
    --*) echo "flock: unrecognized option: ${word#--}" >&2; exit 1 ;;
    -*) ;;
    *) break ;;
  esac
done
exec /.kubelet/bin/flock "$@"
"#;
