//! The bootstrap Job, as emitted, against real servers: what it makes, what it leaves alone, what it
//! keeps secret, and how it ends when something is in its way.
//!
//! Each test states its own small spec, compiled by the library, and runs the pods of the result in
//! the kubelet in small.

mod beyond;
mod faults;
mod first;
#[cfg(feature = "soak")]
mod interrupted;
#[cfg(feature = "soak")]
mod majors;
mod names;
mod overlay;
mod own;
mod rotation;
pub(crate) mod secrecy;
pub(crate) mod shop;
mod waiting;

use std::time::Duration;

use shop::{Hold, Shop};

pub(crate) const IMAGE: &str = "docker.io/library/postgres:17.12-bookworm";
/// For what takes a second or two, on a machine that does much else.
const SOON: Duration = Duration::from_mins(2);

/// What is `present` in a second run without a word of the spec: our own roles, their memberships in
/// PostgreSQL's roles, the backup role's password, and access to `postgres` and `template1`. With each
/// role of the spec comes a membership, and with each database an access.
/// (15 has no `pg_use_reserved_connections`, of which two are members.)
const OF_OUR_OWN: usize = 2 + 6 + 1 + 4;

/// Whether every line stands in the log; the whole log in the test's failure if not.
#[track_caller]
fn expect_lines(log: &str, lines: &[&str]) {
    for line in lines {
        assert!(
            log.lines().any(|said| said.starts_with(line)),
            "no line `{line}` in:\n{log}"
        );
    }
}
