//! The name or the address of a machine, without scheme and port.

use std::net::IpAddr;

use super::Fault;
use super::subdomain::check_subdomain;

/// A DNS name in lowercase, or an IPv4 or IPv6 address (without brackets).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostName(String);

impl HostName {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "host";
    /// For editors.
    pub const PATTERN: Option<&str> = Some("^[0-9A-Fa-f:.]+$|^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$");

    /// Reads a host.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self(address.to_string()));
        }
        check_host(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The address, if it is one and no name.
    pub fn address(&self) -> Option<IpAddr> {
        self.0.parse().ok()
    }
}

super::string_value!(HostName);

/// What is wrong with a text that is no address.
fn check_host(text: &str) -> Result<(), Fault> {
    const ADVICE: &str = "write a DNS name or an IP address alone, as in `nfs.example.com`";
    if text.contains("://") {
        return Err(Fault::new("is a URL, not a host").help(ADVICE));
    }
    if let Some((host, port)) = text.rsplit_once(':')
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && check_subdomain(host).is_ok()
    {
        return Err(Fault::new("has a port").help(format!("write `{host}`")));
    }
    let lowercase = text.to_ascii_lowercase();
    if lowercase != text && check_subdomain(&lowercase).is_ok() {
        return Err(Fault::new("has uppercase letters").help(format!("write `{lowercase}`")));
    }
    check_subdomain(text).map_err(|fault| fault.help(ADVICE))?;
    let last = text.rsplit('.').next().unwrap_or(text);
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::new("is neither an IP address nor a DNS name").help(ADVICE));
    }
    if text.split('.').any(|label| label.len() > 63) {
        return Err(Fault::new("has a part of more than 63 characters").help(ADVICE));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for (text, canonical) in [
            ("nfs", "nfs"),
            ("nfs.example.com", "nfs.example.com"),
            ("10.0.0.1", "10.0.0.1"),
            ("FD00::0:1", "fd00::1"),
        ] {
            assert_eq!(HostName::parse(text).unwrap().as_str(), canonical);
        }
        for (text, message) in [
            ("", "is empty"),
            ("nfs://a/b", "is a URL, not a host"),
            ("a.b:2049", "has a port"),
            ("NAS.local", "has uppercase letters"),
            ("10.0.0.256", "is neither an IP address nor a DNS name"),
            ("10.0.1", "is neither an IP address nor a DNS name"),
            (
                "a b",
                "holds a space, allowed are lowercase letters, digits and `-`",
            ),
        ] {
            assert_eq!(HostName::parse(text).unwrap_err().message, message);
        }
    }
}
