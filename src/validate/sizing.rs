//! The settings that are derived from the memory and the volume: each with how, so that
//! postgresql.conf and `underpin explain` say the same.

/// What sizes are derived from; bytes.
#[derive(Debug, Clone, Copy)]
pub struct Given {
    /// `postgres.memory`.
    pub memory: u64,
    /// `storage.size`.
    pub storage: u64,
    /// `max_connections`, as the spec sets it or as PostgreSQL does.
    pub max_connections: u64,
}

/// A setting that is derived.
#[derive(Debug, Clone, Copy)]
pub struct Sizing {
    /// The setting.
    pub name: &'static str,
    /// How it is derived, in words.
    pub how: &'static str,
    /// The derivation.
    pub value: fn(Given) -> String,
}

/// PostgreSQL's own default, and ours.
pub const MAX_CONNECTIONS: u64 = 100;

const KB: u64 = 1024;
const MB: u64 = 1024 * KB;
const GB: u64 = 1024 * MB;

/// `/dev/shm`: what parallel queries share (dynamic shared memory), a tmpfs within the memory.
pub const SHM_HOW: &str = "an eighth of `postgres.memory`, at least 64Mi";

/// The size of `/dev/shm` in bytes.
pub fn shm(memory: u64) -> u64 {
    (memory / 8 / MB * MB).max(64 * MB)
}

/// In the order of postgresql.conf.
pub const SIZINGS: &[Sizing] = &[
    Sizing {
        name: "shared_buffers",
        how: "a quarter of postgres.memory",
        value: |given| memory(given.memory / 4, 16 * MB, 64 * GB),
    },
    Sizing {
        name: "effective_cache_size",
        how: "three quarters of postgres.memory",
        value: |given| memory(given.memory / 4 * 3, 64 * MB, 1024 * GB),
    },
    Sizing {
        name: "maintenance_work_mem",
        how: "a sixteenth of postgres.memory, 16MB to 2GB",
        value: |given| memory(given.memory / 16, 16 * MB, 2 * GB),
    },
    Sizing {
        name: "work_mem",
        how: "a quarter of postgres.memory over max_connections, 4MB to 64MB",
        value: |given| {
            memory(
                given.memory / 4 / given.max_connections.max(1),
                4 * MB,
                64 * MB,
            )
        },
    },
    Sizing {
        // pg_dump locks every table; the lock table holds this many for each connection.
        name: "max_locks_per_transaction",
        how: "one for each 4Mi of postgres.memory, 64 to 1024",
        value: |given| (given.memory / (4 * MB)).clamp(64, 1024).to_string(),
    },
    Sizing {
        // PostgreSQL's own default of 1GB fills a small volume by itself.
        name: "max_wal_size",
        how: "a tenth of storage.size, 64MB to 16GB",
        value: |given| memory(given.storage / 10, 64 * MB, 16 * GB),
    },
    Sizing {
        name: "min_wal_size",
        how: "a quarter of that, 32MB to 1GB",
        value: |given| {
            memory(
                (given.storage / 10).clamp(64 * MB, 16 * GB) / 4,
                32 * MB,
                GB,
            )
        },
    },
    Sizing {
        // Without a limit, a replication slot that nobody reads fills the volume.
        name: "max_slot_wal_keep_size",
        how: "a quarter of storage.size, 64MB to 64GB",
        value: |given| memory(given.storage / 4, 64 * MB, 64 * GB),
    },
];

/// Whole megabytes, within bounds.
fn memory(bytes: u64, least: u64, most: u64) -> String {
    format!("{}MB", bytes.clamp(least, most) / MB)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sized(memory: u64, storage: u64) -> Vec<(&'static str, String)> {
        let given = Given {
            memory,
            storage,
            max_connections: MAX_CONNECTIONS,
        };
        SIZINGS
            .iter()
            .map(|sizing| (sizing.name, (sizing.value)(given)))
            .collect()
    }

    #[test]
    fn a_small_server_is_small() {
        assert_eq!(
            sized(GB, GB),
            [
                ("shared_buffers", "256MB".into()),
                ("effective_cache_size", "768MB".into()),
                ("maintenance_work_mem", "64MB".into()),
                ("work_mem", "4MB".into()),
                ("max_locks_per_transaction", "256".into()),
                ("max_wal_size", "102MB".into()),
                ("min_wal_size", "32MB".into()),
                ("max_slot_wal_keep_size", "256MB".to_owned()),
            ]
        );
        assert_eq!(shm(GB), 128 * MB);
    }

    #[test]
    fn no_size_overflows() {
        for memory in [0, 1, u64::MAX] {
            assert_eq!(sized(memory, u64::MAX - memory).len(), SIZINGS.len());
            shm(memory);
        }
    }
}
