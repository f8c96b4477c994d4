//! A cluster's network: one namespace for the node, with a bridge, and one for each pod.
//!
//! A Service's `ClusterIP` is an address that moves to the pod that the Service selects. While it
//! selects none, the node has the address and answers that nothing listens, as kube-proxy does.
//! Addresses are the same in every cluster: no cluster sees another.

use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use super::host;

/// The network of one cluster.
#[derive(Debug)]
pub(crate) struct Network {
    prefix: String,
    next: AtomicU32,
    /// The pods' namespaces, to make them forget where an address was.
    pods: Mutex<Vec<String>>,
}

/// One pod's loopback, address, host name and inter-process communication.
#[derive(Debug)]
pub(crate) struct PodNetwork {
    pub(crate) namespace: String,
    pub(crate) address: String,
    /// Holds the namespaces while no container runs.
    pause: Mutex<Child>,
    pause_id: u32,
}

impl Network {
    pub(crate) fn new(cluster: &str) -> Network {
        let prefix = format!("{}.{cluster}", host::namespace_prefix());
        let node = format!("{prefix}.node");
        host::run("ip", &["netns", "add", &node]);
        batch(
            &node,
            "link set lo up\nlink add br0 type bridge\naddr add 10.0.0.1/8 dev br0\nlink set br0 up\n",
        );
        Network {
            prefix,
            next: AtomicU32::new(2),
            pods: Mutex::default(),
        }
    }

    /// Makes a pod's network, with the next address.
    pub(crate) fn add_pod(&self, host_name: &str) -> PodNetwork {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let namespace = format!("{}.{number}", self.prefix);
        let address = format!("10.1.{}.{}", number / 250, number % 250 + 1);
        host::run("ip", &["netns", "add", &namespace]);
        batch(
            &self.node(),
            &format!(
                "link add pod{number} type veth peer name eth0 netns {namespace}\nlink set pod{number} master br0 up\n"
            ),
        );
        batch(
            &namespace,
            &format!("link set lo up\naddr add {address}/8 dev eth0\nlink set eth0 up\n"),
        );
        let entered = format!("--net=/run/netns/{namespace}");
        let pause = Command::new("nsenter")
            .args([&entered, "unshare", "--ipc", "--uts", "bash", "-c"])
            .args([
                "echo \"$1\" >/proc/sys/kernel/hostname; echo; exec sleep infinity",
                "pause",
                host_name,
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn();
        let mut pause = pause.expect("util-linux is installed");
        // It says a line once it stands in its namespaces.
        let mut said = [0];
        std::io::Read::read_exact(pause.stdout.as_mut().expect("piped"), &mut said)
            .expect("the pause process starts");
        self.pods
            .lock()
            .expect("no panic inside")
            .push(namespace.clone());
        PodNetwork {
            namespace,
            address,
            pause_id: pause.id(),
            pause: Mutex::new(pause),
        }
    }

    pub(crate) fn remove_pod(&self, pod: &PodNetwork) {
        self.pods
            .lock()
            .expect("no panic inside")
            .retain(|name| *name != pod.namespace);
        let mut pause = pod.pause.lock().expect("no panic inside");
        let _ = pause.kill();
        let _ = pause.wait();
        drop(host::try_run("ip", &["netns", "delete", &pod.namespace]));
    }

    /// Gives an address to a pod, or to the node; whoever had it before loses it.
    pub(crate) fn move_address(
        &self,
        address: &str,
        from: Option<&PodNetwork>,
        to: Option<&PodNetwork>,
    ) {
        let node = self.node();
        let place = |pod: Option<&PodNetwork>| match pod {
            Some(pod) => (pod.namespace.clone(), "eth0"),
            None => (node.clone(), "br0"),
        };
        let (namespace, device) = place(from);
        // A pod that is gone took the address with it.
        drop(host::try_run(
            "ip",
            &[
                "-n",
                &namespace,
                "addr",
                "del",
                &format!("{address}/32"),
                "dev",
                device,
            ],
        ));
        let (namespace, device) = place(to);
        host::run(
            "ip",
            &[
                "-n",
                &namespace,
                "addr",
                "replace",
                &format!("{address}/32"),
                "dev",
                device,
            ],
        );
        let pods = self.pods.lock().expect("no panic inside").clone();
        for namespace in pods.iter().chain([&node]) {
            drop(host::try_run(
                "ip",
                &["-n", namespace, "neigh", "flush", "all"],
            ));
        }
    }

    /// The node's end; pods are removed before it.
    pub(crate) fn tear_down(&self) {
        drop(host::try_run("ip", &["netns", "delete", &self.node()]));
    }

    fn node(&self) -> String {
        format!("{}.node", self.prefix)
    }
}

impl PodNetwork {
    /// The arguments that make nsenter stand in the pod.
    pub(crate) fn enter(&self) -> [String; 3] {
        let pause = self.pause_id;
        [
            format!("--net=/run/netns/{}", self.namespace),
            format!("--ipc=/proc/{pause}/ns/ipc"),
            format!("--uts=/proc/{pause}/ns/uts"),
        ]
    }
}

fn batch(namespace: &str, lines: &str) {
    let command = "printf '%s' \"$2\" | ip -n \"$1\" -batch -";
    host::run("bash", &["-c", command, "batch", namespace, lines]);
}
