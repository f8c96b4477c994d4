//! The direct host of an endpoint at Neon, and what else people paste in its place.

use super::{Fault, HostName};
use std::fmt;
use std::net::IpAddr;

/// Where Neon's own hosts end.
pub const NEON: &str = ".neon.tech";
/// What the first part of the pooled host's name ends in.
const POOLED: &str = "-pooler";

/// A DNS name in lowercase whose first part is the endpoint's id, `ep-…`, and not its pooler.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NeonHost(HostName);

impl NeonHost {
    /// Reads a host.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if let Some(pasted) = Pasted::parse(text) {
            return Err(Fault::new("is a connection string, not a host").help(pasted.advice()));
        }
        if text.parse::<IpAddr>().is_ok() {
            return Err(
                Fault::new("is an address, and Neon finds an endpoint by its name").help(EXAMPLE),
            );
        }
        // With a port, a path or options behind it.
        let end = text.find([':', '/', '?']).unwrap_or(text.len());
        let name = text[..end].trim_end_matches('.').to_ascii_lowercase();
        let direct = direct(&name);
        let write = |fault: Fault| fault.help(format!("write `host = \"{direct}\"`"));
        let Ok(host) = HostName::parse(&name) else {
            return Err(Fault::new("is not a host name").help(EXAMPLE));
        };
        if !name.starts_with("ep-") || !name.contains('.') {
            return Err(
                Fault::new("is not the host of an endpoint: those begin with `ep-`").help(EXAMPLE),
            );
        }
        if direct != name {
            return Err(write(Fault::new(
                "is the host of Neon's own pooler, and backups need the direct one",
            )));
        }
        if end < text.len() {
            return Err(write(Fault::new("has something behind the name")));
        }
        if name != text {
            return Err(write(Fault::new(if text.ends_with('.') {
                "ends in a dot, which its certificate does not"
            } else {
                "has uppercase letters"
            })));
        }
        Ok(Self(host))
    }
}

impl fmt::Display for NeonHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

const EXAMPLE: &str = "Neon's console shows it under Connect, with connection pooling switched off: `host = \"ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech\"`";

/// The name without what makes it the pooler's.
fn direct(name: &str) -> String {
    match name.split_once('.') {
        Some((endpoint, domain)) => {
            let endpoint = endpoint.strip_suffix(POOLED).unwrap_or(endpoint);
            format!("{endpoint}.{domain}")
        }
        None => name.to_owned(),
    }
}

/// What of a pasted connection string belongs into a spec: all but the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pasted {
    host: String,
    database: Option<String>,
    role: Option<String>,
}

impl Pasted {
    /// Reads `postgresql://role:password@host:port/database?options`, with or without what may be
    /// missing of it.
    pub fn parse(text: &str) -> Option<Self> {
        // As a shell is given it.
        let url = text.trim().trim_start_matches("psql ").trim();
        let url = url.trim_matches(['\'', '"']);
        let rest = match url.split_once("://") {
            Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => rest,
            _ if url.contains('@') => url,
            _ => return None,
        };
        // The last one: a password may hold another.
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, rest),
        };
        let (place, _) = place.split_once('?').unwrap_or((place, ""));
        let (host, database) = place.split_once('/').unwrap_or((place, ""));
        let (host, _) = host.split_once(':').unwrap_or((host, ""));
        let role = login.map(|login| login.split_once(':').map_or(login, |(role, _)| role));
        let said = |text: &str| Some(decoded(text)).filter(|text| !text.is_empty());
        Some(Self {
            host: direct(&host.to_ascii_lowercase()),
            database: said(database),
            role: role.and_then(said),
        })
    }

    /// Whether it leads to Neon.
    pub fn is_neon(&self) -> bool {
        self.host.ends_with(NEON)
    }

    /// What to write.
    pub fn advice(&self) -> String {
        let text = |text: &Option<String>, default: &str| {
            serde_json::Value::from(text.as_deref().unwrap_or(default)).to_string()
        };
        format!(
            "write its parts: `host = {}`, `database = {}`, `role = {}`; the password goes into the Secret, key `neon`, and all else of it is left out: the pooler needs none",
            serde_json::Value::from(self.host.as_str()),
            text(&self.database, "neondb"),
            text(&self.role, "neondb_owner"),
        )
    }
}

/// Without `%20` and its like; as it is where that is no text.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, next @ ..] = rest {
        let code = next.get(..2).and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 16).ok()
        });
        if let (b'%', Some(code)) = (first, code) {
            bytes.push(code);
            rest = &next[2..];
        } else {
            bytes.push(*first);
            rest = next;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech";

    #[test]
    fn a_direct_host_is_one() {
        assert_eq!(NeonHost::parse(HOST).unwrap().to_string(), HOST);
        // Its proxies have other names in private networks and in tests.
        assert!(NeonHost::parse("ep-x.neon.internal").is_ok());
    }

    #[test]
    fn anything_else_is_named() {
        for (text, message) in [
            (
                "ep-a.neon.tech.",
                "ends in a dot, which its certificate does not",
            ),
            ("Ep-a.neon.tech", "has uppercase letters"),
            ("ep-a.neon.tech:5432", "has something behind the name"),
            ("ep-a.neon.tech/neondb", "has something behind the name"),
            (
                "ep-a.neon.tech?sslmode=require",
                "has something behind the name",
            ),
            (
                "ep-a-pooler.neon.tech",
                "is the host of Neon's own pooler, and backups need the direct one",
            ),
            (
                "10.0.0.1",
                "is an address, and Neon finds an endpoint by its name",
            ),
            ("ep a", "is not a host name"),
            (" ep-a.neon.tech", "is not a host name"),
            (
                "fd00::1",
                "is an address, and Neon finds an endpoint by its name",
            ),
            ("", "is not a host name"),
            (
                "db.example.com",
                "is not the host of an endpoint: those begin with `ep-`",
            ),
            (
                "ep-a",
                "is not the host of an endpoint: those begin with `ep-`",
            ),
        ] {
            assert_eq!(
                NeonHost::parse(text).unwrap_err().message,
                message,
                "{text}"
            );
        }
        let fault = NeonHost::parse("ep-a-pooler.c-2.us-east-2.aws.neon.tech:5432").unwrap_err();
        assert_eq!(
            fault.help.as_deref(),
            Some("write `host = \"ep-a.c-2.us-east-2.aws.neon.tech\"`")
        );
    }

    #[test]
    fn of_a_url_the_password_is_dropped() {
        for text in [
            "postgresql://app:npg_s3cr3t@ep-a-pooler.neon.tech/shop?sslmode=require&channel_binding=require",
            "postgres://app:npg_s3cr3t@ep-a.neon.tech:5432/shop",
            "psql 'postgresql://app:npg_s3cr3t@ep-a.neon.tech/shop'",
            "app:npg_s3cr3t@EP-a.neon.tech/shop",
            "postgresql://app:npg_s3cr3t@x@ep-a.neon.tech/shop",
        ] {
            let fault = NeonHost::parse(text).unwrap_err();
            let said = format!("{} {}", fault.message, fault.help.unwrap_or_default());
            assert!(!said.contains("npg_s3cr3t"), "{said}");
            for part in [
                "\"ep-a.neon.tech\"",
                "database = \"shop\"",
                "role = \"app\"",
            ] {
                assert!(said.contains(part), "{said}");
            }
            assert!(Pasted::parse(text).unwrap().is_neon());
        }
        assert_eq!(decoded("a%20b%zz%"), "a b%zz%");
    }
}
