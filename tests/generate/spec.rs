//! The strategy: each field left out or one of its values, each name plain or hostile.

use super::listed::{IMAGES, backups, poolers, restores, storages};
use super::strings;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// A spec that is valid, as JSON; [`super::toml`] writes it.
pub fn spec() -> impl Strategy<Value = Value> {
    let names = (name(), label(), option::of(subdomain()), select(IMAGES));
    let lists = (
        databases(),
        roles(),
        option::of(labels()),
        option::of(vec(subdomain(), 0..3)),
    );
    let tables = (
        select(storages()),
        sizes(),
        settings(),
        option::of(placement()),
        option::of(access()),
        (
            select(backups()),
            select(restores()),
            option::of(select(poolers().split_off(1))),
            option::weighted(0.2, (identifier(), identifier())),
        ),
    );
    (names, lists, tables).prop_map(|(names, lists, tables)| {
        let (name, namespace, secret, image) = names;
        let (databases, mut roles, labels, pull_secrets) = lists;
        let (storage, sizes, settings, placement, access, rest) = tables;
        let (mut backup, restore, pooler, neon) = rest;
        // The CronJob of a schedule has its name too.
        if backup.get("schedules").is_none() {
            backup["schedules"] = json!([{ "name": "n", "cron": "@weekly" }]);
        }
        listed_owners(&databases, &mut roles);
        let mut postgres = json!({ "image": image, "settings": settings });
        postgres.as_object_mut().unwrap().extend(sizes);
        let mut spec = json!({
            "name": name, "namespace": namespace, "postgres": postgres, "storage": storage,
            "databases": databases, "roles": roles, "backup": backup, "restore": restore,
        });
        let optional = [
            ("secret", secret.map(Value::from)),
            ("labels", labels.map(Value::Object)),
            ("pull_secrets", pull_secrets.map(Value::from)),
            ("placement", placement),
            ("access", access),
            ("pooler", pooler),
        ];
        for (key, value) in optional {
            if let Some(value) = value {
                spec[key] = value;
            }
        }
        match neon {
            Some((database, role)) => moved(spec, &database, &role),
            None => spec,
        }
    })
}

/// The same at Neon, without what that cannot have.
fn moved(mut spec: Value, database: &str, role: &str) -> Value {
    let fields = spec.as_object_mut().unwrap();
    for field in ["postgres", "storage", "databases", "placement"] {
        fields.remove(field);
    }
    for field in ["database", "secret", "as_superuser"] {
        spec["restore"].as_object_mut().unwrap().remove(field);
    }
    let roles = spec["roles"].as_array_mut().unwrap();
    roles.retain(|listed| listed["name"] != role);
    for role in roles {
        role.as_object_mut().unwrap().remove("member_of");
    }
    spec["neon"] = json!({
        "host": "ep-a.neon.tech", "database": database, "role": role, "postgres": 18, "min_compute": 56,
    });
    spec
}

/// A role whose name no key of a Secret can hold says where its password is.
fn listed_owners(databases: &[Value], roles: &mut Vec<Value>) {
    let named: Vec<Value> = roles.iter().map(|role| role["name"].clone()).collect();
    for database in databases {
        let owner = database.get("owner").unwrap_or(&database["name"]);
        if !named.contains(owner) && !roles.iter().any(|role| role["name"] == *owner) {
            let key = format!("owner-{}", roles.len());
            roles.push(json!({ "name": owner, "password": { "secret": "owners", "key": key } }));
        }
    }
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]",
        "[a-z]([a-z0-9-]{0,35}[a-z0-9])",
        select(&["on", "null", "true", "y"][..]).prop_map(String::from)
    ]
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9]{0,9}",
        select(&["012", "0", "1e3", "no", "2001-01-01", "0x1f"][..]).prop_map(String::from)
    ]
}

fn subdomain() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9]{0,9}(\\.[a-z0-9]{1,5})?",
        select(&["1.0", "012", "null", "1e3"][..]).prop_map(String::from)
    ]
}

/// What PostgreSQL can call something: hostile, or anything that can be seen, up to 63 bytes.
fn identifier() -> impl Strategy<Value = String> {
    let seen = |text: &String| {
        (1..=63).contains(&text.len())
            && !text.starts_with("pg_")
            && !text.starts_with("underpin_")
            && !["postgres", "public", "none", "template0", "template1"].contains(&text.as_str())
            && !text.chars().any(underpin::diagnostic::is_hidden)
    };
    prop_oneof![
        "[a-z_]{1,63}",
        select(strings::names().into_iter().collect::<Vec<_>>()).prop_map(String::from),
        "\\PC{1,20}",
    ]
    .prop_filter("reserved, hidden or long", seen)
}

fn databases() -> impl Strategy<Value = Vec<Value>> {
    btree_map(
        identifier(),
        (option::of(identifier()), btree_set(identifier(), 0..3)),
        1..5,
    )
    .prop_map(|databases| {
        databases
            .into_iter()
            .map(|(name, (owner, extensions))| {
                let mut database = json!({ "name": name, "extensions": extensions });
                if let Some(owner) = owner {
                    database["owner"] = owner.into();
                }
                database
            })
            .collect()
    })
}

fn roles() -> impl Strategy<Value = Vec<Value>> {
    let groups = btree_set(
        select(&["pg_read_all_data", "pg_write_all_data", "pg_monitor"][..]),
        0..3,
    );
    btree_map(identifier(), (subdomain(), groups), 0..4).prop_map(|roles| {
        roles
            .into_iter()
            .enumerate()
            .map(|(index, (name, (secret, groups)))| {
                json!({ "name": name, "password": { "secret": secret, "key": format!("role_{index}") }, "member_of": groups })
            })
            .collect()
    })
}

fn labels() -> impl Strategy<Value = Map<String, Value>> {
    let key = prop_oneof![
        "[a-z]{1,9}",
        "example\\.com/[A-Za-z0-9]{1,9}",
        select(&["on", "012", "y", "null", "1.5"][..]).prop_map(String::from)
    ];
    let value = select(strings::label_values().collect::<Vec<_>>());
    btree_map(key, value, 1..4).prop_map(|labels| {
        labels
            .into_iter()
            .map(|(key, value)| (key, value.into()))
            .collect()
    })
}

fn sizes() -> impl Strategy<Value = Map<String, Value>> {
    let sizes = [
        json!({}),
        json!({ "cpu": "2", "memory": "4Gi" }),
        json!({ "cpu": "100m", "cpu_limit": "0.25", "memory": "512Mi", "shm": "64Mi" }),
        json!({ "memory": "64Gi" }),
        json!({ "memory": "1e9" }),
    ];
    select(sizes.to_vec()).prop_map(|sizes| sizes.as_object().unwrap().clone())
}

fn settings() -> impl Strategy<Value = Map<String, Value>> {
    let value = prop_oneof![
        select(strings::visible().collect::<Vec<_>>()).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
    ];
    let known = select(vec![
        ("max_connections", json!(50)),
        ("log_statement", json!("ddl")),
        ("random_page_cost", json!(1.1)),
        ("autovacuum_naptime", json!("1min")),
        ("search_path", json!("\"$user\", public")),
        ("cluster_name", json!("it's")),
    ]);
    (btree_map("ext\\.[a-z]{1,9}", value, 0..4), vec(known, 0..3)).prop_map(|(custom, known)| {
        custom
            .into_iter()
            .chain(
                known
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value)),
            )
            .collect()
    })
}

fn placement() -> impl Strategy<Value = Value> {
    let toleration = select(vec![
        json!({ "key": "dedicated", "value": "on", "effect": "NoSchedule" }),
        json!({ "key": "example.com/spot", "effect": "PreferNoSchedule" }),
        json!({ "key": "slow", "effect": "NoExecute", "seconds": 0 }),
        json!({ "key": "any" }),
    ]);
    (labels(), vec(toleration, 0..3), subdomain())
        .prop_map(|(node, tolerations, class)| json!({ "node": node, "tolerations": tolerations, "priority_class": class }))
}

fn access() -> impl Strategy<Value = Value> {
    let client = (option::of(label()), labels()).prop_map(|(namespace, pods)| match namespace {
        Some(namespace) => json!({ "namespace": namespace, "pods": pods }),
        None => json!({ "pods": pods }),
    });
    (vec(client, 0..3), 1u16..)
        .prop_map(|(clients, port)| json!({ "clients": clients, "dns": { "port": port } }))
}
