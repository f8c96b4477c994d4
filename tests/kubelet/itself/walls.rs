//! What a container may not do, and what is refused before it runs.

use std::fs;

use serde_json::{Value, json};

use super::{IMAGE, SOON, fail, mount, panic_message, push, script, start, succeed};
use crate::kubelet::{Cluster, Phase};

#[test]
fn a_read_only_root_without_a_writable_tmp_breaks_what_needs_one() {
    let cluster = Cluster::new();
    let here_document = "cat <<<x >/tmp/file && cat /tmp/file";
    let mut pod = script(here_document);
    succeed(&cluster, pod.clone());
    pod["spec"]["containers"][0]["volumeMounts"] = json!([]);
    let log = fail(&cluster, pod);
    assert!(log.contains("Read-only file system"), "{log}");
}

#[test]
fn the_root_is_written_to_only_where_it_may_be() {
    let cluster = Cluster::new();
    let mut pod = script(
        "for d in / /etc /var/lib/postgresql /run/postgresql; do touch $d/x || echo no $d; done 2>/dev/null",
    );
    assert_eq!(succeed(&cluster, pod.clone()).lines().count(), 4);
    pod["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"] = json!(false);
    assert_eq!(succeed(&cluster, pod.clone()), "no /\nno /etc\n");
    // A root of its own for every container: nothing was left.
    assert_eq!(succeed(&cluster, pod), "no /\nno /etc\n");
}

#[test]
fn one_user_no_capability_no_way_up() {
    let cluster = Cluster::new();
    let mut pod = script(
        "id -u; id -g; id -G; grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs' /proc/self/status",
    );
    pod["spec"]["securityContext"]["supplementalGroups"] = json!([4711]);
    pod["spec"]["securityContext"]["runAsGroup"] = json!(1234);
    let log = succeed(&cluster, pod);
    assert!(log.starts_with("999\n1234\n1234 999 4711\n"), "{log}");
    assert_eq!(log.matches("0000000000000000").count(), 5, "{log}");
    assert!(log.contains("NoNewPrivs:\t1"), "{log}");
}

#[test]
fn capabilities_that_nobody_drops_stay() {
    let cluster = Cluster::new();
    let mut pod = script("chown 5 /tmp");
    pod["spec"]["securityContext"] = json!({});
    pod["spec"]["containers"][0]["securityContext"] = json!({});
    succeed(&cluster, pod.clone());
    pod["spec"]["containers"][0]["securityContext"] =
        json!({ "capabilities": { "drop": ["ALL"] } });
    assert!(fail(&cluster, pod.clone()).contains("Operation not permitted"));
    pod["spec"]["containers"][0]["securityContext"] =
        json!({ "capabilities": { "drop": ["ALL"], "add": ["CHOWN"] } });
    succeed(&cluster, pod);
}

#[test]
fn the_command_is_the_first_process_and_sees_no_other() {
    let cluster = Cluster::new();
    let log = succeed(
        &cluster,
        script(
            "echo $$$$; echo /proc/[0-9]*; cat /proc/1/cmdline | tr '\\0' ' '; read && echo input; true",
        ),
    );
    assert!(log.starts_with("1\n/proc/1\nbash -c echo"), "{log}");
    assert!(!log.contains("input\n"), "{log}");
}

#[test]
fn exec_is_the_same_user_with_the_same_environment() {
    let cluster = Cluster::new();
    let mut pod = script("sleep infinity");
    pod["spec"]["containers"][0]["env"] = json!([{ "name": "A", "value": "a b" }]);
    pod["spec"]["containers"][0]["workingDir"] = json!("/tmp");
    let pod = start(&cluster, pod);
    pod.wait_ready(SOON);
    pod.wait_until("bash has become sleep", SOON, |pod| {
        !pod.processes("sleep").is_empty()
    });
    let output = pod.exec(&[
        "bash",
        "-c",
        "echo $(id -u) $A $PWD $(cat /proc/1/comm) $(hostname); cat; touch /x",
    ]);
    assert_eq!(output.stdout, "999 a b /tmp sleep p\n");
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("Read-only"), "{output:?}");
    assert_eq!(pod.exec_with_input(&["cat"], "line\n").stdout, "line\n");
}

#[test]
fn root_is_refused_where_nobody_may_be_root() {
    let cluster = Cluster::new();
    let mut pod = script("true");
    pod["spec"]["securityContext"]["runAsUser"] = json!(0);
    let refused = start(&cluster, pod.clone());
    refused.wait_for_event("container's runAsUser breaks non-root policy", SOON);
    pod["spec"]["securityContext"]["runAsUser"] = json!(null);
    let refused = start(&cluster, pod);
    refused.wait_for_event(
        "container has runAsNonRoot and image will run as root",
        SOON,
    );
}

#[test]
fn an_unknown_field_fails_the_test_wherever_it_stands() {
    let cluster = Cluster::new();
    for (place, field, path) in [
        ("/spec", "hostNetwork", "spec.hostNetwork"),
        (
            "/spec/securityContext",
            "sysctls",
            "spec.securityContext.sysctls",
        ),
        (
            "/spec/containers/0",
            "envFrom",
            "spec.containers[0].envFrom",
        ),
        ("/spec/containers/0", "comand", "spec.containers[0].comand"),
        (
            "/spec/containers/0/volumeMounts/0",
            "subPathExpr",
            "spec.containers[0].volumeMounts[0].subPathExpr",
        ),
        ("/spec/volumes/0", "hostPath", "spec.volumes[0].hostPath"),
        (
            "/spec/volumes/0/emptyDir",
            "size",
            "spec.volumes[0].emptyDir.size",
        ),
    ] {
        let mut pod = script("true");
        pod.pointer_mut(place).unwrap()[field] = json!({});
        let message = panic_message(|| cluster.apply(pod));
        assert!(message.ends_with(path), "{message}");
    }
    let template = script("true");
    let mut job = json!({ "kind": "Job", "metadata": { "name": "j" }, "spec": {
        "template": { "spec": template["spec"] },
    } });
    cluster.apply(job.clone());
    job["spec"]["template"]["spec"]["containers"][0]["livenessProbe"] = json!({ "grpc": {} });
    let message = panic_message(|| cluster.apply(job));
    assert!(
        message.ends_with("spec.template.spec.containers[0].livenessProbe.grpc"),
        "{message}"
    );
}

#[test]
fn what_is_not_here_is_refused_with_a_reason() {
    let cluster = Cluster::new();
    let refuse = |change: &dyn Fn(&mut Value), event: &str| {
        let mut pod = script("true");
        change(&mut pod["spec"]["containers"][0]);
        start(&cluster, pod).wait_for_event(event, SOON);
    };
    refuse(
        &|main| main["image"] = json!("nginx:1.27-alpine"),
        "does not know the image `nginx:1.27-alpine`",
    );
    refuse(
        &|main| main["image"] = json!("postgres:17"),
        "does not know the image `postgres:17`",
    );
    refuse(
        &|main| main["command"] = json!([]),
        "would run the image's entrypoint",
    );
    refuse(
        &|main| {
            push(
                &mut main["volumeMounts"],
                json!({ "name": "none", "mountPath": "/n" }),
            );
        },
        "mounts the volume `none`, which the pod has not",
    );
    let mut pod = script("true");
    pod["spec"]["serviceAccountName"] = json!("nobody");
    let message = panic_message(|| start(&cluster, pod));
    assert!(
        message.contains("serviceaccount \"nobody\" not found"),
        "{message}"
    );
    let mut pod = script("true");
    pod["spec"]["automountServiceAccountToken"] = json!(null);
    let message = panic_message(|| start(&cluster, pod));
    assert!(message.contains("would be given a token"), "{message}");
}

#[test]
fn an_image_has_its_own_programs_and_no_others() {
    let cluster = Cluster::new();
    let names = "postgres psql bash awk flock gpg python3 curl jq ps ip kubectl cargo";
    let look = format!("for p in {names}; do type -P $p >/dev/null && echo -n \"$p \"; done; true");
    assert_eq!(
        succeed(&cluster, script(&look)),
        "postgres psql bash awk flock gpg "
    );
    let mut pod = script(
        "postgres --version; stat --version 2>&1 | head -1; flock -w 1 /tmp/l true; flock /tmp/l echo locked",
    );
    pod["spec"]["containers"][0]["image"] =
        json!(IMAGE.replace("17.12-bookworm", "18.1-alpine3.22"));
    let log = succeed(&cluster, pod);
    assert!(
        log.contains("18.6") && log.contains("stat: unrecognized option '--version'"),
        "{log}"
    );
    assert!(
        log.contains("flock: unrecognized option: w\nlocked\n"),
        "{log}"
    );
}

#[test]
fn shared_memory_is_writable_and_a_mount_covers_it() {
    let cluster = Cluster::new();
    let mut pod = script("touch /dev/shm/x && df --output=size -B1M /dev/shm | tail -1");
    assert_eq!(succeed(&cluster, pod.clone()).trim(), "64");
    mount(
        &mut pod,
        "/dev/shm",
        json!({ "emptyDir": { "medium": "Memory", "sizeLimit": "8Mi" } }),
    );
    assert_eq!(succeed(&cluster, pod).trim(), "8");
}

#[test]
fn a_directory_of_yaml_is_applied_without_what_only_kustomize_reads() {
    let cluster = Cluster::new();
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, yaml: &str| {
        let file = directory.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, yaml).unwrap();
    };
    write("kustomization.yaml", "resources: [p.yaml]");
    write(
        "server/secret.yaml",
        "{kind: Secret, metadata: {name: s}, data: {key: aGVsbG8sIMO8IQo=}}",
    );
    write("server/pod.yaml", &script("cat /s/key").to_string());
    write("RUNBOOK.md", "no: yaml: here");
    cluster.apply_directory(directory.path());
    cluster.edit("Pod", "p", |pod| {
        mount(pod, "/s", json!({ "secret": { "secretName": "s" } }));
    });
    let pod = cluster.start_pod("p");
    assert_eq!(pod.wait_finished(SOON), Phase::Succeeded);
    assert_eq!(pod.log(), "hello, ü!\n");
    cluster.remove("Secret", "s");
    cluster
        .start_pod("p")
        .wait_for_event("secret \"s\" not found", SOON);
}
