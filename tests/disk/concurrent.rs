//! Two builds at once: the second waits, and whoever reads meanwhile sees whole files.

use std::fs::{self, File};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use super::{Output, expected, process, snapshot};

#[test]
fn a_build_waits_for_the_lock_and_leaves_no_file_of_it() {
    let output = Output::of(&process::trees("first"));
    let held = File::open(&output.path).unwrap();
    held.lock().unwrap();
    let mut build = process::builder(&output.path, "second")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_millis(500));
    assert_eq!(build.try_wait().unwrap(), None);
    output.assert_holds(&process::trees("first"));
    drop(held);
    assert!(build.wait().unwrap().success());
    output.assert_holds(&process::trees("second"));
}

#[test]
fn a_comparison_waits_for_a_build_but_not_for_another_comparison() {
    let output = Output::of(&process::trees("first"));
    let held = File::open(&output.path).unwrap();
    held.lock_shared().unwrap();
    let mut check = process::checker(&output.path, "first");
    let mut first = check.stdout(Stdio::null()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while first.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            first.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(10));
    }
    assert!(first.wait().unwrap().success());
    held.unlock().unwrap();
    held.lock().unwrap();
    let mut second = check.spawn().unwrap();
    thread::sleep(Duration::from_millis(500));
    assert_eq!(second.try_wait().unwrap(), None);
    drop(held);
    assert!(second.wait().unwrap().success());
}

#[test]
fn builds_of_different_specs_at_once_end_as_one_of_them() {
    let steps = ["many-a", "many-b"];
    let wholes = steps.map(|step| expected(&process::trees(step)));
    let texts = ["many-a", "many-b", "many-c"].map(|step| process::long_text(step).into_bytes());
    let mut sights = 0;
    for round in 0..4 {
        let output = Output::of(&process::trees("many-c"));
        let order = [steps[round % 2], steps[(round + 1) % 2]];
        let start = |step| {
            process::builder(&output.path, step)
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        };
        let mut builds = order.map(start);
        while builds
            .iter_mut()
            .any(|build| build.try_wait().unwrap().is_none())
        {
            for index in 0..40 {
                let path = output.at(&format!("database-{index}/even/{}.yaml", index % 5 * 2));
                let content = fs::read(path).expect("a file of all of them is always there");
                assert!(texts.contains(&content), "torn: {} bytes", content.len());
                sights += 1;
            }
        }
        for mut build in builds {
            assert!(build.wait().unwrap().success());
        }
        assert!(
            wholes.contains(&snapshot(&output.path)),
            "a mixture of both"
        );
    }
    assert!(sights > 100, "only {sights} files were read");
}
