//! A branch at Neon, seen to by the pods of a spec with [neon.branch] as they are emitted: made,
//! adopted and renewed through an API like Neon's (`api.py`), which they find under its own name.

mod database;
mod life;
mod refused;
mod retried;
mod secrecy;

use std::time::Duration;

use serde_json::{Value, json};

use super::endpoint::{Certificate, HOST};
use crate::bootstrap::shop::{SECRET, Shop};
use crate::compiled;
use crate::kubelet::{Cluster, Pod};

const SOON: Duration = Duration::from_mins(1);
const API: &str = "console.neon.tech";
const PROJECT: &str = "round-river-12345678";
const NAME: &str = "preview-7";
const KEY: &str = "napi_Zq7key";
/// What applications say to the pooler.
const PASSWORD: &str = "of the application";
/// What the pooler says at the branch.
const REVEALED: &str = "npg_Zq7revealed";
/// The Secret; the superuser's is what the compute behind it all has.
const KEYS: [(&str, &str); 3] = [
    ("neon", PASSWORD),
    ("neon-api", KEY),
    ("superuser", "of the superuser"),
];
const POOLER: &str = "orders-pooler";
/// The log and the scripts of what sees to the branch.
const BRANCH: &str = "branch";
const SCRIPTS: &str = "orders-pooler-scripts";

/// A spec's pods, and the API that they ask.
struct Preview {
    shop: Shop,
    api: Pod,
    authority: Certificate,
}

impl Preview {
    #[track_caller]
    fn new(more: &str, state: &Value) -> Preview {
        let shop = Shop {
            cluster: Cluster::new(),
            job: String::new(),
        };
        Preview::of(shop, more, state)
    }

    /// In a cluster in which something is.
    #[track_caller]
    fn of(shop: Shop, more: &str, state: &Value) -> Preview {
        let authority = Certificate::authority();
        shop.cluster.trust(&authority.certificate);
        shop.cluster.secret(SECRET, &KEYS);
        let spec = format!(
            "name = 'orders'\nnamespace = 'shop'\nneon.database = 'neondb'\nneon.role = 'neondb_owner'\nneon.branch.project = '{PROJECT}'\nneon.branch.name = '{NAME}'\n{more}"
        );
        for yaml in compiled::database(&spec) {
            shop.cluster.apply_yaml(&yaml);
        }
        let api = api(&shop.cluster, &authority.sign(API), state);
        Preview {
            shop,
            api,
            authority,
        }
    }

    /// What there is at Neon from the next request on.
    fn set(&self, state: &Value) {
        set(&self.shop.cluster, state);
    }

    /// One more pooler, as a rollout starts it.
    #[track_caller]
    fn start(&self) -> Pod {
        self.shop.cluster.start_deployment_pod(POOLER)
    }

    /// The same, once it takes connections.
    #[track_caller]
    fn ready(&self) -> Pod {
        let pod = self.start();
        pod.wait_ready(SOON);
        pod
    }

    /// What was asked of the API, without the project: `POST /branches 201 {…}`.
    fn requests(&self) -> Vec<String> {
        let log = self.api.log();
        let lines = log.lines().filter_map(|line| line.strip_prefix("request "));
        let root = format!("/api/v2/projects/{PROJECT}");
        lines
            .map(|line| line.replace(&root, "").trim_end().to_owned())
            .collect()
    }

    /// Those of them that begin so.
    fn count(&self, request: &str) -> usize {
        let begins = |line: &&String| line.starts_with(request);
        self.requests().iter().filter(begins).count()
    }
}

/// Nothing but the project with its default branch; what differs follows.
fn state(more: &Value) -> Value {
    let mut state = json!({
        "key": KEY,
        "project": PROJECT,
        "branches": [],
        "passwords": { "neondb_owner": REVEALED },
        "polls": 0,
        "hosts": [HOST, "ep-second-2.us-east-2.aws.neon.tech", "ep-third-3.us-east-2.aws.neon.tech"],
        "faults": [],
    });
    for (key, value) in more.as_object().unwrap() {
        state[key] = value.clone();
    }
    state
}

fn set(cluster: &Cluster, state: &Value) {
    let files = [
        ("state.json", state.to_string()),
        ("api.py", include_str!("../api.py").to_owned()),
    ];
    let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    cluster.config_map("api", &files);
}

/// A pod that answers under the API's name.
#[track_caller]
fn api(cluster: &Cluster, certificate: &Certificate, state: &Value) -> Pod {
    show(cluster, certificate);
    set(cluster, state);
    cluster.apply(json!({
        "kind": "Service",
        "metadata": { "name": API, "namespace": "shop" },
        "spec": { "selector": { "app": "api" }, "publishNotReadyAddresses": true, "ports": [{ "port": 443 }] },
    }));
    cluster.apply(json!({
        "kind": "Pod",
        "metadata": { "name": "api", "namespace": "shop", "labels": { "app": "api" } },
        "spec": {
            "automountServiceAccountToken": false,
            "enableServiceLinks": false,
            "terminationGracePeriodSeconds": 0,
            "containers": [{
                "name": "api",
                "image": "docker.io/library/python:3.13.14-alpine3.24",
                "command": ["/usr/local/bin/python3", "-I", "-B", "/api/api.py"],
                "volumeMounts": [{ "name": "api", "mountPath": "/api", "readOnly": true }],
            }],
            "volumes": [{ "name": "api", "projected": { "sources": [
                { "configMap": { "name": "api" } }, { "secret": { "name": "api" } },
            ] } }],
        },
    }));
    let pod = cluster.start_pod("api");
    pod.wait_for_log("listening", SOON);
    pod
}

/// The certificate that the API shows from the next request on.
fn show(cluster: &Cluster, certificate: &Certificate) {
    let pair = [
        ("tls.crt", certificate.certificate.as_str()),
        ("tls.key", &certificate.key),
    ];
    cluster.secret("api", &pair);
}

/// The line that PgBouncer reads.
#[track_caller]
fn written(pooler: &Pod) -> String {
    let said = pooler.exec(&["cat", "/run/pgbouncer/databases.ini"]);
    said.expect_success().to_owned()
}

/// Waits for the end of the first try, and gives its status and its message.
#[track_caller]
fn ended(pooler: &Pod) -> (i32, String) {
    pooler.wait_until("the branch was tried", SOON, |pod| {
        pod.termination_of(BRANCH).is_some()
    });
    let end = pooler.termination_of(BRANCH).unwrap();
    (end.code, end.message)
}
