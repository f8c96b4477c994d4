//! A database that is deployed with what was printed.

use super::{printed, read};
use crate::bootstrap::shop::{Shop, log_in, spec};
use std::fs;

const IMAGE: &str = "docker.io/library/postgres:17.12-bookworm";
const REST: &str = "databases = [{ name = 'orders' }]\nroles = [{ name = 'report' }, { name = 'etl', password = { secret = 'etl', key = 'p' } }]\n";

#[test]
fn a_server_takes_them_and_lets_every_role_in() {
    let shop = Shop::of_image(IMAGE, REST, &[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("database.toml");
    fs::write(&file, spec(IMAGE, REST)).unwrap();
    let arguments = ["orders", "--specs", file.to_str().unwrap()];
    let text = printed(&arguments) + "---\n" + &printed(&[&arguments[..], &["--restore"]].concat());
    for document in text.split("---\n") {
        shop.cluster.apply_yaml(document);
    }
    let secrets = read(&text, "shop");
    shop.bootstrapped();
    let client = shop.client();
    for (role, secret, key) in [
        ("postgres", "orders-postgres", "superuser"),
        ("underpin_backup", "orders-postgres", "backup"),
        ("underpin_restore", "orders-restore", "password"),
        ("orders", "orders-postgres", "role.orders"),
        ("report", "orders-postgres", "role.report"),
        ("etl", "etl", "p"),
    ] {
        let answer = log_in(&client, role, &secrets[secret][key], "orders");
        assert_eq!(answer.expect_success(), role);
    }
}
