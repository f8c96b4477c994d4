//! Many clients on few connections to Neon, and new poolers under them.

use super::pooled::Stack;
use crate::pooler::{sharing, stop};

#[test]
fn two_hundred_clients_share_twenty_connections_with_prepared_statements() {
    let stack = Stack::new("pooler = { replicas = 1, pool_size = 20 }", &[]);
    sharing::two_hundred_on_twenty(&stack.pooled());
}

#[test]
fn a_rolling_restart_cuts_no_transaction() {
    let stack = Stack::new("", &[]);
    stop::expect_no_cut(&stack.pooled());
}
