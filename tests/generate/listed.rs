//! Specs by hand: what each is about stands in its lines.

use super::{source, strings, toml};
use serde_json::{Map, Value, json};
use underpin::source::Source;

/// Images of every major and flavour, in every form that is taken.
pub const IMAGES: &[&str] = &[
    "docker.io/library/postgres:15.20-bookworm",
    "docker.io/library/postgres:16.16-alpine3.22",
    "docker.io/library/postgres:17.12-bookworm",
    "docker.io/library/postgres:17.12-alpine3.22",
    "docker.io/library/postgres:18.7-trixie",
    "docker.io/library/postgres:18.7-alpine3.22",
    "registry.example:5000/mirror/postgres:17.12-bookworm",
    "postgres:17.12@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
];

/// Volumes of every kind, as what stands under `storage` beside the size.
pub fn storages() -> Vec<Value> {
    let volume = |volume: Value| json!({ "size": "10Gi", "volume": volume });
    vec![
        json!({ "size": "10Gi" }),
        json!({ "size": "1.5Ti", "class": "fast-ssd", "access_mode": "ReadWriteOncePod", "reserve": "0" }),
        json!({ "size": "10G", "access_mode": "ReadWriteOnce", "reserve": "5%" }),
        volume(json!({ "local": { "path": "/mnt/disks/a b", "node": "db-1" } })),
        volume(json!({ "host_path": { "path": "/srv/$(id)", "node": "012" } })),
        volume(json!({ "nfs": { "server": "10.0.0.1", "path": "/export" } })),
        volume(
            json!({ "nfs": { "server": "nfs.internal", "path": "/export", "options": ["hard", "nfsvers=4.2"] } }),
        ),
        volume(
            json!({ "csi": { "driver": "ebs.csi.aws.com", "handle": "vol-0123456789abcdef0" } }),
        ),
        volume(json!({ "csi": {
            "driver": "csi.example.com", "handle": "1e3", "fs_type": "xfs",
            "attributes": { "on": "off", "012": "0x1F", "a: b": "- c", "$(id)": "{{x}}" },
        } })),
    ]
}

/// Every spec of the list.
pub fn listed() -> Vec<Source> {
    let mut specs: Vec<Value> = IMAGES
        .iter()
        .map(|image| with(json!({ "postgres": { "image": image } })))
        .collect();
    specs.extend(
        storages()
            .into_iter()
            .map(|storage| with(json!({ "storage": storage }))),
    );
    specs.extend(
        ["1.33", "1.34", "1.35", "1.36", "1.37"]
            .map(|version| with(json!({ "kubernetes": version }))),
    );
    specs.extend(
        backups()
            .into_iter()
            .map(|backup| with(json!({ "backup": backup }))),
    );
    specs.extend(
        restores()
            .into_iter()
            .map(|restore| with(json!({ "restore": restore }))),
    );
    specs.extend(
        poolers()
            .into_iter()
            .map(|pooler| with(json!({ "pooler": pooler }))),
    );
    specs.extend([
        with(json!({ "monitoring": { "exporter": false, "dashboard": true } })),
        with(json!({ "monitoring": { "exporter": true }, "secret": { "external": { "store": "vault", "path": "shop/orders" } }, "pooler": { "pool_size": 10 } })),
    ]);
    specs.extend(externals());
    specs.extend(tls());
    specs.extend(neons());
    specs.extend(locales());
    specs.extend(hostile_names());
    specs.extend([full(), hostile_labels(), hostile_settings(), longest()]);
    specs.iter().map(|spec| source(toml::text(spec))).collect()
}

/// Five lines, with some of them replaced.
fn with(changes: Value) -> Value {
    let mut spec = json!({
        "name": "orders",
        "namespace": "shop",
        "postgres": { "image": IMAGES[2] },
        "storage": { "size": "10Gi" },
        "databases": [{ "name": "orders" }],
    });
    let Value::Object(changes) = changes else {
        unreachable!()
    };
    for (key, value) in changes {
        spec[key] = value;
    }
    spec
}

/// `secret.external` in every form.
fn externals() -> [Value; 4] {
    let external = |external: Value| json!({ "external": external });
    let roles = json!([{ "name": "report" }, { "name": "etl", "password": { "secret": "etl", "key": "password" } }]);
    [
        with(
            json!({ "secret": external(json!({ "store": "vault", "path": "shop/orders" })), "pooler": {} }),
        ),
        with(json!({
            "secret": external(json!({ "store": "a.b-c.9", "kind": "ClusterSecretStore", "path": "$(id): `x` | y # z" })),
            "roles": roles,
        })),
        with(
            json!({ "secret": external(json!({ "store": "on", "kind": "SecretStore", "path": "012" })) }),
        ),
        at_neon(
            &json!({}),
            json!({ "secret": external(json!({ "store": "vault", "path": "null" })), "roles": roles, "pooler": { "pool_size": 10 } }),
        ),
    ]
}

/// A database at Neon, with more beside it.
pub fn at_neon(neon: &Value, more: Value) -> Value {
    let mut spec = with(more);
    let fields = spec.as_object_mut().unwrap();
    for field in ["postgres", "storage", "databases"] {
        fields.remove(field);
    }
    spec["neon"] = json!({
        "host": "ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech",
        "database": "neondb", "role": "neondb_owner", "postgres": 17,
    });
    let Value::Object(neon) = neon else {
        unreachable!()
    };
    for (key, value) in neon {
        spec["neon"][key] = value.clone();
    }
    spec
}

/// `[access].tls` in every form, with a pooler and without, and at Neon.
fn tls() -> Vec<Value> {
    let forms = [
        json!({ "secret": "certificate" }),
        json!({ "secret": "certificate", "ca": { "config_map": "authorities", "key": "ca.crt" } }),
        json!({ "issuer": "internal", "kind": "Issuer" }),
        json!({ "issuer": "internal", "kind": "ClusterIssuer", "ca": { "config_map": "authorities", "key": "bundle.pem" } }),
    ];
    let access = |tls: &Value| json!({ "tls": tls });
    let mut specs = Vec::new();
    for tls in &forms {
        specs.push(with(json!({ "access": access(tls) })));
        specs.push(with(json!({ "access": access(tls), "pooler": {} })));
        specs.push(at_neon(&json!({}), json!({ "access": access(tls) })));
    }
    specs
}

/// `[neon]` in every form.
fn neons() -> Vec<Value> {
    let mut specs: Vec<Value> = [15, 16, 17, 18]
        .map(|major| at_neon(&json!({ "postgres": major }), json!({})))
        .into();
    specs.extend([
        at_neon(
            &json!({ "min_compute": 8, "ca": { "config_map": "isrg-root", "key": "ca.crt" } }),
            json!({
                "roles": [{ "name": "report" }, { "name": "etl", "password": { "secret": "etl", "key": "password" } }],
                "pooler": { "replicas": 3, "pool_size": 100 },
                "backup": backups().remove(1),
                "restore": { "into": "again", "replace": true },
                "pull_secrets": ["registry"],
            }),
        ),
        at_neon(
            &json!({ "min_compute": 0.5 }),
            json!({ "pooler": poolers().remove(1), "backup": backups().remove(5) }),
        ),
    ]);
    specs.extend(branches());
    let names: Vec<&str> = strings::names().into_iter().collect();
    specs.extend(names.chunks(12).map(|names| {
        let role = names.last().unwrap();
        at_neon(&json!({ "database": names[0], "role": role }), json!({}))
    }));
    specs
}

/// `[neon.branch]` in every form.
fn branches() -> Vec<Value> {
    let whole = json!({
        "project": "round-river-12345678", "name": format!("Preview/pr_7.{}", "b".repeat(200)),
        "parent": "br-young-forest-a5b6c7d8", "ttl": "30d",
        "image": "registry.internal:5000/python@sha256:399babc8b49529dabfd9c922f2b5eea81d611e4512e3ed250d75bd2e7683f4b0",
    });
    let ca = json!({ "config_map": "isrg-root", "key": "ca.crt" });
    let mut specs = vec![
        at_branch(&json!({}), json!({})),
        at_branch(
            &json!({ "branch": whole, "min_compute": 8, "ca": ca }),
            json!({ "pooler": { "replicas": 1, "pool_size": 100 }, "pull_secrets": ["registry"], "access": { "clients": [] } }),
        ),
    ];
    let names: Vec<&str> = strings::names().into_iter().collect();
    specs.extend(names.chunks(12).map(|names| {
        let role = names.last().unwrap();
        at_branch(&json!({ "database": names[0], "role": role }), json!({}))
    }));
    specs
}

fn at_branch(neon: &Value, more: Value) -> Value {
    let mut spec = at_neon(&json!({}), more);
    spec["neon"] = json!({
        "database": "neondb", "role": "neondb_owner",
        "branch": { "project": "round-river-12345678", "name": "preview-7" },
    });
    let Value::Object(neon) = neon else {
        unreachable!()
    };
    for (key, value) in neon {
        spec["neon"][key] = value.clone();
    }
    spec
}

fn locales() -> impl Iterator<Item = Value> {
    [
        ("C.UTF-8", 2),
        ("C", 1),
        ("PG_UNICODE_FAST", 4),
        ("en_US.UTF-8", 0),
    ]
    .into_iter()
    .map(|(locale, image)| {
        with(json!({ "postgres": { "image": IMAGES[image], "locale": locale } }))
    })
}

fn full() -> Value {
    with(json!({
        "kubernetes": "1.34",
        "secret": "orders.secrets",
        "labels": { "team": "checkout", "example.com/cost-center": "012" },
        "pull_secrets": ["registry", "other"],
        "postgres": {
            "image": IMAGES[2], "cpu": "1.5", "cpu_limit": "4", "memory": "4Gi", "shm": "1Gi",
            "settings": { "max_connections": 200, "jit": false, "random_page_cost": 1.1, "work_mem": "32MB" },
        },
        "storage": { "size": "100Gi", "class": "fast-ssd", "reserve": "1Gi" },
        "databases": [
            { "name": "orders", "owner": "shop", "extensions": ["pgcrypto", "pg_trgm"] },
            { "name": "reports" },
        ],
        "roles": [
            { "name": "report", "member_of": ["pg_read_all_data", "reports"] },
            { "name": "etl", "password": { "secret": "etl", "key": "password" } },
        ],
        "placement": {
            "node": { "node.kubernetes.io/pool": "db" },
            "tolerations": [
                { "key": "dedicated", "value": "db", "effect": "NoSchedule" },
                { "key": "spot", "effect": "PreferNoSchedule" },
                { "key": "slow", "effect": "NoExecute", "seconds": 60 },
                { "key": "any" },
            ],
            "priority_class": "database",
        },
        "access": {
            "clients": [{ "pods": { "app": "api" } }, { "namespace": "bi", "pods": { "app": "etl", "on": "y" } }],
            "dns": { "namespace": "openshift-dns", "pods": { "dns": "default" }, "port": 5353 },
        },
        "pooler": poolers().remove(2),
        "allow": [{ "rule": "UP1001" }, { "rule": "UP0804" }],
        "backup": backups().remove(1),
        "restore": restores().remove(1),
        "monitoring": {
            "rules": "prometheus-operator",
            "exporter": { "image": "registry.example:5000/pg-exporter:0.17.1", "cpu": "1", "memory": "1Gi", "cpu_limit": "2" },
            "scrapers": [{ "pods": { "app": "prometheus" } }, { "namespace": "watch", "pods": { "no": "yes", "012": "1e3" } }],
        },
    }))
}

/// `[pooler]` in every form; all but the first fit a server with few connections.
pub fn poolers() -> Vec<Value> {
    vec![
        json!({}),
        json!({ "pool_size": 5, "pool_mode": "session", "exporter": true }),
        json!({
            "image": "docker.io/edoburu/pgbouncer:v1.24.1-p1", "replicas": 3, "pool_mode": "transaction",
            "pool_size": 4, "max_clients": 50_000, "cpu": "1", "memory": "1Gi", "cpu_limit": "2",
            "exporter": { "image": "docker.io/prometheuscommunity/pgbouncer-exporter:v0.10.2", "cpu": "5m", "memory": "32Mi", "cpu_limit": "100m" },
        }),
        json!({
            "image": "ghcr.io/cloudnative-pg/pgbouncer@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "replicas": 1, "pool_size": 1, "max_clients": 1,
        }),
    ]
}

/// `[backup]` in every form; the first is none.
pub fn backups() -> Vec<Value> {
    let volume = |volume: Value| json!({ "volume": volume });
    vec![
        json!({}),
        json!({
            "verify": "rows", "exclude": ["scratch", "it's"], "deadline": "90m",
            "schedules": [
                { "name": "night", "cron": "15 2 * * *", "time_zone": "Asia/Kolkata" },
                { "name": "012", "cron": "0 */6 * * *" },
            ],
            "cpu": "1", "memory": "1Gi", "cpu_limit": "2",
            "rehearsal": { "deadline": "1h", "cpu": "1", "memory": "1Gi", "cpu_limit": "2" },
            "volume": {
                "size": "500Gi", "class": "standard", "access_mode": "ReadWriteMany",
                "keep": { "last": 7, "daily": 14, "weekly": 8, "monthly": 12, "yearly": 3, "minimum": 2 },
            },
        }),
        json!({ "verify": "decode", "drill": {}, "rehearsal": false }),
        json!({
            "verify": "content", "rehearsal": true,
            "drill": {
                "cron": "0 6 * * 6", "older": "0 6 1 * *", "time_zone": "Asia/Kolkata", "size": "60Gi",
                "class": "scratch", "deadline": "2h", "cpu": "1", "memory": "1Gi", "cpu_limit": "2",
                "asserts": [{ "database": "postgres", "sql": "select 'it''s $(id)\n\\! ${x}' <> ''" }],
            },
        }),
        volume(json!({ "size": "50Gi", "access_mode": "ReadWriteOncePod" })),
        volume(
            json!({ "local": { "path": "/mnt/backups", "node": "db-2" }, "access_mode": "ReadWriteOnce" }),
        ),
        volume(json!({ "host_path": { "path": "/srv/backups", "node": "db-2" } })),
        volume(
            json!({ "nfs": { "server": "nfs.internal", "path": "/backups" }, "access_mode": "ReadWriteMany" }),
        ),
        volume(json!({ "csi": { "driver": "csi.example.com", "handle": "backups" } })),
    ]
}

/// `[restore]` in every form; the first is none.
pub fn restores() -> Vec<Value> {
    vec![
        json!({}),
        json!({
            "database": "a=b host=evil", "backup": "20261123T021500Z-k3x9p", "into": "x $(id) 'y'",
            "replace": true, "secret": "restore", "as_superuser": true, "deadline": "2h",
            "cpu": "1", "memory": "1Gi", "cpu_limit": "2",
        }),
        json!({ "before": "2026-11-20T13:00:00+01:00", "backup": "latest" }),
    ]
}

/// Each hostile name is a database, its owner and a role; no more of them in a spec than bootstrap
/// can be told of.
fn hostile_names() -> Vec<Value> {
    let names: Vec<&str> = strings::names().into_iter().collect();
    let key = |index: usize| json!({ "secret": "roles", "key": format!("role-{index}") });
    let spec = |names: &[&str]| {
        let databases: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
        let roles: Vec<Value> = names
            .iter()
            .enumerate()
            .map(|(index, name)| json!({ "name": name, "password": key(index) }))
            .collect();
        let pooler = json!({ "replicas": 1, "pool_size": 1 });
        with(json!({ "databases": databases, "roles": roles, "pooler": pooler }))
    };
    names.chunks(80).map(spec).collect()
}

fn hostile_labels() -> Value {
    let labels: Map<String, Value> = strings::label_values()
        .take(32)
        .enumerate()
        .map(|(index, value)| (format!("label-{index}"), value.into()))
        .collect();
    with(json!({
        "name": "on", "namespace": "null", "labels": labels,
        "placement": { "node": { "y": "n", "1": "1e3" } },
        "access": { "clients": [{ "namespace": "012", "pods": { "no": "yes" } }] },
        "monitoring": { "rules": "none", "exporter": true, "scrapers": [], "dashboard": true },
    }))
}

fn hostile_settings() -> Value {
    let settings: Map<String, Value> = strings::visible()
        .enumerate()
        .map(|(index, value)| (format!("hostile.value_{index}"), value.into()))
        .collect();
    with(json!({ "postgres": { "image": IMAGES[2], "settings": settings } }))
}

fn longest() -> Value {
    let name = format!("a{}", "-b".repeat(20)) + "c";
    let letters = |count| "x".repeat(count);
    with(json!({
        "name": name,
        "namespace": letters(63),
        "secret": letters(253),
        "labels": { format!("{}/{}", letters(253), letters(63)): letters(63) },
        "databases": [{ "name": letters(63) }, { "name": format!("{}é", letters(61)), "owner": "o" }],
        "storage": { "size": "10Gi", "volume": { "local": { "path": "/mnt", "node": letters(63) } } },
        "backup": { "schedules": [{ "name": "x", "cron": "@daily" }] },
        "monitoring": { "rules": "config-map", "exporter": {}, "dashboard": true },
    }))
}
