//! The text of a quantity: a number, a suffix, and what was probably meant by a wrong one.

use super::{BINARY, DECIMAL, MOST, Notation, Quantity, canonical};
use crate::value::Fault;

/// Reads a quantity; a fault has help only where the nearest right text is not the advice.
pub(super) fn parse(text: &str) -> Result<Quantity, Fault> {
    if text.is_empty() {
        return Err(Fault::new("is empty"));
    }
    if text.starts_with('-') {
        return Err(Fault::new("is negative"));
    }
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    let end = unsigned
        .find(|character: char| !character.is_ascii_digit() && character != '.')
        .unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
        return Err(Fault::new(if number.is_empty() {
            "does not begin with a number"
        } else {
            "does not begin with one number"
        }));
    }
    let (notation, power) = unit(suffix)?;
    let nano = scale(whole, fraction, notation, power)?;
    Ok(Quantity {
        nano,
        notation: canonical(nano, notation),
    })
}

/// The family of a suffix, and its power of 2 or of 10.
fn unit(suffix: &str) -> Result<(Notation, i32), Fault> {
    for (suffixes, notation, step, first) in [
        (&BINARY[1..], Notation::Binary, 10, 10),
        (&DECIMAL[..], Notation::Decimal, 3, -9),
    ] {
        let mut power = first;
        for known in suffixes {
            if *known == suffix {
                return Ok((notation, power));
            }
            power += step;
        }
    }
    if let Some(exponent) = suffix.strip_prefix(['e', 'E']) {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            // One that does not fit is as good as any other that is far out of range.
            let far = if exponent.starts_with('-') {
                -9999
            } else {
                9999
            };
            return Ok((Notation::Exponent, exponent.parse().unwrap_or(far)));
        }
    }
    let alphanumeric = suffix.bytes().all(|byte| byte.is_ascii_alphanumeric());
    Err(Fault::new(if suffix.starts_with(char::is_whitespace) {
        "has a space in it".to_owned()
    } else if suffix.starts_with(',') {
        "has a comma in it".to_owned()
    } else if alphanumeric && suffix.len() <= 8 {
        format!("has the unit `{suffix}`, which Kubernetes does not know")
    } else {
        "has a unit that Kubernetes does not know".to_owned()
    }))
}

/// The amount in billionths.
fn scale(whole: &str, fraction: &str, notation: Notation, power: i32) -> Result<i128, Fault> {
    let fraction = fraction.trim_end_matches('0');
    let mut digits: i128 = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        digits = digits
            .checked_mul(10)
            .and_then(|digits| digits.checked_add(i128::from(digit.saturating_sub(b'0'))))
            .ok_or_else(|| Fault::new("has too many digits"))?;
    }
    if digits == 0 {
        return Ok(0);
    }
    let places = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
    let (twos, tens) = match notation {
        Notation::Binary => (power.unsigned_abs(), 9_i32.saturating_sub(places)),
        Notation::Decimal | Notation::Exponent => {
            (0, power.saturating_add(9).saturating_sub(places))
        }
    };
    let too_large = || Fault::new("is more than Kubernetes can hold").help("write less than `8Ei`");
    let too_fine = || Fault::new("is finer than a billionth");
    let scaled = 2_i128
        .checked_pow(twos)
        .and_then(|unit| digits.checked_mul(unit))
        .ok_or_else(too_large)?;
    let ten = 10_i128.checked_pow(tens.unsigned_abs());
    let nano = if tens >= 0 {
        ten.and_then(|ten| scaled.checked_mul(ten))
            .ok_or_else(too_large)?
    } else {
        let ten = ten.ok_or_else(too_fine)?;
        if scaled % ten != 0 {
            return Err(too_fine());
        }
        scaled / ten
    };
    if nano > MOST {
        return Err(too_large());
    }
    Ok(nano)
}

/// The quantity that was probably meant.
pub(super) fn guess(text: &str) -> Option<String> {
    let text: String = text
        .chars()
        .filter(|character| !character.is_whitespace() && *character != '_')
        .map(|character| if character == ',' { '.' } else { character })
        .collect();
    let text = text.trim_start_matches('-');
    let end = text.find(|character: char| !character.is_ascii_digit() && character != '.')?;
    let (number, unit) = text.split_at(end);
    let first = unit.chars().next()?.to_ascii_uppercase();
    let rest = unit.get(1..)?.to_ascii_lowercase();
    if text.len() > 40 || !"KMGTPE".contains(first) {
        return None;
    }
    if !matches!(rest.as_str(), "" | "b" | "i" | "ib" | "byte" | "bytes") {
        return None;
    }
    let guess = format!("{number}{first}i");
    parse(&guess).ok().map(|_| guess)
}
