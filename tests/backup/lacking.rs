//! A pg_dump that leaves something away and says nothing: what it made is never a backup.

use super::faults::{SCRIPTS, small};

/// The dump's own line, and what it becomes.
const ALL: &str = "apart pg_dump -w -Fd ";
const LACKING: [(&str, &str); 2] = [
    ("--exclude-table-data=public.others ", "a table"),
    ("-T 'public.*' ", "2 tables"),
];

#[test]
fn a_dump_that_lacks_a_table_does_not_count() {
    let deployed = small();
    let cluster = &deployed.shop.cluster;
    cluster.edit("CronJob", "orders-backup-nightly", |job| {
        job["spec"]["jobTemplate"]["spec"]["backoffLimit"] = 0.into();
    });
    for (number, (option, lacks)) in LACKING.into_iter().enumerate() {
        let lacking = format!("{ALL}{option}");
        deployed.shop.hurry(SCRIPTS, "dump.sh", ALL, &lacking);
        let job = format!("lacking-{number}");
        let alone = [("EXCLUDE", r#"["postgres"]"#)];
        let result = deployed.start_backup(&job, &alone).wait();
        assert_eq!(
            (result.succeeded, result.code()),
            (false, Some(1)),
            "{option}"
        );
        let words = format!("the dump of the database \"orders\" lacks the rows of {lacks} that");
        let message = result.message();
        assert!(message.contains(&words), "{option}\n{message}");
        deployed.shop.hurry(SCRIPTS, "dump.sh", &lacking, ALL);
    }
    assert_eq!(deployed.ids(), Vec::<String>::new());
    deployed.back_up("whole");
    assert!(deployed.unfinished().is_empty());
}
