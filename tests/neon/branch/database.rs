//! An application reads data of the branch, with a password that Neon does not know.

use serde_json::json;

use super::{BRANCH, KEYS, PASSWORD, Preview, SOON, state, written};
use crate::bootstrap::shop::{SECRET, Shop, ask};
use crate::fixture;
use crate::kubelet::Cluster;
use crate::neon::endpoint::{self, HOST, IMAGE};

/// What PgBouncer's files, a shell or a format could read as something else.
const HOSTILE: [&str; 6] = [
    "it's 'quoted' \"twice\" $(id) %s \\ `x` {} =;#",
    " spaces ",
    "'",
    "\\'; drop database neondb; --",
    "%include /etc/passwd",
    "# password=x host=evil ü",
];

#[test]
fn an_application_reads_the_branch_whatever_its_password_is() {
    let shop = Shop {
        cluster: Cluster::new(),
        job: String::new(),
    };
    shop.cluster.secret(SECRET, &KEYS);
    endpoint::apply_compute(&shop.cluster, IMAGE);
    let server = shop.start_server();
    server.wait_ready(SOON * 2);
    endpoint::fill(&server, IMAGE);
    let more = "pooler.replicas = 1\nneon.branch.ttl = '30d'\n";
    let preview = Preview::of(shop, more, &state(&json!({})));
    let certificate = preview.authority.sign(HOST);
    endpoint::front(&preview.shop, &certificate);
    let client = preview.shop.client();
    let read = |password: &str| {
        ask(
            &client,
            "neondb_owner",
            password,
            "neondb",
            "select current_user, count(*) from shop.items",
        )
    };
    for password in HOSTILE {
        let quoted = password.replace('\'', "''");
        let login = format!("alter role neondb_owner password '{quoted}'");
        fixture::run(&server, "postgres", &login);
        preview.set(&state(
            &json!({ "passwords": { "neondb_owner": password } }),
        ));
        let pooler = preview.ready();
        assert!(written(&pooler).ends_with(&format!("password='{quoted}'")));
        let output = read(PASSWORD);
        assert_eq!(output.expect_success(), "neondb_owner|2000", "{password}");
        // Neon's own is not what the pooler lets in.
        let refused = read(password);
        assert_eq!(refused.code, Some(2), "{refused:#?}");
        assert!(
            refused.stderr.contains("authentication failed"),
            "{refused:#?}"
        );
        assert!(!pooler.log().contains(password) && !pooler.log_of(BRANCH).contains(password));
        pooler.delete();
    }
}
