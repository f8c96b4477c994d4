//! Sizes as a person reads them.

/// A backup, where nothing says its size: a volume is half full, and a dump of it is a fifth of that.
pub const SHARE: u64 = 10;

/// `4.5Gi`, `120Mi`: four digits at most.
pub fn shown(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["Mi", "Gi", "Ti", "Pi", "Ei"];
    let mut tenths = u128::from(bytes) * 10 / (1 << 20);
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    let unit = UNITS[unit];
    if tenths >= 1000 || tenths.is_multiple_of(10) {
        format!("{}{unit}", tenths / 10)
    } else {
        format!("{}.{}{unit}", tenths / 10, tenths % 10)
    }
}

/// How many hundredths of the whole a part is.
pub fn percent(part: u64, whole: u64) -> u64 {
    u64::try_from(u128::from(part) * 100 / u128::from(whole.max(1))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_digits() {
        for (bytes, expected) in [
            (0, "0Mi"),
            (3 << 19, "1.5Mi"),
            (999 << 20, "999Mi"),
            (5 << 30, "5Gi"),
            ((9 << 30) / 2, "4.5Gi"),
            (1234 << 30, "1.2Ti"),
            (1022 << 20, "1022Mi"),
            (150 << 30, "150Gi"),
            (u64::MAX, "15.9Ei"),
        ] {
            assert_eq!(shown(bytes), expected);
        }
        assert_eq!(percent(1, 3), 33);
    }
}
