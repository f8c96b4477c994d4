//! A data volume that runs full: what works on, what the reserve buys, and how growing ends it.

use super::{DEBIAN_17, MEBIBYTE, SOON, deploy_on, give_secret, query, spec, start};
use crate::kubelet::{Cluster, Output, Pod};

/// Small, so that little is written; WAL stays within a few segments of 16 MiB.
const SETTINGS: &str = "\n\
    postgres.settings.max_wal_size = '32MB'\n\
    postgres.settings.min_wal_size = '32MB'\n";
const VOLUME: u64 = 288 * MEBIBYTE;
/// A client's session: whatever becomes of the server, it tries the next statement.
const CLIENT: &str = "PGPASSWORD=\"it's \\$(PGDATA)\" PGCONNECT_TIMEOUT=5 \
    psql -X -q -h orders -U postgres -f - <<<\"$1\" >/dev/null 2>&1";
const RESERVE: u64 = 48 * MEBIBYTE;

#[test]
fn the_reserve_lets_a_full_server_come_up_once_more() {
    gives_up_the_reserve(DEBIAN_17);
}

pub(crate) fn gives_up_the_reserve(image: &str) {
    let cluster = deploy_on(
        &spec(image, &format!("storage.reserve = '48Mi'{SETTINGS}")),
        VOLUME,
    );
    give_secret(&cluster);
    let reserve = cluster.claim("orders-data").path(".underpin-reserve");
    let pod = start(&cluster);
    let client = cluster.start_client("client", &format!("docker.io/library/postgres:{image}"));
    assert_eq!(reserve.metadata().unwrap().len(), RESERVE);

    fill_tables(&pod);
    // Nothing but that statement failed: the server is up and reads.
    assert_eq!(
        (pod.restarts(), pod.is_ready()),
        (0, true),
        "{}",
        pod.story()
    );
    let rows = query(&pod, "select count(*) from filling");
    assert!(!pod.log().contains("PANIC"), "{}", pod.story());

    fill_wal(&client, &pod);
    write_on(&client, &pod, "the reserve is given up", |pod| {
        pod.log()
            .contains("event=reserve result=given-up bytes=50331648")
    });
    assert!(pod.log().contains("THE VOLUME IS FULL: the reserve was given up, so that the server comes up once more; grow the claim now, or remove data"));
    pod.wait_ready(SOON);
    assert!(!reserve.exists());
    let all = format!("select count(*) >= {rows} from filling");
    assert_eq!(query(&pod, &all), "t");

    // Nobody grew it: the next time there is nothing to give up.
    write_on(&client, &pod, "it stays down", stays_down);

    grow(&cluster, &pod);
    assert_eq!(query(&pod, &all), "t");
    pod.delete();
    let next = start(&cluster);
    assert_eq!(
        reserve.metadata().unwrap().len(),
        RESERVE,
        "{}",
        next.story()
    );
}

/// What the reserve is worth: the same without one.
#[test]
fn without_a_reserve_a_full_server_stays_down_until_the_volume_grows() {
    let cluster = deploy_on(
        &spec(DEBIAN_17, &format!("storage.reserve = '0'{SETTINGS}")),
        VOLUME - RESERVE,
    );
    give_secret(&cluster);
    let pod = start(&cluster);
    let client = cluster.start_client("client", &format!("docker.io/library/postgres:{DEBIAN_17}"));
    assert!(
        !cluster
            .claim("orders-data")
            .path(".underpin-reserve")
            .exists()
    );
    fill_tables(&pod);
    let rows = query(&pod, "select count(*) from filling");
    fill_wal(&client, &pod);
    write_on(&client, &pod, "it stays down", stays_down);
    grow(&cluster, &pod);
    let all = format!("select count(*) >= {rows} from filling");
    assert_eq!(query(&pod, &all), "t");
}

/// Writes rows until there is no room for a middling one; then somebody makes a little room, enough
/// for a checkpoint, and not for a segment of WAL.
fn fill_tables(pod: &Pod) {
    let insert = |table: &str, bytes: u32| {
        sql(
            pod,
            &format!("insert into {table} values (repeat('x', {bytes}))"),
        )
    };
    for table in ["filling", "spare"] {
        sql(pod, &format!("create table if not exists {table} (a text)")).expect_success();
        sql(
            pod,
            &format!("alter table {table} alter a set storage external"),
        )
        .expect_success();
    }
    insert("spare", 2 << 20).expect_success();
    for bytes in [8 << 20, 1 << 20, 64 << 10] {
        loop {
            let inserted = sql(
                pod,
                &format!("insert into filling values (repeat('x', {bytes}))"),
            );
            if !inserted.success() {
                let full = inserted.stderr.contains("No space left on device");
                assert!(full, "{inserted:?}\n{}", pod.story());
                break;
            }
            if bytes == 8 << 20 {
                // Keeps WAL short meanwhile.
                sql(pod, "checkpoint").expect_success();
            }
        }
    }
    sql(pod, "drop table spare").expect_success();
}

/// Writes WAL, and nothing to any table, until the server dies of it. A client of its own does so,
/// because nobody can be inside by then.
fn fill_wal(client: &Pod, pod: &Pod) {
    let message = "select pg_logical_emit_message(false, 'full', repeat('x', 4000000));";
    pod.wait_until("the server's panic", SOON, |pod| {
        client.exec(&["bash", "-c", CLIENT, "client", message]);
        pod.log()
            .contains("PANIC:  could not write to file \"pg_wal/xlogtemp.")
    });
}

/// Writes more of everything, as an application does that knows nothing of it, until something holds:
/// a server that died of its WAL recovers, and dies again.
#[track_caller]
fn write_on(client: &Pod, pod: &Pod, what: &str, holds: impl Fn(&Pod) -> bool) {
    let rows = "insert into filling select repeat('x', 64 << 10) from generate_series(1, 200);\n\
                insert into filling values ('x');\n";
    // Of all sizes, so that the last segment is filled to its end.
    let wal =
        "select pg_logical_emit_message(true, 'full', repeat('x', (10 ^ (random() * 7))::int));\n";
    let more = format!("{rows}{}", wal.repeat(30));
    pod.wait_until(what, SOON, |pod| {
        client.exec(&["bash", "-c", CLIENT, "client", &more]);
        holds(pod)
    });
}

/// It crash-loops, and what `kubectl describe` shows says why.
fn stays_down(pod: &Pod) -> bool {
    let log = pod.log();
    let runs = log.rsplit("event=lock result=held").skip(1).take(3);
    let down = runs.filter(|run| {
        run.contains("No space left on device") && !run.contains("ready to accept connections")
    });
    let why = "THE VOLUME IS FULL and there is no reserve left to give up: grow the claim, then delete this pod\n";
    down.count() == 3
        && pod
            .termination()
            .is_some_and(|end| end.code != 0 && end.message == why)
}

/// What a pull request of one line does: the container that is started again comes up.
fn grow(cluster: &Cluster, pod: &Pod) {
    cluster.claim("orders-data").grow(2 * VOLUME);
    pod.wait_ready(SOON);
}

fn sql(pod: &Pod, sql: &str) -> Output {
    pod.exec(&[
        "psql",
        "-X",
        "-q",
        "-A",
        "-t",
        "-v",
        "ON_ERROR_STOP=1",
        "-h",
        "/var/run/postgresql",
        "-U",
        "postgres",
        "-c",
        sql,
    ])
}
