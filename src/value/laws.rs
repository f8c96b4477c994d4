//! What holds for every grammar: no text panics, what is written reads back as itself, and an
//! editor's pattern never forbids what is allowed.

use proptest::prelude::*;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::*;

/// Checks one text against one grammar.
fn hold<T>(parse: fn(&str) -> Result<T, Fault>, format: &str, text: &str)
where
    T: std::fmt::Debug + fmt::Display + PartialEq + JsonSchema + DeserializeOwned,
{
    let verdict = parse(text);
    assert_eq!(
        check(format, text),
        Some(verdict.as_ref().map(drop).map_err(Clone::clone))
    );
    let read: Result<T, _> = serde_json::from_value(text.into());
    match verdict {
        Ok(value) => {
            assert_eq!(parse(&value.to_string()).as_ref(), Ok(&value));
            let schema = schemars::schema_for!(T).to_value();
            assert!(jsonschema::is_valid(&schema, &text.into()), "{text:?}");
            assert_eq!(read.unwrap(), value);
        }
        Err(fault) => {
            let said = format!("{}{}", fault.message, fault.help.as_deref().unwrap_or(""));
            assert!(!said.chars().any(character::misleads), "{said:?}");
            assert_eq!(read.unwrap_err().to_string(), fault.message);
        }
    }
}

/// Texts near to what a pattern allows, and any others.
fn texts(pattern: Option<&str>) -> BoxedStrategy<String> {
    let any = prop_oneof![any::<String>(), "[-+.0-9a-zA-Z:/@_%,\\[\\] ]{0,20}"];
    let Some(pattern) = pattern else {
        return any.boxed();
    };
    let pattern = pattern
        .replace(['^', '$'], "")
        .replace("[\\u", "[^\\u")
        .replace("\\u00", "\\x");
    match proptest::string::string_regex(&pattern) {
        Ok(near) => prop_oneof![2 => near, 1 => any].boxed(),
        Err(error) => panic!("{pattern}: {error}"),
    }
}

macro_rules! laws {
    ($($name:ident: $type:ident,)*) => {
        proptest! {
            #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]
            $(
                #[test]
                fn $name(text in texts($type::PATTERN)) {
                    hold($type::parse, $type::FORMAT, &text);
                }
            )*
        }
    };
}

laws! {
    absolute_path: AbsolutePath,
    backup_choice: BackupChoice,
    branch_id: BranchId,
    branch_name: BranchName,
    cpu: Cpu,
    cron: Cron,
    database_name: DatabaseName,
    duration: Duration,
    host_name: HostName,
    identifier: Identifier,
    image: Image,
    instant: Instant,
    label: Label,
    label_key: LabelKey,
    label_value: LabelValue,
    neon_project: NeonProject,
    quantity: Quantity,
    reserve: Reserve,
    secret_key: SecretKey,
    size: Size,
    subdomain: Subdomain,
    time_zone: TimeZone,
}

#[test]
fn a_format_that_is_not_ours_is_not_judged() {
    assert_eq!(check("hostname", "a"), None);
}
