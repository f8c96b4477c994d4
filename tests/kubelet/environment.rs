//! A container's environment, command and arguments, as the kubelet makes them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::expand::expand;
use super::facts::Facts;
use super::objects::{Objects, list, text};

/// Name and value, in the order in which they were said; a later one replaces an earlier one.
pub(crate) type Environment = Vec<(String, String)>;

/// The environment of a container: the image's, the pod's, the Services'.
pub(crate) fn environment(
    container: &Value,
    image: &Environment,
    services: &Environment,
    facts: &Facts,
    objects: &Objects,
) -> Result<Environment, String> {
    let mut own: BTreeMap<String, String> = BTreeMap::new();
    let known: BTreeMap<String, String> = services.iter().cloned().collect();
    for variable in list(&container["env"]) {
        let name = text(variable, "/name").to_owned();
        let value = match &variable["valueFrom"] {
            Value::Null => {
                let written = match &variable["value"] {
                    Value::Null => "",
                    Value::String(written) => written,
                    other => return Err(format!("env {name}: the value is not a string: {other}")),
                };
                Some(expand(written, |reference| {
                    own.get(reference).or_else(|| known.get(reference)).cloned()
                }))
            }
            from => value_from(from, facts, objects)?,
        };
        if let Some(value) = value {
            own.insert(name, value);
        }
    }
    let mut all: BTreeMap<String, String> = image.iter().cloned().collect();
    all.insert("HOSTNAME".to_owned(), facts.name.clone());
    all.extend(known);
    all.extend(own);
    Ok(all.into_iter().collect())
}

/// The home directory that the container runtime looks up when nobody said one.
pub(crate) fn add_home(environment: &mut Environment, home: &str) {
    if !environment.iter().any(|(name, _)| name == "HOME") {
        environment.push(("HOME".to_owned(), home.to_owned()));
    }
}

/// Command and arguments, expanded; without a command the image's entrypoint would run.
pub(crate) fn command(container: &Value, environment: &Environment) -> Result<Vec<String>, String> {
    let known: BTreeMap<String, String> = environment.iter().cloned().collect();
    let words: Vec<String> = ["command", "args"]
        .iter()
        .flat_map(|part| list(&container[part]))
        .map(|word| {
            let word = word
                .as_str()
                .ok_or_else(|| format!("this word of a command is not a string: {word}"))?;
            Ok(expand(word, |name| known.get(name).cloned()))
        })
        .collect::<Result<_, String>>()?;
    if list(&container["command"]).next().is_none() {
        return Err("a container without a command would run the image's entrypoint".to_owned());
    }
    Ok(words)
}

/// A probe's command: the kubelet expands it with the values that stand in the YAML, and no others.
pub(crate) fn probe_command(probe: &Value, container: &Value) -> Vec<String> {
    let known: BTreeMap<&str, &str> = list(&container["env"])
        .filter(|variable| variable["valueFrom"].is_null())
        .map(|variable| (text(variable, "/name"), text(variable, "/value")))
        .collect();
    list(&probe["exec"]["command"])
        .filter_map(Value::as_str)
        .map(|word| {
            expand(word, |name| {
                known.get(name).map(|value| (*value).to_owned())
            })
        })
        .collect()
}

/// The variables that every container gets for the API server and, with service links, for every
/// Service.
pub(crate) fn service_links(facts: &Facts, addresses: &[(String, String, u64)]) -> Environment {
    let api = [("kubernetes".to_owned(), "10.2.0.1".to_owned(), 443)];
    let linked = facts.spec["enableServiceLinks"] != Value::Bool(false);
    let mut links = Environment::new();
    for (name, address, port) in api.iter().chain(addresses.iter().filter(|_| linked)) {
        let upper = name.to_uppercase().replace('-', "_");
        links.push((format!("{upper}_SERVICE_HOST"), address.clone()));
        links.push((format!("{upper}_SERVICE_PORT"), port.to_string()));
        links.push((format!("{upper}_PORT"), format!("tcp://{address}:{port}")));
    }
    links
}

fn value_from(from: &Value, facts: &Facts, objects: &Objects) -> Result<Option<String>, String> {
    if !from["fieldRef"].is_null() {
        return facts.field(text(from, "/fieldRef/fieldPath")).map(Some);
    }
    for (source, kind, noun) in [
        ("secretKeyRef", "Secret", "secret"),
        ("configMapKeyRef", "ConfigMap", "configmap"),
    ] {
        let reference = &from[source];
        if reference.is_null() {
            continue;
        }
        let (name, key) = (text(reference, "/name"), text(reference, "/key"));
        let optional = reference["optional"] == Value::Bool(true);
        let Some(content) = objects.content(kind, name) else {
            return if optional {
                Ok(None)
            } else {
                Err(format!("{noun} \"{name}\" not found"))
            };
        };
        return match content.get(key) {
            Some(value) => Ok(Some(String::from_utf8_lossy(value).into_owned())),
            None if optional => Ok(None),
            None => Err(format!(
                "couldn't find key {key} in {kind} {}/{name}",
                facts.namespace
            )),
        };
    }
    Err("valueFrom names no source".to_owned())
}
