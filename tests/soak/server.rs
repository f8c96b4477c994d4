//! The server's room on every major version, both userlands and every locale, and struck by chance.

use std::thread;
use std::time::Instant;

use crate::server::{DEBIAN_17, SOON, deploy, query, spec, start};
use crate::server::{first_start, full, kill, lock, refusals, settings};

/// An image of each major and each userland, and where its claim is mounted.
const IMAGES: [(&str, &str); 5] = [
    ("15.16-bookworm", "/var/lib/postgresql/data"),
    ("16.12-alpine3.22", "/var/lib/postgresql/data"),
    ("17.12-alpine3.22", "/var/lib/postgresql/data"),
    ("18.1-trixie", "/var/lib/postgresql"),
    ("18.1-alpine3.22", "/var/lib/postgresql"),
];

fn on_every_image(test: impl Fn(&str) + Sync) {
    for (image, _) in IMAGES {
        test(image);
    }
}

#[test]
fn killed_after_any_step() {
    on_every_image(kill::survives_a_kill_at_every_step);
}

#[test]
fn killed_within_initdb() {
    on_every_image(kill::survives_kills_within_initdb);
}

#[test]
fn killed_at_forty_moments() {
    survives_kills_at_any_moment(DEBIAN_17, 40);
}

#[test]
fn killed_at_ten_moments() {
    on_every_image(|image| survives_kills_at_any_moment(image, 10));
}

/// Strikes at so many moments, one after the other, over the time that a first start takes.
fn survives_kills_at_any_moment(image: &str, moments: u32) {
    let cluster = deploy(&spec(image, ""));
    let begin = Instant::now();
    cluster.start_stateful_set("orders").wait_ready(SOON);
    let time = begin.elapsed();
    for moment in 0..moments {
        let cluster = deploy(&spec(image, ""));
        let pod = cluster.start_stateful_set("orders");
        thread::sleep(time * moment / moments);
        let (pod, _) = kill::strike(&cluster, pod, 0, moment % 2 == 0);
        kill::whole_database(&cluster);
        kill::comes_up(&cluster, &pod);
    }
}

#[test]
fn a_second_server_waits() {
    on_every_image(lock::waits_for_a_slow_end);
}

#[test]
fn a_full_volume() {
    on_every_image(full::gives_up_the_reserve);
}

#[test]
fn volumes_of_something_else() {
    for (image, mounted) in IMAGES {
        refusals::refuses_volumes(image, mounted);
    }
}

#[test]
fn passwords_that_are_none() {
    on_every_image(refusals::refuses_passwords);
}

#[test]
fn a_setting_that_reloads() {
    on_every_image(settings::reloads);
}

/// It does not wait for ever: an old setting serves better than none.
#[test]
fn a_server_whose_settings_never_come_starts_with_older_ones() {
    let before = spec(DEBIAN_17, "postgres.settings.max_connections = 60");
    let cluster = deploy(&before);
    cluster.edit("StatefulSet", "orders", |set| {
        set["spec"]["template"]["metadata"]["annotations"]["underpin/restart-settings"] =
            "another".into();
    });
    let pod = start(&cluster);
    assert!(
        pod.log().contains("event=settings result=older"),
        "{}",
        pod.story()
    );
    assert_eq!(query(&pod, "show max_connections"), "60");
}

#[test]
fn every_locale() {
    for (image, locale, expected) in [
        ("15.16-bookworm", "C", "c||C|C|UTF8"),
        (
            "15.16-trixie",
            "en_US.UTF-8",
            "c||en_US.UTF-8|en_US.UTF-8|UTF8",
        ),
        ("16.12-alpine3.22", "C", "c||C|C|UTF8"),
        ("17.12-bookworm", "C", "c||C|C|UTF8"),
        ("18.1-alpine3.22", "C.UTF-8", "b|C.UTF-8|C|C.UTF-8|UTF8"),
        (
            "18.1-trixie",
            "PG_UNICODE_FAST",
            "b|PG_UNICODE_FAST|C|C.UTF-8|UTF8",
        ),
    ] {
        let more = format!("postgres.locale = '{locale}'");
        first_start::runs_what_was_emitted(image, &more, expected);
    }
}
