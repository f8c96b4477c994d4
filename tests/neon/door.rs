//! Who is not let in, or must not be trusted: an end in time, and a sentence that says what to do.

use std::time::{Duration, Instant};

use super::endpoint::{Certificate, Endpoint, HOST, PASSWORD, RESTORE_SCRIPTS};
use crate::bootstrap::shop::SECRET;
use crate::kubelet::JobResult;

/// Long before a deadline.
const SOON: Duration = Duration::from_secs(40);

#[track_caller]
pub(super) fn expect_refused(result: &JobResult, words: &[&str]) {
    let end = (result.succeeded, result.code(), result.pods.len());
    assert_eq!(end, (false, Some(3), 1), "{}", result.log());
    let message = result.message();
    for words in words {
        assert!(message.contains(words), "`{words}` in {message}");
    }
    assert!(!result.log().contains(PASSWORD) && !message.contains(PASSWORD));
}

impl Endpoint {
    /// Neither a backup nor a restore gets in.
    #[track_caller]
    fn expect_closed(&self, name: &str, values: &[(&str, &str)], words: &[&str]) {
        let began = Instant::now();
        let result = self
            .deployed
            .start_backup(&format!("b-{name}"), values)
            .wait();
        expect_refused(&result, words);
        let result = self.deployed.restore(&format!("r-{name}"), values);
        expect_refused(&result, words);
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    }
}

/// So that a refusal is not asked again for long.
#[track_caller]
fn hurried() -> Endpoint {
    let endpoint = Endpoint::new();
    let shop = &endpoint.deployed.shop;
    shop.hurry(
        RESTORE_SCRIPTS,
        "restore.sh",
        "wait_for_server 10 ",
        "wait_for_server 2 ",
    );
    endpoint
}

#[test]
fn somebody_else_under_the_name() {
    let endpoint = hurried();
    let proof = [
        "could not prove that it is that server",
        "was told nothing",
        "neon.ca",
        HOST,
    ];
    let other = "ep-other-darkness-a1b2c3d4.us-east-2.aws.neon.tech";
    endpoint.show(&endpoint.certificate(other));
    let words = [&proof[..], &["does not match host name"]].concat();
    endpoint.expect_closed("name", &[], &words);
    endpoint.show(&Certificate::authority().sign(HOST));
    let words = [&proof[..], &["certificate verify failed"]].concat();
    endpoint.expect_closed("authority", &[], &words);
    endpoint.show(&endpoint.certificate(HOST));
    let nothing = [("PGSSLROOTCERT", "/ca/nothing.crt")];
    endpoint.expect_closed("bundle", &nothing, &["/ca/nothing.crt", "does not exist"]);

    // With all of it right the same pods get in.
    endpoint.deployed.back_up("right");
    let result = endpoint.deployed.restore("right-too", &[]);
    result.expect_success();
}

#[test]
fn an_endpoint_that_is_not_there() {
    let endpoint = hurried();
    let unknown = [
        "no endpoint of this name",
        "Endpoint ID is not specified. Either please upgrade the postgres client library (libpq) for SNI support",
        "neon.host",
    ];
    endpoint.expect_closed("no-sni", &[("PGSSLSNI", "0")], &unknown);
    endpoint.name("ep-other.aws.neon.tech");
    endpoint.expect_closed("unknown", &[], &unknown);
    endpoint.mode("The endpoint has been disabled. Enable it using the Neon API and retry.");
    let words = ["is switched off", "has been disabled", "console"];
    endpoint.expect_closed("disabled", &[], &words);
    let quota = "Your account or project has exceeded the compute time quota. Upgrade your plan to increase limits.";
    endpoint.mode(quota);
    let words = ["is switched off", "compute time quota"];
    endpoint.expect_closed("quota", &[], &words);
}

#[test]
fn a_pooler_whatever_it_is_called() {
    let endpoint = hurried();
    let direct = [
        "connection pooler",
        "no lock and no snapshot",
        "without -pooler",
    ];
    let pooled = HOST.replacen('.', "-pooler.", 1);
    endpoint.expect_closed("by-name", &[("PGHOST", &pooled)], &direct);
    endpoint.mode("pooler");
    let words = [&direct[..], &["unsupported startup parameter"]].concat();
    endpoint.expect_closed("refusing", &[], &words);
    endpoint.mode("careless pooler");
    let words = [&direct[..], &["passes over the options"]].concat();
    endpoint.expect_closed("careless", &[], &words);
}

#[test]
fn the_wrong_password_or_database() {
    let endpoint = hurried();
    let cluster = &endpoint.deployed.shop.cluster;
    let give = |password: &str| {
        cluster.secret(SECRET, &[("superuser", "of superuser"), ("neon", password)]);
    };
    give("wrong");
    let words = [
        "refuses role neondb_owner",
        "password authentication failed",
        "key neon of the Secret",
        "reset it in Neon's console",
    ];
    endpoint.expect_closed("password", &[], &words);
    give(PASSWORD);
    let nowhere = [("PGDATABASE", "nowhere")];
    let words = ["no such database", "\"nowhere\""];
    endpoint.expect_closed("database", &nowhere, &words);
    let deployed = &endpoint.deployed;
    assert!(deployed.ids().is_empty() && deployed.unfinished().is_empty());
    endpoint.expect_nobody();
}
