//! The settings of `PostgreSQL`: what the servers say of them, and what Underpin does with them.

use super::page::Page;
use crate::data::{self, Context, Kind, MAJORS, Setting};
use crate::model::Origin;
use crate::spec::types::Locale;
use crate::validate::defaults;
use crate::validate::rules::{
    setting_loses_data::LOSES, setting_risks::RISKS, setting_stops::STOPS,
};
use crate::validate::settings::{OWNED, written_by_initdb};
use crate::validate::sizing::SIZINGS;

/// A setting as `PostgreSQL` spells it, in any of the majors.
pub fn find(name: &str) -> Option<&'static str> {
    MAJORS
        .iter()
        .rev()
        .find_map(|major| data::setting(*major, name))
        .map(|setting| setting.name)
}

/// Every setting of every major, without repetition.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = MAJORS
        .iter()
        .flat_map(|major| data::names(*major))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Settings that are derived, and how.
pub fn derived() -> Vec<(String, String)> {
    SIZINGS
        .iter()
        .map(|sizing| (format!("`{}`", sizing.name), sizing.how.to_owned()))
        .collect()
}

/// Settings that have a value of Underpin's, which a spec can replace.
pub fn defaults() -> Vec<(String, String)> {
    written_by_initdb(defaults::meaning(17, Locale::CUtf8))
        .iter()
        .map(|(name, value)| (format!("`{name}`"), format!("`{value}`")))
        .collect()
}

/// Settings that a spec cannot set, and why.
pub fn owned() -> Vec<(String, String)> {
    OWNED
        .iter()
        .map(|(name, why)| (format!("`{name}`"), (*why).to_owned()))
        .collect()
}

/// All that is known of a setting.
pub fn page(name: &str) -> Option<Page> {
    let known: Vec<(u8, &Setting)> = MAJORS
        .iter()
        .filter_map(|major| Some((*major, data::setting(*major, name)?)))
        .collect();
    let (_, newest) = *known.last()?;
    let mut page =
        Page::new(format!("`{}`: a setting of PostgreSQL", newest.name)).text(newest.description);
    if known.len() < MAJORS.len() {
        page = page.fact("in", list(known.iter().map(|(major, _)| major.to_string())));
    }
    page = page
        .fact("type", by_major(&known, |setting| kind(&setting.kind)))
        .fact(
            "default",
            by_major(&known, |setting| {
                if setting.boot_val.is_empty() {
                    "none, or the build's".into()
                } else {
                    amount(setting, setting.boot_val)
                }
            }),
        )
        .fact(
            "changes",
            by_major(&known, |setting| changes(setting.context).into()),
        )
        .fact("Underpin", treatment(newest));
    let stops = STOPS
        .iter()
        .map(|(name, value, why, _)| ((*name, *value, *why), "refused"));
    let refused: Vec<(String, String)> = LOSES
        .iter()
        .map(|loses| (*loses, "refused"))
        .chain(stops)
        .chain(RISKS.iter().map(|risk| (*risk, "warned of")))
        .filter(|((name, ..), _)| *name == newest.name)
        .map(|((_, value, why), what)| (format!("`{value}`"), format!("{what}: {why}")))
        .collect();
    page = page.list(refused);
    if !is_owned(newest.name) && newest.context != Context::Internal {
        let value = example(newest);
        page = page.code(
            "toml",
            "Example",
            &format!("[postgres.settings]\n{} = {value}", newest.name),
        );
    }
    let manual = "https://www.postgresql.org/docs/current/runtime-config.html";
    Some(page.text(format!("The manual: {manual}")))
}

/// Who decided the value in a spec, in words.
pub fn origin(origin: Origin) -> String {
    match origin {
        Origin::Underpin => "set by Underpin, and not the spec's to set".into(),
        Origin::Default => "set by Underpin, as initdb or a server in a cluster has it".into(),
        Origin::Sized(how) => format!("derived: {how}"),
        Origin::Spec => "set by the spec".into(),
    }
}

fn treatment(setting: &Setting) -> String {
    if let Some((_, why)) = OWNED.iter().find(|(name, _)| *name == setting.name) {
        return format!("keeps it from the spec: {why}");
    }
    if setting.context == Context::Internal {
        return "cannot set it: PostgreSQL reports it".into();
    }
    if let Some(sizing) = SIZINGS.iter().find(|sizing| sizing.name == setting.name) {
        return format!("derives it where the spec says nothing: {}", sizing.how);
    }
    let with = |locale| {
        let settings = written_by_initdb(defaults::meaning(17, locale));
        settings
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(setting.name))
            .map(|(_, value)| value)
    };
    if let Some(value) = with(Locale::CUtf8) {
        let locale = if with(Locale::EnUsUtf8) == Some(value) {
            ""
        } else {
            "; it follows `postgres.locale`"
        };
        return format!("sets it to `{value}` where the spec says nothing{locale}");
    }
    "leaves it to PostgreSQL, unless the spec sets it".into()
}

fn is_owned(name: &str) -> bool {
    OWNED.iter().any(|(owned, _)| *owned == name)
}

fn changes(context: Context) -> &'static str {
    match context {
        Context::Internal => "never",
        Context::Postmaster => "by a restart of the server",
        Context::Sighup => "by reload",
        Context::SuperuserBackend | Context::Backend => "by reload, for new sessions",
        Context::Superuser => "by reload; in a session by a superuser",
        Context::User => "by reload; in a session by anyone",
    }
}

fn kind(kind: &Kind) -> String {
    let of = |unit: Option<data::Unit>| {
        unit.map_or(String::new(), |unit| format!(" in {}", unit.name()))
    };
    match kind {
        Kind::Bool => "on or off".into(),
        Kind::Integer { unit, min, max } => format!("integer{}, {min} to {max}", of(*unit)),
        Kind::Real { unit, min, max } => format!("number{}, {min} to {max}", of(*unit)),
        Kind::String => "text".into(),
        Kind::Enum { values } => list(values.iter().map(|value| format!("`{value}`"))),
    }
}

/// A value in the setting's unit as a person would write it: `16384` blocks as `128MB`.
fn amount(setting: &Setting, value: &str) -> String {
    let (Kind::Integer {
        unit: Some(unit), ..
    }
    | Kind::Real {
        unit: Some(unit), ..
    }) = &setting.kind
    else {
        return format!("`{value}`");
    };
    match value.parse::<i64>() {
        Ok(number) if number > 0 => format!("`{}`", unit.written_as(number)),
        _ => format!("`{value}`"),
    }
}

fn example(setting: &Setting) -> String {
    match &setting.kind {
        Kind::Bool => if setting.boot_val == "on" {
            "true"
        } else {
            "false"
        }
        .into(),
        Kind::Integer { unit: None, .. } | Kind::Real { unit: None, .. }
            if !setting.boot_val.is_empty() =>
        {
            setting.boot_val.into()
        }
        _ => {
            let value = amount(setting, setting.boot_val);
            format!("{:?}", value.trim_matches('`'))
        }
    }
}

/// One text where all majors agree, otherwise each with the majors that it is of.
fn by_major(known: &[(u8, &Setting)], text: impl Fn(&Setting) -> String) -> String {
    let mut groups: Vec<(Vec<u8>, String)> = Vec::new();
    for (major, setting) in known {
        let said = text(setting);
        match groups.last_mut() {
            Some((majors, last)) if *last == said => majors.push(*major),
            _ => groups.push((vec![*major], said)),
        }
    }
    match groups.as_slice() {
        [(_, only)] => only.clone(),
        _ => groups
            .iter()
            .map(|(majors, said)| match majors.as_slice() {
                [first, .., last] => format!("{said} ({first} to {last})"),
                _ => format!("{said} ({})", list(majors.iter().map(ToString::to_string))),
            })
            .collect::<Vec<_>>()
            .join("; "),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}
