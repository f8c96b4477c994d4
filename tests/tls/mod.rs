//! TLS as emitted, on real servers and a real `PgBouncer`: who is refused, what a renewed certificate
//! costs, what the role may that reloads the server, and backups that go through it.

mod certificate;
mod drill;
mod kinds;
mod pooler;
mod reload;
mod role;
mod server;

use std::time::Duration;

pub(crate) use self::certificate::Certificate;
use self::certificate::NAMES;
use crate::bootstrap::shop::Shop;
use crate::kubelet::{JobResult, Output, Pod};

const SOON: Duration = Duration::from_mins(1);
const DEBIAN: &str = "docker.io/library/postgres:17.12-bookworm";
const ALPINE: &str = "docker.io/library/postgres:17.12-alpine3.22";
const SPEC: &str = "
    databases = [{ name = 'orders' }]
    access.tls = { secret = 'orders-certificate' }";
const PASSWORDS: [(&str, &str); 3] = [
    ("superuser", "of the superuser"),
    ("role.orders", "of orders"),
    ("reload", "of reload"),
];

/// A database whose Secrets are there.
struct Shielded {
    shop: Shop,
    authority: Certificate,
}

impl Shielded {
    #[track_caller]
    fn new(image: &str, spec: &str) -> Shielded {
        Shielded::by(Certificate::authority(), image, spec)
    }

    /// With an authority of one's own.
    #[track_caller]
    fn by(authority: Certificate, image: &str, spec: &str) -> Shielded {
        let shop = Shop::of_image(image, spec, &PASSWORDS);
        let shielded = Shielded { shop, authority };
        shielded.give(&shielded.authority.sign(NAMES, 90));
        shielded
    }

    /// Makes or replaces the certificate's Secret.
    #[track_caller]
    fn give(&self, certificate: &Certificate) {
        let cluster = &self.shop.cluster;
        cluster.secret("orders-certificate", &certificate.keys());
    }

    /// The hourly Job, now.
    #[track_caller]
    fn reload(&self, name: &str) -> JobResult {
        let cluster = &self.shop.cluster;
        cluster.create_job_from_cron_job(name, "orders-reload");
        cluster.run_job(name)
    }

    /// So that what does not come is not waited for long.
    #[track_caller]
    fn hurry(&self) {
        let shop = &self.shop;
        let scripts = "orders-reload-scripts";
        shop.hurry(scripts, "reload.sh", "patience=180", "patience=8");
        shop.hurry(scripts, "reload.sh", "    pause 5\n", "    pause 1\n");
    }
}

/// What openssl, which knows nothing of us, is shown at a host: the end of the certificate.
#[track_caller]
pub(crate) fn served(client: &Pod, host: &str) -> String {
    let line = format!(
        "openssl s_client -starttls postgres -connect {host}:5432 </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256"
    );
    let output = client.exec(&["bash", "-c", &line]);
    output.expect_success().trim().to_owned()
}

/// The same of a certificate as PEM.
#[track_caller]
pub(crate) fn fingerprint(client: &Pod, certificate: &Certificate) -> String {
    let command = ["openssl", "x509", "-noout", "-fingerprint", "-sha256"];
    let output = client.exec_with_input(&command, &certificate.public);
    output.expect_success().trim().to_owned()
}

/// Where somebody logs in, and as whom.
pub(crate) struct Login<'a> {
    pub(crate) host: &'a str,
    pub(crate) database: &'a str,
    pub(crate) role: &'a str,
    pub(crate) password: &'a str,
}

/// Logs in as a role, with libpq's own variables.
fn dial(client: &Pod, host: &str, role: &str, variables: &[&str], sql: &str) -> Output {
    let password = PASSWORDS
        .iter()
        .find(|(key, _)| *key == format!("role.{role}") || format!("underpin_{key}") == role)
        .map_or("", |(_, password)| password);
    let database = if role == "orders" {
        "orders"
    } else {
        "postgres"
    };
    let login = Login {
        host,
        database,
        role,
        password,
    };
    log_in(client, &login, variables, sql)
}

/// The same with a password that is said.
pub(crate) fn log_in(client: &Pod, login: &Login<'_>, variables: &[&str], sql: &str) -> Output {
    let (host, database) = (login.host, login.database);
    let mut command = vec!["env".to_owned(), format!("PGHOST={host}")];
    command.extend([
        format!("PGUSER={}", login.role),
        format!("PGDATABASE={database}"),
    ]);
    command.extend(variables.iter().map(|variable| (*variable).to_owned()));
    let line =
        "IFS= read -r PGPASSWORD; export PGPASSWORD; exec psql -XAtqw -v ON_ERROR_STOP=1 -c \"$1\"";
    command.extend(["bash", "-c", line, "bash", sql].map(str::to_owned));
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    client.exec_with_input(&command, &format!("{}\n", login.password))
}

/// Puts the authority where a client can name it.
#[track_caller]
pub(crate) fn trust(client: &Pod, certificate: &Certificate) {
    let command = ["bash", "-c", "cat >/tmp/ca.crt"];
    let output = client.exec_with_input(&command, &certificate.authority);
    output.expect_success();
}

pub(crate) const VERIFIED: &[&str] = &["PGSSLMODE=verify-full", "PGSSLROOTCERT=/tmp/ca.crt"];
