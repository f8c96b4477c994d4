//! The units of settings: which may be written for which, and how many of the setting's own they are.

/// What a bare number counts in a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// `B`
    Bytes,
    /// `kB`, of 1024 bytes.
    Kilobytes,
    /// Blocks of 8 kB, of tables or of WAL.
    Blocks,
    /// `MB`
    Megabytes,
    /// `ms`
    Milliseconds,
    /// `s`
    Seconds,
    /// `min`
    Minutes,
}

/// What may be written, the largest first, in bytes.
const MEMORY: [(&str, f64); 5] = [
    ("TB", 1_099_511_627_776.0),
    ("GB", 1_073_741_824.0),
    ("MB", 1_048_576.0),
    ("kB", 1024.0),
    ("B", 1.0),
];

/// The same in microseconds.
const TIME: [(&str, f64); 6] = [
    ("d", 86_400_000_000.0),
    ("h", 3_600_000_000.0),
    ("min", 60_000_000.0),
    ("s", 1_000_000.0),
    ("ms", 1000.0),
    ("us", 1.0),
];

impl Unit {
    /// The unit as `pg_settings` writes it.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "B" => Self::Bytes,
            "kB" => Self::Kilobytes,
            "8kB" => Self::Blocks,
            "MB" => Self::Megabytes,
            "ms" => Self::Milliseconds,
            "s" => Self::Seconds,
            "min" => Self::Minutes,
            _ => return None,
        })
    }

    /// The same, back.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bytes => "B",
            Self::Kilobytes => "kB",
            Self::Blocks => "8kB",
            Self::Megabytes => "MB",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Minutes => "min",
        }
    }

    /// So many of it as a person writes it: in the largest unit that leaves no fraction.
    pub fn written_as(self, number: i64) -> String {
        let table: &[(&str, i64)] = if self.is_memory() {
            &[("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10), ("B", 1)]
        } else {
            &[
                ("d", 86_400_000_000),
                ("h", 3_600_000_000),
                ("min", 60_000_000),
                ("s", 1_000_000),
                ("ms", 1000),
            ]
        };
        number
            .checked_mul(i64::from(self.size()))
            .and_then(|smallest| {
                let (name, size) = table.iter().find(|(_, size)| smallest % size == 0)?;
                Some(format!("{}{name}", smallest / size))
            })
            .unwrap_or_else(|| number.to_string())
    }

    /// Whether it measures memory, and not time.
    pub fn is_memory(self) -> bool {
        matches!(
            self,
            Self::Bytes | Self::Kilobytes | Self::Blocks | Self::Megabytes
        )
    }

    /// How many of the smallest unit it is: bytes or microseconds.
    pub fn size(self) -> u32 {
        match self {
            Self::Bytes => 1,
            Self::Kilobytes => 1024,
            Self::Blocks => 8192,
            Self::Megabytes => 1_048_576,
            Self::Milliseconds => 1000,
            Self::Seconds => 1_000_000,
            Self::Minutes => 60_000_000,
        }
    }

    /// What may be written, the largest first, each with how many of this unit it is.
    pub(super) fn written(self) -> impl Iterator<Item = (&'static str, f64)> {
        let table: &[(&str, f64)] = if self.is_memory() { &MEMORY } else { &TIME };
        let size = f64::from(self.size());
        table
            .iter()
            .map(move |(name, multiplier)| (*name, multiplier / size))
    }

    /// The unit that was probably meant by one that is not known.
    pub(super) fn guess(self, text: &str) -> Option<&'static str> {
        let folded = text.to_ascii_lowercase();
        Some(match (self.is_memory(), folded.as_str()) {
            (true, "b" | "byte" | "bytes") => "B",
            (true, "k" | "kb" | "ki" | "kib") => "kB",
            (true, "m" | "mb" | "mi" | "mib") => "MB",
            (true, "g" | "gb" | "gi" | "gib") => "GB",
            (true, "t" | "tb" | "ti" | "tib") => "TB",
            (false, "us" | "usec" | "µs") => "us",
            (false, "ms" | "msec" | "millis" | "milliseconds") => "ms",
            (false, "s" | "sec" | "secs" | "second" | "seconds") => "s",
            (false, "m" | "min" | "mins" | "minute" | "minutes") => "min",
            (false, "h" | "hr" | "hrs" | "hour" | "hours") => "h",
            (false, "d" | "day" | "days") => "d",
            _ => return None,
        })
    }
}
