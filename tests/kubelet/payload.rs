//! The files of `ConfigMap`, Secret, projected and downward API volumes: which, with what mode; and
//! how they are written, so that a reader sees the old set or the new one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::facts::Facts;
use super::host;
use super::objects::{Objects, list, text};
use super::ownership;

/// Content and mode by path.
pub(crate) type Payload = BTreeMap<String, (Vec<u8>, u32)>;

/// The files of a volume that comes from objects; nothing for another kind of volume.
pub(crate) fn payload(
    volume: &Value,
    facts: &Facts,
    objects: &Objects,
) -> Result<Option<Payload>, String> {
    let mut files = Payload::new();
    if let Some(source) = volume.get("configMap") {
        let mode = mode(&source["defaultMode"], 0o644)?;
        add(
            "ConfigMap",
            text(source, "/name"),
            source,
            mode,
            objects,
            &mut files,
        )?;
    } else if let Some(source) = volume.get("secret") {
        let mode = mode(&source["defaultMode"], 0o644)?;
        add(
            "Secret",
            text(source, "/secretName"),
            source,
            mode,
            objects,
            &mut files,
        )?;
    } else if let Some(projected) = volume.get("projected") {
        let mode = mode(&projected["defaultMode"], 0o644)?;
        for source in list(&projected["sources"]) {
            if let Some(source) = source.get("configMap") {
                add(
                    "ConfigMap",
                    text(source, "/name"),
                    source,
                    mode,
                    objects,
                    &mut files,
                )?;
            } else if let Some(source) = source.get("secret") {
                add(
                    "Secret",
                    text(source, "/name"),
                    source,
                    mode,
                    objects,
                    &mut files,
                )?;
            } else {
                add_fields(&source["downwardAPI"], mode, facts, &mut files)?;
            }
        }
    } else {
        return Ok(None);
    }
    Ok(Some(files))
}

fn mode(value: &Value, default: u32) -> Result<u32, String> {
    match value.as_u64() {
        None if value.is_null() => Ok(default),
        Some(mode @ 0..=0o777) => Ok(u32::try_from(mode).expect("below 0o777")),
        _ => Err(format!(
            "a mode must be a number between 0 and 0777: {value}"
        )),
    }
}

fn add(
    kind: &str,
    name: &str,
    source: &Value,
    default_mode: u32,
    objects: &Objects,
    files: &mut Payload,
) -> Result<(), String> {
    let noun = kind.to_lowercase();
    let optional = source["optional"] == Value::Bool(true);
    let Some(content) = objects.content(kind, name) else {
        return if optional {
            Ok(())
        } else {
            Err(format!("{noun} \"{name}\" not found"))
        };
    };
    if source["items"].is_null() {
        for (key, value) in content {
            files.insert(key, (value, default_mode));
        }
        return Ok(());
    }
    for item in list(&source["items"]) {
        let key = text(item, "/key");
        let path = text(item, "/path").to_owned();
        assert!(
            !path.is_empty() && !path.starts_with('/') && !path.contains(".."),
            "the API server refuses the path `{path}` of an item"
        );
        match content.get(key) {
            Some(value) => {
                files.insert(path, (value.clone(), mode(&item["mode"], default_mode)?));
            }
            None if optional => {}
            None => return Err(format!("references non-existent {noun} key: {key}")),
        }
    }
    Ok(())
}

fn add_fields(
    source: &Value,
    default_mode: u32,
    facts: &Facts,
    files: &mut Payload,
) -> Result<(), String> {
    for item in list(&source["items"]) {
        let value = facts.field(text(item, "/fieldRef/fieldPath"))?;
        let mode = mode(&item["mode"], default_mode)?;
        files.insert(text(item, "/path").to_owned(), (value.into_bytes(), mode));
    }
    Ok(())
}

/// Writes the files as the kubelet's atomic writer does: into a new directory, to which `..data`
/// is then pointed; what a reader opens are links through `..data`.
pub(crate) fn write(directory: &Path, payload: &Payload, fs_group: Option<u32>) {
    // A pod that starts while its objects change is written twice, not both at once.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let stamp = format!("..{}", host::unique());
    let fresh = directory.join(&stamp);
    fs::create_dir(&fresh).expect("a new name");
    fs::set_permissions(&fresh, fs::Permissions::from_mode(0o755)).expect("our directory");
    for (path, (content, mode)) in payload {
        let file = fresh.join(path);
        fs::create_dir_all(file.parent().expect("below a directory")).expect("our directory");
        fs::write(&file, content).expect("our directory");
        fs::set_permissions(&file, fs::Permissions::from_mode(*mode)).expect("our file");
    }
    if let Some(group) = fs_group {
        ownership::give(&fresh, group, ownership::Access::Read);
    }
    let data = directory.join("..data");
    let old = fs::read_link(&data).ok();
    symlink(&stamp, directory.join("..data_tmp")).expect("our directory");
    fs::rename(directory.join("..data_tmp"), &data).expect("our directory");
    let names: BTreeSet<&str> = payload
        .keys()
        .filter_map(|path| path.split('/').next())
        .collect();
    for name in &names {
        let link = directory.join(name);
        if link.symlink_metadata().is_err() {
            symlink(format!("..data/{name}"), link).expect("our directory");
        }
    }
    for entry in fs::read_dir(directory).expect("our directory").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with("..") && !names.contains(name.as_str()) {
            fs::remove_file(entry.path()).expect("our link");
        }
    }
    if let Some(old) = old {
        fs::remove_dir_all(directory.join(old)).expect("our directory");
    }
}
