//! Where the password is, and where not: whatever it is, and whatever happens.

use super::{SPEC, Stack};
use crate::bootstrap::secrecy::Watch;
use crate::bootstrap::shop::{Shop, sql};
use std::fs;

/// What the exporter would log, were it given it: it cannot read a connection string with a space.
const HALF: &str = "Zq7mon";
const HOSTILE: [&str; 4] = [
    "Zq7mon Xk3",
    " Zq7mon it's \"$(id)\" `id` \\ %s %41 {{x}} $(SERVER) $$ ü \\q ",
    "#:Zq7mon*:*\\:@/?&=",
    "*:*:*:*:Zq7mon",
];

#[test]
fn no_password_is_in_a_log_an_argument_or_the_environment() {
    for password in HOSTILE {
        let watch = Watch::new();
        let secret = [
            ("superuser", "x"),
            ("monitoring", password),
            ("role.orders", "of orders"),
        ];
        let shop = Shop::new(SPEC, &secret);
        let server = shop.bootstrapped();
        let stack = Stack::of(shop, server);
        let text = super::scraped(&stack.client, &stack.exporter);
        super::scrape::expect_all(&super::Scrape::read(&text));
        assert!(!text.contains(HALF));
        // And when it is refused.
        sql(
            &stack.server,
            "postgres",
            "alter role underpin_monitoring nologin;
             select pg_terminate_backend(pid) from pg_stat_activity where usename = 'underpin_monitoring'",
        );
        stack.wait("pg_up", |up| up == 0.0);
        for container in ["passfile", "exporter"] {
            let log = stack.exporter.log_of(container);
            assert!(!log.is_empty() && !log.contains(HALF), "{log}");
        }
        let environment = fs::read(format!("/proc/{}/environ", stack.exporter.process())).unwrap();
        assert!(!String::from_utf8_lossy(&environment).contains(HALF));
        let arguments = watch.end();
        assert!(!arguments.iter().any(|line| line.contains(HALF)));
        assert!(
            arguments
                .iter()
                .any(|line| line.contains("--no-collector.wal"))
        );
    }
}

#[test]
fn what_is_rendered_is_in_memory_and_its_users_alone() {
    let stack = Stack::new("");
    let said = |command: &str| {
        let output = stack.exporter.exec(&["sh", "-c", command]);
        output.expect_success().to_owned()
    };
    assert_eq!(
        said("cd /run/exporter; stat -c '%n %a %u' *"),
        "pgpass 600 65534"
    );
    assert_eq!(said("stat -f -c %T /run/exporter"), "tmpfs");
    assert_eq!(said("test ! -e /secrets && echo none"), "none");
    assert_eq!(
        said(
            "for d in / /tmp /run/exporter /etc/exporter; do touch $d/x 2>/dev/null && echo $d; done; true"
        ),
        ""
    );
}
