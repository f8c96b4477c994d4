//! The poolers of a spec with [neon] between an application and an endpoint.

use super::endpoint::{Endpoint, IMAGE, PASSWORD, SOON};
use crate::bootstrap::shop::ask;
use crate::kubelet::{Output, Pod};
use crate::load::Login;
use crate::pooler::Pooled;

const SETTINGS: &str = "orders-pooler-settings";

/// An endpoint, the poolers that lead there, and where an application runs.
pub(super) struct Stack {
    pub(super) endpoint: Endpoint,
    pub(super) poolers: Vec<Pod>,
    pub(super) client: Pod,
}

/// The owner of the database.
pub(super) const OWNER: Login = Login {
    host: "orders",
    database: "neondb",
    role: "neondb_owner",
    password: PASSWORD,
};

impl Stack {
    /// With more in the spec, and lines of pgbouncer.ini replaced: minutes become seconds.
    #[track_caller]
    pub(super) fn new(rest: &str, settings: &[(&str, &str)]) -> Stack {
        Stack::with(rest, &[], settings)
    }

    /// With more keys in its Secret too.
    #[track_caller]
    pub(super) fn with(rest: &str, keys: &[(&str, &str)], settings: &[(&str, &str)]) -> Stack {
        Stack::of(Endpoint::with(IMAGE, rest, keys), settings)
    }

    /// Before an endpoint that is there.
    #[track_caller]
    pub(super) fn of(endpoint: Endpoint, settings: &[(&str, &str)]) -> Stack {
        let shop = &endpoint.deployed.shop;
        for (from, to) in settings {
            shop.hurry(SETTINGS, "pgbouncer.ini", from, to);
        }
        let poolers = shop.cluster.start_deployment("orders-pooler");
        for pooler in &poolers {
            pooler.wait_ready(SOON);
        }
        let client = shop.client();
        Stack {
            endpoint,
            poolers,
            client,
        }
    }

    /// Asks as the owner, by a connection of its own to the pooler.
    pub(super) fn ask(&self, sql: &str) -> Output {
        ask(
            &self.client,
            OWNER.role,
            OWNER.password,
            OWNER.database,
            sql,
        )
    }

    /// The same with its answer.
    #[track_caller]
    pub(super) fn said(&self, sql: &str) -> String {
        self.ask(sql).expect_success().to_owned()
    }

    pub(super) fn pooled(&self) -> Pooled<'_> {
        let deployed = &self.endpoint.deployed;
        Pooled {
            cluster: &deployed.shop.cluster,
            server: &deployed.server,
            poolers: &self.poolers,
            client: &self.client,
            login: OWNER,
        }
    }

    /// Whether an address is one of the poolers'.
    pub(super) fn is_poolers(&self, address: &str) -> bool {
        self.poolers
            .iter()
            .any(|pooler| pooler.address() == address)
    }

    /// What the poolers have said.
    pub(super) fn logs(&self) -> String {
        self.poolers.iter().map(Pod::log).collect()
    }
}
