//! Compiles one `database.toml` into plain Kubernetes YAML for a `PostgreSQL` database.
//!
//! The data's journey, one stage a module, and [`compile`] is their calls and nothing else:
//! a [`source::Source`] is read by [`spec`], [`validate`] makes a [`model::Model`] of it, [`lower`]
//! the objects, [`emit`] the files of a [`emit::Tree`], and [`disk`] writes or compares them.

pub mod alerts;
pub mod audit;
pub mod compile;
pub mod dashboard;
pub mod data;
pub mod diagnostic;
pub mod disk;
pub mod emit;
pub mod explain;
pub mod forecast;
pub mod keep;
pub mod lower;
pub mod model;
pub mod password;
pub mod schedule;
pub mod scripts;
pub mod source;
pub mod spec;
pub mod together;
pub mod validate;
pub mod value;
