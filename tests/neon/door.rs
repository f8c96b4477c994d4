//! Who is not let in, or must not be trusted: an end in time, and a sentence that says what to do.

use std::time::{Duration, Instant};

use super::endpoint::{
    Certificate, Endpoint, HOST, PASSWORD, RESTORE_SCRIPTS, SCRIPTS, SOON as LATER,
};
use super::proxy::expect_told;
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
    shop.hurry(SCRIPTS, "backup.sh", "login_patience=5", "login_patience=1");
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
    endpoint.name(HOST);
    let control_plane = "Control plane request failed: endpoint";
    for (name, sentence) in [
        ("cannot", format!("{control_plane} cannot be found")),
        ("could-not", "The requested endpoint could not be found, or you don't have access to it. Please check the provided ID and try again.".to_owned()),
        ("branch", "Branch not found".to_owned()),
        ("option", "Inconsistent project name inferred from SNI ('ep-a') and project option ('ep-b').".to_owned()),
    ] {
        endpoint.mode(&sentence);
        endpoint.expect_closed(name, &[], &["no endpoint of this name", &sentence, "neon.host"]);
    }
    // Neon tells nobody which endpoints there are: it lets each password be wrong.
    endpoint.mode("gone");
    let words = [
        "password authentication failed for user 'neondb_owner'",
        "key neon of the Secret",
        "an endpoint that was deleted",
        HOST,
    ];
    endpoint.expect_closed("gone", &[], &words);
    for message in [
        "password authentication failed",
        "endpoint cannot be found",
        "Branch not found",
        "Inconsistent project name",
    ] {
        expect_told(message, message);
    }
}

/// What stays until a person changes something at Neon, however Neon writes it.
#[test]
fn an_endpoint_that_lets_nobody_in() {
    let endpoint = hurried();
    let off = ["is switched off", "console"];
    let network = [
        "lets no one in from the address of this cluster",
        "IP Allow",
    ];
    for (name, sentence, words) in [
        (
            "disabled",
            "The endpoint has been disabled. Enable it using the Neon API and retry.",
            off,
        ),
        (
            "is-disabled",
            "Control plane request failed: endpoint is disabled",
            off,
        ),
        (
            "quota",
            "Your account or project has exceeded the compute time quota. Upgrade your plan to increase limits.",
            off,
        ),
        (
            "address",
            "This IP address 203.0.113.7 is not allowed to connect to this endpoint. Please add it to the allowed list in the Neon console. Make sure to check for IPv4 or IPv6 addresses.",
            network,
        ),
        (
            "network",
            "This connection is trying to access this endpoint from a blocked network.",
            network,
        ),
    ] {
        endpoint.mode(sentence);
        let words = [&words[..], &[sentence]].concat();
        endpoint.expect_closed(name, &[], &words);
    }
    for message in [
        "is not allowed to connect to this endpoint",
        "from a blocked network",
    ] {
        expect_told(message, message);
    }
}

/// What passes by itself, and what nobody knows: asked again, ever more seldom, and never called a fault
/// of the network.
#[test]
fn a_limit_is_waited_for_without_adding_to_it() {
    let endpoint = Endpoint::new();
    for (number, (result, sentence, hint)) in [
        ("busy", "Too many connections to this endpoint. Please try again later.", "a limit of Neon's"),
        ("busy", "Control plane request failed: endpoint is temporarily unavailable. Check your quotas and/or contact our support.", "a limit of Neon's"),
        ("busy", "You have exceeded the limit of concurrently active endpoints. Please suspend some endpoints or upgrade your plan.", "a limit of Neon's"),
        ("refused", "Something that no one has seen", "so answers the server, or a proxy before it"),
    ]
    .into_iter()
    .enumerate()
    {
        endpoint.mode(sentence);
        let before = endpoint.refused();
        let name = format!("limit-{number}");
        let job = endpoint.deployed.start_backup(&name, &[("DEADLINE_SECONDS", "20")]);
        let first = job.pod();
        first.wait_finished(LATER);
        endpoint.mode("plain");
        let end = first.termination().unwrap();
        assert_eq!(end.code, 1, "{}", end.message);
        for words in ["by its deadline of 20 s", &format!("({result}: {sentence})"), hint] {
            assert!(end.message.contains(words), "`{words}` in {}", end.message);
        }
        assert!(!first.log().contains("NetworkPolicy"), "{}", first.log());
        // After 1, 2, 4 and 8 seconds, of which the Job's next pod may have begun again.
        let logins = endpoint.refused() - before;
        assert!((4..=7).contains(&logins), "{logins} logins");
        job.wait().expect_success();
    }
    for message in [
        "Too many connections to this endpoint",
        "exceeded the limit of concurrently active endpoints",
        "temporarily unavailable",
    ] {
        expect_told(message, message);
    }
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
        "an endpoint that was deleted",
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
