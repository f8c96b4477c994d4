//! The kubelet in small: runs pods out of emitted YAML, as written, on real `PostgreSQL` binaries.
//!
//! In: objects as YAML, and what a test does to them. Out: processes that live as a cluster would let
//! them: own address and names, volumes with their modes and owners, a read-only root, one user
//! without capabilities, probes, restarts, grace and KILL. bubblewrap makes the walls, a network
//! namespace each pod's loopback; there is no image, no container runtime and no API server.
//!
//! ```text
//! let cluster = Cluster::new();
//! cluster.apply_directory(Path::new("generated/orders"));
//! cluster.secret("orders-postgres", &[("superuser", "secret")]);
//! let pod = cluster.start_stateful_set("orders");
//! pod.wait_ready(Duration::from_secs(30));
//! pod.exec(&["psql", "-c", "select 1"]).expect_success();
//! ```
//!
//! A field of a pod that is not in `fields.rs` fails the test; what an image brings is in `image.rs`.

mod claim;
mod cluster;
mod container;
mod environment;
mod expand;
mod facts;
mod fields;
mod hold;
mod host;
mod identity;
mod image;
mod itself;
mod job;
mod lifecycle;
mod network;
mod objects;
mod ownership;
mod payload;
mod pod;
mod probe;
mod process;
mod root;
mod run;
mod services;
mod sidecar;
mod volume;

pub(crate) use cluster::Cluster;
pub(crate) use job::{JobResult, RunningJob};
pub(crate) use pod::{Phase, Pod};
pub(crate) use probe::Kind as Probe;
pub(crate) use process::Output;
