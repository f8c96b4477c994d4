//! A superuser looks into a database whose owner waits for that: with lines of RUNBOOK, and by hand.

use crate::bootstrap::shop::{Shop, sql};
use crate::fixture;
use crate::runbook::live::{block, paste};

const IMAGE: &str = "docker.io/library/postgres:17.12-bookworm";
const REST: &str = "databases = [{ name = 'orders' }]";

/// What is called in place of PostgreSQL's makes its owner more, and notes who called it.
const TRAPS: &str = "set role orders;
    create schema evil;
    create table evil.callers (who text, what text);
    grant all on schema evil to public; grant all on evil.callers to public;
    create function evil.note(what text) returns void language plpgsql as $$ begin
        insert into evil.callers values (current_user, what);
        if (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
            execute 'alter role orders superuser';
        end if;
    end $$;
    create function evil.age(xid) returns int language plpgsql as $$ begin perform evil.note('age'); return 1; end $$;
    create function evil.mxid_age(xid) returns int language plpgsql as $$ begin perform evil.note('mxid_age'); return 1; end $$;
    create function evil.pg_size_pretty(bigint) returns text language plpgsql as $$ begin perform evil.note('size'); return ''; end $$;
    create function evil.pg_total_relation_size(oid) returns bigint language plpgsql as $$ begin perform evil.note('total'); return 1; end $$;
    create function evil.pg_stat_reset() returns void language plpgsql as $$ begin perform evil.note('reset'); end $$;
    create function evil.is_char(\"char\", text) returns boolean language plpgsql as $$ begin perform evil.note('='); return true; end $$;
    create operator evil.= (leftarg = \"char\", rightarg = text, function = evil.is_char);
    create table public.items (n int); insert into public.items values (1);
    alter database orders set search_path = evil, public, pg_catalog;";

#[test]
fn no_owner_is_called_by_a_superuser() {
    let shop = Shop::of_image(
        IMAGE,
        REST,
        &[("superuser", "x"), ("role.orders", "of orders")],
    );
    let server = shop.bootstrapped();
    fixture::run(&server, "orders", TRAPS);
    // Before bootstrap has been run they are called: this sees what it looks for.
    let who = || {
        sql(
            &server,
            "orders",
            "select coalesce(string_agg(distinct who, ' '), '') from evil.callers",
        )
    };
    let as_owner = "set role orders; set search_path = evil, pg_catalog; select age('1'::xid)";
    sql(&server, "orders", as_owner);
    assert_eq!(who(), "orders");

    let spec = crate::bootstrap::shop::spec(IMAGE, REST);
    for (chapter, words) in [
        ("What stays behind", "relfrozenxid"),
        ("Checksums and collations", "pg_stat_reset"),
    ] {
        paste(&server, &block(&spec, chapter, words)).expect_success();
    }
    let by_hand = "psql -X -U postgres -d orders -c \"select age(relfrozenxid), pg_size_pretty(pg_total_relation_size(oid)) from pg_class where relkind = 'r'::text\"";
    paste(&server, by_hand).expect_success();
    assert_eq!(who(), "orders");
    let more = "select count(*) from pg_roles where rolsuper and rolname <> 'postgres'";
    assert_eq!(sql(&server, "postgres", more), "0");
}
