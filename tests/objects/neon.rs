//! What a database at Neon comes to: nothing of a server, and nothing that would not reach Neon.

use crate::compiled;
use serde_json::Value;
use std::collections::BTreeMap;

const HOST: &str = "ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech";

/// The objects by path.
fn objects(more: &str) -> BTreeMap<String, Value> {
    let spec = format!(
        "name = \"orders\"\nnamespace = \"shop\"\nneon.host = {HOST:?}\nneon.database = \"shop\"\nneon.role = \"shop_owner\"\nneon.postgres = 17\n{more}"
    );
    let files = compiled::tree(&spec).files.into_iter();
    files
        .filter(|(path, _)| path.contains('/') && !path.ends_with("kustomization.yaml"))
        .map(|(path, text)| (path, serde_yaml::from_str(&text).unwrap()))
        .collect()
}

/// The pods that dial Neon, by path.
fn diallers(objects: &BTreeMap<String, Value>) -> Vec<(&str, &Value)> {
    let pods = objects.iter().filter_map(|(path, object)| {
        let pod = object
            .pointer("/spec/template/spec")
            .or_else(|| object.pointer("/spec/jobTemplate/spec/template/spec"))?;
        Some((path.as_str(), pod))
    });
    let pods: Vec<_> = pods
        .filter(|(path, _)| *path != "backup/cron-job-list.yaml")
        .collect();
    assert_eq!(pods.len(), 5);
    pods
}

fn variable(container: &Value, name: &str) -> Option<String> {
    let all = container["env"].as_array().into_iter().flatten();
    let mut found = all.filter(|variable| variable["name"] == name);
    Some(found.next()?["value"].as_str()?.to_owned())
}

#[test]
fn nothing_of_a_server_is_left() {
    let objects = objects("");
    for (path, object) in &objects {
        let kind = object["kind"].as_str().unwrap();
        assert_ne!(kind, "StatefulSet");
        let text = object.to_string();
        for word in [
            "orders-direct",
            "orders-server",
            "orders-bootstrap",
            "orders-data",
            "superuser\"",
        ] {
            assert!(
                !text.contains(word) || kind == "ConfigMap",
                "{path}: {word}"
            );
        }
    }
    let services: Vec<&Value> = objects
        .values()
        .filter(|object| object["kind"] == "Service")
        .collect();
    assert_eq!(services.len(), 1);
    // As with a server: name and port.
    assert_eq!(services[0]["metadata"]["name"], "orders");
    assert_eq!(services[0]["spec"]["ports"][0]["port"], 5432);
    assert_eq!(
        services[0]["spec"]["selector"]["underpin/workload"],
        "orders-pooler"
    );
}

#[test]
fn every_connection_goes_to_neon_itself_and_is_verified() {
    let objects = objects("");
    for (path, pod) in diallers(&objects) {
        let containers = |key: &str| pod[key].as_array().cloned().unwrap_or_default();
        let all = [containers("initContainers"), containers("containers")].concat();
        let hosts: Vec<String> = all
            .iter()
            .filter_map(|container| variable(container, "PGHOST"))
            .collect();
        assert_eq!(hosts, [HOST], "{path}");
        assert_eq!(pod["dnsConfig"]["options"][0]["value"], "1", "{path}");
        if path == "pooler/deployment.yaml" {
            continue;
        }
        let job = &pod["containers"][0];
        let said = |name: &str| variable(job, name).unwrap_or_else(|| panic!("{path}: {name}"));
        assert_eq!(said("PGSSLMODE"), "verify-full");
        let root = said("PGSSLROOTCERT");
        // The file that is verified against is the one that is copied.
        let copied = &pod["initContainers"][0]["command"];
        assert_eq!(copied[2], root.as_str(), "{path}");
        assert_eq!(
            (said("PGUSER"), said("PGDATABASE")),
            ("shop_owner".into(), "shop".into())
        );
        assert_eq!(
            (said("OWNED"), said("BOOTSTRAP")),
            ("true".into(), String::new())
        );
    }
    let ini = objects["pooler/config-map-settings.yaml"]["data"]["pgbouncer.ini"]
        .as_str()
        .unwrap();
    for line in [
        "server_tls_sslmode = verify-full",
        "server_tls_ca_file = /etc/ssl/certs/ca-certificates.crt",
        "min_pool_size = 0",
        "server_login_retry = 1",
        "server_idle_timeout = 120",
        "query_wait_timeout = 30",
    ] {
        assert!(ini.lines().any(|said| said == line), "{line}");
    }
}

#[test]
fn who_dials_neon_reaches_no_private_network() {
    let objects = objects("");
    for workload in ["pooler", "backup", "restore"] {
        let policy = &objects[&format!("access/network-policy-{workload}.yaml")];
        let egress = policy["spec"]["egress"].as_array().unwrap();
        assert_eq!(egress.len(), 2, "{workload}");
        assert_eq!(egress[0]["ports"][0]["port"], 5432);
        let blocks = &egress[0]["to"];
        assert_eq!(blocks[0]["ipBlock"]["cidr"], "0.0.0.0/0");
        assert_eq!(blocks[1]["ipBlock"]["cidr"], "::/0");
        for private in [
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "169.254.0.0/16",
            "fc00::/7",
            "fe80::/10",
        ] {
            assert!(
                blocks.to_string().contains(private),
                "{workload}: {private}"
            );
        }
        assert_eq!(egress[1]["ports"][0]["port"], 53);
    }
    let list = &objects["access/network-policy-backups.yaml"]["spec"];
    assert!(list["egress"].is_null());
}

#[test]
fn named_authorities_take_the_place_of_the_images() {
    let objects = objects("neon.ca = { config_map = \"isrg-root\", key = \"ca.crt\" }\n");
    for (path, pod) in diallers(&objects) {
        let volumes = pod["volumes"].as_array().unwrap();
        let mine = volumes
            .iter()
            .find(|volume| volume["name"] == "ca")
            .unwrap();
        assert_eq!(mine["configMap"]["name"], "isrg-root", "{path}");
        let mounts = pod["containers"][0]["volumeMounts"].as_array().unwrap();
        assert!(
            mounts.iter().any(|mount| mount["mountPath"] == "/ca"),
            "{path}"
        );
        let copies = pod["initContainers"].as_array().into_iter().flatten();
        assert!(
            !copies
                .into_iter()
                .any(|container| container["name"] == "ca"),
            "{path}"
        );
    }
    let ini = objects["pooler/config-map-settings.yaml"].to_string();
    assert!(ini.contains("server_tls_ca_file = /ca/ca-certificates.crt"));
}

/// One key of one Secret for all that `neon.role` does.
#[test]
fn the_password_of_the_role_is_one_key() {
    let objects = objects("roles = [{ name = \"report\" }]\n");
    let keys = |pod: &Value| {
        let volumes = pod["volumes"].as_array().unwrap();
        let secrets = volumes.iter().find(|volume| volume["name"] == "secrets");
        let secrets = secrets.unwrap();
        let projected = &secrets["projected"]["sources"][0]["secret"]["items"];
        let items = secrets["secret"]["items"].as_array();
        let items = items.or(projected.as_array()).unwrap();
        items
            .iter()
            .map(|item| format!("{} as {}", item["key"], item["path"]).replace('"', ""))
            .collect::<Vec<_>>()
    };
    for (path, pod) in diallers(&objects) {
        let expected: &[&str] = match path {
            "pooler/deployment.yaml" => &["neon as neon", "role.report as role.report"],
            "backup/cron-job-restore.yaml" | "restore/job.yaml" => {
                &["neon as backup", "neon as restore"]
            }
            _ => &["neon as backup"],
        };
        assert_eq!(keys(pod), expected, "{path}");
    }
}

const BRANCH: &str = "name = \"orders\"\nnamespace = \"shop\"\nneon.database = \"shop\"\nneon.role = \"it's\"\nneon.branch.project = \"round-river-12345678\"\nneon.branch.name = \"preview/pr-7\"\nneon.branch.ttl = \"2h\"\n";

/// A branch goes: there is nothing to back up, and nothing else that would dial it.
#[test]
fn of_a_branch_there_are_the_poolers_alone() {
    let tree = compiled::tree(BRANCH);
    let folders: Vec<&str> = tree
        .files
        .keys()
        .map(|path| path.split_once('/').map_or("", |(folder, _)| folder))
        .collect();
    for folder in &folders {
        assert!(
            ["", "access", "monitoring", "pooler"].contains(folder),
            "{folder}"
        );
    }
    let listed = &tree.files["kustomization.yaml"];
    assert!(
        !listed.contains("backup") && !listed.contains("restore"),
        "{listed}"
    );
    assert_eq!(
        folders.iter().filter(|folder| **folder == "access").count(),
        1
    );
    let ini = &tree.files["pooler/config-map-settings.yaml"];
    assert!(ini.contains("server_tls_sslmode = verify-full"));
}

/// What sees to the branch has the API's key, and what it runs before has not.
#[test]
fn the_key_of_the_api_is_seen_by_what_asks_it() {
    let tree = compiled::tree(BRANCH);
    let deployment: Value = serde_yaml::from_str(&tree.files["pooler/deployment.yaml"]).unwrap();
    let pod = &deployment["spec"]["template"]["spec"];
    let sources = |volume: &str| {
        let mut all = pod["volumes"].as_array().unwrap().iter();
        let found = all.find(|one| one["name"] == volume).unwrap();
        found["projected"]["sources"].to_string()
    };
    let secrets: Vec<Vec<String>> = ["initContainers", "containers"]
        .iter()
        .flat_map(|kind| pod[*kind].as_array().unwrap())
        .map(|container| {
            let mounts = container["volumeMounts"].as_array().unwrap().iter();
            let secret = mounts.filter(|mount| mount["mountPath"] == "/secrets");
            secret
                .map(|mount| sources(mount["name"].as_str().unwrap()))
                .collect()
        })
        .collect();
    let [branch, render, pgbouncer] = secrets.as_slice() else {
        panic!("{secrets:?}");
    };
    assert!(branch[0].contains("\"neon-api\"") && !branch[0].contains("\"neon\""));
    assert!(render[0].contains("\"neon\"") && !render[0].contains("neon-api"));
    assert!(pgbouncer.is_empty());

    let asks = &pod["initContainers"][0];
    let said = |name: &str| variable(asks, name).unwrap();
    assert_eq!(said("PROJECT"), "round-river-12345678");
    assert_eq!(said("BRANCH"), "preview/pr-7");
    assert_eq!(
        (said("PARENT"), said("ROLE")),
        (String::new(), "it's".into())
    );
    assert_eq!(said("TTL_SECONDS"), "7200");
    // Nobody else is asked for the host.
    assert_eq!(variable(&pod["initContainers"][1], "PGHOST").unwrap(), "");
}

#[test]
fn a_pooler_of_a_branch_reaches_the_api_too() {
    let tree = compiled::tree(BRANCH);
    let policy: Value =
        serde_yaml::from_str(&tree.files["access/network-policy-pooler.yaml"]).unwrap();
    let egress = policy["spec"]["egress"].as_array().unwrap();
    let ports: Vec<&Value> = egress
        .iter()
        .map(|rule| &rule["ports"][0]["port"])
        .collect();
    assert_eq!(ports, [5432, 443, 53]);
    // As far as to the database, and no further.
    assert_eq!(egress[0]["to"], egress[1]["to"]);
}
