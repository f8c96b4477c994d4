//! What no retry helps against: an end at once, with one line that says what to do.

use serde_json::{Value, json};

use super::{BRANCH, KEY, NAME, PASSWORD, PROJECT, Preview, REVEALED, SECRET, ended, show, state};

impl Preview {
    /// The first try of a pooler ends so.
    #[track_caller]
    fn expect_refused(&self, words: &[&str]) {
        let pooler = self.start();
        let (code, message) = ended(&pooler);
        assert_eq!(code, 3, "{message}");
        for words in words {
            assert!(message.contains(words), "`{words}` in {message}");
        }
        assert_eq!(message.trim_end().lines().count(), 1, "{message}");
        let log = pooler.log_of(BRANCH);
        assert!(log.contains(message.trim_end()), "{log}");
        for secret in [KEY, PASSWORD, REVEALED] {
            assert!(!log.contains(secret) && !message.contains(secret), "{log}");
        }
        assert!(!log.contains("event=wait"), "at once: {log}");
        pooler.delete();
    }
}

fn faulty(fault: &Value) -> Value {
    let mut fault = fault.clone();
    fault["times"] = 99.into();
    state(&json!({ "faults": [fault] }))
}

#[test]
fn a_key_that_is_not_right() {
    let preview = Preview::new("", &state(&json!({ "key": "another" })));
    preview.expect_refused(&["Neon refuses the API key", "neon-api", "status 401"]);
    // With a body that says the key again, and one that is no JSON.
    let echoed = json!({ "message": format!("Authorization: Bearer {KEY} is of nobody") });
    preview.set(&faulty(
        &json!({ "on": ".", "status": 403, "body": echoed }),
    ));
    preview.expect_refused(&["Neon refuses the API key", "status 403"]);
    let page = format!("<html>{KEY}</html>");
    preview.set(&faulty(&json!({ "on": ".", "status": 403, "body": page })));
    preview.expect_refused(&["Neon refuses the API key", "(status 403)"]);

    // It is not even sent.
    let before = preview.requests().len();
    for key in ["", "two\nlines", "a word", "schlüssel", "\r"] {
        let keys = [("neon", PASSWORD), ("neon-api", key)];
        preview.shop.cluster.secret(SECRET, &keys);
        preview.expect_refused(&["neon-api", "is missing or no single word"]);
    }
    assert_eq!(preview.requests().len(), before);
}

#[test]
fn a_project_or_parent_that_is_not_there() {
    let preview = Preview::new("", &state(&json!({ "project": "another" })));
    preview.expect_refused(&["status 404, project not found", "neon.branch.project"]);
    let preview = Preview::new("neon.branch.parent = 'br-gone-1'\n", &state(&json!({})));
    preview.expect_refused(&["status 404, parent branch not found", "`parent`"]);
}

/// Neon's own reason is repeated.
#[test]
fn more_branches_than_the_plan_allows() {
    let preview = Preview::new("", &state(&json!({})));
    let body = json!({ "code": "BRANCHES_LIMIT_EXCEEDED", "message": "branches limit exceeded" });
    let fault = json!({ "on": "POST .*/branches$", "status": 422, "body": body });
    preview.set(&faulty(&fault));
    preview.expect_refused(&["status 422, branches limit exceeded"]);
}

#[test]
fn a_branch_that_must_not_go() {
    let preview = Preview::new("neon.branch.parent = 'br-main-1'\n", &state(&json!({})));
    let kept = [
        json!({ "protected": true }),
        json!({ "default": true }),
        json!({ "primary": true }),
        json!({ "parent_id": null }),
    ];
    for mut branch in kept {
        branch["name"] = NAME.into();
        preview.set(&state(&json!({ "branches": [branch] })));
        preview.expect_refused(&[
            NAME,
            "the project's default one, protected",
            "neon.branch.name",
        ]);
    }
    let other = json!({ "id": "br-other-1", "name": "other" });
    let branch =
        json!({ "name": NAME, "parent_id": "br-other-1", "expires_at": "2026-01-01T00:00:00Z" });
    preview.set(&state(&json!({ "branches": [other, branch] })));
    preview.expect_refused(&["was made from br-other-1, and not from br-main-1"]);
    assert_eq!(preview.count("POST") + preview.count("PATCH"), 0);
}

#[test]
fn a_compute_that_is_switched_off() {
    let branch = json!({ "name": NAME, "expires_at": null, "computes": [{ "disabled": true }] });
    let preview = Preview::new("", &state(&json!({ "branches": [branch] })));
    preview.expect_refused(&["of the branch is disabled", "console"]);
}

#[test]
fn a_password_that_is_not_told_or_cannot_be_used() {
    let preview = Preview::new("", &state(&json!({ "passwords": {} })));
    preview.expect_refused(&[
        "does not tell the password of \"neondb_owner\"",
        "status 404",
    ]);
    let hash = "SCRAM-SHA-256$4096:Zq7revealed";
    for password in [
        "",
        "two\nlines",
        hash,
        &format!("md5{}", "0".repeat(32)),
        &"x".repeat(2000),
    ] {
        preview.set(&state(
            &json!({ "passwords": { "neondb_owner": password } }),
        ));
        preview.expect_refused(&["PgBouncer cannot use the password that \"neondb_owner\" has"]);
    }
}

/// Neither is the key shown to somebody else under the name, nor to where somebody else points.
#[test]
fn who_is_not_neon() {
    let preview = Preview::new("", &state(&json!({})));
    let away = json!({ "Location": format!("https://elsewhere.example/api/v2/projects/{PROJECT}/branches") });
    preview.set(&faulty(
        &json!({ "on": ".", "status": 302, "headers": away, "body": "" }),
    ));
    preview.expect_refused(&["status 302"]);
    let before = preview.requests().len();
    let cluster = &preview.shop.cluster;
    show(cluster, &preview.authority.sign("elsewhere.example"));
    preview.expect_refused(&["the certificate of console.neon.tech cannot be verified"]);
    show(
        cluster,
        &super::Certificate::authority().sign("console.neon.tech"),
    );
    preview.expect_refused(&["the certificate of console.neon.tech cannot be verified"]);
    assert_eq!(preview.requests().len(), before);
}
