//! Amounts as Kubernetes writes them: `4Gi`, `500m`, `1e3`.
//!
//! Grammar: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>.

use serde_json::Value;

/// The factor of each suffix, in thousandths.
const SUFFIXES: &[(&str, u128)] = &[
    ("Ki", 1_000 << 10),
    ("Mi", 1_000 << 20),
    ("Gi", 1_000 << 30),
    ("Ti", 1_000 << 40),
    ("Pi", 1_000 << 50),
    ("Ei", 1_000 << 60),
    ("m", 1),
    ("k", 1_000_000),
    ("M", 1_000_000_000),
    ("G", 1_000_000_000_000),
    ("T", 1_000_000_000_000_000),
    ("P", 1_000_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000_000),
];

/// The amount in whole units (bytes), rounded up; none if it is no quantity.
pub fn units(value: &Value) -> Option<u128> {
    let written = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let (digits, factor) = SUFFIXES
        .iter()
        .find_map(|(suffix, factor)| Some((written.strip_suffix(suffix)?, *factor)))
        .unwrap_or((&written, 1_000));
    let (digits, exponent) = match digits.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<u32>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all: u128 = format!("{whole}{fraction}").parse().ok()?;
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    all.checked_mul(factor)?
        .checked_mul(10_u128.checked_pow(exponent)?)
        .map(|thousandths| thousandths.div_ceil(scale).div_ceil(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_every_form() {
        for (written, expected) in [
            (json!("1Ki"), Some(1024)),
            (json!("1.5Gi"), Some(1_610_612_736)),
            (json!("500m"), Some(1)),
            (json!("1k"), Some(1000)),
            (json!("1e3"), Some(1000)),
            (json!(12), Some(12)),
            (json!("0.1"), Some(1)),
            (json!("2E"), Some(2_000_000_000_000_000_000)),
            (json!(""), None),
            (json!("Gi"), None),
            (json!("-1"), None),
            (json!("1e99"), None),
            (json!("99999999999999999999999999999999999999Ei"), None),
            (json!(null), None),
        ] {
            assert_eq!(units(&written), expected, "{written}");
        }
    }
}
