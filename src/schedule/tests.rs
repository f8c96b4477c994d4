//! Schedules against what robfig/cron itself answers, and what is said of spans of time.

use super::*;
use crate::value::Fault;

/// See `data/cron/recipe.sh`.
const TABLE: &str = include_str!("../../data/cron.tsv");

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn timetable(cron: &str, zone: &str) -> Timetable {
    Timetable::new(Cron::parse(cron).unwrap(), TimeZone::parse(zone).unwrap())
}

/// What robfig/cron takes and Underpin does not, by what is wrong with it.
fn is_a_slip(fault: &Fault) -> bool {
    [
        "counts from when Kubernetes",
        "beside a comma",
        "is a range from every value",
        "is no number",
        "has a step that is no number",
        "names a time zone",
    ]
    .iter()
    .any(|slip| fault.message.contains(slip))
}

#[test]
fn robfig_cron_agrees() {
    let (mut refused, mut slips, mut runs) = (0, Vec::new(), 0);
    for line in TABLE.lines().filter(|line| !line.starts_with("# ")) {
        let mut fields = line.split('\t');
        let (expression, zone) = (fields.next().unwrap(), fields.next().unwrap());
        let cron = match (Cron::parse(expression), zone) {
            (Err(_), "no") => {
                refused += 1;
                continue;
            }
            // What is emitted has no spaces around it.
            (Ok(cron), "no") if cron.as_str() != expression => continue,
            (Ok(_), "no") => panic!("{expression:?} is refused"),
            (Err(fault), _) => {
                assert!(is_a_slip(&fault), "{expression:?}: {fault}");
                if !slips.contains(&expression) {
                    slips.push(expression);
                }
                continue;
            }
            (Ok(cron), _) => cron,
        };
        let zone = Zone::new(TimeZone::parse(zone).unwrap());
        for answer in fields {
            let (from, expected) = answer.split_once(':').unwrap();
            let from: i64 = from.parse().unwrap();
            let mut after = zone::second(from);
            let mut found = Vec::new();
            for _ in 0..3 {
                let Some(run) = next(&cron, &zone, after) else {
                    found.push("never".to_owned());
                    break;
                };
                if run.as_second() >= 1_767_225_600 && zone.name().as_str() != "Etc/UTC" {
                    found.push("later".to_owned());
                    break;
                }
                found.push((run.as_second() - from).to_string());
                after = run;
            }
            runs += found.len();
            assert_eq!(
                found.join(","),
                expected,
                "{expression} in {} from {from}",
                zone.name()
            );
        }
    }
    assert!(refused > 100 && runs > 10_000, "{refused} {runs}");
    assert_eq!(
        slips,
        [
            "1,,2 * * * *",
            ", * * * *",
            "+5 * * * *",
            "*/+5 * * * *",
            "*-5 * * * *",
            "@every 5m",
            "TZ=UTC 0 2 * * *",
            "0 0 * * *-0",
        ]
    );
}

#[test]
fn what_the_clocks_cost() {
    let year = [at("2027-01-01T00:00:00Z"), at("2028-01-01T00:00:00Z")];
    let traps = |cron: &str, zone: &str| -> Vec<String> {
        timetable(cron, zone)
            .traps(year[0], year[1])
            .iter()
            .map(|trap| format!("{trap:?}"))
            .collect()
    };
    assert_eq!(
        traps("30 2 * * *", "Europe/Berlin"),
        ["Skipped(2027-03-28T02:30:00)", "Twice(2027-10-31T02:30:00)"]
    );
    assert_eq!(
        traps("30 1 * * *", "America/New_York"),
        ["Twice(2027-11-07T01:30:00)"]
    );
    assert!(traps("30 2 * * 1", "Europe/Berlin").is_empty());
    assert!(traps("30 3 * * *", "Europe/Berlin").is_empty());
    assert!(traps("30 2 * * *", "Etc/UTC").is_empty());
}

#[test]
fn times_between_runs() {
    let hours = |cron: &str| {
        let schedule = Schedule {
            name: Label::parse("nightly").unwrap(),
            cron: Cron::parse(cron).unwrap(),
            time_zone: TimeZone::parse("Europe/Berlin").unwrap(),
        };
        [shortest_interval(&schedule), longest_interval(&schedule)]
            .map(|seconds| seconds.map(|seconds| seconds / 3600))
    };
    assert_eq!(hours("30 2 * * *"), [Some(24); 2]);
    assert_eq!(hours("0 2,5 * * *"), [Some(3), Some(21)]);
    assert_eq!(hours("0 0,23 * * *"), [Some(1), Some(23)]);
    assert_eq!(hours("0 0 * * 1,3"), [Some(48), Some(120)]);
    assert_eq!(hours("@yearly"), [Some(8760), Some(8784)]);
    assert_eq!(hours("0 0 30 2 *"), [None; 2]);
    for (cron, expected) in [
        ("0 0 30 2 *", false),
        ("0 0 31 4,6,9,11 *", false),
        ("0 0 29 2 *", true),
        ("0 0 30 2 1", true),
    ] {
        assert_eq!(ever_runs(&Cron::parse(cron).unwrap()), expected, "{cron}");
    }
}
