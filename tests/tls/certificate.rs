//! Certificates and their authorities, made by openssl.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Every name that our own clients and the tests' dial.
pub(super) const NAMES: &[&str] = &["orders", "orders-direct"];

/// A certificate and its key, as PEM, and the authority that signed it.
#[derive(Clone)]
pub(crate) struct Certificate {
    pub(crate) public: String,
    pub(crate) key: String,
    pub(super) authority: String,
}

impl Certificate {
    /// One that others are signed by.
    pub(crate) fn authority() -> Certificate {
        Certificate::authority_of("ec")
    }

    /// The same with a key of a kind.
    pub(super) fn authority_of(kind: &str) -> Certificate {
        let (certificate, key) = make(3650, kind, &["-subj", "/CN=authority"], &[]);
        Certificate {
            authority: certificate.clone(),
            public: certificate,
            key,
        }
    }

    /// A certificate for names, that ends after so many days.
    pub(crate) fn sign(&self, names: &[&str], days: u32) -> Certificate {
        self.sign_kind("ec", names, days)
    }

    /// The same with a key of a kind.
    pub(super) fn sign_kind(&self, kind: &str, names: &[&str], days: u32) -> Certificate {
        let names: Vec<String> = names.iter().map(|name| format!("DNS:{name}")).collect();
        let names = format!("subjectAltName={}", names.join(","));
        let more = [
            "-subj",
            "/CN=server",
            "-addext",
            &names,
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ];
        let by = [("-CA", &*self.public), ("-CAkey", &*self.key)];
        let (certificate, key) = make(days, kind, &more, &by);
        Certificate {
            public: certificate,
            key,
            authority: self.public.clone(),
        }
    }

    /// As a Secret of type kubernetes.io/tls holds it.
    pub(crate) fn keys(&self) -> [(&str, &str); 3] {
        [
            ("tls.crt", &self.public),
            ("tls.key", &self.key),
            ("ca.crt", &self.authority),
        ]
    }
}

fn make(days: u32, kind: &str, more: &[&str], by: &[(&str, &str)]) -> (String, String) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("underpin-tls-{}-{next}", std::process::id());
    let directory = std::env::temp_dir().join(name);
    fs::create_dir_all(&directory).unwrap();
    let mut command = Command::new("openssl");
    command
        .current_dir(&directory)
        .args(["req", "-x509", "-noenc"]);
    command.args(["-newkey", kind]);
    if kind == "ec" {
        command.args(["-pkeyopt", "ec_paramgen_curve:prime256v1"]);
    }
    command.args(["-days", &days.to_string(), "-out", "crt", "-keyout", "key"]);
    command.args(more);
    for (index, (option, text)) in by.iter().enumerate() {
        let file = format!("by-{index}");
        fs::write(directory.join(&file), text).unwrap();
        command.args([*option, &file]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let read = |name| fs::read_to_string(directory.join(name)).unwrap();
    let made = (read("crt"), read("key"));
    fs::remove_dir_all(&directory).unwrap();
    made
}
