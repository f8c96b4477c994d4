//! What `check` is told.

use std::fs;

use underpin::disk::{Difference, Scope, compare};

use super::{Output, orders, orders_changed, tree};

/// The differences in one word and a path each.
fn words(output: &Output, differences: &[Difference]) -> Vec<String> {
    let word = |difference: &Difference| {
        let word = match difference {
            Difference::Changed { .. } => "changed",
            Difference::Missing { .. } => "missing",
            Difference::Stale { .. } => "stale",
        };
        let path = difference.path().strip_prefix(&output.path).unwrap();
        format!("{word} {}", path.display())
    };
    differences.iter().map(word).collect()
}

#[test]
fn nothing_differs_after_a_build() {
    let output = Output::of(&[orders(), tree("ledger", &[("a.yaml", "a\n")])]);
    output.put("orders/NOTES.md", "mine\n");
    assert_eq!(
        output.compare(&[orders(), tree("ledger", &[("a.yaml", "a\n")])]),
        []
    );
    output.build(&[orders_changed()]);
    assert_eq!(output.compare(&[orders_changed()]), []);
}

#[test]
fn everything_that_a_build_would_change_is_named() {
    let output = Output::of(&[orders(), tree("ledger", &[("a/b.yaml", "b\n")])]);
    let differences = output.compare(&[orders_changed()]);
    assert_eq!(
        words(&output, &differences),
        [
            "stale ledger/.underpin",
            "stale ledger/a/b.yaml",
            "changed orders/.underpin",
            "missing orders/access/policy.yaml",
            "changed orders/server/stateful-set.yaml",
            "stale orders/storage/claim.yaml",
        ]
    );
    assert_eq!(
        differences[4],
        Difference::Changed {
            path: output.at("orders/server/stateful-set.yaml"),
            expected: "kind: StatefulSet\nreplicas: 2\n".to_owned(),
            found: b"kind: StatefulSet\nreplicas: 1\n".to_vec(),
        }
    );
    let only = compare(&output.path, &[orders_changed()], Scope::Only).unwrap();
    assert_eq!(only, differences[2..]);
}

#[test]
fn line_ends_and_bytes_that_are_no_text_count() {
    let output = Output::of(&[orders()]);
    output.put("orders/server/service.yaml", "kind: Service\r\n");
    fs::write(output.at("orders/storage/claim.yaml"), b"\xff\x00").unwrap();
    let differences = output.compare(&[orders()]);
    assert_eq!(
        words(&output, &differences),
        [
            "changed orders/server/service.yaml",
            "changed orders/storage/claim.yaml"
        ]
    );
    let Difference::Changed { found, .. } = &differences[1] else {
        panic!()
    };
    assert_eq!(found, b"\xff\x00");
}

#[test]
fn the_list_alone_may_differ() {
    let output = Output::of(&[orders()]);
    let listing = output.read("orders/.underpin");
    for other in [
        listing.replace("  server/service.yaml", "  server/other.yaml"),
        listing.to_uppercase(),
        String::new(),
    ] {
        output.put("orders/.underpin", &other);
        assert_eq!(
            words(&output, &output.compare(&[orders()])),
            ["changed orders/.underpin"]
        );
    }
    fs::remove_file(output.at("orders/.underpin")).unwrap();
    assert_eq!(
        words(&output, &output.compare(&[orders()])),
        ["missing orders/.underpin"]
    );
}

#[test]
fn where_there_is_nothing_everything_is_missing() {
    let output = Output::new();
    let differences = output.compare(&[orders()]);
    assert_eq!(differences.len(), 5);
    assert!(
        differences
            .iter()
            .all(|difference| matches!(difference, Difference::Missing { .. }))
    );
    assert!(!output.path.exists());
    fs::create_dir_all(output.at("orders/server/service.yaml")).unwrap();
    assert_eq!(output.compare(&[orders()]), differences);
}
