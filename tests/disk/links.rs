//! From the output directory on down no symbolic link is followed, whatever it points to.

use std::fs;
use std::os::unix::fs::symlink;

use underpin::disk::{Edited, Scope, compare, write};
use underpin::emit::Tree;

use super::{Output, orders, orders_changed, snapshot, tree};

/// Moves what stands at the path aside, puts a link to it in its place, and expects a build and a
/// comparison to refuse it by name and to change nothing on either side.
fn assert_refused(path: &str, trees: &[Tree]) {
    for dangling in [false, true] {
        let output = Output::of(&[orders(), tree("ledger", &[("a/b.yaml", "b\n")])]);
        let link = if path.is_empty() {
            output.path.clone()
        } else {
            output.at(path)
        };
        let aside = output.parent.path().join("aside");
        fs::rename(&link, &aside).unwrap();
        symlink(
            if dangling {
                output.parent.path().join("none")
            } else {
                aside
            },
            &link,
        )
        .unwrap();

        let before = snapshot(output.parent.path());
        // A slash behind a link would make a directory of it.
        for out in [
            output.path.clone(),
            output.path.join(""),
            output.path.join("."),
        ] {
            let build = write(&out, trees, Scope::All, Edited::Replace).unwrap_err();
            let check = compare(&out, trees, Scope::All).unwrap_err();
            let message = format!("{} is a symbolic link: it is not followed", link.display());
            assert_eq!(
                [build.to_string(), check.to_string()],
                [message.clone(), message]
            );
        }
        assert_eq!(snapshot(output.parent.path()), before, "{path}");
    }
}

#[test]
fn the_output_directory() {
    assert_refused("", &[orders()]);
}

#[test]
fn a_database() {
    assert_refused("orders", &[orders()]);
}

#[test]
fn a_directory_to_write_into() {
    assert_refused("orders/server", &[orders_changed()]);
}

#[test]
fn a_directory_to_remove_from() {
    assert_refused("orders/storage", &[orders_changed()]);
}

#[test]
fn a_file_to_write() {
    assert_refused("orders/server/stateful-set.yaml", &[orders_changed()]);
}

#[test]
fn a_file_to_leave_alone() {
    assert_refused("orders/server/stateful-set.yaml", &[orders()]);
}

#[test]
fn a_file_to_remove() {
    assert_refused("orders/storage/claim.yaml", &[orders_changed()]);
}

#[test]
fn the_list() {
    assert_refused("orders/.underpin", &[orders()]);
    assert_refused("ledger/.underpin", &[orders()]);
}

#[test]
fn a_directory_of_a_database_that_goes() {
    assert_refused("ledger/a", &[orders()]);
}

#[test]
fn a_link_on_the_way_to_nothing_of_ours_is_a_persons_own() {
    let output = Output::of(&[orders()]);
    let elsewhere = Output::of(&[orders()]);
    symlink(&elsewhere.path, output.at("elsewhere")).unwrap();
    symlink(elsewhere.at("orders"), output.at("ledger")).unwrap();
    symlink(elsewhere.at("orders"), output.at("orders/notes")).unwrap();
    output.build(&[orders_changed()]);
    output.force(&[]);
    elsewhere.assert_holds(&[orders()]);
    assert!(output.at("orders/notes").is_symlink());
}
