//! pgbouncer.ini.

use super::upstream::Upstream;
use super::{RENDERED, exporter};
use crate::model::Pooler;
use crate::spec::types::PoolMode;

/// The notes where nothing is said before.
pub const NOTES: [&str; 2] = [
    "\
; PgBouncer reads this at its start. Where the server is and who may log in is written by render.sh
; into a volume in memory, and included here.",
    "; Every role logs in with its own password, here and then at the server.",
];

/// How the server of the same folder is reached, as every other pod of ours reaches it.
pub const PLAIN: &str = "server_tls_sslmode = disable\n";

/// The same where it has TLS.
pub const VERIFIED: &str = "
; The server's certificate is looked at, and its name too.
server_tls_sslmode = verify-full
server_tls_ca_file = /ca/ca-certificates.crt
";

/// Who connects without TLS is refused. Certificates of clients are not asked for.
const CLIENTS: &str = "
; Clients without TLS are refused; 1.2 and later. serve.sh has renewed files read.
client_tls_sslmode = require
client_tls_cert_file = /tls/tls.crt
client_tls_key_file = /tls/tls.key
; For nobody: without it PgBouncer looks for a bundle that its image may not have.
client_tls_ca_file = {file}
";

/// Who may use the console.
const NOBODY: &str = "\
; Nobody gets into the console, the database `pgbouncer`.
admin_users =
stats_users =";

/// The same with an exporter.
fn looks() -> String {
    format!(
        "\
; Nobody gets into the console, the database `pgbouncer`, but the exporter of this pod: it may look.
admin_users =
stats_users = {}",
        exporter::USER
    )
}

/// How Neon is reached: the file holds its authorities.
pub fn neon(file: &str) -> String {
    format!(
        "
; The certificate is looked at and its name too: only so does PgBouncer say which host it wants
; (SNI), without which Neon does not know where to lead it.
server_tls_sslmode = verify-full
server_tls_ca_file = {file}
"
    )
}

/// pgbouncer.ini: what differs from PgBouncer's own defaults, and what a reader would look for.
pub fn ini(pooler: &Pooler, upstream: &Upstream, tls: bool) -> String {
    let clients = if tls {
        CLIENTS.replace("{file}", upstream.ca_file)
    } else {
        String::new()
    };
    let console = match pooler.exporter {
        None => NOBODY.to_owned(),
        Some(_) => looks(),
    };
    let mode = match pooler.mode {
        PoolMode::Transaction => "transaction",
        PoolMode::Session => "session",
    };
    let Upstream {
        tls: server,
        notes: [written, login],
        ..
    } = upstream;
    let Pooler {
        pool_size,
        max_clients,
        ..
    } = pooler;
    format!(
        "\
{written}

[databases]
%include {RENDERED}/databases.ini

[pgbouncer]
listen_addr = *
listen_port = 5432
unix_socket_dir =

{login}
auth_type = scram-sha-256
auth_file = {RENDERED}/userlist.txt
{console}

pool_mode = {mode}
; Connections to the server, for each database and role.
default_pool_size = {pool_size}
; None is opened before a client needs it.
min_pool_size = 0
max_client_conn = {max_clients}
; Prepared statements of the protocol survive a change of the connection.
max_prepared_statements = 200
; JDBC sends it at every start; since PostgreSQL 12 the server's default means the same.
ignore_startup_parameters = extra_float_digits

; A client that waits longer for a connection gets an error in place of silence.
query_wait_timeout = 30
; A server that was away is tried again every second.
server_login_retry = 1
server_idle_timeout = 120
server_lifetime = 1800
tcp_keepalive = 1
tcp_keepidle = 60
tcp_keepintvl = 10
tcp_keepcnt = 3
{clients}{server}
; To standard error, where `kubectl logs` has it: errors, and not every client that comes and goes.
logfile =
pidfile =
log_connections = 0
log_disconnections = 0
log_stats = 0
"
    )
}
