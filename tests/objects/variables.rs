//! What a container's variables come to, once Kubernetes has expanded them.

use super::expansion::expand;
use super::{GENERATED, objects, specs};
use crate::generate;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use underpin::model::Model;
use underpin::value::Identifier;

/// Names reach bootstrap as they stand in the spec, whatever they look like.
#[test]
fn names_arrive_unchanged() {
    for source in specs(GENERATED) {
        let compiled = generate::compiled(&source);
        let mut seen = 0;
        for (path, value) in objects(&compiled) {
            for container in containers(&value) {
                let variables = variables(container);
                if container["name"] == "bootstrap" {
                    let read =
                        |name: &str| serde_json::from_str::<Value>(&variables[name]).unwrap();
                    assert_eq!(read("DATABASES"), databases(&compiled.model), "{path}");
                    assert_eq!(names(&read("ROLES")), roles(&compiled.model), "{path}");
                    seen += 1;
                }
            }
        }
        let jobs = compiled.model.server().map_or(0, |_| 2);
        assert_eq!(seen, jobs, "the Job and the CronJob");
    }
}

/// The variables that speak of others: an overlay says the names.
const OF_OTHERS: [&str; 2] = ["DATA_SOURCE_NAME", "PG_EXPORTER_CONSTANT_LABELS"];

/// The variables that hold what people call things.
const NAMED: [&str; 13] = [
    "DATABASES",
    "ROLES",
    "DATABASE",
    "INTO",
    "INTO_OF_SPEC",
    "EXCLUDE",
    // At Neon.
    "PGDATABASE",
    "PGUSER",
    "BACKUP_ROLE",
    "RESTORE_ROLE",
    // Of a drill.
    "ASSERTS",
    "SETTINGS",
    // At a branch of it.
    "ROLE",
];

/// No other value holds anything that Kubernetes expands, nor does a command.
#[test]
fn nothing_else_is_expanded() {
    for source in specs(GENERATED) {
        for (path, value) in objects(&generate::compiled(&source)) {
            for container in containers(&value) {
                let constant = list(&container["env"])
                    .iter()
                    .filter(|variable| {
                        let name = variable["name"].as_str().unwrap();
                        !NAMED.contains(&name) && !OF_OTHERS.contains(&name)
                    })
                    .filter_map(|variable| variable["value"].as_str())
                    .chain(list(&container["command"]).iter().filter_map(Value::as_str))
                    .chain(list(&container["args"]).iter().filter_map(Value::as_str));
                for text in constant {
                    assert!(!text.contains('$'), "{path}: {text}");
                }
            }
        }
    }
}

fn containers(object: &Value) -> &[Value] {
    let pod = [
        "/spec/template/spec",
        "/spec/jobTemplate/spec/template/spec",
    ]
    .iter()
    .find_map(|pointer| object.pointer(pointer));
    pod.map_or(&[], |pod| list(&pod["containers"]))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// By name, each expanded with those before it.
fn variables(container: &Value) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for variable in list(&container["env"]) {
        if let Some(value) = variable["value"].as_str() {
            let value = expand(value, &variables);
            variables.insert(variable["name"].as_str().unwrap().to_owned(), value);
        }
    }
    variables
}

fn databases(model: &Model) -> Value {
    let database = |database: &underpin::model::Database| {
        let extensions: Vec<&str> = database.extensions.iter().map(Identifier::as_str).collect();
        json!({ "name": database.name.as_str(), "owner": database.owner.as_str(), "extensions": extensions })
    };
    let server = model.server();
    server
        .iter()
        .flat_map(|server| &server.databases)
        .map(database)
        .collect()
}

fn roles(model: &Model) -> Vec<(String, Vec<String>)> {
    let role = |role: &underpin::model::Role| {
        let groups = role.member_of.iter().map(ToString::to_string).collect();
        (role.name.to_string(), groups)
    };
    model.roles.iter().map(role).collect()
}

fn names(roles: &Value) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    list(roles)
        .iter()
        .map(|role| {
            (
                text(&role["name"]),
                list(&role["member_of"]).iter().map(text).collect(),
            )
        })
        .collect()
}
