//! A reference to a container image, and what its tag tells about the `PostgreSQL` inside.
//!
//! The grammar is that of `github.com/distribution/reference`, of digests sha256 alone. Which
//! references are good enough to run is for the rules.

mod grammar;

use std::fmt;

use self::grammar::{EXAMPLE, check_digest, check_repository, check_tag};
use super::Fault;

/// A repository with a tag, a digest, both or neither.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Image {
    /// The registry's host, if one is written, and the path.
    pub repository: String,
    /// What follows `:`.
    pub tag: Option<String>,
    /// What follows `@`, with its `sha256:`.
    pub digest: Option<String>,
}

/// The operating system that an image is made from: it decides user, C library and collations.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flavour {
    /// Debian, glibc.
    Debian {
        /// `bookworm`; `None` where only a digest says which image it is.
        suite: Option<String>,
    },
    /// Alpine, musl and busybox.
    Alpine {
        /// `3.22`; `None` for a bare `alpine`, which moves.
        version: Option<String>,
    },
}

/// The Debian suites that images have been tagged with since `PostgreSQL` 9.
const SUITES: [&str; 7] = [
    "bookworm", "bullseye", "buster", "forky", "jessie", "stretch", "trixie",
];

impl Image {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "image";
    /// For editors.
    pub const PATTERN: Option<&str> =
        Some(r"^[A-Za-z0-9\[][-A-Za-z0-9._:/\[\]]*(@sha256:[0-9a-f]{64})?$");

    /// Reads a reference.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.is_empty() {
            return Err(Fault::new("is empty").help(EXAMPLE));
        }
        if let Some((_, rest)) = text.split_once("://") {
            let fault = Fault::new("begins with a scheme, which an image reference has not");
            return Err(match Self::parse(rest) {
                Ok(image) => fault.help(format!("write `{image}`")),
                Err(_) => fault.help(EXAMPLE),
            });
        }
        let (named, digest) = match text.split_once('@') {
            Some((named, digest)) => (named, Some(check_digest(digest)?)),
            None => (text, None),
        };
        // A colon before the last slash is a port.
        let (repository, tag) = match named.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(check_tag(tag)?)),
            _ => (named, None),
        };
        check_repository(repository)?;
        Ok(Self {
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }

    /// The major version: of a part `pg17` or `pg17.2`, else of a tag that begins `17` or `17.12`.
    pub fn major(&self) -> Option<u8> {
        self.version().map(|(major, _)| major)
    }

    /// The minor version, where the tag tells it.
    pub fn minor(&self) -> Option<u16> {
        self.version().and_then(|(_, minor)| minor)
    }

    /// The operating system: of a part `bookworm`, `alpine` or `alpine3.22`; with a digest and no
    /// such part Debian, as in the images of Docker's library.
    pub fn flavour(&self) -> Option<Flavour> {
        for part in self.parts() {
            if SUITES.contains(&part) {
                return Some(Flavour::Debian {
                    suite: Some(part.to_owned()),
                });
            }
            if let Some(version) = part.strip_prefix("alpine")
                && version
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'.')
            {
                return Some(Flavour::Alpine {
                    version: (!version.is_empty()).then(|| version.to_owned()),
                });
            }
        }
        self.digest
            .as_ref()
            .map(|_| Flavour::Debian { suite: None })
    }

    /// The parts of the tag.
    fn parts(&self) -> impl Iterator<Item = &str> {
        self.tag.as_deref().unwrap_or_default().split('-')
    }

    /// Major and minor version.
    fn version(&self) -> Option<(u8, Option<u16>)> {
        self.parts()
            .find_map(|part| part.strip_prefix("pg").and_then(version))
            .or_else(|| self.parts().next().and_then(version))
    }
}

super::text_value!(Image);

/// `17` or `17.12`, with any further numbers.
fn version(text: &str) -> Option<(u8, Option<u16>)> {
    let mut numbers = text.split('.');
    let mut number = || {
        let number = numbers.next()?;
        number
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then_some(number)
    };
    let major = number()?.parse().ok()?;
    let minor = number().and_then(|minor| minor.parse().ok());
    (text.contains('.') == minor.is_some()).then_some((major, minor))
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn debian(suite: &str) -> Flavour {
        Flavour::Debian {
            suite: Some(suite.to_owned()),
        }
    }

    fn alpine(version: &str) -> Flavour {
        Flavour::Alpine {
            version: Some(version.to_owned()),
        }
    }

    #[test]
    fn versions_and_flavours() {
        let digest = format!("postgres@sha256:{}", "0a".repeat(32));
        for (text, major, minor, flavour) in [
            (
                "docker.io/library/postgres:17.12-bookworm",
                Some(17),
                Some(12),
                Some(debian("bookworm")),
            ),
            (
                "postgres:17.12-alpine3.22",
                Some(17),
                Some(12),
                Some(alpine("3.22")),
            ),
            (
                "postgres:17-alpine",
                Some(17),
                None,
                Some(Flavour::Alpine { version: None }),
            ),
            (
                "pgvector/pgvector:pg17-trixie",
                Some(17),
                None,
                Some(debian("trixie")),
            ),
            ("pgvector/pgvector:0.8.1-pg17", Some(17), None, None),
            (
                "timescale/timescaledb:2.17.2-pg17.2",
                Some(17),
                Some(2),
                None,
            ),
            ("postgis/postgis:17-3.5", Some(17), None, None),
            ("r.example.com:5000/a/b:16.3", Some(16), Some(3), None),
            (
                "localhost/pg:18.7-slim-trixie",
                Some(18),
                Some(7),
                Some(debian("trixie")),
            ),
            ("[fd00::1]:5000/pg:18", Some(18), None, None),
            ("postgres:18rc1", None, None, None),
            ("postgres:17.x", None, None, None),
            ("postgres:latest", None, None, None),
            ("postgres", None, None, None),
            (&digest, None, None, Some(Flavour::Debian { suite: None })),
        ] {
            let image = Image::parse(text).unwrap();
            assert_eq!(image.to_string(), text);
            assert_eq!(
                (image.major(), image.minor(), image.flavour()),
                (major, minor, flavour),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_reference() {
        let short = format!("postgres@sha256:{}", "0".repeat(63));
        let upper = format!("postgres@sha256:{}", "A".repeat(64));
        for (text, message) in [
            ("", "is empty"),
            (
                "https://docker.io/library/postgres:17",
                "begins with a scheme, which an image reference has not",
            ),
            ("Postgres:17", "has an uppercase letter in its repository"),
            ("post gres:17", "has a space in its repository"),
            ("postgres:17 ", "has a space in its tag"),
            ("postgres:", "has nothing after its `:`"),
            ("a//b", "has an empty part in its repository"),
            ("a/-b", "has a part in its repository that is not a word"),
            ("a/b..c", "has a part in its repository that is not a word"),
            (
                "a.b:port/c",
                "has a registry that is not a host with or without a port",
            ),
            ("postgres@md5:00", "has a digest that is not of sha256"),
            (
                &short,
                "has a digest of 63 characters that is not 64 lowercase hexadecimal digits",
            ),
            (
                &upper,
                "has a digest of 64 characters that is not 64 lowercase hexadecimal digits",
            ),
            ("postgres\u{1b}[0m", "has U+001B in its repository"),
        ] {
            assert_eq!(Image::parse(text).unwrap_err().message, message, "{text}");
        }
        let fault = Image::parse("https://docker.io/library/postgres:17").unwrap_err();
        assert_eq!(
            fault.help.as_deref(),
            Some("write `docker.io/library/postgres:17`")
        );
    }
}
