//! Nothing that is restored acts, nobody is reached, and whatever ends a drill, it leaves nothing behind.

use std::time::Duration;

use super::{DRILL, IMAGE, SCRIPTS, expect_nothing_left, small};
use crate::backup::deployed::Deployed;
use crate::backup::faults::wait_for_line;
use crate::fixture;
use crate::kubelet::Pod;

const SOON: Duration = Duration::from_mins(2);

#[track_caller]
fn shell(pod: &Pod, command: &str) -> String {
    let output = pod.exec(&["bash", "-c", command]);
    assert_eq!(output.code, Some(0), "{command}: {output:?}");
    output.stdout
}

/// What a restored database brings along must not act: triggers at a login and on commands, and workers
/// of libraries that are loaded at the start.
#[test]
fn what_is_restored() {
    let more = format!(
        "{DRILL}postgres.settings = {{ shared_preload_libraries = 'pg_prewarm', \"pg_prewarm.autoprewarm\" = 'on' }}\nrestore.as_superuser = true\nbackup.drill.asserts = [{{ database = 'orders', sql = \"exists (select from pg_settings where name = 'pg_prewarm.autoprewarm_interval')\" }}]"
    );
    let load = |server: &Pod| {
        fixture::run(
            server,
            "orders",
            "create table public.seen (what text);
            create function public.at_login() returns event_trigger language plpgsql as $$
            begin
                if current_database() = 'underpin_restoring' then raise exception 'it acts'; end if;
            end $$;
            create event trigger at_login on login execute function public.at_login();
            create event trigger at_command on ddl_command_start execute function public.at_login();
            alter event trigger at_login enable always;
            alter database orders set session_preload_libraries = 'auto_explain'",
        );
    };
    let deployed = Deployed::new(IMAGE, &more, load);
    deployed.back_up("backup-1");
    let cluster = &deployed.shop.cluster;
    cluster.hold_at(SCRIPTS, &["event=step name=drop"]);
    let running = deployed.start_drill("drill-1", &[]);
    let pod = running.pod();
    for number in 1..=2 {
        wait_for_line(&pod, "event=step name=drop", number);
        let processes = shell(&pod, "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n'");
        assert!(processes.contains("checkpointer"), "{processes}");
        for worker in [
            "autoprewarm",
            "logical replication",
            "autovacuum",
            "walsender",
        ] {
            assert!(!processes.contains(worker), "{worker}: {processes}");
        }
        // Nobody listens, and nobody gets in without a password.
        let listens = "awk '$4 == \"0A\"' /proc/net/tcp /proc/net/tcp6";
        assert_eq!(shell(&pod, listens), "");
        let socket = shell(&pod, "dirname /tmp/*/.s.PGSQL.5432");
        for role in ["postgres", "underpin_restore", "underpin_backup"] {
            let said = pod.exec(&[
                "psql",
                "-w",
                "-h",
                socket.trim(),
                "-U",
                role,
                "-d",
                "postgres",
                "-c",
                "select 1",
            ]);
            assert!(said.stderr.contains("no password supplied"), "{said:?}");
        }
        assert_eq!(
            shell(&pod, "ls -d /secrets /var/run/secrets 2>/dev/null || true"),
            ""
        );
        pod.go_on();
    }
    let result = running.wait();
    result.expect_success();
    expect_nothing_left(&result);
}

/// A kill at each step, and the Job's next pod begins anew in a volume of its own.
#[cfg(feature = "soak")]
#[test]
fn killed_at_each_step() {
    let deployed = small(DRILL);
    deployed.back_up("backup-1");
    let cluster = &deployed.shop.cluster;
    let steps = ["choose", "server", "roles", "create", "load", "proof"];
    let line = |step: &str| format!("event=step name={step} ");
    cluster.hold_at(SCRIPTS, &[&line(steps[0])]);
    cluster.create_job_from_cron_job("struck", "orders-drill");
    cluster.edit("Job", "struck", |job| {
        job["spec"]["backoffLimit"] = steps.len().into();
    });
    let job = cluster.start_job("struck");
    for (index, step) in steps.into_iter().enumerate() {
        let pod = job.pod();
        wait_for_line(&pod, &line(step), 1);
        let next: Vec<String> = steps
            .get(index + 1)
            .map(|step| line(step))
            .into_iter()
            .collect();
        let next: Vec<&str> = next.iter().map(String::as_str).collect();
        cluster.hold_at(SCRIPTS, &next);
        pod.kill9();
        pod.wait_finished(SOON);
        assert_eq!(pod.termination().unwrap().code, 137);
        pod.wait_until("the next pod", SOON, |pod| job.pod().name() != pod.name());
    }
    job.wait().expect_success();

    // A pod that is stopped, one whose time is over, and one whose server dies, take away what they made.
    cluster.hold_at(SCRIPTS, &[&line("load")]);
    let running = deployed.start_drill("stopped", &[]);
    let pod = running.pod();
    wait_for_line(&pod, &line("load"), 1);
    cluster.hold_at(SCRIPTS, &[]);
    pod.signal("TERM");
    pod.wait_finished(Duration::from_secs(30));
    assert_eq!(pod.termination().unwrap().code, 143, "{}", pod.story());
    let result = running.wait();
    result.expect_success();
    expect_nothing_left(&result);

    cluster.hold_at(SCRIPTS, &[&line("load")]);
    let running = deployed.start_drill("late", &[("DEADLINE_SECONDS", "40")]);
    wait_for_line(&running.pod(), &line("load"), 1);
    let result = running.wait();
    assert_eq!((result.succeeded, result.code()), (false, Some(1)));
    assert!(
        result.log().contains("event=drill result=stopped"),
        "{}",
        result.log()
    );
    assert!(
        result.message().contains("its deadline of 40 s"),
        "{}",
        result.message()
    );
    expect_nothing_left(&result);

    let running = deployed.start_drill("server", &[]);
    let pod = running.pod();
    wait_for_line(&pod, &line("load"), 1);
    cluster.hold_at(SCRIPTS, &[]);
    assert!(pod.kill9_program("postgres") > 0);
    pod.go_on();
    pod.wait_finished(SOON);
    let end = pod.termination().unwrap();
    assert_eq!(end.code, 1, "{}", pod.story());
    assert!(
        end.message.contains("the drill's own server"),
        "{}",
        end.message
    );
    let result = running.wait();
    result.expect_success();
    expect_nothing_left(&result);
}

/// Room is reckoned from the size that the database had; what it takes at its largest is less.
#[test]
fn room_is_enough() {
    let megabytes = 128;
    let deployed = small("backup.drill.size = '2Gi'");
    fixture::load_megabytes(&deployed.server, "orders", megabytes, 4);
    deployed.sql("orders", "create index on public.wares (md5)");
    deployed.back_up("backup-1");
    deployed
        .shop
        .cluster
        .hold_at(SCRIPTS, &["event=step name=drop"]);
    let running = deployed.start_drill("drill-1", &[]);
    let pod = running.pod();
    // Databases come by name, and `postgres` after this one.
    wait_for_line(&pod, "event=step name=drop", 1);
    let used: u64 = shell(&pod, "du -sb /scratch/data | cut -f1")
        .trim()
        .parse()
        .unwrap();
    let log = pod.log();
    let room = log
        .lines()
        .rfind(|line| line.starts_with("event=room"))
        .unwrap();
    let needed = room
        .split("bytes=")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap();
    let needed: u64 = needed.parse().unwrap();
    assert!(
        used < needed && used > u64::from(megabytes) << 20,
        "{used} {needed}"
    );
    pod.go_on();
    wait_for_line(&pod, "event=step name=drop", 2);
    pod.go_on();
    running.wait().expect_success();
}
