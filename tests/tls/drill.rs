//! What our own roles were given in `postgres`: a drill and a restore bring it back on a server where
//! those roles are not made.

use super::{DEBIAN, PASSWORDS, SPEC, Shielded};
use crate::bootstrap::shop::sql;

const ROLES: &str =
    "select string_agg(format('%s %s', rolname, rolcanlogin), ', ' order by rolname)
    from pg_roles where rolname in ('underpin_reload', 'underpin_monitoring')";
const MEMBERS: &str = "select count(*) from pg_auth_members
    where member = 'underpin_restore'::regrole and roleid::regrole::text like 'underpin_%'";

#[test]
fn what_our_own_roles_were_given_comes_back() {
    let spec = format!(
        "{SPEC}\nmonitoring.exporter = true\nbackup.drill.size = '1Gi'\nrestore.as_superuser = true"
    );
    let shielded = Shielded::new(DEBIAN, &spec);
    let shop = &shielded.shop;
    shop.secret(&[&PASSWORDS[..], &[("monitoring", "of monitoring")]].concat());
    let server = shop.bootstrapped();
    // Nobody restores for them, and the restore role must not be them.
    assert_eq!(sql(&server, "postgres", MEMBERS), "0");
    let cluster = &shop.cluster;
    cluster.create_job_from_cron_job("backup-1", "orders-backup-nightly");
    cluster.run_job("backup-1").expect_success();
    cluster.create_job_from_cron_job("drill-1", "orders-drill");
    let log = cluster.run_job("drill-1").expect_success().log();
    let made = "event=role name=\"underpin_reload\" result=created";
    assert!(log.contains(made), "{log}");

    // A new cluster whose spec has neither.
    sql(
        &server,
        "postgres",
        "drop owned by underpin_reload, underpin_monitoring; drop role underpin_reload, underpin_monitoring",
    );
    let values = [("DATABASE", "postgres"), ("INTO", "kept")];
    cluster.create_job_from_cron_job_with("restore-1", "orders-restore", &values);
    cluster.run_job("restore-1").expect_success();
    let found = sql(&server, "postgres", ROLES);
    assert!(found.contains("underpin_reload f"), "{found}");
    let may = "select has_function_privilege('underpin_reload', 'pg_reload_conf()', 'execute')";
    assert_eq!(sql(&server, "kept", may), "t");
}
