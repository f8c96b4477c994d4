//! A second copy by kustomize, with a prefix and a namespace of its own: each bootstrap finds its own
//! server, and the advice names it.

use std::fs;
use std::process::Command;

use super::shop::{spec, sql};
use super::{IMAGE, SOON, Shop};
use crate::compiled;

/// What `kubectl kustomize` makes of a tree below an overlay of a few lines.
fn overlaid(toml: &str, overlay: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in compiled::tree(toml).files {
        let path = directory.path().join("base").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let above = directory.path().join("overlay");
    fs::create_dir(&above).unwrap();
    fs::write(above.join("kustomization.yaml"), overlay).unwrap();
    let output = Command::new("kubectl")
        .arg("kustomize")
        .arg(&above)
        .output();
    let output = output.expect("kubectl is installed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_prefixed_copy_finds_its_own_server() {
    let databases = "databases = [{ name = 'orders' }]";
    let passwords = [("superuser", "first"), ("role.orders", "of orders")];
    let shop = Shop::new(databases, &passwords);
    let copy = overlaid(
        &spec(IMAGE, databases),
        "namespace: shop-eu\nnamePrefix: eu-\nresources: [../base]\n",
    );
    shop.cluster.apply_yaml(&copy);
    let jobs: Vec<&str> = copy
        .lines()
        .filter_map(|line| line.strip_prefix("  name: "))
        .filter(|name| name.starts_with("eu-orders-bootstrap-") && !name.ends_with("-scripts"))
        .collect();
    let [job] = jobs[..] else { panic!("{jobs:?}") };

    let base = shop.start_server();
    let server = shop.cluster.start_stateful_set("eu-orders");
    base.wait_ready(SOON);
    server.wait_ready(SOON);
    assert_eq!((base.name(), server.name()), ("orders-0", "eu-orders-0"));

    shop.cluster.run_job(job).expect_success();
    let made = "select count(*) from pg_database where datname = 'orders'";
    let both = || [sql(&base, "postgres", made), sql(&server, "postgres", made)];
    assert_eq!(both(), ["0", "1"]);
    // Neither the advice nor the second run is about the other copy.
    shop.secret(&[("superuser", "second"), ("role.orders", "of orders")]);
    let run = |name: &str| {
        shop.cluster
            .create_job_from_cron_job(name, "eu-orders-bootstrap");
        shop.cluster.run_job(name)
    };
    let early = run("early");
    assert_eq!(early.code(), Some(3));
    let advice = "run kubectl -n shop-eu exec eu-orders-0 -- /scripts/set-superuser-password";
    assert!(early.message().contains(advice), "{}", early.message());
    let set = server.exec(&["/scripts/set-superuser-password"]);
    let advice =
        "kubectl create job eu-orders-bootstrap-$(date +%s) --from=cronjob/eu-orders-bootstrap\"";
    assert!(set.expect_success().ends_with(advice), "{set:?}");
    run("then").expect_success();
    assert_eq!(both(), ["0", "1"]);

    shop.secret(&passwords);
    shop.cluster.run_job(&shop.job).expect_success();
    assert_eq!(both(), ["1", "1"]);
}
