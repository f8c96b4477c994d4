//! Addresses, names, and Services that follow readiness or do not.

use serde_json::json;

use super::{IMAGE, SOON, script, start};
use crate::kubelet::{Cluster, Pod};

const SERVICES: &str = "
{kind: Service, metadata: {name: ready}, spec: {selector: {app: p}, ports: [{port: 5432}]}}
---
{kind: Service, metadata: {name: always}, spec: {selector: {app: p}, publishNotReadyAddresses: true, ports: [{port: 5432}]}}
---
{kind: Service, metadata: {name: pods}, spec: {clusterIP: None, selector: {app: p}, publishNotReadyAddresses: true}}
";

/// A pod that says its uid to who connects, and is ready when told so.
fn server(cluster: &Cluster) -> Pod {
    let mut pod = script(
        "cat >/tmp/serve.pl <<'END'
use IO::Socket::INET;
$| = 1;
my $s = IO::Socket::INET->new(LocalAddr => '0.0.0.0', LocalPort => 5432, Listen => 5, ReuseAddr => 1) or die $!;
print \"listening\\n\";
while (my $c = $s->accept) { print $c \"$ENV{SELF}\\n\"; close $c }
END
        exec perl /tmp/serve.pl",
    );
    pod["spec"]["containers"][0]["env"] =
        json!([{ "name": "SELF", "valueFrom": { "fieldRef": { "fieldPath": "metadata.uid" } } }]);
    pod["spec"]["containers"][0]["readinessProbe"] = json!({ "exec": { "command": ["test", "-e", "/tmp/ready"] }, "periodSeconds": 1, "failureThreshold": 1 });
    let pod = start(cluster, pod);
    pod.wait_for_log("listening", SOON);
    pod
}

fn dial(client: &Pod, name: &str) -> String {
    let line = format!("timeout 30 bash -c 'exec 3<>/dev/tcp/{name}/5432 && cat <&3' 2>&1");
    client
        .exec(&["bash", "-c", &line])
        .stdout
        .trim_end()
        .to_owned()
}

#[track_caller]
fn refused(client: &Pod, name: &str) {
    let said = dial(client, name);
    assert!(said.contains("Connection refused"), "{name}: {said:?}");
}

#[test]
fn a_service_leads_to_the_pod_that_it_selects() {
    let cluster = Cluster::new();
    cluster.apply_yaml(SERVICES);
    let client = cluster.start_client("client", IMAGE);
    refused(&client, "always");
    let first = server(&cluster);
    assert_eq!(dial(&client, "always"), first.uid());
    assert_eq!(
        dial(&client, "always.default.svc.cluster.local"),
        first.uid()
    );
    assert_eq!(dial(&client, "pods"), first.uid());
    refused(&client, "ready");
    first.exec(&["touch", "/tmp/ready"]).expect_success();
    first.wait_ready(SOON);
    assert_eq!(dial(&client, "ready"), first.uid());
    first.exec(&["rm", "/tmp/ready"]).expect_success();
    first.wait_until("it is not ready", SOON, |pod| !pod.is_ready());
    refused(&client, "ready");
    assert_eq!(dial(&client, "always"), first.uid());
    // The pod itself reaches itself by the Service's name.
    assert_eq!(dial(&first, "always"), first.uid());

    first.force_delete();
    refused(&client, "always");
    let second = server(&cluster);
    assert_eq!(dial(&client, "always"), second.uid());
    assert_eq!(dial(&client, first.address()), first.uid());
    second.kill_all();
    refused(&client, "always");
    assert!(dial(&client, "none").contains("Name or service not known"));
}

#[test]
fn every_pod_has_a_loopback_and_a_name_of_its_own() {
    let cluster = Cluster::new();
    let first = server(&cluster);
    let client = cluster.start_client("client", IMAGE);
    refused(&client, "localhost");
    assert_eq!(dial(&client, first.address()), first.uid());
    assert_eq!(first.exec(&["hostname"]).stdout, "p\n");
    assert_eq!(client.exec(&["hostname"]).stdout, "client\n");
}

#[test]
fn clusters_do_not_see_each_other() {
    let (one, two) = (Cluster::new(), Cluster::new());
    let first = server(&one);
    let stranger = two.start_client("client", IMAGE);
    assert_eq!(stranger.address(), first.address());
    refused(&stranger, first.address());
}

/// As a node that is lost: no answer, and no goodbye either.
#[test]
fn an_unplugged_pod_says_nothing_any_more() {
    let cluster = Cluster::new();
    let first = server(&cluster);
    let client = cluster.start_client("client", IMAGE);
    assert_eq!(dial(&client, first.address()), first.uid());
    first.unplug();
    let line = format!(
        "timeout 2 bash -c 'exec 3<>/dev/tcp/{}/5432 && cat <&3' 2>&1",
        first.address()
    );
    let said = client.exec(&["bash", "-c", &line]).stdout;
    assert!(
        !said.contains("refused") && !said.contains(first.uid()),
        "{said}"
    );
}
