//! Which keys: those that the pods of the same spec mount.

use super::{Secrets, printed, read, secrets, values};
use crate::{generate, runbook, tools};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use underpin::lower;
use underpin::password::{ALPHABET, LENGTH};
use underpin::source::Source;

type Keys = BTreeMap<String, BTreeSet<String>>;

/// Every key that a pod mounts; those that may be missing apart.
fn mounted(objects: &[Value]) -> (Keys, Keys) {
    let (mut needed, mut optional) = (Keys::new(), Keys::new());
    for object in objects {
        let pod = [
            "/spec/template/spec",
            "/spec/jobTemplate/spec/template/spec",
        ]
        .iter()
        .find_map(|path| object.pointer(path));
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        for volume in pod.into_iter().flat_map(|pod| list(&pod["volumes"])) {
            let projected = list(&volume["projected"]["sources"]).into_iter();
            let sources = projected.map(|source| source["secret"].clone());
            for secret in sources.chain([volume["secret"].clone()]) {
                let name = secret["name"].as_str().or(secret["secretName"].as_str());
                let Some(name) = name else { continue };
                let into = if secret["optional"] == true {
                    &mut optional
                } else {
                    &mut needed
                };
                let keys = list(&secret["items"]).into_iter();
                let keys = keys.map(|item| item["key"].as_str().unwrap().to_owned());
                into.entry(name.to_owned()).or_default().extend(keys);
            }
        }
    }
    (needed, optional)
}

fn keys(secrets: &Secrets) -> Keys {
    let keys = |values: &BTreeMap<String, String>| values.keys().cloned().collect();
    secrets
        .iter()
        .map(|(name, values)| (name.clone(), keys(values)))
        .collect()
}

/// What an ExternalSecret fetches, each key from the property of its name.
fn fetched(objects: &[Value]) -> Keys {
    let external = objects
        .iter()
        .filter(|object| object["kind"] == "ExternalSecret");
    let target = |object: &Value| {
        object["spec"]["target"]["name"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    external
        .map(|object| {
            let data = object["spec"]["data"].as_array().unwrap().iter();
            let keys = data.map(|data| {
                assert_eq!(data["secretKey"], data["remoteRef"]["property"]);
                data["secretKey"].as_str().unwrap().to_owned()
            });
            (target(object), keys.collect())
        })
        .collect()
}

/// Of what is printed and what is fetched, together, nothing is missing and nothing too much.
#[test]
fn they_are_those_that_the_pods_mount() {
    let mut specs = generate::committed();
    let listed = generate::listed().into_iter();
    specs.extend(listed.filter(|spec| spec.text.contains("\"secret\"")));
    specs.extend(runbook::specs().into_values().map(|text| Source {
        path: String::new(),
        text,
    }));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("database.toml");
    let (mut made, mut stored, mut elsewhere, mut certificates) = (0, 0, 0, 0);
    for spec in specs {
        let compiled = generate::compiled(&spec);
        let model = &compiled.model;
        let objects: Vec<Value> = lower::lower(model)
            .into_iter()
            .map(|object| object.value)
            .collect();
        let (mut needed, optional) = mounted(&objects);
        // The certificate's, which holds no password.
        if let Some(tls) = &model.access.tls {
            certificates += usize::from(needed.remove(&tls.secret.to_string()).is_some());
        }
        let fetched = fetched(&objects);
        stored += fetched.len();
        fs::write(&file, &spec.text).unwrap();
        let arguments = [&model.name.to_string(), "--specs", file.to_str().unwrap()];
        let namespace = model.namespace.to_string();
        let output = secrets(&arguments);
        if output.status.success() {
            let mut here = keys(&read(
                &String::from_utf8(output.stdout).unwrap(),
                &namespace,
            ));
            made += here.len();
            here.extend(fetched);
            assert_eq!(here, needed, "{}", spec.text);
        } else {
            // Nothing of it is made here, and the message names what is wanted.
            let said = String::from_utf8(output.stderr).unwrap();
            elsewhere += 1;
            assert!(!fetched.is_empty() || model.neon().is_some(), "{said}");
            for key in needed.values().flatten() {
                assert!(said.contains(&format!("`{key}`")), "{key}: {said}");
            }
        }
        if model.neon().is_none() {
            let restore = [&arguments[..], &["--restore"]].concat();
            assert_eq!(keys(&read(&printed(&restore), &namespace)), optional);
        }
    }
    assert!(
        made > 30 && stored > 4 && elsewhere > 5 && certificates > 1,
        "{made} {stored} {elsewhere} {certificates}"
    );
}

#[test]
fn values_are_strong_and_each_time_others() {
    let mut seen = BTreeSet::new();
    for _ in 0..20 {
        let secrets = read(&printed(&["orders"]), "shop");
        for value in values(&secrets) {
            assert_eq!(value.len(), LENGTH);
            assert!(
                value.bytes().all(|byte| ALPHABET.contains(&byte)),
                "{value}"
            );
            assert!(seen.insert(value.clone()), "twice: {value}");
        }
    }
    assert_eq!(seen.len(), 120);
    // Of 4800 signs each is there, but once in 10^31 runs of this test.
    let signs: BTreeSet<char> = seen.iter().flat_map(|value| value.chars()).collect();
    assert_eq!(signs.len(), ALPHABET.len());
    let bits = f64::from(u32::try_from(ALPHABET.len()).unwrap()).log2()
        * f64::from(u32::try_from(LENGTH).unwrap());
    assert!(bits > 190.0, "{bits}");
}

#[test]
fn one_key_is_what_kubectl_patch_takes() {
    let folder = tempfile::tempdir().unwrap();
    for (key, secret, name) in [
        ("backup", "orders-postgres", "backup"),
        ("report-db/password", "report-db", "password"),
    ] {
        let text = printed(&["orders", "--key", key]);
        let secrets = read(&text, "shop");
        assert_eq!(
            keys(&secrets),
            Keys::from([(secret.into(), [name.to_owned()].into())])
        );
        let put = |path: &Path, text: &str| fs::write(path, text).unwrap();
        let (patch, there) = (
            folder.path().join("patch"),
            folder.path().join("there.yaml"),
        );
        put(&patch, &text);
        put(
            &there,
            &format!(
                "apiVersion: v1\nkind: Secret\nmetadata: {{name: {secret}, namespace: shop}}\ntype: Opaque\ndata: {{{name}: b2xk, other: b2xk}}\n"
            ),
        );
        let mut kubectl = tools::kubectl();
        kubectl
            .args(["patch", "--local", "-o", "yaml", "-f"])
            .arg(&there)
            .arg("--patch-file")
            .arg(&patch);
        let patched: Value = serde_yaml::from_str(&tools::stdout(&mut kubectl)).unwrap();
        assert_eq!(patched["stringData"][name], secrets[secret][name]);
        assert_eq!(patched["data"]["other"], "b2xk");
    }
}

#[test]
fn what_is_not_made_here_is_said() {
    for (arguments, said) in [
        (
            &["orders", "--key", "neon"][..],
            "there are: `superuser`, `backup`, `reload`, `monitoring`, `role.orders`, `report-db/password`",
        ),
        (&["orders", "--key", "report-db/backup"], "no pod reads it"),
        (&["ledger"], "store `vault` holds the passwords of `ledger`"),
        (
            &["ledger", "--key", "role.auditor"],
            "fetches key `role.auditor` from `accounting/ledger` there",
        ),
        (&["signup"], "the passwords of `signup` are made at Neon"),
        (&["signup", "--restore"], "has no restore role"),
        (&["orders", "--namespace", "No"], "`--namespace No`"),
        (&["nobody"], "has the name `nobody`"),
    ] {
        let output = secrets(arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn an_overlay_s_namespace_can_be_said() {
    let there = read(
        &printed(&["orders", "--namespace", "elsewhere"]),
        "elsewhere",
    );
    assert_eq!(keys(&there), keys(&read(&printed(&["orders"]), "shop")));
}
