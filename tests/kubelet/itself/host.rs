//! Nothing stays behind on the machine.

use std::fs;
use std::process::{Command, Stdio};

use super::{IMAGE, SOON, mount, script, start};
use crate::kubelet::{Cluster, host};

#[test]
fn a_cluster_takes_everything_with_it() {
    let (processes, directory, namespaces);
    {
        let cluster = Cluster::new();
        let mut pod = script("sleep infinity");
        mount(
            &mut pod,
            "/m",
            serde_json::json!({ "emptyDir": { "medium": "Memory" } }),
        );
        let pod = start(&cluster, pod);
        pod.wait_ready(SOON);
        let client = cluster.start_client("client", IMAGE);
        processes = [pod.process(), client.process()];
        directory = pod.shared.facts.directory.parent().unwrap().to_owned();
        namespaces = [&pod, &client].map(|pod| pod.shared.network.namespace.clone());
    }
    for process in processes {
        assert!(
            !fs::exists(format!("/proc/{process}")).unwrap(),
            "{process}"
        );
    }
    for namespace in namespaces {
        assert!(
            !fs::exists(format!("/run/netns/{namespace}")).unwrap(),
            "{namespace}"
        );
    }
    assert!(!directory.exists());
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains(&*directory.to_string_lossy()), "{mounts}");
}

#[test]
fn a_dead_test_process_is_swept_up_after() {
    // Of a process that cannot be: what a killed test would have left.
    let own = format!("{}-0", std::process::id());
    let directory = host::state().parent().unwrap().join(&own);
    let namespace = format!("underpin-{own}.1.node");
    fs::create_dir_all(directory.join("m")).unwrap();
    let mounted = directory.join("m").to_string_lossy().into_owned();
    host::run("mount", &["-t", "tmpfs", "tmpfs", &mounted]);
    host::run("ip", &["netns", "add", &namespace]);
    let mut left = Command::new("nsenter")
        .args([
            &format!("--net=/run/netns/{namespace}"),
            "sleep",
            "infinity",
        ])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    // It must stand in its namespace before the sweep looks.
    let comm = format!("/proc/{}/comm", left.id());
    while fs::read_to_string(&comm).unwrap() != "sleep\n" {
        std::thread::yield_now();
    }
    host::sweep(&directory);
    assert!(!left.wait().unwrap().success());
    assert!(!directory.exists());
    assert!(!fs::exists(format!("/run/netns/{namespace}")).unwrap());
}
