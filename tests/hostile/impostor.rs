//! Somebody in the cluster answers under the server's name. No password is told to whoever asks.

use std::time::Duration;

use serde_json::json;

use crate::bootstrap::shop::Shop;
use crate::kubelet::{Cluster, Pod};

const IMPOSTOR: &str = include_str!("impostor.py");
const SECRET: [(&str, &str); 3] = [
    ("superuser", "Zq7superXk1"),
    ("role.orders", "Zq7ordersXk2"),
    ("backup", "Zq7backupXk3"),
];
const SPEC: &str = "databases = [{ name = 'orders' }]\nbackup.schedules = [{ name = 'nightly', cron = '0 3 * * *' }]\n";

/// A pod that has the labels of the server's.
fn impostor(cluster: &Cluster) -> Pod {
    cluster.config_map("impostor", &[("impostor.py", IMPOSTOR)]);
    cluster.apply(json!({
        "kind": "Pod",
        "metadata": { "name": "impostor", "namespace": "shop", "labels": { "underpin/workload": "orders-server" } },
        "spec": {
            "automountServiceAccountToken": false,
            "enableServiceLinks": false,
            "terminationGracePeriodSeconds": 0,
            "securityContext": { "runAsUser": 65534, "runAsGroup": 65534 },
            "containers": [{
                "name": "impostor",
                "image": "docker.io/library/postgres:17.12-bookworm",
                "command": ["/.kubelet/bin/python3", "/impostor/impostor.py"],
                "env": [{ "name": "PYTHONHOME", "value": "/usr" }],
                "ports": [{ "name": "postgresql", "containerPort": 5432 }],
                "securityContext": { "capabilities": { "drop": ["ALL"] } },
                "volumeMounts": [{ "name": "impostor", "mountPath": "/impostor", "readOnly": true }],
            }],
            "volumes": [{ "name": "impostor", "configMap": { "name": "impostor" } }],
        },
    }));
    let pod = cluster.start_pod("impostor");
    pod.wait_for_log("listening", Duration::from_secs(30));
    pod
}

/// Its password, which `PGREQUIREAUTH` of libpq 16 and later keeps back.
#[test]
fn who_asks_for_a_password_in_clear_is_told_none() {
    let shop = Shop::new(SPEC, &SECRET);
    let impostor = impostor(&shop.cluster);
    let restorer = [("password", "Zq7restoreXk4")];
    shop.cluster.secret("orders-restore", &restorer);
    let values = [("DEADLINE_SECONDS", "20")];
    for (job, cron_job) in [
        ("bootstrap-1", "orders-bootstrap"),
        ("backup-1", "orders-backup-nightly"),
        ("restore-1", "orders-restore"),
    ] {
        shop.cluster
            .create_job_from_cron_job_with(job, cron_job, &values);
        let result = shop.cluster.run_job(job);
        assert_ne!(result.code(), Some(0), "{job}: {}", result.log());
        let said = format!("{}\n{}", result.log(), result.message());
        assert!(
            said.contains("asks for the password in another way"),
            "{job}: {said}"
        );
    }
    let log = impostor.log();
    assert!(log.contains("left"), "nobody came: {log}");
    assert!(!log.contains("told"), "{log}");
}
