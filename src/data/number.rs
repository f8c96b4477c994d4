//! Numbers as `PostgreSQL` reads them from its file: `parse_int` and `parse_real` of `guc.c`, with
//! units, fractions and rounding, to the last bit of its floating point.

use super::Unit;
use crate::value::Fault;

/// Reads a whole number, in the setting's unit.
pub(super) fn integer(text: &str, unit: Option<Unit>) -> Result<i64, Fault> {
    let (value, rest) = match leading_integer(text) {
        Some((value, rest)) if !rest.starts_with(['.', 'e', 'E']) => (value, rest),
        // As in guc.c: a fraction, an exponent and what overflows are read as floating point.
        _ => leading_real(text)
            .filter(|_| !is_word(text))
            .ok_or_else(|| not_a_number(unit))?,
    };
    let value = scale(value, rest, unit)?.round_ties_even();
    if !(f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&value) {
        return Err(Fault::new("is larger than an integer can be"));
    }
    // It is whole, and within 32 bits.
    #[expect(clippy::cast_possible_truncation)]
    Ok(value as i64)
}

/// Reads a number, in the setting's unit.
pub(super) fn real(text: &str, unit: Option<Unit>) -> Result<f64, Fault> {
    let (value, rest) = leading_real(text).ok_or_else(|| not_a_number(unit))?;
    scale(value, rest, unit)
}

/// A whole number as the server would show it, in the largest unit that leaves it whole.
pub(super) fn show_integer(value: i64, unit: Option<Unit>) -> String {
    let Some(unit) = unit.filter(|_| value > 0) else {
        return value.to_string();
    };
    // At most 32 bits of 60 seconds or 1 MiB: far from an overflow.
    let smallest = value.saturating_mul(i64::from(unit.size()));
    for (name, multiplier) in unit.written() {
        #[expect(clippy::cast_possible_truncation)]
        let size = (multiplier * f64::from(unit.size())) as i64;
        if smallest % size == 0 {
            return format!("{}{name}", smallest / size);
        }
    }
    value.to_string()
}

/// A number that reads back as itself: with its unit, unless it is finer than the next smaller one,
/// to which a server rounds what has a unit.
pub(super) fn show_real(value: f64, unit: Option<Unit>) -> String {
    let number = if value != 0.0 && !(1e-5..1e15).contains(&value.abs()) {
        format!("{value:e}")
    } else {
        value.to_string()
    };
    let shown = unit.filter(|_| value > 0.0).and_then(|unit| {
        let own = |multiplier: f64| (multiplier - 1.0).abs() < f64::EPSILON;
        let (name, _) = unit.written().find(|(_, multiplier)| own(*multiplier))?;
        let shown = format!("{number}{name}");
        let read = real(&shown, Some(unit)).ok()?;
        (read.to_bits() == value.to_bits()).then_some(shown)
    });
    shown.unwrap_or(number)
}

/// `strtol` with base 0: a leading `0x` is hexadecimal, a leading `0` octal. `None` without a digit,
/// and for what does not fit.
fn leading_integer(text: &str) -> Option<(f64, &str)> {
    let unsigned = text.trim_start_matches(is_space);
    let negative = unsigned.starts_with('-');
    let unsigned = unsigned.strip_prefix(['+', '-']).unwrap_or(unsigned);
    let hexadecimal = unsigned
        .strip_prefix("0x")
        .or_else(|| unsigned.strip_prefix("0X"))
        .filter(|digits| digits.starts_with(|first: char| first.is_ascii_hexdigit()));
    let (digits, radix) = match hexadecimal {
        Some(digits) => (digits, 16),
        None if unsigned.starts_with('0') => (unsigned, 8),
        None => (unsigned, 10),
    };
    let end = digits
        .find(|character: char| !character.is_digit(radix))
        .unwrap_or(digits.len());
    let (digits, rest) = digits.split_at(end);
    let value = i64::from_str_radix(digits, radix).ok()?;
    // As C does it, with the same rounding.
    #[expect(clippy::cast_precision_loss)]
    let value = value as f64;
    Some((if negative { -value } else { value }, rest))
}

/// `strtod` for decimal numbers; `None` without a digit, and for what is too large or too small.
/// Hexadecimal fractions, `inf` and `nan`, which no setting means, are no numbers here.
fn leading_real(text: &str) -> Option<(f64, &str)> {
    let text = text.trim_start_matches(is_space);
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        from + bytes
            .iter()
            .skip(from)
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let start = usize::from(text.starts_with(['+', '-']));
    let mut end = digits(start);
    let mut count = end - start;
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        count += fraction - (end + 1);
        end = fraction;
    }
    let mantissa = text.get(..end)?;
    if count == 0 || (mantissa.ends_with('0') && text[end..].starts_with(['x', 'X'])) {
        return None;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let signed = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(signed);
        if exponent > signed {
            end = exponent;
        }
    }
    let (number, rest) = text.split_at(end);
    let value: f64 = number.parse().ok()?;
    let zero = !mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    (value.is_normal() || zero).then_some((value, rest))
}

/// Whether a text begins like a word, which `strtol` does not leave for `strtod` to read.
fn is_word(text: &str) -> bool {
    text.trim_start_matches(is_space)
        .trim_start_matches(['+', '-'])
        .starts_with(|first: char| first.is_ascii_alphabetic())
}

/// Applies the unit that follows a number (`convert_to_base_unit`).
fn scale(value: f64, rest: &str, unit: Option<Unit>) -> Result<f64, Fault> {
    let written = rest.trim_matches(is_space);
    if written.is_empty() {
        return Ok(value);
    }
    let Some(unit) = unit else {
        return Err(Fault::new("is not a number alone").help("write a number without a unit"));
    };
    let mut units = unit.written().skip_while(|(name, _)| *name != written);
    let Some((_, multiplier)) = units.next() else {
        return Err(unknown_unit(value, written, unit));
    };
    let scaled = value * multiplier;
    // 30.1GB is rounded to whole MB, and so on down.
    Ok(match units.next() {
        Some((_, smaller)) => (scaled / smaller).round_ties_even() * smaller,
        None => scaled,
    })
}

/// What `isspace` says in the C locale.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\x0b' | '\x0c' | '\r')
}

fn not_a_number(unit: Option<Unit>) -> Fault {
    Fault::new("is not a number").help(match unit {
        None => "write a number",
        Some(unit) if unit.is_memory() => "write a number and a unit, as in `64MB`",
        Some(_) => "write a number and a unit, as in `30s`",
    })
}

fn unknown_unit(value: f64, written: &str, unit: Unit) -> Fault {
    let known: Vec<String> = unit
        .written()
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    let alphanumeric = written.len() <= 12 && written.bytes().all(|b| b.is_ascii_alphanumeric());
    let fault = Fault::new(if alphanumeric {
        format!(
            "has the unit `{written}`, known here are {}",
            known.join(", ")
        )
    } else {
        format!("has a unit that is none of {}", known.join(", "))
    });
    match unit.guess(written) {
        Some(guess) if value.is_finite() => fault.help(format!("write `{value}{guess}`")),
        _ => not_a_number(Some(unit))
            .help
            .map_or(fault.clone(), |help| fault.help(help)),
    }
}
