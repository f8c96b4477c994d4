//! The overlay that README shows for a preview.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::Folder;
use crate::generate;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
const FILE: &str = "# overlays/pr-42/kustomization.yaml\n";

/// It names the branch, and leaves the rest of the pod as it was.
#[test]
fn names_its_branch_and_nothing_else() {
    let folder = Folder::new();
    let preview = generate::committed().into_iter();
    let mut preview = preview.filter(|source| source.text.contains("[neon.branch]"));
    let compiled = generate::compiled(&preview.next().unwrap());
    folder.base(&compiled);
    let readme = fs::read_to_string(Path::new(README)).unwrap();
    let (_, overlay) = readme.split_once(FILE).unwrap();
    let overlay = overlay.split("```").next().unwrap();
    assert_eq!(overlay.matches("../../generated/preview").count(), 1);
    let overlay = overlay.replace("../../generated/", "../");
    folder.put("pr-42/kustomization.yaml", &overlay);

    let (before, after) = (deployment(&folder, "preview"), deployment(&folder, "pr-42"));
    assert_eq!(after["metadata"]["namespace"], "pr-42");
    let (mut before, mut after) = (before["spec"].clone(), after["spec"].clone());
    let mut expected = environment(&mut before);
    let branch = expected.insert("BRANCH".into(), "preview/pr-42".into());
    assert_eq!(branch.unwrap(), "preview/pr-7");
    assert_eq!(environment(&mut after), expected);
    assert!(after == before, "{after}");
}

/// Takes the variables of what sees to the branch, by name: a patch puts its own first.
fn environment(spec: &mut Value) -> BTreeMap<String, Value> {
    let variables = spec["template"]["spec"]["initContainers"][0]["env"].take();
    let variables = variables.as_array().unwrap().iter();
    let name = |variable: &Value| variable["name"].as_str().unwrap().to_owned();
    variables
        .map(|variable| (name(variable), variable["value"].clone()))
        .collect()
}

fn deployment(folder: &Folder, name: &str) -> Value {
    let objects = folder.render(name).into_iter();
    let mut values = objects.map(|object| object.value.into_owned());
    values.find(|value| value["kind"] == "Deployment").unwrap()
}
