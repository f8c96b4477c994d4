//! An application that takes all connections that it gets.

use crate::backup::deployed::Deployed;
use crate::backup::oracle::Content;
use crate::bootstrap::shop::{log_in, wait_for};
use crate::fixture;
use crate::kubelet::Pod;

/// In the schema that belongs to whoever owns the database.
const PUBLIC: &str = "create role guest;
    set role orders;
    comment on schema public is 'what is sold';
    grant usage on schema public to guest;
    revoke usage on schema public from public;
    create table public.wares (id int primary key, name text);
    insert into public.wares select n, md5(n::text) from generate_series(1, 1000) n;
    create index by_name on public.wares (name);
    create table public.sold (id int references public.wares);
    insert into public.sold select n from generate_series(1, 1000) n;
    create materialized view public.counted as select count(*) from public.sold;
    alter default privileges in schema public grant select on tables to guest;";

/// Opens a session after the other, until one is refused, and keeps them.
const GREEDY: &str = "export PGHOST=orders PGUSER=orders PGDATABASE=orders PGPASSWORD='of orders'
    while psql -X -q -c 'select pg_sleep(0.1)' >/dev/null 2>/tmp/refused; do
        for i in 1 2 3 4 5 6 7 8; do psql -X -q -c 'select pg_sleep(600)' >/dev/null 2>&1 & done
        sleep 0.5
    done";

#[test]
fn it_shuts_out_no_backup() {
    let deployed = Deployed::new(
        "17.12-bookworm",
        "postgres.settings = { max_connections = 40 }",
        |server: &Pod| {
            fixture::run(server, "orders", PUBLIC);
        },
    );
    let client = deployed.shop.client();
    client.exec(&["bash", "-c", GREEDY]);
    let is_full = || !log_in(&client, "orders", "of orders", "orders").success();
    wait_for("no connection is left", is_full);
    let said = log_in(&client, "orders", "of orders", "orders").stderr;
    assert!(
        said.contains("remaining connection slots are reserved"),
        "{said}"
    );
    deployed.back_up("backup-1");
    deployed
        .restore("restore-1", &[("INTO", "again")])
        .expect_success();
    Content::of(&deployed.server, "again").expect_equal(&Content::of(&deployed.server, "orders"));
    deployed.shop.again("bootstrap-again").expect_success();
    assert!(is_full(), "they were there meanwhile");
}
