//! One bad line each: the code, the key, and what the message or its help must say.

use super::{Spec, said, with};

/// A line, the code, and words of the message, label or help.
const TABLE: &[(&str, &str, &[&str])] = &[
    // what is no TOML
    ("name = \"orders", "UP0001", &["invalid basic string"]),
    ("name = orders", "UP0001", &["string values must be quoted"]),
    ("name: orders", "UP0001", &["TOML writes `name = \"…\"`"]),
    (
        "postgres:\n  image: x",
        "UP0001",
        &["TOML writes a table as `[postgres]`"],
    ),
    ("- name", "UP0001", &["TOML writes a list as"]),
    ("secret = \"a", "UP0001", &["end a text with the quote"]),
    (
        "labels.a = \"b\"\n[labels]\nc = \"d\"",
        "UP0001",
        &["as `labels.key = …`, or all of them below one `[labels]`"],
    ),
    (
        "roles = [{ name = \"a\" }]\n[[roles]]\nname = \"b\"",
        "UP0001",
        &["or each below `[[roles]]`"],
    ),
    (
        "[roles]\nname = \"report\"",
        "UP0004",
        &["write `[[roles]]` in the place of `[roles]`"],
    ),
    (
        "[backup.drill]\nschedule = \"0 5 * * 0\"",
        "UP0002",
        &["write `cron`"],
    ),
    (
        "monitoring.alerts = false",
        "UP0002",
        &["write `rules = \"none\"` under [monitoring]"],
    ),
    ("replicas = 3", "UP0002", &["a server is one pod"]),
    ("labels = { a = \"b\"", "UP0001", &[]),
    (
        "secret = \"a\"\nsecret = \"b\"",
        "UP0001",
        &["duplicate key"],
    ),
    ("secret = \"a\\qb\"", "UP0001", &["escape"]),
    // keys
    (
        "namespce = \"shop\"",
        "UP0002",
        &["unknown key `namespce`", "did you mean `namespace`?"],
    ),
    (
        "size = \"10Gi\"",
        "UP0002",
        &["unknown key `size`", "`storage.size`"],
    ),
    (
        "postgres.imgae = \"x\"",
        "UP0002",
        &["did you mean `image`?"],
    ),
    (
        "databases = [{ nam = \"a\" }]",
        "UP0002",
        &["not a key of `databases[0]`", "did you mean `name`?"],
    ),
    ("schema_version = 2", "UP0002", &["unknown key"]),
    (
        "databases = [{ owner = \"a\" }]",
        "UP0003",
        &["missing key `name` in `databases[0]`"],
    ),
    (
        "[[roles]]\npassword = { secret = \"a\" }\nname = \"b\"",
        "UP0003",
        &["missing key `key`"],
    ),
    (
        "backup.retentionPolicy = \"30d\"",
        "UP0002",
        &["write `keep = { daily = 7 }` under [backup.volume]"],
    ),
    (
        "backup.s3 = { bucket = \"x\" }",
        "UP0002",
        &["remote storage is not built"],
    ),
    (
        "restore.accept = \"x\"",
        "UP0002",
        &["`underpin restore NAME --backup ID --accept DIGEST`"],
    ),
    (
        "backup.memory_limit = \"1Gi\"",
        "UP0002",
        &["`memory` is request and limit"],
    ),
    (
        "backup.rehearsal = { size = \"1Gi\" }",
        "UP0002",
        &["`backup.rehearsal` has no `size`: leave it out"],
    ),
    (
        "backup.replicas = 2",
        "UP0002",
        &["`backup` has no `replicas`: leave it out"],
    ),
    (
        "backup.size = \"1Gi\"",
        "UP0002",
        &["write `backup.volume.size` or `backup.drill.size`"],
    ),
    (
        "[backup.rehearsal]\nexclude = [\"a\"]",
        "UP0002",
        &["write `exclude` under [backup]"],
    ),
    (
        "[backup]\nlabels = { a = \"b\" }",
        "UP0002",
        &["write `labels` above the first table"],
    ),
    (
        "backup.rehearsal = { enabled = false }",
        "UP0002",
        &["write `rehearsal = false` under [backup]"],
    ),
    (
        "backup.drill = { enabled = false }",
        "UP0002",
        &["without it there is no drill"],
    ),
    (
        "backup.drill = { enabled = true }",
        "UP0002",
        &["leave it out: the table alone says so"],
    ),
    (
        "extra = 1",
        "UP0002",
        &["help: leave it out", "known keys here: name,"],
    ),
    // types
    ("kubernetes = 1.33", "UP0004", &["write `\"1.33\"`"]),
    (
        "name = 1",
        "UP0004",
        &["is an integer, but must be a string", "put it in quotes"],
    ),
    (
        "name = 2024-01-01",
        "UP0004",
        &["is a date or time", "put it in quotes"],
    ),
    (
        "databases = { name = \"a\" }",
        "UP0004",
        &["must be an array"],
    ),
    ("labels = \"a\"", "UP0004", &["must be a table"]),
    (
        "access.dns.port = \"53\"",
        "UP0004",
        &["write it without quotes"],
    ),
    ("access.dns.port = 53.5", "UP0004", &["must be an integer"]),
    (
        "access.dns.port = 9223372036854775808",
        "UP0004",
        &["an integer beyond 64 bits"],
    ),
    ("access.dns.port = inf", "UP0004", &["not finite"]),
    ("postgres.settings.max_connections = nan", "UP0004", &[]),
    ("postgres.settings.max_connections = [1]", "UP0004", &[]),
    (
        "labels = { 0 = 1 }",
        "UP0004",
        &["`labels.0` is an integer"],
    ),
    (
        "postgres.memory = 512",
        "UP0004",
        &["write it with a unit, in quotes: `\"512Mi\"`"],
    ),
    ("postgres.memory = 2", "UP0004", &["`\"2Gi\"`"]),
    (
        "backup.deadline = 20",
        "UP0004",
        &["write it with a unit, in quotes: `\"20s\"` for seconds, `\"20m\"` for minutes"],
    ),
    (
        "storage.size = 20",
        "UP0004",
        &["write it with a unit, in quotes: `\"20Gi\"`"],
    ),
    ("storage.reserve = 2", "UP0004", &["`\"2%\"`"]),
    ("postgres.cpu = 2", "UP0004", &["put it in quotes: `\"2\"`"]),
    (
        "postgres.memory = true",
        "UP0004",
        &["write a number and a unit"],
    ),
    (
        "backup.rehearsal = \"off\"",
        "UP0004",
        &["write `rehearsal = false` under [backup]"],
    ),
    (
        "restore.as_superuser = \"yes\"",
        "UP0004",
        &["write `as_superuser = true` under [restore]"],
    ),
    (
        "restore.as_superuser = 0",
        "UP0004",
        &["write `as_superuser = false` under [restore]"],
    ),
    (
        "restore.as_superuser = \"maybe\"",
        "UP0004",
        &["write `as_superuser = true` under [restore], or `false`"],
    ),
    (
        "backup.drill = false",
        "UP0004",
        &["leave the table out: without it there is no drill"],
    ),
    (
        "backup.drill = true",
        "UP0004",
        &["write a table: `[backup.drill]`"],
    ),
    (
        "backup = false",
        "UP0004",
        &[
            "a server is always backed up: leave the table out for a backup every night",
            "`exclude = [\"scratch\"]`",
        ],
    ),
    (
        "backup.volume.keep = 0",
        "UP0004",
        &["write `keep = { daily = 7 }` under [backup.volume]"],
    ),
    (
        "backup.schedules = [\"0 2 * * *\"]",
        "UP0004",
        &["write `{ name = \"nightly\", cron = \"0 2 * * *\" }`"],
    ),
    (
        "backup.schedules = [\"weekly\"]",
        "UP0004",
        &["write `{ name = \"weekly\", cron = \"15 2 * * *\" }`"],
    ),
    (
        "backup.schedules = \"0 2 * * *\"",
        "UP0004",
        &["write `schedules = [{ name = \"nightly\", cron = \"0 2 * * *\" }]` under [backup]"],
    ),
    (
        "backup.drill = { asserts = [\"select true\"] }",
        "UP0004",
        &["write `{ database = \"orders\", sql = \"select true\" }`"],
    ),
    (
        "databases = \"shop\"",
        "UP0004",
        &["write `databases = [{ name = \"shop\" }]`"],
    ),
    (
        "access.tls = \"orders-tls\"",
        "UP0004",
        &["`tls = { secret = \"orders-tls\" }` under [access]"],
    ),
    (
        "backup.verify = true",
        "UP0004",
        &["`verify = \"content\"`"],
    ),
    // choices and ranges
    ("kubernetes = \"1.32\"", "UP0005", &["`1.33`"]),
    (
        "storage.access_mode = \"readwriteonce\"",
        "UP0005",
        &["did you mean `ReadWriteOnce`?"],
    ),
    (
        "access.dns.port = 0",
        "UP0006",
        &["too small", "at least 1"],
    ),
    ("access.dns.port = 65536", "UP0006", &["at most 65535"]),
    ("access.dns.port = -1", "UP0006", &["too small"]),
    (
        "backup.verify = \"full\"",
        "UP0005",
        &["write for example `verify = \"content\"`"],
    ),
    (
        "backup.volume.keep = { minimum = 0 }",
        "UP0006",
        &[
            "`backup.volume.keep.minimum` is 0, which is too small",
            "write `minimum = 1` under [backup.volume.keep], or more",
        ],
    ),
    (
        "backup.schedules = []",
        "UP0006",
        &[
            "write for example `schedules = [{ name = \"nightly\", cron = \"15 2 * * *\" }]` under [backup], or leave it out",
        ],
    ),
    (
        "access.clients = [{ pods = {} }]",
        "UP0006",
        &["write for example `pods = { app = \"api\" }`"],
    ),
    // names
    ("name = \"\"", "UP0006", &["`name` is empty"]),
    ("name = \"My_DB\"", "UP0006", &["write `my-db`"]),
    (
        "name = \"9a\"",
        "UP0006",
        &["begins with a digit", "write `db-9a`"],
    ),
    (
        "name = \"../../etc/passwd\"",
        "UP0006",
        &["write `etc-passwd`"],
    ),
    ("name = \"-rf\"", "UP0006", &["write `rf`"]),
    ("name = \"a/b\"", "UP0006", &["holds `/`"]),
    ("name = \"a\\\\b\"", "UP0006", &["holds `\\`"]),
    ("name = \".git\"", "UP0006", &["holds `.`"]),
    ("name = \"$(rm -rf /)\"", "UP0006", &["holds `$`"]),
    ("name = \"`id`\"", "UP0006", &["holds a backtick"]),
    (
        "name = \"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq\"",
        "UP0006",
        &["43 characters", "at most 42"],
    ),
    ("namespace = \"Shop\"", "UP0006", &["write `shop`"]),
    ("namespace = \"kube-system\"", "UP0101", &[]),
    (
        "labels = { \"a b\" = \"c\" }",
        "UP0006",
        &["key `a b`", "holds a space"],
    ),
    (
        "labels = { a = \"b c\" }",
        "UP0006",
        &["`labels.a` holds a space"],
    ),
    (
        "labels = { \"app.kubernetes.io/name\" = \"x\" }",
        "UP0103",
        &[],
    ),
    ("labels = { \"underpin/workload\" = \"x\" }", "UP0103", &[]),
    ("databases = []", "UP0501", &["no database"]),
    (
        "databases = [{ name = \"\" }]",
        "UP0006",
        &["`databases[0].name` is empty"],
    ),
    (
        "databases = [{ name = \"ééééééééééééééééééééééééééééééééé\" }]",
        "UP0006",
        &["66 bytes", "after 63"],
    ),
    ("databases = [{ name = \"a\\nb\" }]", "UP0006", &["U+000A"]),
    (
        "databases = [{ name = \"a\\u001Bb\" }]",
        "UP0006",
        &["U+001B"],
    ),
    (
        "databases = [{ name = \"a\u{202e}b\" }]",
        "UP0006",
        &["U+202E"],
    ),
    (
        "databases = [{ name = \"a\u{61c}b\" }]",
        "UP0006",
        &["U+061C"],
    ),
    (
        "postgres.settings.application_name = \"a\\u0007b\"",
        "UP0006",
        &["U+0007"],
    ),
    (
        "databases = [{ name = \"template0\" }]",
        "UP0503",
        &["PostgreSQL's own"],
    ),
    (
        "databases = [{ name = \"a\", owner = \"postgres\" }]",
        "UP0503",
        &["superuser"],
    ),
    ("[[roles]]\nname = \"pg_x\"", "UP0503", &["keeps"]),
    (
        "databases = [{ name = \"a\" }, { name = \"a\" }]",
        "UP0501",
        &["listed twice"],
    ),
    (
        "roles = [{ name = \"a\" }, { name = \"a\" }]",
        "UP0502",
        &["listed twice"],
    ),
    (
        "roles = [{ name = \"a b\" }]",
        "UP0504",
        &["no key of a Secret"],
    ),
    (
        "roles = [{ name = \"a\", member_of = [\"pg_read_all_dat\"] }]",
        "UP0505",
        &["did you mean"],
    ),
    (
        "roles = [{ name = \"a\", member_of = [\"a\"] }]",
        "UP0505",
        &["member of itself"],
    ),
    ("secret = \"\"", "UP0006", &["`secret` is empty"]),
    ("secret = 5", "UP0004", &["must be a string or a table"]),
    ("secret = {}", "UP0003", &["missing key `external`"]),
    (
        "secret = { external = { store = \"vault\" } }",
        "UP0003",
        &["missing key `path` in `secret.external`", "shop/orders"],
    ),
    (
        "secret = { external = { stor = \"vault\", path = \"a\" } }",
        "UP0002",
        &["did you mean `store`?"],
    ),
    (
        "secret = { externl = { store = \"vault\", path = \"a\" } }",
        "UP0002",
        &["did you mean `external`?"],
    ),
    (
        "secret = { external = { store = \"Vault\", path = \"a\" } }",
        "UP0006",
        &["holds `V`"],
    ),
    (
        "secret = { external = { store = \"vault\", path = \"\" } }",
        "UP0006",
        &["`secret.external.path` is empty"],
    ),
    (
        "secret = { external = { store = \"vault\", path = \"a\", kind = \"ClusterSecretsStore\" } }",
        "UP0005",
        &["did you mean `ClusterSecretStore`?"],
    ),
    (
        "roles = [{ name = \"a\", password = { secret = \"s\", key = \"../x\" } }]",
        "UP0006",
        &["holds `/`"],
    ),
    (
        "roles = [{ name = \"a\", password = { secret = \"s\", key = \"..\" } }]",
        "UP0006",
        &["leave its folder"],
    ),
    (
        "roles = [{ name = \"a\", password = { secret = \"s\", key = \"k\" } }, { name = \"b\", password = { secret = \"s\", key = \"k\" } }]",
        "UP0506",
        &["same password as role `a`"],
    ),
    // quantities
    (
        "backup.rehearsal = { memory = \"512\" }",
        "UP0006",
        &["write `512Mi`"],
    ),
    ("postgres.memory = \"2\"", "UP0006", &["write `2Gi`"]),
    ("storage.size = \"10GB\"", "UP0006", &["write `10Gi`"]),
    ("storage.size = \"10gb\"", "UP0006", &["write `10Gi`"]),
    ("storage.size = \"10 Gi\"", "UP0006", &["write `10Gi`"]),
    ("storage.size = \"10GiB\"", "UP0006", &["write `10Gi`"]),
    ("storage.size = \"1,5Gi\"", "UP0006", &["write `1.5Gi`"]),
    ("storage.size = \"ten\"", "UP0006", &[]),
    ("storage.size = \"Gi\"", "UP0006", &[]),
    ("storage.size = \"0\"", "UP0006", &["is zero"]),
    ("storage.size = \"-1Gi\"", "UP0006", &[]),
    ("storage.size = \"1e100\"", "UP0006", &[]),
    ("storage.size = \"9999999Ei\"", "UP0006", &[]),
    ("storage.size = \"10\"", "UP0006", &["write `10Gi`"]),
    ("postgres.cpu = \"0.0000001\"", "UP0006", &[]),
    ("postgres.memory = \"512m\"", "UP0006", &["write `512Mi`"]),
    ("postgres.memory = \"64Mi\"", "UP0212", &[]),
    (
        "storage.reserve = \"60%\"",
        "UP0006",
        &["between 1% and 50%"],
    ),
    // resources and deadlines
    (
        "backup = { cpu = \"2\", cpu_limit = \"1\" }",
        "UP0213",
        &["the request is `2`", "write `cpu_limit = \"2\"`"],
    ),
    (
        "backup.rehearsal = { cpu_limit = \"50m\" }",
        "UP0213",
        &["the request is `100m`"],
    ),
    (
        "backup.drill = { cpu = \"2\", cpu_limit = \"1\" }",
        "UP0213",
        &["the request is `2`"],
    ),
    (
        "restore.cpu_limit = \"100m\"",
        "UP0213",
        &["the request is `250m`"],
    ),
    (
        "pooler = { cpu = \"2\", cpu_limit = \"1\" }",
        "UP0213",
        &["the request is `2`"],
    ),
    (
        "pooler.exporter = { cpu = \"2\", cpu_limit = \"1\" }",
        "UP0213",
        &["the request is `2`"],
    ),
    (
        "monitoring.exporter = { cpu_limit = \"10m\" }",
        "UP0213",
        &["the request is `20m`"],
    ),
    (
        "backup.rehearsal = { memory = \"16Mi\" }",
        "UP0714",
        &["at least 128Mi", "write `memory = \"512Mi\"`"],
    ),
    (
        "backup.drill = { memory = \"64Mi\" }",
        "UP0714",
        &["at least 128Mi"],
    ),
    ("backup.memory = \"16Mi\"", "UP0714", &["at least 32Mi"]),
    ("restore.memory = \"16Mi\"", "UP0714", &["at least 32Mi"]),
    (
        "backup = { deadline = \"1h\", rehearsal = { deadline = \"3h\" } }",
        "UP0715",
        &[
            "`backup.deadline` is 1h",
            "write `deadline = \"15m\"`, or leave it out",
        ],
    ),
    (
        "backup.rehearsal = { deadline = \"30d\" }",
        "UP0715",
        &[
            "`backup.deadline` is 4h",
            "write `deadline = \"30m\"`, or leave it out",
        ],
    ),
    // versions and images
    ("postgres.image = \"postgres:latest\"", "UP0201", &[]),
    ("postgres.image = \"postgres\"", "UP0201", &[]),
    ("postgres.image = \"postgres:17\"", "UP0203", &[]),
    (
        "postgres.image = \"postgres:14.20-bookworm\"",
        "UP0202",
        &[],
    ),
    ("postgres.image = \"postgres:19.1-trixie\"", "UP0202", &[]),
    (
        "postgres.image = \"https://docker.io/postgres:17.12-bookworm\"",
        "UP0006",
        &["scheme", "write `docker.io/postgres:17.12-bookworm`"],
    ),
    (
        "postgres.image = \"docker.io/Postgres:17.12-bookworm\"",
        "UP0006",
        &[],
    ),
    (
        "postgres.image = \"postgres :17.12-bookworm\"",
        "UP0006",
        &[],
    ),
    // settings
    (
        "postgres.settings.max_conections = 1",
        "UP0207",
        &["did you mean `max_connections`?"],
    ),
    ("postgres.settings.allow_alter_system = true", "UP0209", &[]),
    ("postgres.settings.fsync = false", "UP0210", &[]),
    ("postgres.settings.work_mem = \"1 banana\"", "UP0208", &[]),
    ("postgres.settings.port = 5433", "UP0209", &[]),
];

#[test]
fn each_bad_line_is_answered() {
    let wrong: Vec<String> = TABLE.iter().filter_map(unexpected).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What is not as the table has it.
fn unexpected((line, code, words): &(&str, &str, &[&str])) -> Option<String> {
    let spec = Spec::of(with(line));
    let output = spec.build(&[]);
    let said = said(&output);
    let error = format!("error[{code}]: ");
    let always = [error.as_str(), " --> database.toml:", "nothing was written"];
    // What a parser says of TOML is its own; all else says what to write.
    let way_out: &[&str] = if *code == "UP0001" {
        &[]
    } else {
        &["= help: "]
    };
    let missing: Vec<&&str> = always
        .iter()
        .chain(way_out)
        .chain(*words)
        .filter(|word| !said.contains(**word))
        .collect();
    let acts_on_a_terminal = said
        .chars()
        .any(|c| c != '\n' && underpin::diagnostic::is_hidden(c));
    let fine = output.status.code() == Some(1)
        && missing.is_empty()
        && !acts_on_a_terminal
        && !spec.folder.path().join("generated").exists();
    (!fine).then(|| format!("{line}: {}, without {missing:?}:\n{said}", output.status))
}

/// The same faults for programs: valid JSON, with a place inside the file.
#[test]
fn each_bad_line_is_answered_in_json() {
    for (line, code, _) in TABLE.iter().step_by(3) {
        let text = with(line);
        let faults = Spec::of(&text).faults();
        assert!(
            faults.iter().any(|fault| fault["code"] == *code),
            "{line}: {faults:?}"
        );
        for fault in faults {
            let place = &fault["place"];
            if !place.is_null() {
                assert!(
                    place["start"].as_u64() <= place["end"].as_u64(),
                    "{line}: {fault}"
                );
                assert!(
                    place["end"].as_u64().unwrap() <= text.len() as u64,
                    "{line}: {fault}"
                );
                assert!(
                    place["line"].as_u64().unwrap() >= 1 && place["column"].as_u64().unwrap() >= 1
                );
            }
        }
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let text = "name = \"My_DB\"\nnamespce = 1\n[storage]\nsize = \"10GB\"\nsiz = 1\n";
    let codes: Vec<_> = Spec::of(text)
        .faults()
        .into_iter()
        .map(|fault| fault["code"].clone())
        .collect();
    // Three keys are missing at the top, `image` among them in its table.
    assert_eq!(
        codes,
        [
            "UP0003", "UP0003", "UP0003", "UP0006", "UP0002", "UP0006", "UP0002"
        ]
    );
}

#[test]
fn the_good_spec_is_good() {
    let output = Spec::of(super::GOOD).build(&[]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(output.stderr, b"");
}
