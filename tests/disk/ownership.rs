//! What is ours is replaced and removed; what is a person's stays.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use underpin::disk::{Edited, Outcome, Scope, write};
use walkdir::WalkDir;

use super::{Output, orders, orders_changed, tree};

#[test]
fn a_first_build_writes_everything() {
    let output = Output::new();
    let written = output.build(&[orders(), tree("ledger", &[("a.yaml", "a\n")])]);
    output.assert_holds(&[tree("ledger", &[("a.yaml", "a\n")]), orders()]);
    assert_eq!(
        (
            written.written.len(),
            written.removed.len(),
            written.unchanged
        ),
        (7, 0, 0)
    );
    assert_eq!(
        output.relative(&written.written)[..3],
        ["ledger/.underpin", "ledger/a.yaml", "orders/.underpin"]
    );
    let mode = fs::metadata(output.at("orders/.underpin"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o700, 0o600, "{mode:o}");
    assert_eq!(
        mode & 0o044,
        0o044,
        "git and other people read it too: {mode:o}"
    );
}

#[test]
fn a_second_build_touches_nothing() {
    let output = Output::of(&[orders()]);
    let state = || -> Vec<_> {
        let walk = WalkDir::new(&output.path).sort_by_file_name().into_iter();
        walk.map(|entry| {
            let entry = entry.unwrap();
            let metadata = entry.metadata().unwrap();
            let changed = (metadata.ctime(), metadata.ctime_nsec());
            (
                entry.into_path(),
                metadata.ino(),
                metadata.modified().unwrap(),
                changed,
            )
        })
        .collect()
    };
    let before = state();
    let written = output.build(&[orders()]);
    assert_eq!(state(), before);
    assert_eq!(
        (
            written.written.len(),
            written.removed.len(),
            written.unchanged
        ),
        (0, 0, 5)
    );
}

#[test]
fn only_what_changed_is_touched() {
    let output = Output::of(&[orders()]);
    let inode = |path: &str| fs::metadata(output.at(path)).unwrap().ino();
    let (same, other) = (
        "orders/server/service.yaml",
        "orders/server/stateful-set.yaml",
    );
    let before = (inode(same), inode(other));
    let written = output.build(&[orders_changed()]);
    output.assert_holds(&[orders_changed()]);
    assert_eq!(inode(same), before.0);
    assert_ne!(inode(other), before.1);
    assert_eq!(
        output.relative(&written.written),
        [
            "orders/.underpin",
            "orders/access/policy.yaml",
            "orders/server/stateful-set.yaml"
        ]
    );
    assert_eq!(
        output.relative(&written.removed),
        ["orders/storage/claim.yaml"]
    );
    assert_eq!(written.unchanged, 2);
}

#[test]
fn a_file_edited_by_hand_stops_the_build_until_forced() {
    let output = Output::of(&[orders()]);
    output.put(
        "orders/server/stateful-set.yaml",
        "kind: StatefulSet\nreplicas: 3\n",
    );
    output.put(
        "orders/storage/claim.yaml",
        "kind: PersistentVolumeClaim # mine\n",
    );
    assert_eq!(
        output.refused(&[orders_changed()], Edited::Keep),
        "orders/server/stateful-set.yaml was edited by hand\n\
         orders/storage/claim.yaml was edited by hand"
    );
    // The same for a build that has nothing to change there but the person's edit.
    assert!(
        output
            .refused(&[orders()], Edited::Keep)
            .contains("stateful-set.yaml")
    );
    output.force(&[orders_changed()]);
    output.assert_holds(&[orders_changed()]);
}

#[test]
fn an_edit_that_the_spec_has_caught_up_with_is_none() {
    let output = Output::of(&[orders()]);
    output.put(
        "orders/server/stateful-set.yaml",
        "kind: StatefulSet\nreplicas: 2\n",
    );
    let written = output.build(&[orders_changed()]);
    output.assert_holds(&[orders_changed()]);
    assert_eq!(
        output.relative(&written.written),
        ["orders/.underpin", "orders/access/policy.yaml"]
    );
}

#[test]
fn a_file_that_is_not_listed_is_never_overwritten() {
    let output = Output::of(&[orders()]);
    output.put("orders/access/policy.yaml", "mine\n");
    for edited in [Edited::Keep, Edited::Replace] {
        assert_eq!(
            output.refused(&[orders_changed()], edited),
            "orders/access/policy.yaml is in the way: no build wrote it"
        );
    }
}

#[test]
fn a_file_that_is_not_listed_is_adopted_if_it_is_what_is_wanted() {
    let output = Output::of(&[orders()]);
    fs::remove_file(output.at("orders/.underpin")).unwrap();
    let written = output.build(&[orders()]);
    output.assert_holds(&[orders()]);
    assert_eq!(output.relative(&written.written), ["orders/.underpin"]);
}

#[test]
fn notes_and_their_directories_stay() {
    let output = Output::of(&[orders(), tree("ledger", &[("a/b.yaml", "b\n")])]);
    output.put("README.md", "mine\n");
    output.put("team/notes.md", "mine\n");
    output.put("orders/NOTES.md", "mine\n");
    output.put("orders/storage/why.md", "mine\n");
    output.put("ledger/a/why.md", "mine\n");
    fs::create_dir(output.at("empty")).unwrap();
    let written = output.force(&[orders_changed()]);
    assert_eq!(
        output.relative(&written.removed),
        [
            "ledger/.underpin",
            "ledger/a/b.yaml",
            "orders/storage/claim.yaml"
        ]
    );
    for path in [
        "README.md",
        "team/notes.md",
        "orders/NOTES.md",
        "orders/storage/why.md",
    ] {
        assert_eq!(output.read(path), "mine\n");
    }
    assert_eq!(output.read("ledger/a/why.md"), "mine\n");
    assert!(output.at("empty").is_dir());
}

#[test]
fn a_database_that_no_spec_names_goes_when_all_specs_were_compiled() {
    let ledger = tree("ledger", &[("a/b.yaml", "b\n"), ("c.yaml", "c\n")]);
    let output = Output::of(&[orders(), ledger.clone()]);
    let only = write(&output.path, &[orders()], Scope::Only, Edited::Keep).unwrap();
    assert!(matches!(only, Outcome::Written(written) if written.removed.is_empty()));
    output.assert_holds(&[ledger, orders()]);

    output.put("ledger/c.yaml", "edited\n");
    assert_eq!(
        output.refused(&[orders()], Edited::Keep),
        "ledger/c.yaml was edited by hand"
    );
    let written = output.force(&[orders()]);
    assert_eq!(
        output.relative(&written.removed),
        ["ledger/.underpin", "ledger/a/b.yaml", "ledger/c.yaml"]
    );
    output.assert_holds(&[orders()]);
    output.build(&[]);
    output.assert_holds(&[]);
}

#[test]
fn a_list_leads_nowhere_else() {
    let output = Output::of(&[orders()]);
    let precious = output.parent.path().join("precious");
    fs::write(&precious, "").unwrap();
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for path in [
        "../../precious",
        precious.to_str().unwrap(),
        "server/../../../precious",
    ] {
        let listing = format!("{}{empty}  {path}\n", output.read("orders/.underpin"));
        output.put("orders/.underpin", &listing);
        assert_eq!(
            output.refused(&[orders_changed()], Edited::Keep),
            "orders/.underpin has lines that no build wrote"
        );
        output.force(&[orders_changed()]);
        output.assert_holds(&[orders_changed()]);
        assert!(precious.exists());
        output.build(&[orders()]);
    }
}

#[test]
fn an_unfinished_merge_of_the_list_is_mended() {
    let output = Output::of(&[orders()]);
    let ours = output.read("orders/.underpin");
    output.build(&[orders_changed()]);
    let theirs = output.read("orders/.underpin");
    let merge = format!("<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> topic\n");
    output.put("orders/.underpin", &merge);
    output.put(
        "orders/server/stateful-set.yaml",
        "kind: StatefulSet\nreplicas: 1\n",
    );
    output.build(&[orders_changed()]);
    output.assert_holds(&[orders_changed()]);
}

#[test]
fn files_and_directories_change_places() {
    let flat = tree("orders", &[("a", "a\n"), ("b", "b\n")]);
    let deep = tree("orders", &[("a/x/y", "y\n"), ("a/z", "z\n"), ("b", "b\n")]);
    let output = Output::of(std::slice::from_ref(&flat));
    output.build(std::slice::from_ref(&deep));
    output.assert_holds(std::slice::from_ref(&deep));
    output.put("orders/a/x/mine", "mine\n");
    assert_eq!(
        output.refused(std::slice::from_ref(&flat), Edited::Replace),
        "orders/a is in the way of generated files"
    );
    fs::remove_file(output.at("orders/a/x/mine")).unwrap();
    output.build(std::slice::from_ref(&flat));
    output.assert_holds(std::slice::from_ref(&flat));
}

#[test]
fn what_is_no_file_is_in_the_way() {
    let output = Output::of(&[orders()]);
    fs::remove_file(output.at("orders/kustomization.yaml")).unwrap();
    fs::create_dir(output.at("orders/kustomization.yaml")).unwrap();
    output.put("orders/access", "mine\n");
    assert_eq!(
        output.refused(&[orders_changed()], Edited::Replace),
        "orders/access is in the way of generated files\n\
         orders/kustomization.yaml is in the way of generated files"
    );
    let output = Output::of(&[]);
    output.put("orders", "mine\n");
    assert_eq!(
        output.refused(&[orders()], Edited::Replace),
        "orders is in the way of generated files"
    );
}

#[test]
fn trees_that_would_leave_their_folder_are_refused() {
    let output = Output::new();
    for name in ["..", ".", "", "a/b", "/etc", "a\nb", ".underpin"] {
        let trees = [tree(name, &[("a.yaml", "a\n")])];
        assert!(
            write(&output.path, &trees, Scope::All, Edited::Replace).is_err(),
            "{name}"
        );
    }
    for path in [
        "../a",
        "/a",
        "a/../../b",
        "a/",
        "",
        ".underpin",
        "a/.underpin-tmp-1",
        "a\u{7}",
    ] {
        let trees = [tree("orders", &[(path, "a\n")])];
        assert!(
            write(&output.path, &trees, Scope::All, Edited::Replace).is_err(),
            "{path}"
        );
    }
    let twice = [orders(), orders_changed()];
    let error = write(&output.path, &twice, Scope::All, Edited::Keep).unwrap_err();
    assert_eq!(error.to_string(), "two databases have the name `orders`");
    assert_eq!(
        super::snapshot(output.parent.path())
            .keys()
            .collect::<Vec<_>>(),
        ["generated"]
    );
}
