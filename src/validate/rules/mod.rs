//! The rules, one a file. A rule looks at what a spec says and adds what is wrong with it; the
//! table below is the order in which they run, which is the order of their codes.
//!
//! Codes: `UP01` names and metadata, `UP02` the server, `UP03` storage, `UP04` is kept for changes
//! between versions, `UP05` databases and roles, `UP06` placement and access, `UP07`
//! backups, `UP08` restores, `UP10` the pooler, `UP11` Neon, `UP12` monitoring, `UP13` drills;
//! `UP09` are the audit's.

mod allowances;
mod backup_beside_data;
mod backup_deadline;
mod backup_volume_is_small;
mod cpu_limit;
mod database_twice;
mod deadlines;
mod drill_database;
mod drill_schedule;
mod drill_sql;
mod drill_volume;
mod engine;
mod exporter;
mod extension_name;
mod extension_needs;
mod image_cannot_be_told;
mod image_floats;
mod image_has_known_faults;
mod image_major;
mod image_minor_floats;
mod keep_is_short;
mod labels_reserved;
mod locale_needs;
mod member_of;
mod memory_is_too_small;
mod name_is_reserved;
mod namespace;
mod neon_awake;
mod neon_branch;
mod neon_budget;
mod neon_host;
mod neon_names;
mod nfs_options;
mod node_local_access;
mod password_key;
mod password_shared;
mod pooler_budget;
mod pooler_database;
mod pooler_image;
mod pooler_memory;
mod pooler_transaction;
mod powerful_role;
mod reserve_is_large;
mod restore_choice;
mod restore_secret;
mod role_twice;
mod schedule_clocks;
mod schedule_collides;
mod schedule_days;
mod schedule_name;
mod schedule_never_runs;
mod schedule_often;
mod schedules;
mod setting_is_owned;
mod setting_library;
pub mod setting_loses_data;
pub mod setting_risks;
mod setting_starts;
pub mod setting_stops;
mod setting_twice;
mod setting_unknown;
mod setting_value;
mod spec_is_large;
mod storage_is_small;
mod tls;
mod toleration_seconds;
mod trial_volume;
mod volume_kinds;
mod volumes;
mod wal_fills_volume;
mod workload_memory;
mod workloads;

use super::Rule;

/// Every rule of a single spec, by code.
pub const RULES: &[Rule] = &[
    namespace::SYSTEM,
    namespace::DEFAULT,
    labels_reserved::RULE,
    allowances::UNKNOWN,
    allowances::UNUSED,
    restore_secret::RULE,
    image_cannot_be_told::RULE,
    image_major::RULE,
    image_floats::RULE,
    image_minor_floats::RULE,
    image_has_known_faults::RULE,
    locale_needs::RULE,
    setting_unknown::RULE,
    setting_value::RULE,
    setting_is_owned::RULE,
    setting_loses_data::RULE,
    setting_risks::RULE,
    memory_is_too_small::RULE,
    cpu_limit::RULE,
    setting_twice::RULE,
    setting_stops::RULE,
    setting_starts::RULE,
    setting_library::RULE,
    volume_kinds::RULE,
    nfs_options::RULE,
    reserve_is_large::RULE,
    wal_fills_volume::RULE,
    node_local_access::RULE,
    trial_volume::RULE,
    storage_is_small::RULE,
    database_twice::RULE,
    role_twice::RULE,
    name_is_reserved::RULE,
    password_key::RULE,
    member_of::RULE,
    password_shared::RULE,
    powerful_role::RULE,
    spec_is_large::RULE,
    extension_needs::RULE,
    extension_name::RULE,
    toleration_seconds::RULE,
    tls::SOURCE,
    tls::SECRET,
    schedule_never_runs::RULE,
    schedule_days::RULE,
    schedule_clocks::RULE,
    schedule_collides::RULE,
    schedule_often::RULE,
    backup_deadline::RULE,
    schedule_name::TWICE,
    schedule_name::NAME,
    keep_is_short::NOTHING,
    keep_is_short::SHORT,
    backup_beside_data::SAME_PLACE,
    backup_beside_data::SAME_NODE,
    backup_volume_is_small::RULE,
    workload_memory::RULE,
    deadlines::REHEARSAL,
    deadlines::SHORT,
    restore_choice::TWO_BACKUPS,
    restore_choice::INTO,
    restore_choice::EXCLUDED,
    restore_choice::SUPERUSER,
    restore_choice::UNKNOWN,
    restore_choice::OWN_NAME,
    pooler_transaction::RULE,
    pooler_budget::ONE,
    pooler_budget::ALL,
    pooler_image::GONE_IMAGE,
    pooler_image::FLOATS,
    pooler_image::OLD,
    pooler_database::RULE,
    pooler_memory::RULE,
    engine::TWO,
    engine::MISPLACED,
    neon_host::RULE,
    neon_names::RULE,
    neon_budget::POOLS,
    neon_budget::SESSION,
    neon_awake::RULE,
    neon_branch::PLACE,
    neon_branch::MISPLACED,
    neon_branch::LONG,
    neon_branch::SHORT,
    neon_branch::FLOATS,
    exporter::AT_NEON,
    exporter::FLOATS,
    exporter::UNREAD,
    drill_database::RULE,
    drill_sql::RULE,
    drill_schedule::NEVER,
    drill_schedule::RARE,
    drill_schedule::LONG,
    drill_volume::RULE,
];
