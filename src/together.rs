//! Several specs of one repository: what they emit must not meet. Judged by the objects themselves, so
//! that no list of the names that Underpin derives is kept anywhere else.

use crate::audit::context::WORKLOAD;
use crate::diagnostic::{Diagnostic, Explanation, Severity};
use crate::lower::Object;
use crate::path;
use crate::spec::Document;
use serde_json::Value;
use std::collections::BTreeMap;

/// Two specs with one name.
pub const NAME_TWICE: Explanation = Explanation {
    code: "UP0104",
    title: "two specs with one name",
    text: "The name is the folder of the output and the beginning of every object's name, so each spec has its own. For the same database in several namespaces, write one spec and an overlay for each.",
    bad: "",
    good: "",
};

/// Two specs that make one object.
pub const MEET: Explanation = Explanation {
    code: "UP0108",
    title: "two specs that make one object",
    text: "Names of objects are derived from the spec's, so a spec `shop` makes the Service `shop-direct`, and a spec `shop-direct` in the same namespace makes it, too. The one that is applied last decides whom it reaches. Objects without a namespace are held against those of every namespace.\n\n`build` and `check` hold all specs against each other, also where a path names one below `specs`.",
    bad: "",
    good: "",
};

/// What is explained of several specs.
pub const EXPLANATIONS: [&Explanation; 2] = [&NAME_TWICE, &MEET];

/// What a spec takes for itself: a kind, with its group, and a name, with its namespace.
pub type Taken = (String, String);

/// What the objects of one spec take: themselves, the Secrets that other programs make for them, and
/// the pods that their label selects.
pub fn taken(objects: &[Object]) -> Vec<Taken> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut taken = Vec::new();
    for Object { value, .. } in objects {
        let metadata = &value["metadata"];
        let within = |name: &Value| match metadata["namespace"].as_str() {
            Some(namespace) => format!("{namespace}/{}", text(name)),
            None => text(name),
        };
        let kind = text(&value["kind"]);
        for secret in [
            &value["spec"]["secretName"],
            &value["spec"]["target"]["name"],
        ] {
            if matches!(kind.as_str(), "Certificate" | "ExternalSecret") && secret.is_string() {
                taken.push(("Secret".to_owned(), within(secret)));
            }
        }
        if let Some((labels, _)) = crate::audit::context::template(value) {
            let pods = &labels["labels"][WORKLOAD];
            taken.push((format!("pods with the label {WORKLOAD} ="), within(pods)));
        }
        taken.push((kind, within(&metadata["name"])));
    }
    taken.sort();
    taken.dedup();
    taken
}

/// One spec among others.
#[derive(Debug, Clone, Copy)]
pub struct Spec<'s> {
    /// Where it was found.
    pub path: &'s str,
    /// What it says.
    pub text: &'s str,
    /// Its name.
    pub name: &'s str,
    /// What it takes.
    pub taken: &'s [Taken],
}

/// What is wrong with each of them for those that stand before it.
pub fn judge(specs: &[Spec<'_>]) -> Vec<Option<Diagnostic>> {
    let mut names: BTreeMap<&str, &Spec<'_>> = BTreeMap::new();
    let mut all: BTreeMap<&Taken, &Spec<'_>> = BTreeMap::new();
    let mut judged = Vec::new();
    for spec in specs {
        if let Some(other) = names.get(spec.name) {
            judged.push(Some(name_twice(spec, other)));
            continue;
        }
        names.insert(spec.name, spec);
        let met: Vec<(&Taken, &Spec<'_>)> = spec
            .taken
            .iter()
            .filter_map(|one| Some((one, *all.get(one)?)))
            .collect();
        judged.push(met.first().map(|(_, other)| meet(spec, other, &met)));
        for one in spec.taken {
            all.entry(one).or_insert(spec);
        }
    }
    judged
}

fn name_twice(spec: &Spec<'_>, other: &Spec<'_>) -> Diagnostic {
    let message = format!("two specs have the name `{}`", spec.name);
    let mut diagnostic = at_name(NAME_TWICE.code, spec, message);
    diagnostic.label = Some(format!("also the name of {}", other.path));
    diagnostic.help = Some("rename one of them".into());
    diagnostic
}

/// More are counted.
const SHOWN: usize = 8;

fn meet(spec: &Spec<'_>, other: &Spec<'_>, met: &[(&Taken, &Spec<'_>)]) -> Diagnostic {
    let mut objects: Vec<String> = met
        .iter()
        .filter(|(_, one)| one.name == other.name)
        .map(|((kind, name), _)| format!("{kind} {name}"))
        .collect();
    // An object says more than the label of its pods.
    objects.sort_by_key(|object| object.contains(WORKLOAD));
    let message = format!(
        "`{}` and `{}` both make {}",
        spec.name, other.name, objects[0]
    );
    let mut diagnostic = at_name(MEET.code, spec, message);
    diagnostic.label = Some(format!("meets {}", other.path));
    if objects.len() > 1 {
        let more = objects.len().saturating_sub(SHOWN + 1);
        let mut note = objects[1..objects.len() - more].join(", ");
        if more > 0 {
            note = format!("{note}, and {more} more");
        }
        diagnostic.notes.push(format!("and {note}"));
    }
    diagnostic.help = Some(
        "rename one of them, so that neither name is the beginning of the other's objects'".into(),
    );
    diagnostic
}

fn at_name(code: &'static str, spec: &Spec<'_>, message: String) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(code, Severity::Error, message);
    diagnostic.key = "name".into();
    diagnostic.span = Document::parse(spec.text)
        .ok()
        .map(|document| document.place(&path!["name"]).value);
    diagnostic
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::compile;
    use crate::source::Source;

    /// The first fault of each of some specs, given by namespace, name and more lines.
    fn said(specs: &[(&str, &str, &str)]) -> Vec<String> {
        let compiled: Vec<_> = specs
            .iter()
            .map(|(namespace, name, more)| {
                let text = format!("name = \"{name}\"\nnamespace = \"{namespace}\"\npostgres.image = \"docker.io/library/postgres:17.12-bookworm\"\nstorage.size = \"10Gi\"\ndatabases = [{{ name = \"a\" }}]\n{more}");
                let source = Source { path: format!("{name}.toml"), text };
                let compilation = compile(&source);
                assert!(!compilation.failed(), "{:?}", compilation.diagnostics);
                (source, compilation.tree.unwrap())
            })
            .collect();
        let all: Vec<Spec<'_>> = compiled
            .iter()
            .map(|(source, compiled)| Spec {
                path: &source.path,
                text: &source.text,
                name: &compiled.tree.name,
                taken: &compiled.taken,
            })
            .collect();
        judge(&all)
            .into_iter()
            .map(|one| {
                one.map(|one| format!("{} {}", one.code, one.message))
                    .unwrap_or_default()
            })
            .collect()
    }

    const POOLER: &str = "[pooler]\n";
    const LOCAL: &str = "storage.volume.local = { path = \"/mnt/x\", node = \"n\" }\n";

    #[test]
    fn what_two_specs_emit_must_not_meet() {
        for (one, other, meets) in [
            (
                ("shop", "shop", ""),
                ("shop", "shop-direct", ""),
                "Service shop/shop-direct",
            ),
            (
                ("shop", "shop-direct", ""),
                ("shop", "shop", ""),
                "Service shop/shop-direct",
            ),
        ] {
            let said = said(&[one, other]);
            assert_eq!(said[0], "");
            let message = format!("UP0108 `{}` and `{}` both make {meets}", other.1, one.1);
            assert_eq!(said[1], message);
        }
    }

    #[test]
    fn the_same_name_is_said_as_such() {
        let said = said(&[("shop", "shop", ""), ("bi", "shop", "")]);
        assert_eq!(said, ["", "UP0104 two specs have the name `shop`"]);
    }

    #[test]
    fn others_live_beside_each_other() {
        for (one, other) in [
            (("shop", "shop", ""), ("bi", "shop-direct", "")),
            (("shop", "shop", POOLER), ("shop", "shop-orders", POOLER)),
            (("a-b", "c", LOCAL), ("a", "b-c", LOCAL)),
        ] {
            assert_eq!(said(&[one, other]), ["", ""]);
        }
    }

    /// A spec that is called as one of another's objects is: whatever Underpin derives, now or later.
    #[test]
    fn every_derived_name_of_a_service_is_taken() {
        let with = "[pooler]\nexporter = true\n[monitoring]\nexporter = true\n[access]\ntls = { secret = \"a\" }\n";
        let text = format!(
            "name = \"shop\"\nnamespace = \"shop\"\npostgres.image = \"docker.io/library/postgres:17.12-bookworm\"\nstorage.size = \"10Gi\"\ndatabases = [{{ name = \"a\" }}]\n{with}"
        );
        let compiled = compile(&Source {
            path: String::new(),
            text,
        })
        .tree
        .unwrap();
        let services: Vec<&str> = compiled
            .taken
            .iter()
            .filter(|(kind, _)| kind == "Service")
            .map(|(_, name)| name.strip_prefix("shop/").unwrap())
            .collect();
        assert!(services.len() > 2, "{services:?}");
        for service in services.into_iter().filter(|name| *name != "shop") {
            let said = said(&[("shop", "shop", with), ("shop", service, "")]);
            assert!(said[1].starts_with("UP0108"), "{service}: {said:?}");
        }
    }
}
