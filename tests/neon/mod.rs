//! Backups and restores of a managed server, as Neon is one: TLS that is verified, SNI, no superuser, one
//! role that owns what it can, a compute that sleeps.
//!
//! The server is a real one; in front of it `front.py` answers under the endpoint's name with a
//! certificate of its own. All that dials it are the pods that a spec with [neon] comes to.

#[cfg(feature = "soak")]
mod asleep;
mod branch;
#[cfg(feature = "soak")]
mod door;
pub(crate) mod endpoint;
#[cfg(feature = "soak")]
mod leaving;
mod pooled;
mod proxy;
#[cfg(feature = "soak")]
mod refused;
#[cfg(feature = "soak")]
pub(crate) mod round_trip;
mod suspend;
mod tls;
#[cfg(feature = "soak")]
mod under_load;
