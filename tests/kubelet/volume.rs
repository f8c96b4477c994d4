//! A pod's volumes as directories of this machine.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::claim::{Claims, format_volume};
use super::facts::Facts;
use super::host;
use super::objects::{Objects, bytes, text};
use super::ownership::{self, Access};
use super::payload;

/// A volume that stands ready to be mounted.
#[derive(Clone, Debug)]
pub(crate) struct Volume {
    pub(crate) directory: PathBuf,
    pub(crate) access: Access,
    /// Bytes above which the kubelet evicts the pod: an emptyDir on disk with a size limit.
    pub(crate) evict_above: Option<u64>,
}

/// Makes a volume ready; the error is the event that the kubelet would write, and it would try again.
pub(crate) fn set_up(
    volume: &Value,
    facts: &Facts,
    objects: &Objects,
    claims: &Claims,
) -> Result<Volume, String> {
    let name = text(volume, "/name");
    let failed = |why: String| format!("MountVolume.SetUp failed for volume \"{name}\" : {why}");
    let fs_group = fs_group(&facts.spec);
    let directory = facts.directory.join("volumes").join(name);

    if let Some(payload) = payload::payload(volume, facts, objects).map_err(failed)? {
        make_directory(&directory, 0o777);
        payload::write(&directory, &payload, fs_group);
        if let Some(group) = fs_group {
            ownership::give_on_root_mismatch(&directory, group, Access::Read);
        }
        return Ok(Volume {
            directory,
            access: Access::Read,
            evict_above: None,
        });
    }
    if let Some(source) = volume.get("persistentVolumeClaim") {
        let claim = text(source, "/claimName");
        if objects.get("PersistentVolumeClaim", claim).is_none() {
            return Err(format!("persistentvolumeclaim \"{claim}\" not found"));
        }
        let directory = claims.directory(claim);
        let access = if source["readOnly"] == Value::Bool(true) {
            Access::Read
        } else {
            Access::Write
        };
        // A volume that is mounted read-only keeps its owners.
        if let Some(group) = fs_group.filter(|_| access == Access::Write) {
            give_to_group(&directory, group, &facts.spec);
        }
        return Ok(Volume {
            directory,
            access,
            evict_above: None,
        });
    }
    if let Some(source) = volume.get("emptyDir") {
        let evict_above = empty_directory(&directory, source);
        if let Some(group) = fs_group {
            ownership::give(&directory, group, Access::Write);
        }
        return Ok(Volume {
            directory,
            access: Access::Write,
            evict_above,
        });
    }
    if let Some(source) = volume.get("ephemeral") {
        // A claim of the pod's own, as large as it says, and new each time.
        let size = source.pointer("/volumeClaimTemplate/spec/resources/requests/storage");
        make_directory(&directory, 0o755);
        mount_memory(&directory, size.map(bytes), 0o755);
        format_volume(&directory);
        if let Some(group) = fs_group {
            give_to_group(&directory, group, &facts.spec);
        }
        return Ok(Volume {
            directory,
            access: Access::Write,
            evict_above: None,
        });
    }
    Err(failed("it has no source".to_owned()))
}

/// Writes a volume's files again, after its objects changed.
pub(crate) fn refresh(volume: &Value, facts: &Facts, objects: &Objects) {
    if let Ok(Some(payload)) = payload::payload(volume, facts, objects) {
        let directory = facts.directory.join("volumes").join(text(volume, "/name"));
        if directory.exists() {
            payload::write(&directory, &payload, fs_group(&facts.spec));
        }
    }
}

/// Mounts a tmpfs that holds so many bytes, or half of the memory.
pub(crate) fn mount_memory(directory: &Path, limit: Option<u64>, mode: u32) {
    let size = limit.map_or_else(|| "50%".to_owned(), |limit| limit.to_string());
    let options = format!("size={size},mode={mode:o}");
    let directory = directory.to_string_lossy();
    host::run(
        "mount",
        &["-t", "tmpfs", "-o", &options, "tmpfs", &directory],
    );
}

fn fs_group(spec: &Value) -> Option<u32> {
    let group = spec.pointer("/securityContext/fsGroup")?.as_u64()?;
    Some(u32::try_from(group).expect("a group's id"))
}

fn give_to_group(directory: &Path, group: u32, spec: &Value) {
    match text(spec, "/securityContext/fsGroupChangePolicy") {
        "OnRootMismatch" => ownership::give_on_root_mismatch(directory, group, Access::Write),
        "" | "Always" => ownership::give(directory, group, Access::Write),
        other => panic!("the API server refuses fsGroupChangePolicy `{other}`"),
    }
}

/// Makes an emptyDir; in memory the limit holds at once, on disk the kubelet looks now and then.
fn empty_directory(directory: &Path, source: &Value) -> Option<u64> {
    let limit = source.get("sizeLimit").map(bytes);
    make_directory(directory, 0o777);
    match text(source, "/medium") {
        "Memory" => {
            mount_memory(directory, limit, 0o1777);
            None
        }
        "" => limit,
        other => panic!("the kubelet in small does not know the medium `{other}`"),
    }
}

fn make_directory(directory: &Path, mode: u32) {
    fs::create_dir_all(directory).expect("our directory");
    fs::set_permissions(directory, fs::Permissions::from_mode(mode)).expect("our directory");
}
