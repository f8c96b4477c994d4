//! Backups whose restore is rehearsed while they are made: what does not come back is known by name, and
//! what comes back by another path is restored by that.

#[cfg(feature = "soak")]
mod hostile;
#[cfg(feature = "soak")]
mod limits;
mod verdict;

use crate::backup::deployed::Deployed;
use crate::fixture;
use crate::kubelet::Pod;

const IMAGE: &str = "17.12-bookworm";

/// A database of its owner, who makes these things in it.
#[track_caller]
fn deployed(image: &str, more: &str, sql: &str) -> Deployed {
    let more = if more.is_empty() {
        "backup.rehearsal = true"
    } else {
        more
    };
    Deployed::new(image, more, |server: &Pod| {
        fixture::run(server, "orders", sql);
    })
}
