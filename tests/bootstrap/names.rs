//! Names and passwords that would be something else to a shell, to psql, to SQL, to YAML or to the
//! kubelet: through the whole chain, from the TOML to the server.

use std::fmt::Write as _;

use serde_json::json;

use super::shop::{ask, log_in, sql};
use super::{OF_OUR_OWN, Shop, expect_lines};

const NAMES: [&str; 9] = [
    "we\"ird $(id) \\ ü",
    "a=b host=evil",
    "-rf",
    "'; drop table x; --",
    "{{x}}",
    "%s %I",
    "on",
    "$(PGHOST) $$(PGHOST)",
    "postgresql://evil/x?user=y",
];
const PASSWORDS: [&str; 9] = [
    "it's \"quoted\" $(id) `id` $HOME \\ \\\\",
    " leading and trailing ",
    "-rf",
    "'; drop role postgres; --",
    "{{x}}%s%%d\\n\\",
    "pässwörd ☃ 漢字",
    "on",
    "$(PGHOST) $$(PGHOST) $$",
    "\\q\\! touch /tmp/hacked",
];

/// Every name is a database, its owner, and a member of the next one's; JSON's strings are TOML's.
fn spec() -> String {
    let mut spec = String::from("databases = [\n");
    for name in NAMES {
        let name = json!(name);
        let _ = writeln!(
            spec,
            "{{ name = {name}, owner = {name}, extensions = ['pg_trgm'] }},"
        );
    }
    spec += "]\n";
    for (index, name) in NAMES.iter().enumerate() {
        let name = json!(name);
        let groups = NAMES
            .get(index + 1)
            .map_or(json!([]), |next| json!([next, "pg_monitor"]));
        let _ = writeln!(
            spec,
            "[[roles]]\nname = {name}\nmember_of = {groups}\npassword = {{ secret = 'hostile', key = 'k{index}' }}"
        );
    }
    spec
}

#[test]
fn hostile_names_and_passwords_arrive_as_they_are() {
    let shop = Shop::new(&spec(), &[("superuser", PASSWORDS[0])]);
    let keys: Vec<String> = (0..NAMES.len()).map(|index| format!("k{index}")).collect();
    let secret: Vec<(&str, &str)> = keys.iter().map(String::as_str).zip(PASSWORDS).collect();
    shop.cluster.secret("hostile", &secret);

    let server = shop.start_server();
    let result = shop.cluster.run_job(&shop.job);
    let log = result.expect_success().log();
    for name in NAMES {
        let name = json!(name);
        expect_lines(
            &log,
            &[
                &format!("event=role name={name} result=created"),
                &format!("event=password name={name} result=set"),
                &format!("event=database name={name} owner={name} result=created"),
                &format!("event=extension database={name} name=\"pg_trgm\" result=created"),
            ],
        );
    }

    let mut wanted: Vec<&str> = NAMES.to_vec();
    wanted.sort_unstable();
    let databases = "select json_agg(datname order by datname collate \"C\") from pg_database where oid >= 16384 and datname <> 'underpin'";
    let roles = "select json_agg(rolname order by rolname collate \"C\") from pg_roles where oid >= 16384 and rolname !~ '^underpin_'";
    for query in [databases, roles] {
        let found: Vec<String> = serde_json::from_str(&sql(&server, "postgres", query)).unwrap();
        assert_eq!(found, wanted, "{query}");
    }
    let marked = "select count(*) from pg_database where pg_get_userbyid(datdba) = datname
        and underpin.mark(oid, 'pg_database') = 'underpin: made by bootstrap' and datallowconn";
    assert_eq!(sql(&server, "underpin", marked), NAMES.len().to_string());
    let members = "select member::regrole || ' in ' || roleid::regrole from pg_auth_members where member >= 16384 and member::regrole::text !~ '^underpin_'";
    assert_eq!(
        sql(&server, "postgres", members).lines().count(),
        2 * (NAMES.len() - 1)
    );

    let client = shop.client();
    for (name, password) in NAMES.into_iter().zip(PASSWORDS) {
        let output = ask(
            &client,
            name,
            password,
            name,
            "select json_build_array(current_user, current_database(), public.show_limit()::text)",
        );
        let said: Vec<String> = serde_json::from_str(output.expect_success()).unwrap();
        assert_eq!(&said[..2], [name, name]);
    }
    let output = log_in(
        &client,
        NAMES[0],
        PASSWORDS[0].trim_end_matches('\\'),
        "postgres",
    );
    assert!(!output.success());

    // And once more: everything is known again under its name.
    let again = shop.again("again");
    let log = again.expect_success().log();
    assert_eq!(
        log.matches(" result=present").count(),
        5 * NAMES.len() - 2 + OF_OUR_OWN + 2 * NAMES.len(),
        "{log}"
    );
}
