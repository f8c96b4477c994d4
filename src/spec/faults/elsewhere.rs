//! Keys that stand in another table, or that other tools have.

use super::advice::without;
use super::schema;
use super::text::list;
use crate::spec::Document;
use crate::spec::path::{Path, Step};
use serde_json::Value;

/// What to write for a key that other tools have, by its meaning there. `table` is what was written.
pub(super) fn of_other_tools(
    key: &str,
    path: &Path,
    table: &Value,
    known: &[&str],
) -> Option<String> {
    let top = path.keys().first().copied().unwrap_or_default();
    let plain = key.to_lowercase().replace(['_', '-'], "");
    Some(match plain.as_str() {
        "enabled" | "enable" => switch(path, table.get(key) == Some(&Value::Bool(false)))?,
        "disabled" | "disable" => switch(path, table.get(key) == Some(&Value::Bool(true)))?,
        "retention" | "retentionpolicy" | "retentiondays" | "retentioncount" | "keepdays"
        | "keeplast" => "which backups stay is `backup.volume.keep`: write `keep = { daily = 7 }` under [backup.volume]".into(),
        "s3" | "gcs" | "azure" | "bucket" | "s3bucket" | "objectstore" | "barmanobjectstore"
        | "destinationpath" | "remote" => {
            "remote storage is not built: leave it out; backups go to the volume that `backup.volume` describes".into()
        }
        "encryption" | "encrypt" | "encrypted" if top == "backup" => {
            "encryption of backups is not built: leave it out".into()
        }
        "accept" if top == "restore" => {
            "it is said for one restore, not in the spec: `underpin restore NAME --backup ID --accept DIGEST`".into()
        }
        "table" | "tables" if top == "restore" => {
            "it is said for one restore, not in the spec: `underpin restore NAME --table TABLE`".into()
        }
        "schedule" | "schedules" if known.contains(&"cron") => {
            "write `cron`: it says when".into()
        }
        "alerts" | "alert" | "alerting" | "prometheusrule" if known.contains(&"rules") => {
            match table.get(key) {
                Some(Value::Bool(false)) => without(path),
                _ => "write `rules`: it says into what kind of object the alerts go".into(),
            }
        }
        "replicas" | "instances" if path.0.is_empty() || top == "postgres" => {
            "leave it out: a server is one pod. How many poolers there are says `replicas` under [pooler]".into()
        }
        "memorylimit" | "memoryrequest" if known.contains(&"memory") => {
            "leave it out: `memory` is request and limit".into()
        }
        "cpurequest" if known.contains(&"cpu") => "write `cpu`: it is the request".into(),
        "resources" | "requests" | "limits" if known.contains(&"memory") => {
            "write `cpu` and `memory` here; `memory` is request and limit".into()
        }
        _ => return None,
    })
}

/// A table is there or not; nothing in it says so.
fn switch(path: &Path, off: bool) -> Option<String> {
    let (Step::Key(last), tables) = path.0.split_last()? else {
        return None;
    };
    if !off {
        return Some("leave it out: the table alone says so".into());
    }
    let field = schema::field(&path.keys())?.node;
    let takes_false = field
        .get("type")
        .and_then(Value::as_array)
        .is_some_and(|kinds| kinds.iter().any(|kind| kind == "boolean"));
    Some(if takes_false {
        let parent = Path(tables.to_vec());
        format!("write `{last} = false` under [{parent}]")
    } else {
        without(path)
    })
}

/// Where a key belongs that its table does not have. Only what is in that table or around it can be
/// meant: the field of the same name in another one means something else.
pub(super) fn of_other_tables(key: &str, path: &Path, document: &Document<'_>) -> Option<String> {
    let here = path.keys();
    let mut found: Vec<Vec<&str>> = schema::fields()
        .into_iter()
        .map(|(steps, _)| steps)
        .collect();
    found.retain(|steps| steps.last() == Some(&key));
    found.sort_by_key(Vec::len);
    let below: Vec<&Vec<&str>> = found
        .iter()
        .filter(|steps| steps.starts_with(&here))
        .collect();
    if let Some(nearest) = below.first() {
        let shown: Vec<String> = below
            .iter()
            .filter(|steps| steps.len() == nearest.len())
            .map(|steps| format!("`{}`", steps.join(".")))
            .collect();
        return Some(format!(
            "this key belongs elsewhere: write {}",
            list(&shown, "or")
        ));
    }
    // Below a table's header, all that follows is in that table.
    let around = |steps: &&Vec<&str>| {
        let said = Path(steps.iter().map(|step| Step::from(*step)).collect());
        here.starts_with(&steps[..steps.len() - 1]) && document.kind(&said) == "nothing"
    };
    if let Some(steps) = found.iter().rfind(around) {
        let where_to = match steps.split_last() {
            Some((_, [])) | None => "above the first table".to_owned(),
            Some((_, tables)) => format!("under [{}]", tables.join(".")),
        };
        return Some(format!(
            "this key belongs elsewhere: write `{key}` {where_to}"
        ));
    }
    match found.as_slice() {
        [] => None,
        [only] => Some(format!(
            "`{path}` has no `{key}`: leave it out, or write `{}` if that is meant",
            only.join(".")
        )),
        _ => Some(format!("`{path}` has no `{key}`: leave it out")),
    }
}
