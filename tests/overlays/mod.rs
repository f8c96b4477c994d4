//! A real kustomize over what we emit: names that it changed still lead to each other, and what
//! no overlay may do is found by `audit`.

mod names;
mod preview;

use crate::{generate, tools};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use underpin::audit::{self, Finding, read};
use underpin::compile::Compiled;
use underpin::diagnostic::Severity;
use underpin::source::Source;

/// How many generated specs stand beside the committed and the listed ones.
const GENERATED: usize = 3;

/// Overlays that need no line for Underpin's sake.
pub(crate) const FINE: &[(&str, &str)] = &[
    ("as it is", ""),
    ("prefix", "namePrefix: staging-\n"),
    ("suffix", "nameSuffix: -eu\n"),
    ("namespace", "namespace: elsewhere\n"),
    (
        "labels",
        "labels:\n- pairs: {stage: \"on\"}\n  includeTemplates: true\n",
    ),
    (
        "image",
        "images:\n- name: docker.io/library/postgres\n  newName: mirror.example/postgres\n",
    ),
    (
        "all",
        "namePrefix: staging-\nnameSuffix: -eu\nnamespace: elsewhere\nlabels:\n- pairs: {stage: \"on\"}\nimages:\n- name: docker.io/library/postgres\n  newName: mirror.example/postgres\n",
    ),
];

/// Overlays that break the base, and the code with which `audit` says so.
const BROKEN: &[(&str, &str, &str)] = &[
    (
        "labels in selectors",
        "labels:\n- pairs: {stage: staging}\n  includeSelectors: true\n",
        "UP0935",
    ),
    (
        "common labels",
        "commonLabels: {stage: staging}\n",
        "UP0935",
    ),
];

/// Bases and overlays of one test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Writes a spec's tree as the base `<name>`.
    pub(crate) fn base(&self, compiled: &Compiled) {
        for (path, text) in &compiled.tree.files {
            self.put(&format!("{}/{path}", compiled.tree.name), text);
        }
    }

    /// Writes the overlay `<name>` of some folders.
    pub(crate) fn overlay(&self, name: &str, of: &[&str], lines: &str) {
        let line = |base: &&str| format!("- ../{base}\n");
        let resources = of.iter().map(line).collect::<Vec<_>>().concat();
        let text = format!("resources:\n{resources}{lines}");
        self.put(&format!("{name}/kustomization.yaml"), &text);
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// What kustomize makes of a folder.
    pub(crate) fn render(&self, name: &str) -> Vec<audit::Object<'static>> {
        let mut command = tools::kubectl();
        let text = tools::stdout(command.arg("kustomize").arg(self.path().join(name)));
        read::parse(name, &text).unwrap()
    }
}

/// The committed specs, those of the list with a volume of their own, one of each other kind.
fn specs() -> Vec<Source> {
    let mut specs = generate::committed();
    let all = generate::listed();
    let with = |text: &'static str| all.iter().find(move |source| source.text.contains(text));
    let chosen = [
        "\"local\" = ",
        "\"host_path\" = ",
        "\"nfs\" = ",
        "\"csi\" = ",
        "\"tolerations\" = ",
    ];
    specs.extend(chosen.map(|text| with(text).unwrap().clone()));
    specs.extend(generate::many(GENERATED));
    specs
}

/// A spec with a volume from a class.
fn minimal() -> Source {
    let minimal = |source: &Source| source.text.contains("\"minimal\"");
    generate::committed().into_iter().find(minimal).unwrap()
}

fn errors(findings: &[Finding]) -> Vec<&Finding> {
    let error = |finding: &&Finding| finding.severity == Severity::Error;
    findings.iter().filter(error).collect()
}

#[test]
fn names_resolve_in_every_overlay() {
    for source in specs() {
        let compiled = generate::compiled(&source);
        let folder = Folder::new();
        folder.base(&compiled);
        for (index, (about, lines)) in FINE.iter().enumerate() {
            let overlay = format!("overlay-{index}");
            folder.overlay(&overlay, &[&compiled.tree.name], lines);
            let objects = folder.render(&overlay);
            assert_eq!(
                errors(&audit::audit(&objects)),
                Vec::<&Finding>::new(),
                "{about}:\n{}",
                source.text
            );
            let objects: Vec<Value> = objects
                .into_iter()
                .map(|object| object.value.into_owned())
                .collect();
            assert_eq!(
                names::dangling(&objects),
                Vec::<String>::new(),
                "{about}:\n{}",
                source.text
            );
        }
    }
}

/// The names did change, and the namespace: the test above compares with nothing.
#[test]
fn overlays_reach_every_name() {
    let compiled = generate::compiled(&minimal());
    let folder = Folder::new();
    folder.base(&compiled);
    folder.overlay("overlay", &[&compiled.tree.name], FINE.last().unwrap().1);
    for object in folder.render("overlay") {
        let name = object.value["metadata"]["name"].as_str().unwrap();
        assert!(
            name.starts_with("staging-") && name.ends_with("-eu"),
            "{name}"
        );
        assert_eq!(object.value["metadata"]["namespace"], "elsewhere", "{name}");
        let text = object.value.to_string();
        assert!(!text.contains("\"docker.io/library/postgres"), "{name}");
    }
}

#[test]
fn what_breaks_the_base_is_found() {
    for source in generate::committed() {
        let compiled = generate::compiled(&source);
        let folder = Folder::new();
        folder.base(&compiled);
        for (index, (about, lines, code)) in BROKEN.iter().enumerate() {
            let overlay = format!("overlay-{index}");
            folder.overlay(&overlay, &[&compiled.tree.name], lines);
            let findings = audit::audit(&folder.render(&overlay));
            assert!(
                errors(&findings)
                    .iter()
                    .any(|finding| finding.code == *code),
                "{about}: {findings:#?}"
            );
        }
    }
}

/// Patches that take from a server what keeps its data, and the code with which `audit` says so.
const WEAKENED: &[(&str, &str, &str)] = &[
    (
        "no lock on the volume",
        "patches:\n- target: {kind: StatefulSet}\n  patch: |-\n    - {op: replace, path: /spec/template/spec/containers/0/command, value: [postgres]}\n",
        "UP0954",
    ),
    (
        "arguments",
        "patches:\n- target: {kind: CronJob}\n  patch: |-\n    - {op: add, path: /spec/jobTemplate/spec/template/spec/containers/0/args, value: [x]}\n",
        "UP0954",
    ),
    (
        "everybody logs in",
        "patches:\n- target: {kind: ConfigMap, name: minimal-settings}\n  patch: |-\n    - {op: add, path: /data/pg_hba.conf, value: host all all all trust}\n",
        "UP0954",
    ),
    (
        "another script",
        "patches:\n- target: {kind: ConfigMap, name: minimal-server-scripts}\n  patch: |-\n    - {op: add, path: /data/start.sh, value: exec postgres}\n",
        "UP0954",
    ),
    (
        "processes are shared",
        "patches:\n- target: {kind: StatefulSet}\n  patch: |-\n    - {op: add, path: /spec/template/spec/shareProcessNamespace, value: true}\n",
        "UP0901",
    ),
    (
        "a container that reads the data",
        "patches:\n- target: {kind: StatefulSet}\n  patch: |-\n    - {op: add, path: /spec/template/spec/containers/-, value: {name: x, image: \"x:1\", volumeMounts: [{name: data, mountPath: /x}]}}\n",
        "UP0954",
    ),
    (
        "a Secret at another place",
        "patches:\n- target: {kind: StatefulSet}\n  patch: |-\n    - {op: add, path: /spec/template/spec/containers/0/volumeMounts/-, value: {name: secrets, mountPath: /x}}\n",
        "UP0954",
    ),
];

/// A Service that an overlay adds.
const OUTSIDE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: outside, namespace: default}\nspec:\n  type: LoadBalancer\n  selector: {underpin/workload: minimal-server}\n";

#[test]
fn what_weakens_a_server_is_found() {
    let compiled = generate::compiled(&minimal());
    let namespace = compiled.model.namespace.to_string();
    let folder = Folder::new();
    folder.base(&compiled);
    folder.put(
        "outside/service.yaml",
        &OUTSIDE.replace("default", &namespace),
    );
    folder.put("outside/kustomization.yaml", "resources: [service.yaml]\n");
    folder.overlay("open", &[&compiled.tree.name, "outside"], "");
    found("a way in from outside", &folder.render("open"), "UP0938");
    for (index, (about, lines, code)) in WEAKENED.iter().enumerate() {
        let overlay = format!("overlay-{index}");
        folder.overlay(&overlay, &[&compiled.tree.name], lines);
        found(about, &folder.render(&overlay), code);
    }
}

fn found(about: &str, objects: &[audit::Object<'_>], code: &str) {
    let findings = audit::audit(objects);
    assert!(
        errors(&findings).iter().any(|one| one.code == code),
        "{about}: {findings:#?}"
    );
}

/// Two copies of one base in one namespace: one label selects the pods of both.
#[test]
fn two_copies_in_one_namespace_are_found() {
    let findings = two_overlays(&minimal(), ["namePrefix: a-\n", "namePrefix: b-\n"]);
    assert!(
        errors(&findings)
            .iter()
            .any(|finding| finding.code == "UP0936"),
        "{findings:#?}"
    );
}

#[test]
fn two_copies_in_two_namespaces_are_fine() {
    let findings = two_overlays(&minimal(), ["namespace: a\n", "namespace: b\n"]);
    assert_eq!(errors(&findings), Vec::<&Finding>::new());
}

/// A static volume is of the cluster and not of a namespace: two overlays would share one.
#[test]
fn a_static_volume_of_two_overlays_is_found() {
    let listed = generate::listed();
    let local = listed
        .iter()
        .find(|source| source.text.contains("\"local\" = "))
        .unwrap();
    let overlays = [
        "namespace: a\nnameSuffix: -a\n",
        "namespace: b\nnameSuffix: -b\n",
    ];
    let findings = two_overlays(local, overlays);
    assert!(
        errors(&findings)
            .iter()
            .any(|finding| finding.code == "UP0927"),
        "{findings:#?}"
    );
}

fn two_overlays(source: &Source, lines: [&str; 2]) -> Vec<Finding> {
    let compiled = generate::compiled(source);
    let folder = Folder::new();
    folder.base(&compiled);
    folder.overlay("first", &[&compiled.tree.name], lines[0]);
    folder.overlay("second", &[&compiled.tree.name], lines[1]);
    let mut objects = folder.render("first");
    objects.extend(folder.render("second"));
    audit::audit(&objects)
}
