//! A value for a setting: whether a server would take it, and the one way to write it.

use super::{Kind, Setting, number};
use crate::value::Fault;

/// Judges a text as `PostgreSQL` does when it reads its file, and gives the text to write: one for
/// all ways to say the same, so that `65536kB` and `64MB` are no change.
///
/// Stricter than a server in this: an enumeration's value must be one that `pg_settings` shows
/// (the hidden ones are old names, such as `hot_standby` for `wal_level`), and a number is decimal
/// unless it is a whole one. A server's own further checks (does the time zone exist?) are not made.
pub fn check_value(setting: &Setting, text: &str) -> Result<String, Fault> {
    match &setting.kind {
        Kind::Bool => boolean(text)
            .map(|on| if on { "on" } else { "off" }.to_owned())
            .ok_or_else(|| Fault::new("is neither on nor off").help("write `on` or `off`")),
        Kind::Integer { unit, min, max } => {
            let show = |value| number::show_integer(value, *unit);
            let value = number::integer(text, *unit)
                .map_err(|fault| or_range(fault, &show(*min), &show(*max)))?;
            if !(*min..=*max).contains(&value) {
                return Err(range(&show(*min), &show(*max)));
            }
            Ok(show(value))
        }
        Kind::Real { unit, min, max } => {
            let show = |value| number::show_real(value, *unit);
            let value = number::real(text, *unit)
                .map_err(|fault| or_range(fault, &show(*min), &show(*max)))?;
            if !(*min..=*max).contains(&value) {
                return Err(range(&show(*min), &show(*max)));
            }
            Ok(show(value))
        }
        Kind::Enum { values } => enumeration(values, text),
        Kind::String => match text.chars().find(|character| character.is_control()) {
            None => Ok(text.to_owned()),
            Some(character) => Err(Fault::new(format!(
                "holds the control character U+{:04X}",
                u32::from(character)
            ))
            .help("leave it out")),
        },
    }
}

/// `parse_bool`: a prefix of a word that no other word shares, in any case.
fn boolean(text: &str) -> Option<bool> {
    const WORDS: [(&str, usize, bool); 6] = [
        ("true", 1, true),
        ("false", 1, false),
        ("yes", 1, true),
        ("no", 1, false),
        ("on", 2, true),
        ("off", 2, false),
    ];
    match text {
        "1" => return Some(true),
        "0" => return Some(false),
        _ => {}
    }
    WORDS
        .into_iter()
        .find(|(word, least, _)| {
            text.len() >= *least
                && word
                    .get(..text.len())
                    .is_some_and(|prefix| prefix.eq_ignore_ascii_case(text))
        })
        .map(|(_, _, on)| on)
}

/// One of the values; those with on and off among them take the other words for these too.
fn enumeration(values: &[&str], text: &str) -> Result<String, Fault> {
    let find = |text: &str| {
        values
            .iter()
            .find(|value| value.eq_ignore_ascii_case(text))
            .map(|value| (*value).to_owned())
    };
    let alias = match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => "on",
        "false" | "no" | "0" => "off",
        _ => text,
    };
    let both = find("on").is_some() && find("off").is_some();
    find(text)
        .or_else(|| both.then(|| find(alias)).flatten())
        .ok_or_else(|| {
            let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
            Fault::new("is none of the values of this setting")
                .help(format!("write one of {}", values.join(", ")))
        })
}

/// Out of range.
fn range(min: &str, max: &str) -> Fault {
    Fault::new(format!("is outside {min} to {max}")).help(format!("write {min} to {max}"))
}

/// A fault that has no help of its own says the range.
fn or_range(fault: Fault, min: &str, max: &str) -> Fault {
    if fault.help.is_some() {
        fault
    } else {
        range(min, max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::setting;

    /// What a server takes and is refused here: names that it does not show, and hexadecimal reals.
    const STRICTER: &[(&str, &str)] = &[
        ("client_min_messages", "debug"),
        ("client_min_messages", "info"),
        ("hash_mem_multiplier", "0x10"),
        ("icu_validation_level", "debug"),
        ("icu_validation_level", "info"),
        ("log_min_error_statement", "debug"),
        ("log_min_messages", "debug"),
        ("random_page_cost", "0x10"),
        ("vacuum_cost_delay", "0x10"),
        ("wal_level", "archive"),
        ("wal_level", "hot_standby"),
    ];

    #[test]
    fn a_real_server_agrees() {
        let file = include_str!("../../data/values-17.tsv");
        let lines = file.lines().filter(|line| !line.starts_with('#'));
        assert!(lines.clone().count() > 2000);
        let differences: Vec<String> = lines.filter_map(difference).collect();
        assert!(differences.is_empty(), "{differences:#?}");
    }

    /// What is judged otherwise here than by the server that the line tells of.
    fn difference(line: &str) -> Option<String> {
        let [name, text, verdict, shown] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Some(line.to_owned());
        };
        let setting = setting(17, name)?;
        let refused = verdict == "refused" || STRICTER.contains(&(name, text));
        match check_value(setting, text) {
            Err(_) if refused => None,
            Ok(canonical) if !refused && same(setting, &canonical, shown) => None,
            ours => Some(format!("{line:?}: {ours:?}")),
        }
    }

    /// Whether the text that we would write means what the server shows, in the setting's unit.
    fn same(setting: &Setting, canonical: &str, shown: &str) -> bool {
        match &setting.kind {
            Kind::Integer { unit, .. } => {
                let value = number::integer(canonical, *unit).unwrap();
                // A server raises fewer than four of these buffers to four.
                let raised = setting.name == "wal_buffers" && value >= 0;
                shown.parse() == Ok(if raised { value.max(4) } else { value })
            }
            Kind::Real { unit, .. } => {
                // The server shows six digits.
                let value = number::real(canonical, *unit).unwrap();
                let shown: f64 = shown.parse().unwrap();
                (value - shown).abs() <= shown.abs() * 1e-5
            }
            // It is one of its values, and another name for pglz.
            _ if setting.name == "wal_compression" && canonical == "on" => shown == "pglz",
            _ => canonical == shown,
        }
    }

    #[test]
    fn what_is_written() {
        for (name, text, expected) in [
            ("work_mem", "65536", "64MB"),
            ("work_mem", "65536kB", "64MB"),
            ("work_mem", "100kB", "100kB"),
            ("shared_buffers", "16384", "128MB"),
            ("shared_buffers", "30.1GB", "30822MB"),
            ("max_connections", "200", "200"),
            ("log_min_duration_statement", "-1", "-1"),
            ("checkpoint_timeout", "900", "15min"),
            ("statement_timeout", "1d", "1d"),
            ("vacuum_cost_delay", "1500us", "1.5ms"),
            ("vacuum_cost_delay", "0.0001", "0.0001"),
            ("random_page_cost", "1.10", "1.1"),
            ("random_page_cost", "1e300", "1e300"),
            ("autovacuum", "TRUE", "on"),
            ("synchronous_commit", "yes", "on"),
            ("wal_level", "LOGICAL", "logical"),
            ("log_line_prefix", "%m '", "%m '"),
        ] {
            let setting = setting(17, name).unwrap();
            assert_eq!(
                check_value(setting, text).unwrap(),
                expected,
                "{name} = {text}"
            );
        }
    }

    #[test]
    fn what_is_said() {
        for (name, text, message, help) in [
            (
                "work_mem",
                "64Mi",
                "has the unit `Mi`, known here are `TB`, `GB`, `MB`, `kB`, `B`",
                "write `64MB`",
            ),
            (
                "work_mem",
                "1kB",
                "is outside 64kB to 2147483647kB",
                "write 64kB to 2147483647kB",
            ),
            (
                "max_connections",
                "0",
                "is outside 1 to 262143",
                "write 1 to 262143",
            ),
            (
                "max_connections",
                "99999999999",
                "is outside 1 to 262143",
                "write 1 to 262143",
            ),
            (
                "max_connections",
                "100MB",
                "is not a number alone",
                "write a number without a unit",
            ),
            (
                "statement_timeout",
                "ten",
                "is not a number",
                "write a number and a unit, as in `30s`",
            ),
            (
                "statement_timeout",
                "5\u{1b}[0m",
                "has a unit that is none of `d`, `h`, `min`, `s`, `ms`, `us`",
                "write a number and a unit, as in `30s`",
            ),
            (
                "autovacuum",
                "enabled",
                "is neither on nor off",
                "write `on` or `off`",
            ),
            (
                "wal_level",
                "hot_standby",
                "is none of the values of this setting",
                "write one of `minimal`, `replica`, `logical`",
            ),
            (
                "log_line_prefix",
                "a\nb",
                "holds the control character U+000A",
                "leave it out",
            ),
        ] {
            let fault = check_value(setting(17, name).unwrap(), text).unwrap_err();
            assert_eq!(fault.message, message, "{name} = {text:?}");
            assert_eq!(fault.help.as_deref(), Some(help), "{name} = {text:?}");
        }
    }

    /// What is compiled in is legal, in every major.
    #[test]
    fn defaults_are_legal() {
        for major in 15..=18 {
            for name in crate::data::names(major) {
                let setting = setting(major, name).unwrap();
                // Some facts about the server have no value yet when it is compiled.
                if setting.context != crate::data::Context::Internal && !setting.boot_val.is_empty()
                {
                    check_value(setting, setting.boot_val)
                        .unwrap_or_else(|fault| panic!("{major} {name}: {fault}"));
                }
            }
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]
        #[test]
        fn no_text_panics(text: String, number in "[-+.0-9exX]{0,12} ?[a-zA-Z]{0,3}") {
            for name in ["work_mem", "vacuum_cost_delay", "max_connections", "autovacuum", "wal_level", "checkpoint_timeout"] {
                let setting = setting(17, name).unwrap();
                for text in [&text, &number] {
                    if let Ok(canonical) = check_value(setting, text) {
                        assert_eq!(check_value(setting, &canonical).as_ref(), Ok(&canonical));
                    }
                }
            }
        }
    }
}
