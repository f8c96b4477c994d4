//! Keys and signatures of other kinds than the usual ones.

use crate::kubelet::JobResult;

use super::{ALPINE, Certificate, DEBIAN, NAMES, SPEC, Shielded, VERIFIED, dial, trust};

const BOUND: &str = "PGCHANNELBINDING=require";

/// Bound to the channel as every other: the binding is by the signature's kind, not the key's.
#[test]
fn a_key_of_ed25519_is_served_and_reloaded() {
    for image in [DEBIAN, ALPINE] {
        let shielded = Shielded::new(image, SPEC);
        shielded.give(&shielded.authority.sign_kind("ed25519", NAMES, 90));
        shielded.shop.bootstrapped();
        let client = shielded.shop.client();
        trust(&client, &shielded.authority);
        let bound = [VERIFIED, &[BOUND]].concat();
        dial(&client, "orders", "orders", &bound, "select 1").expect_success();
        shielded.give(&shielded.authority.sign_kind("ed25519", NAMES, 90));
        let log = shielded.reload("reload").expect_success().log();
        assert!(log.contains("result=current"), "{log}");
    }
}

/// libpq cannot bind to such a signature, and gives up: it is said at once, with the way out.
#[test]
fn a_signature_of_ed25519_is_told_of() {
    let authority = Certificate::authority_of("ed25519");
    let shielded = Shielded::by(authority, DEBIAN, SPEC);
    let server = shielded.shop.start_server();
    let cluster = &shielded.shop.cluster;
    let expect_told = |result: &JobResult| {
        let end = (result.succeeded, result.code());
        assert_eq!(end, (false, Some(3)), "{}", result.log());
        let message = result.message();
        for words in ["signed with Ed25519", "ECDSA or RSA", "restart the server"] {
            assert!(message.contains(words), "`{words}` in {message}");
        }
    };
    expect_told(&cluster.start_job(&shielded.shop.job).wait());
    expect_told(&shielded.reload("reload"));
    shielded.give(&Certificate::authority().sign(NAMES, 90));
    server.delete();
    shielded.shop.start_server();
    shielded.shop.again("again").expect_success();
    shielded.reload("again").expect_success();
}
