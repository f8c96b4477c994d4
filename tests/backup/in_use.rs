//! A database that is to be replaced and cannot be: it is used by what a restore must not end.

use super::applications::{SCRIPTS, SOON, Session, sell, step_line};
use super::deployed::Deployed;
use super::swapped::{REPLACE, SETTINGS};
use crate::bootstrap::shop::{Hold, ask, psql};
use crate::kubelet::JobResult;

#[test]
fn what_cannot_be_ended_is_waited_for_and_nobody_is_cut_off_for_it() {
    let (deployed, client) = Deployed::with_application(SETTINGS);
    deployed.back_up("backup-1");
    assert_eq!(sell(&client, "serving"), "backed up");
    let stays = Session::start(&deployed, &client, "orders", "select 1");
    let process = stays.process(&deployed);
    let prepare =
        "begin; insert into public.sold (what) values ('two'); prepare transaction 'it''s \"two\"'";
    psql(
        &deployed.server,
        "orders",
        &format!("set role orders; {prepare}"),
    )
    .expect_success();
    let hold = Hold::new(&deployed.server, "orders", "select 1");

    deployed.shop.hurry(
        SCRIPTS,
        "swap.sh",
        "SECONDS - since < 90",
        "SECONDS - since < 3",
    );
    let result = deployed
        .start_restore_of_tries("restore-1", &REPLACE, 1)
        .wait();
    expect_in_use(
        &result,
        &[
            "a client backend of role \"postgres\"",
            r#"the prepared transaction "it's \"two\"""#,
        ],
    );
    assert_eq!(stays.process(&deployed), process, "{}", result.log());
    assert_eq!(deployed.databases(), "orders");
    assert_eq!(sell(&client, "more"), "backed up serving");

    deployed.sql("orders", "rollback prepared 'it''s \"two\"'");
    let result = deployed
        .start_restore_of_tries("restore-2", &REPLACE, 1)
        .wait();
    expect_in_use(&result, &["a client backend of role \"postgres\""]);
    assert!(
        !result.message().contains("prepared transaction \""),
        "{}",
        result.message()
    );
    assert_eq!(stays.process(&deployed), process, "{}", result.log());

    // Once it has ended, the restore goes on.
    deployed.shop.hurry(
        SCRIPTS,
        "swap.sh",
        "SECONDS - since < 3",
        "SECONDS - since < 90",
    );
    let job = deployed.start_restore_of_tries("restore-3", &REPLACE, 1);
    job.pod().wait_for_log("event=swap result=retry", SOON);
    assert_eq!(stays.process(&deployed), process, "{}", job.pod().log());
    hold.release();
    job.wait().expect_success();
    assert!(stays.end().contains("terminating connection"));
    assert_eq!(sell(&client, "last"), "backed up");
    let slow = ask(&client, "orders", "of orders", "orders", "show work_mem");
    assert_eq!(slow.expect_success(), "5MB");
}

#[track_caller]
fn expect_in_use(result: &JobResult, words: &[&str]) {
    let (log, message) = (result.log(), result.message());
    assert_eq!((result.succeeded, result.code()), (false, Some(1)), "{log}");
    assert!(log.contains(&step_line("swap")), "{log}");
    let words = [words, &["in use", "it still serves as before"]].concat();
    for words in words {
        assert!(message.contains(words), "`{words}` in {message}");
    }
}
