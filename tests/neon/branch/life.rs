//! How a branch comes, stays and comes again.

use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{BRANCH, HOST, NAME, Preview, REVEALED, state, written};
use crate::kubelet::Pod;

const HOURS: i64 = 3600;

/// So many seconds from now.
fn later(seconds: i64) -> Timestamp {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = i64::try_from(now.unwrap().as_secs()).unwrap();
    Timestamp::from_second(now + seconds).unwrap()
}

/// A branch that is there, with what differs from a plain one.
fn branch(more: &Value) -> Value {
    let mut branch = json!({ "id": "br-there-1", "name": NAME, "expires_at": later(HOURS) });
    for (key, value) in more.as_object().unwrap() {
        branch[key] = value.clone();
    }
    branch
}

/// What a request of this kind said; there was one.
#[track_caller]
fn body(preview: &Preview, request: &str) -> Value {
    let requests = preview.requests();
    let mut found = requests
        .iter()
        .filter_map(|line| line.strip_prefix(request));
    let text = found
        .next()
        .unwrap_or_else(|| panic!("{request} in {requests:#?}"));
    assert_eq!(found.next(), None, "{requests:#?}");
    serde_json::from_str(text).unwrap()
}

#[track_caller]
fn expect_about(text: &Value, seconds: i64) {
    let told: Timestamp = text.as_str().unwrap().parse().unwrap();
    let off = later(seconds).duration_since(told);
    assert!(off.abs() < SignedDuration::from_mins(2), "{text}: {off}");
}

#[track_caller]
fn expect_events(pooler: &Pod, events: &[&str]) {
    let log = pooler.log_of(BRANCH);
    let mut rest = log.as_str();
    for event in events {
        let at = rest
            .find(event)
            .unwrap_or_else(|| panic!("{event} in {log}"));
        rest = &rest[at..];
    }
}

#[test]
fn is_made_where_it_is_missing_and_waited_for() {
    let preview = Preview::new("", &state(&json!({ "polls": 2 })));
    let pooler = preview.ready();
    let asked = body(&preview, "POST /branches 201 ");
    assert_eq!(asked["endpoints"], json!([{ "type": "read_write" }]));
    assert_eq!(asked["branch"]["name"], NAME);
    assert!(asked["branch"].get("parent_id").is_none(), "{asked}");
    expect_about(&asked["branch"]["expires_at"], 24 * HOURS);
    assert_eq!(preview.count("GET /operations/"), 4);
    assert_eq!(
        written(&pooler),
        format!("* = host={HOST} port=5432 user='neondb_owner' password='{REVEALED}'")
    );
    expect_events(
        &pooler,
        &[
            "reason=\"create_branch is running\"",
            "event=branch id=br-mock-2 result=created",
            "result=set",
            &format!("event=endpoint id=ep-cool-darkness-a1b2c3d4 host={HOST} result=ready"),
            "event=done",
        ],
    );
}

#[test]
fn is_made_from_the_parent_that_the_spec_names() {
    let parent = json!({ "id": "br-staging-5", "name": "staging", "expires_at": null });
    let more = "neon.branch.parent = 'br-staging-5'\nneon.branch.ttl = '3h'\n";
    let preview = Preview::new(more, &state(&json!({ "branches": [parent] })));
    preview.ready();
    let asked = body(&preview, "POST /branches 201 ");
    assert_eq!(asked["branch"]["parent_id"], "br-staging-5");
    expect_about(&asked["branch"]["expires_at"], 3 * HOURS);
}

/// Among others with similar names, on another page.
#[test]
fn is_adopted_and_renewed_where_it_is_there() {
    let mut branches: Vec<Value> = (0..4)
        .map(|n| {
            branch(
                &json!({ "id": format!("br-{n}"), "name": format!("{NAME}{n}"), "computes": [] }),
            )
        })
        .collect();
    branches.push(branch(&json!({})));
    let preview = Preview::new("", &state(&json!({ "branches": branches })));
    let pooler = preview.ready();
    assert_eq!(preview.count("POST "), 0);
    let asked = body(&preview, "PATCH /branches/br-there-1 200 ");
    expect_about(&asked["branch"]["expires_at"], 24 * HOURS);
    expect_events(
        &pooler,
        &[
            "event=branch id=br-there-1 result=adopted",
            "result=renewed",
        ],
    );
    assert!(written(&pooler).contains(HOST));
}

/// Neon's answer counts, and not what it was asked for.
#[test]
fn an_end_that_neon_passes_over_is_told() {
    let ignores = |branches: Value| {
        let more = json!({ "branches": branches, "without": ["expires_at"] });
        Preview::new("", &state(&more))
    };
    let made = ignores(json!([]));
    let pooler = made.ready();
    expect_events(
        &pooler,
        &["result=created", "event=expiry until=never result=ignored"],
    );
    assert!(!pooler.log_of(BRANCH).contains("result=set"));
    let there = branch(&json!({}));
    let end = there["expires_at"].as_str().unwrap().to_owned();
    let adopted = ignores(json!([there]));
    let pooler = adopted.ready();
    let event = format!("event=expiry until={end} result=ignored");
    expect_events(&pooler, &["result=adopted", &event]);
    assert!(!pooler.log_of(BRANCH).contains("result=renewed"));
}

/// A restart does it as a new pod does, and shows the password that there is then.
#[test]
fn is_renewed_and_asked_anew_whenever_a_pooler_starts() {
    let there = |password: &str| {
        state(
            &json!({ "branches": [branch(&json!({}))], "passwords": { "neondb_owner": password } }),
        )
    };
    let preview = Preview::new("", &there("before"));
    assert!(written(&preview.ready()).contains("password='before'"));
    preview.set(&there("after"));
    assert!(written(&preview.ready()).contains("password='after'"));
    assert_eq!(preview.count("PATCH /branches/br-there-1 200"), 2);
}

#[test]
fn never_gets_an_earlier_end_or_one_that_somebody_took_away() {
    let late = later(20 * 24 * HOURS);
    for (end, told) in [
        (json!(late), late.to_string()),
        (Value::Null, "never".into()),
    ] {
        let there = branch(&json!({ "expires_at": end }));
        let preview = Preview::new("", &state(&json!({ "branches": [there] })));
        let pooler = preview.ready();
        assert_eq!(preview.count("PATCH"), 0);
        expect_events(
            &pooler,
            &[
                "result=adopted",
                &format!("event=expiry until={told} result=kept"),
            ],
        );
    }
}

#[test]
fn is_made_anew_after_it_was_deleted_beneath() {
    let preview = Preview::new("", &state(&json!({})));
    assert!(written(&preview.ready()).contains(HOST));
    let second = "ep-second-2.us-east-2.aws.neon.tech";
    preview.set(&state(&json!({ "hosts": [second] })));
    let pooler = preview.ready();
    assert_eq!(preview.count("POST /branches 201"), 2);
    assert!(written(&pooler).contains(second));
}

/// Another one is no help: it takes no writes.
#[test]
fn gets_a_compute_where_it_has_none() {
    let there = branch(&json!({ "computes": [{ "type": "read_only" }] }));
    let preview = Preview::new("", &state(&json!({ "branches": [there], "polls": 1 })));
    let pooler = preview.ready();
    let asked = body(&preview, "POST /endpoints 201 ");
    assert_eq!(
        asked["endpoint"],
        json!({ "branch_id": "br-there-1", "type": "read_write" })
    );
    assert!(written(&pooler).contains("host=ep-second-2."));
}

#[test]
fn is_made_once_by_two_poolers_at_once() {
    let preview = Preview::new("pooler.replicas = 2\n", &state(&json!({ "polls": 3 })));
    let poolers = preview.shop.cluster.start_deployment("orders-pooler");
    for pooler in &poolers {
        pooler.wait_ready(super::SOON);
        assert!(written(pooler).contains(HOST));
    }
    assert_eq!(preview.count("POST /branches 201"), 1);
    assert_eq!(preview.count("POST /endpoints 201"), 0);
}

/// Between the look and the making another pod made it: the API says so, and it is adopted.
#[test]
fn is_adopted_where_another_pooler_was_faster() {
    let unseen = json!({ "on": "GET .*/branches$", "status": 200, "body": { "branches": [], "pagination": {} } });
    let there = state(&json!({ "branches": [branch(&json!({}))], "faults": [unseen] }));
    let preview = Preview::new("", &there);
    let pooler = preview.ready();
    assert_eq!(preview.count("POST /branches 409"), 1);
    expect_events(
        &pooler,
        &[
            "another pod makes the branch",
            "result=adopted",
            "result=renewed",
        ],
    );

    // The same of its compute.
    let unseen = json!({ "on": "GET .*/endpoints$", "status": 200, "body": { "endpoints": [] } });
    preview.set(&state(
        &json!({ "branches": [branch(&json!({}))], "faults": [unseen] }),
    ));
    preview.ready();
    assert_eq!(preview.count("POST /endpoints 409"), 1);
}
