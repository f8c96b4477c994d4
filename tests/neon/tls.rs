//! Applications reach the poolers by TLS: with a certificate of ours, which has nothing to do with Neon's.

use super::endpoint::{Endpoint, IMAGE};
use super::pooled::{OWNER, Stack};
use super::proxy::IMPATIENT;
use crate::bootstrap::shop::wait_for;
use crate::tls::{Certificate, Login, VERIFIED, fingerprint, log_in, served, trust};

const SPEC: &str = "access.tls = { secret = 'orders-certificate' }";
const LOGIN: Login<'_> = Login {
    host: OWNER.host,
    database: OWNER.database,
    role: OWNER.role,
    password: OWNER.password,
};

#[test]
fn both_sides_have_certificates_of_their_own() {
    let endpoint = Endpoint::with(IMAGE, SPEC, &[]);
    let authority = Certificate::authority();
    let first = authority.sign(&["orders"], 90);
    let give = |stack: &Endpoint, certificate: &Certificate| {
        let cluster = &stack.deployed.shop.cluster;
        cluster.secret("orders-certificate", &certificate.keys());
    };
    give(&endpoint, &first);
    let stack = Stack::of(endpoint, &[IMPATIENT]);
    let client = &stack.client;
    trust(client, &authority);

    let plain = log_in(client, &LOGIN, &["PGSSLMODE=disable"], "select 1");
    assert!(
        !plain.success() && plain.stderr.contains("SSL required"),
        "{plain:#?}"
    );
    let here = "select current_database()";
    let output = log_in(client, &LOGIN, VERIFIED, here);
    assert_eq!(output.expect_success().trim(), "neondb");
    assert_eq!(served(client, "orders"), fingerprint(client, &first));
    // Through the front, which takes nobody without TLS and SNI, and from the poolers alone.
    let diallers = stack.endpoint.diallers();
    assert!(!diallers.is_empty());
    assert!(diallers.iter().all(|dialler| stack.is_poolers(dialler)));
    let strange = Certificate::authority();
    trust(client, &strange);
    let refused = log_in(client, &LOGIN, VERIFIED, here);
    assert!(
        refused.stderr.contains("certificate verify failed"),
        "{refused:#?}"
    );

    // Renewed: what looks at it does so at the poolers, and dials Neon not at all.
    let renewed = strange.sign(&["orders"], 90);
    give(&stack.endpoint, &renewed);
    let dialled = stack.endpoint.diallers().len();
    let cluster = &stack.endpoint.deployed.shop.cluster;
    cluster.create_job_from_cron_job("reload", "orders-reload");
    let result = cluster.run_job("reload");
    let log = result.expect_success().log();
    assert!(log.contains("host=orders result=current"), "{log}");
    for pooler in &stack.poolers {
        wait_for("it serves the renewed one", || {
            served(client, pooler.address()) == fingerprint(client, &renewed)
        });
        assert_eq!(pooler.restarts(), 0);
    }
    assert_eq!(stack.endpoint.diallers().len(), dialled);
    log_in(client, &LOGIN, VERIFIED, here).expect_success();

    // The applications' authority is nobody at the other side, where each connection is looked at.
    stack.endpoint.show_pair(&renewed.public, &renewed.key);
    stack.endpoint.sql(
        "postgres",
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'neondb_owner'",
    );
    wait_for("the poolers refuse it", || {
        !log_in(client, &LOGIN, VERIFIED, here).success()
    });
    wait_for("the poolers say why", || {
        stack.logs().contains("certificate verify failed")
    });
}
