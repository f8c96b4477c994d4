//! The parts of a reference: repository, tag and digest, each judged alone.

use crate::value::Fault;
use crate::value::character::shown;

/// What every piece of advice can show.
pub(super) const EXAMPLE: &str =
    "write a reference such as `docker.io/library/postgres:17.12-bookworm`";

/// `sha256:` and 64 digits.
pub(super) fn check_digest(digest: &str) -> Result<&str, Fault> {
    let hex = digest.strip_prefix("sha256:").ok_or_else(|| {
        Fault::new("has a digest that is not of sha256").help("write `@sha256:` and 64 digits")
    })?;
    if hex.len() != 64
        || !hex
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    {
        return Err(Fault::new(format!(
            "has a digest of {} characters that is not 64 lowercase hexadecimal digits",
            hex.chars().count()
        ))
        .help("copy the digest as `docker images --digests` shows it"));
    }
    Ok(digest)
}

/// A word, at most 128 characters.
pub(super) fn check_tag(tag: &str) -> Result<&str, Fault> {
    if tag.is_empty() {
        return Err(Fault::new("has nothing after its `:`").help(EXAMPLE));
    }
    if let Some(other) = tag
        .chars()
        .find(|character| !(character.is_ascii_alphanumeric() || "_.-".contains(*character)))
    {
        return Err(Fault::new(format!("has {} in its tag", shown(other))).help(EXAMPLE));
    }
    if tag.len() > 128 || tag.starts_with(['.', '-']) {
        return Err(Fault::new(
            "has a tag that is longer than 128 characters or begins with `.` or `-`",
        )
        .help(EXAMPLE));
    }
    Ok(tag)
}

/// A host, if the first part looks like one, and parts of lowercase letters and digits.
pub(super) fn check_repository(repository: &str) -> Result<(), Fault> {
    if let Some(other) = repository
        .chars()
        .find(|character| !(character.is_ascii_alphanumeric() || "_.-/:[]".contains(*character)))
    {
        return Err(Fault::new(format!("has {} in its repository", shown(other))).help(EXAMPLE));
    }
    let path = match repository.split_once('/') {
        Some((host, path)) if host.contains(['.', ':', '[']) || host == "localhost" => {
            check_registry(host)?;
            path
        }
        _ => repository,
    };
    for part in path.split('/') {
        if part.is_empty() {
            return Err(Fault::new("has an empty part in its repository").help(EXAMPLE));
        }
        if part.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(Fault::new("has an uppercase letter in its repository")
                .help(format!("write `{}`", path.to_ascii_lowercase())));
        }
        let separated = part
            .split(|character: char| character.is_ascii_alphanumeric())
            .all(|between| {
                matches!(between, "" | "." | "_" | "__") || between.bytes().all(|byte| byte == b'-')
            });
        let ends = [part.as_bytes().first(), part.as_bytes().last()];
        if !separated
            || ends
                .into_iter()
                .flatten()
                .any(|byte| !byte.is_ascii_alphanumeric())
        {
            return Err(
                Fault::new("has a part in its repository that is not a word").help(EXAMPLE),
            );
        }
    }
    if repository.len() > 255 {
        return Err(Fault::new("has a repository of more than 255 characters").help(EXAMPLE));
    }
    Ok(())
}

/// A host and a port.
fn check_registry(host: &str) -> Result<(), Fault> {
    let fault =
        || Fault::new("has a registry that is not a host with or without a port").help(EXAMPLE);
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').ok_or_else(fault)?;
            address.parse::<std::net::Ipv6Addr>().map_err(|_| fault())?;
            ("ip", port)
        }
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let labels = name.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    let port = match port.strip_prefix(':') {
        Some(port) => port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok(),
        None => port.is_empty(),
    };
    if labels && port { Ok(()) } else { Err(fault()) }
}
