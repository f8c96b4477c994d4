//! What passes: it is waited for, for a while, and then by Kubernetes.

use serde_json::{Value, json};

use super::{BRANCH, HOST, NAME, Preview, SCRIPTS, SOON, ended, state, written};

/// Every way in which an answer can be none, one after another at each kind of request.
#[test]
fn what_is_no_answer_is_asked_again() {
    let page = "<!doctype html><title>502</title>";
    let ways = [
        json!({ "status": 423, "body": { "message": "project already has running conflicting operations" } }),
        json!({ "status": 429, "headers": { "Retry-After": "2" } }),
        json!({ "status": 429, "headers": { "Retry-After": "soon" }, "body": "" }),
        json!({ "status": 500 }),
        json!({ "status": 502, "body": page }),
        json!({ "status": 200, "body": page }),
        json!({ "status": 200, "body": "[]" }),
        json!({ "status": 200, "cut": true, "body": { "branches": [{ "name": NAME }], "endpoints": [] } }),
        json!({ "close": true }),
    ];
    let at = |request: &str| -> Vec<Value> {
        let fault = |way: &Value| {
            let mut fault = way.clone();
            fault["on"] = request.into();
            fault
        };
        ways.iter().map(fault).collect()
    };
    // Two of the kinds at a time, so that the waits stay short.
    for requests in [
        ["GET .*/branches$", "POST .*/branches$"],
        ["GET .*/endpoints$", "reveal_password$"],
    ] {
        let faults: Vec<Value> = requests.iter().flat_map(|request| at(request)).collect();
        let preview = Preview::new("", &state(&json!({ "faults": faults })));
        preview.shop.hurry(
            SCRIPTS,
            "branch.py",
            "PAUSE = 300, 20, 15",
            "PAUSE = 300, 20, 1",
        );
        let pooler = preview.ready();
        let log = pooler.log_of(BRANCH);
        assert_eq!(log.matches("event=wait").count(), 2 * ways.len(), "{log}");
        assert_eq!(log.matches("seconds=2.0 reason=").count(), 2, "{log}");
        assert!(
            !log.contains("<title>") && log.contains("status 502\""),
            "{log}"
        );
        assert_eq!(preview.count("POST /branches 201"), 1);
        assert!(written(&pooler).contains(HOST));
    }
}

/// The end says what was waited for; the pod tries by itself, and goes on once the API is back.
#[test]
fn what_takes_too_long_is_tried_again_by_the_pod() {
    let fault = json!({ "on": ".", "status": 503, "times": 9999 });
    let preview = Preview::new("", &state(&json!({ "faults": [fault] })));
    preview
        .shop
        .hurry(SCRIPTS, "branch.py", "PAUSE = 300,", "PAUSE = 2,");
    let pooler = preview.start();
    let (code, message) = ended(&pooler);
    assert_eq!(code, 1, "{message}");
    for words in [
        "did not do in 2 seconds what is needed",
        "GET /branches: status 503",
        "neonstatus.com",
    ] {
        assert!(message.contains(words), "`{words}` in {message}");
    }
    assert!(!pooler.is_ready());
    preview.set(&state(&json!({})));
    pooler.wait_ready(SOON);
    assert_eq!(preview.count("POST /branches 201"), 1);
}

/// Whoever lists branches without an end is left: at once where it goes round, else by the deadline.
#[test]
fn pages_have_an_end() {
    let others: Vec<Value> = (0..3)
        .map(|n| json!({ "id": format!("br-{n}"), "name": format!("{NAME}{n}"), "computes": [] }))
        .collect();
    for (circle, words) in [
        ("7", "goes round in a circle"),
        ("new", "did not do in 2 seconds what is needed"),
    ] {
        let more = json!({ "branches": others, "circle": circle });
        let preview = Preview::new("", &state(&more));
        preview
            .shop
            .hurry(SCRIPTS, "branch.py", "PAUSE = 300,", "PAUSE = 2,");
        let (code, message) = ended(&preview.start());
        assert_eq!(code, 1, "{message}");
        assert!(message.contains(words), "`{words}` in {message}");
        // Nothing was concluded from what was not seen.
        assert_eq!(preview.count("POST "), 0);
        if circle == "7" {
            assert_eq!(preview.count("GET /branches 200"), 2);
        }
    }
}

/// An answer that comes byte by byte, each of them in time.
#[test]
fn an_answer_that_does_not_end_is_left() {
    let fault = json!({ "on": ".", "status": 200, "drip": true, "times": 9999 });
    let preview = Preview::new("", &state(&json!({ "faults": [fault] })));
    preview
        .shop
        .hurry(SCRIPTS, "branch.py", "PAUSE = 300, 20,", "PAUSE = 2, 1,");
    let (code, message) = ended(&preview.start());
    assert_eq!(code, 1, "{message}");
    assert!(message.contains("its answer does not end"), "{message}");
}

/// Longer than there is time: no use to wait.
#[test]
fn a_wait_that_is_too_long_is_not_begun() {
    let fault =
        json!({ "on": ".", "status": 429, "headers": { "Retry-After": "3600" }, "times": 9999 });
    let preview = Preview::new("", &state(&json!({ "faults": [fault] })));
    let (code, message) = ended(&preview.start());
    assert_eq!(code, 1, "{message}");
    assert!(message.contains("GET /branches: status 429"), "{message}");
}

/// Nobody there at all: the poolers that run do not ask, and go on.
#[test]
fn poolers_that_run_do_not_need_the_api() {
    let preview = Preview::new("", &state(&json!({})));
    preview
        .shop
        .hurry(SCRIPTS, "branch.py", "PAUSE = 300,", "PAUSE = 2,");
    let running = preview.ready();
    preview.api.delete();
    let (code, message) = ended(&preview.start());
    assert_eq!(code, 1, "{message}");
    assert!(
        message.contains("no answer (ConnectionRefusedError)"),
        "{message}"
    );
    assert!(running.is_ready());
    assert_eq!(running.restarts(), 0);
}

/// A rollout that is taken back does not wait for the script's own end.
#[test]
fn a_pod_that_is_stopped_meanwhile_ends_at_once() {
    let fault = json!({ "on": ".", "status": 503, "times": 9999 });
    let preview = Preview::new("", &state(&json!({ "faults": [fault] })));
    let pooler = preview.start();
    let waits = |pod: &crate::kubelet::Pod| pod.log_of(BRANCH).contains("event=wait");
    pooler.wait_until("it waits", SOON, waits);
    pooler.delete();
    let end = pooler.termination_of(BRANCH).unwrap();
    assert_eq!(end.code, 143, "{end:?}");
}
