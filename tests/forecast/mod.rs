//! `underpin backups` as a person calls it: a table, a day, a picture.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn backups(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_underpin"))
        .arg("backups")
        .args(arguments)
        .current_dir(ROOT)
        .output()
        .unwrap()
}

fn said(arguments: &[&str]) -> String {
    let output = backups(arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_year_is_told() {
    let expected = "\
minimal: backups from 2027-01-01 on, beginning with an empty volume

schedule  cron        time zone  next runs
nightly   15 2 * * *  Etc/UTC    2027-01-01 02:15, 2027-01-02 02:15

kept: daily = 7, weekly = 4, minimum = 2

held on     all  last  daily  weekly  monthly  yearly  oldest      space  of it
";
    let text = said(&[
        "minimal",
        "--from",
        "2027-01-01",
        "--size",
        "100Mi",
        "--growth",
        "100",
    ]);
    assert!(text.starts_with(expected), "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    assert_eq!(
        text.matches("\n2027-").count() + text.matches("\n2028-").count(),
        12
    );
    for line in [
        "most:    ",
        "later:   11 backups at most, which is 1Gi at the size of the beginning",
        "assumed: a backup of 100Mi,",
        "that each year adds 100% of that",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(!text.contains("full:"), "{text}");
    let full = said(&["minimal", "--from", "2027-01-01", "--size", "1Gi"]);
    assert!(
        full.contains("full:    on 2027-01-04, and backups fail from then on"),
        "{full}"
    );
}

#[test]
fn a_day_is_told() {
    let text = said(&["minimal", "--from", "2027-01-01", "--on", "2027-06-20"]);
    let expected = "\
minimal: held at the end of 2027-06-20, times of UTC

backup of         by       kept by       until        size
2027-06-20 02:15  nightly  daily weekly  2027-07-12  102Mi
2027-06-19 02:15  nightly  daily         2027-06-26  102Mi
2027-06-18 02:15  nightly  daily         2027-06-25  102Mi
2027-06-17 02:15  nightly  daily         2027-06-24  102Mi
2027-06-16 02:15  nightly  daily         2027-06-23  102Mi
2027-06-15 02:15  nightly  daily         2027-06-22  102Mi
2027-06-14 02:15  nightly  daily         2027-06-21  102Mi
2027-06-13 02:15  nightly  weekly        2027-07-05  102Mi
2027-06-06 02:15  nightly  weekly        2027-06-28  102Mi
2027-05-30 02:15  nightly  weekly        2027-06-21  102Mi
";
    assert_eq!(text, expected);
}

/// `UNDERPIN_OVERWRITE=1 cargo test a_picture_is_drawn` writes the picture of the README anew.
#[test]
fn a_picture_is_drawn() {
    let drawn = said(&["orders", "--from", "2027-01-01", "--svg", "-"]);
    let file = Path::new(ROOT).join("docs/backups.svg");
    if std::env::var_os("UNDERPIN_OVERWRITE").is_some() {
        fs::write(&file, &drawn).unwrap();
    }
    assert!(
        fs::read_to_string(&file).unwrap_or_default() == drawn,
        "docs/backups.svg is not what `underpin backups orders --from 2027-01-01 --svg -` draws"
    );
    assert!(drawn.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    assert!(!drawn.contains("<script") && !drawn.contains("href"));
    assert!(drawn.len() < 100_000);
}

#[test]
fn a_file_is_written_and_what_is_wrong_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("year.svg");
    let name = file.to_str().unwrap();
    assert_eq!(
        said(&["minimal", "--from", "2027-01-01", "--svg", name]),
        ""
    );
    assert!(fs::read_to_string(&file).unwrap().ends_with("</svg>\n"));
    for (arguments, message) in [
        (
            &["minimal", "--from", "tomorrow"][..],
            "`--from tomorrow`: is no day from 2000 to 2090",
        ),
        (
            &["minimal", "--from", "2027-02-30"],
            "is no day from 2000 to 2090",
        ),
        (
            &["minimal", "--from", "9999-01-01"],
            "is no day from 2000 to 2090",
        ),
        (
            &["minimal", "--size", "many"],
            "`--size many`: does not begin with a number",
        ),
        (
            &["minimal", "--from", "2027-01-02", "--on", "2027-01-01"],
            "`--on` is before `--from`",
        ),
        (
            &["minimal", "--svg", "/nowhere/year.svg"],
            "cannot write `/nowhere/year.svg`",
        ),
        (&["nothing"], "nothing"),
        (&["preview"], "a branch at Neon is not backed up"),
    ] {
        let output = backups(arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn without_a_day_it_begins_today() {
    let text = said(&["minimal"]);
    let day = text.lines().next().unwrap().split(' ').nth(3).unwrap();
    assert_eq!(text, said(&["minimal", "--from", day]));
}
