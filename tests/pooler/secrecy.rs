//! Where the passwords are, and where not.

use std::fs;

use super::{SPEC, Stack};
use crate::bootstrap::secrecy::Watch;
use crate::bootstrap::shop::log_in;

/// Odd enough to be found nowhere by chance.
const ORDERS: &str = "Zq7ord\"ers Xk3";
const HALF: &str = "Zq7ord";

#[test]
fn no_password_is_in_a_log_an_argument_or_the_environment() {
    let watch = Watch::new();
    let secret = [("superuser", "of the superuser"), ("role.orders", ORDERS)];
    let stack = Stack::new(SPEC, &secret);
    log_in(&stack.client, "orders", ORDERS, "orders").expect_success();
    log_in(&stack.client, "orders", "Zq7ordinary", "orders");
    log_in(&stack.client, "orders", ORDERS, "nowhere");
    let pooler = &stack.poolers[0];
    let environment = fs::read(format!("/proc/{}/environ", pooler.process())).unwrap();
    assert!(!String::from_utf8_lossy(&environment).contains(HALF));
    for pooler in &stack.poolers {
        for container in ["render", "pgbouncer"] {
            let log = pooler.log_of(container);
            assert!(!log.is_empty() && !log.contains(HALF), "{log}");
        }
    }
    let server = stack.server.log();
    assert!(!server.contains(HALF), "{server}");
    let arguments = watch.end();
    let shown: Vec<_> = arguments
        .iter()
        .filter(|line| line.contains(HALF))
        .collect();
    assert!(shown.is_empty(), "{shown:#?}");
    assert!(arguments.iter().any(|line| line.contains("pgbouncer.ini")));
}

#[test]
fn what_is_rendered_is_in_memory_and_its_users_alone() {
    let stack = Stack::new(SPEC, &[("superuser", "s"), ("role.orders", ORDERS)]);
    let pooler = &stack.poolers[0];
    let said = |command: &str| {
        let output = pooler.exec(&["sh", "-c", command]);
        output.expect_success().to_owned()
    };
    assert_eq!(
        said("cd /run/pgbouncer; stat -c '%n %a %u' *"),
        "databases.ini 600 70\nuserlist.txt 600 70"
    );
    assert_eq!(said("stat -f -c %T /run/pgbouncer"), "tmpfs");
    // It is what the pooler needs: as the Secret has it, and nothing of the superuser's.
    assert_eq!(
        said("cat /run/pgbouncer/userlist.txt"),
        "\"orders\" \"Zq7ord\"\"ers Xk3\""
    );
    // The Secret itself is not mounted, and nothing can be written.
    assert_eq!(said("test ! -e /secrets && echo none"), "none");
    assert_eq!(
        said(
            "for d in / /tmp /run/pgbouncer /etc/pgbouncer; do touch $d/x 2>/dev/null && echo $d; done; true"
        ),
        ""
    );
}
