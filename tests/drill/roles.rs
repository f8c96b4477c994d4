//! Roles of ours with rights in a database that is backed up: a drill's own server has them not.

use super::{DRILL, IMAGE};
use crate::backup::deployed::Deployed;
use crate::bootstrap::shop::Shop;
use crate::fixture;
use crate::tls::Certificate;

/// The role that reads a renewed certificate has rights in a database that is drilled.
#[test]
fn with_tls() {
    let rest = format!(
        "databases = [{{ name = 'orders' }}]\n{DRILL}access.tls = {{ secret = 'orders-certificate' }}"
    );
    let secret = [
        ("superuser", "of superuser"),
        ("role.orders", "of orders"),
        ("reload", "of reload"),
    ];
    let shop = Shop::of_image(
        &format!("docker.io/library/postgres:{IMAGE}"),
        &rest,
        &secret,
    );
    let names = &[
        "orders",
        "orders.shop.svc",
        "orders-direct",
        "orders-direct.shop.svc",
    ];
    let certificate = Certificate::authority().sign(names, 90);
    shop.cluster
        .secret("orders-certificate", &certificate.keys());
    expect_proven(shop);
}

/// The role that tells Prometheus has rights in it, too.
#[test]
fn with_an_exporter() {
    let rest = format!("databases = [{{ name = 'orders' }}]\n{DRILL}monitoring.exporter = true");
    let secret = [
        ("superuser", "of superuser"),
        ("role.orders", "of orders"),
        ("monitoring", "of monitoring"),
    ];
    let image = format!("docker.io/library/postgres:{IMAGE}");
    expect_proven(Shop::of_image(&image, &rest, &secret));
}

#[track_caller]
fn expect_proven(shop: Shop) {
    shop.cluster
        .secret("orders-restore", &[("password", "of restore")]);
    let server = shop.bootstrapped();
    let wares = "set role orders; create table public.wares (ware int); insert into public.wares values (1)";
    fixture::run(&server, "orders", wares);
    let deployed = Deployed { shop, server };
    deployed.back_up("backup-1");
    deployed.drill("drill-1", &[]).expect_success();
}
