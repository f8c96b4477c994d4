//! What the kubelet does with a pod from its birth to its end: volumes, init containers, containers,
//! restarts, stop.

use std::fs;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::container::{Mount, Plan, Running};
use super::environment;
use super::host;
use super::identity;
use super::image;
use super::objects::{Objects, list, text};
use super::ownership::Access;
use super::pod::{Phase, Shared, Stop, Termination};
use super::probe;
use super::run::Run;
use super::sidecar::{self, Ending};
use super::volume::{self, Volume};

/// Between two tries of what failed, and before a restart; ten seconds and more on a cluster.
const BACK_OFF: Duration = Duration::from_millis(100);
const LOOK: Duration = Duration::from_millis(5);

/// What a container is to its pod.
#[derive(Clone, Copy)]
enum Role<'a> {
    Init,
    Main,
    Sidecar(&'a Ending),
}

/// A container that is started, restarted and ended.
#[derive(Clone, Copy)]
struct Tended<'a> {
    container: &'a Value,
    volumes: &'a [(String, Volume)],
    role: Role<'a>,
}

/// The pod's thread.
pub(crate) fn live(shared: &Arc<Shared>) {
    let Some(volumes) = set_up_volumes(shared) else {
        return shared.finish(Phase::Failed);
    };
    shared.set_phase(Phase::Pending);
    let init = || list(&shared.facts.spec["initContainers"]);
    let endings: Vec<Ending> = init().map(|_| Ending::default()).collect();
    let tended = |container, role| Tended {
        container,
        volumes: &volumes,
        role,
    };
    let succeeded = thread::scope(|scope| {
        let mut sidecars = Vec::new();
        let begun = init().zip(&endings).all(|(container, ending)| {
            if !sidecar::is_one(container) {
                return tend(shared, tended(container, Role::Init)) == Some(0);
            }
            let one = tended(container, Role::Sidecar(ending));
            sidecars.push((ending, scope.spawn(move || tend(shared, one))));
            wait_for_start(shared, text(container, "/name"))
        });
        let succeeded = begun && run_main(shared, &volumes);
        for (ending, sidecar) in sidecars.into_iter().rev() {
            ending.ask(shared.last_order());
            drop(sidecar.join());
        }
        succeeded
    });
    shared.finish(if succeeded {
        Phase::Succeeded
    } else {
        Phase::Failed
    });
}

/// Runs the main containers to their ends, which decide the pod's.
fn run_main(shared: &Arc<Shared>, volumes: &[(String, Volume)]) -> bool {
    shared.set_phase(Phase::Running);
    let codes: Vec<Option<i32>> = thread::scope(|scope| {
        let tended: Vec<_> = list(&shared.facts.spec["containers"])
            .map(|container| {
                let one = Tended {
                    container,
                    volumes,
                    role: Role::Main,
                };
                scope.spawn(move || tend(shared, one))
            })
            .collect();
        watch_pod(shared, volumes, || {
            tended.iter().all(thread::ScopedJoinHandle::is_finished)
        });
        tended
            .into_iter()
            .map(|tender| tender.join().unwrap_or(None))
            .collect()
    });
    codes.iter().all(|code| *code == Some(0)) && !shared.was_cut_off()
}

/// Waits until a sidecar has started; not if the pod is asked to end before.
fn wait_for_start(shared: &Arc<Shared>, name: &str) -> bool {
    loop {
        if shared.stop().is_some() {
            return false;
        }
        if shared.run_of(name).is_some_and(|run| run.has_started()) {
            return true;
        }
        thread::sleep(LOOK);
    }
}

/// Starts a container and restarts it as the policy says; gives its last exit code.
fn tend(shared: &Arc<Shared>, tended: Tended<'_>) -> Option<i32> {
    let Tended {
        container,
        volumes,
        role,
    } = tended;
    let name = text(container, "/name");
    let policy = match (role, text(&shared.facts.spec, "/restartPolicy")) {
        (Role::Sidecar(_), _) | (_, "") => "Always",
        (_, policy) => policy,
    };
    let is_over = || shared.stop().is_some() || order(shared, role).is_some();
    loop {
        let run = match start(shared, container, volumes) {
            Ok(run) => Arc::new(run),
            Err(why) => {
                shared.event(&format!("Error: {why}"));
                shared.pause(BACK_OFF);
                if is_over() {
                    return None;
                }
                continue;
            }
        };
        shared.set_run(name, &run);
        if !matches!(role, Role::Init) {
            probe::watch(shared, &run);
        }
        let code = wait(shared, &run, role);
        run.running.close_log();
        let fallback = text(container, "/terminationMessagePolicy") == "FallbackToLogsOnError";
        let message = run.running.termination_message(fallback, code);
        shared.set_terminated(name, Termination { code, message });
        let again = match policy {
            "Never" => false,
            "OnFailure" => code != 0,
            _ => !matches!(role, Role::Init) || code != 0,
        };
        if !again || is_over() {
            return Some(code);
        }
        shared.event(&format!(
            "Back-off restarting container {name}, which ended with {code}"
        ));
        shared.pause(BACK_OFF);
        if is_over() {
            return Some(code);
        }
        shared.count_restart(name);
    }
}

/// The order to end that a container follows.
fn order(shared: &Shared, role: Role<'_>) -> Option<Stop> {
    match role {
        Role::Sidecar(ending) => ending.order(shared.stop()),
        Role::Init | Role::Main => shared.stop(),
    }
}

/// Waits for the end of a run, or brings it about.
fn wait(shared: &Arc<Shared>, run: &Run, role: Role<'_>) -> i32 {
    loop {
        if let Some(code) = run.running.ended() {
            return code;
        }
        match order(shared, role) {
            Some(Stop::Gracefully(grace)) => return run.stop(grace),
            Some(Stop::AtOnce) => return run.stop(Duration::ZERO),
            None => {}
        }
        if let Some(grace) = run.unhealthy() {
            return run.stop(grace);
        }
        thread::sleep(LOOK);
    }
}

/// Looks at what concerns the whole pod until its containers are done.
fn watch_pod(shared: &Arc<Shared>, volumes: &[(String, Volume)], done: impl Fn() -> bool) {
    let begin = Instant::now();
    let deadline = shared.facts.spec["activeDeadlineSeconds"].as_u64();
    let mut next_look = Instant::now();
    while !done() {
        if deadline.is_some_and(|deadline| begin.elapsed() > Duration::from_secs(deadline)) {
            shared.event("DeadlineExceeded: the pod was active longer than its deadline");
            shared.ask_to_stop(Stop::Gracefully(shared.grace_period()));
        }
        if Instant::now() >= next_look {
            next_look = Instant::now() + Duration::from_secs(1);
            for (name, volume) in volumes {
                let full = volume.evict_above.filter(|limit| used(volume) > *limit);
                if let Some(limit) = full {
                    shared.event(&format!(
                        "Evicted: usage of EmptyDir volume \"{name}\" exceeds the limit \"{limit}\""
                    ));
                    shared.ask_to_stop(Stop::AtOnce);
                }
            }
        }
        thread::sleep(LOOK);
    }
}

fn used(volume: &Volume) -> u64 {
    walkdir::WalkDir::new(&volume.directory)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.metadata().ok())
        .map(|metadata| std::os::unix::fs::MetadataExt::blocks(&metadata) * 512)
        .sum()
}

fn set_up_volumes(shared: &Arc<Shared>) -> Option<Vec<(String, Volume)>> {
    let spec = &shared.facts.spec;
    let mut ready: Vec<(String, Volume)> = Vec::new();
    for volume in list(&spec["volumes"]) {
        loop {
            let objects = shared.cluster.objects();
            let free = wait_for_claim(shared, volume, &objects);
            let set_up = || volume::set_up(volume, &shared.facts, &objects, &shared.cluster.claims);
            match free.and_then(|()| set_up()) {
                Ok(done) => {
                    ready.push((text(volume, "/name").to_owned(), done));
                    break;
                }
                Err(why) => shared.event(&why),
            }
            shared.pause(BACK_OFF);
            if shared.stop().is_some() {
                return None;
            }
        }
    }
    Some(ready)
}

/// A claim of one pod alone keeps the next pod waiting; the error is the scheduler's.
fn wait_for_claim(shared: &Shared, volume: &Value, objects: &Objects) -> Result<(), String> {
    let claim_of = |volume: &Value| text(volume, "/persistentVolumeClaim/claimName").to_owned();
    let claim = claim_of(volume);
    let Some(object) = objects.get("PersistentVolumeClaim", &claim) else {
        return Ok(());
    };
    let alone = list(&object["spec"]["accessModes"]).any(|mode| mode == "ReadWriteOncePod");
    let pods = shared.cluster.pods();
    let mut earlier = pods
        .iter()
        .take_while(|pod| pod.uid() != shared.facts.uid)
        .filter(|pod| pod.shared.is_listed());
    let taken = alone
        && earlier.any(|pod| {
            list(&pod.shared.facts.spec["volumes"]).any(|volume| claim_of(volume) == claim)
        });
    if taken {
        return Err("FailedScheduling: node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode".to_owned());
    }
    Ok(())
}

fn start(
    shared: &Arc<Shared>,
    container: &Value,
    volumes: &[(String, Volume)],
) -> Result<Run, String> {
    let facts = &shared.facts;
    let name = text(container, "/name");
    let image = image::resolve(text(container, "/image"), &shared.cluster.versions())?;
    let identity = identity::identity(&facts.spec, container, &image)?;
    let links = environment::service_links(facts, &shared.cluster.service_addresses());
    let objects = shared.cluster.objects();
    let mut environment =
        environment::environment(container, &image.environment, &links, facts, &objects)?;
    environment::add_home(&mut environment, identity.home(&image));
    let command = environment::command(container, &environment)?;
    let directory = facts
        .directory
        .join("runs")
        .join(format!("{name}-{}", host::unique()));
    fs::create_dir_all(&directory).expect("our directory");

    let mut mounts = Vec::new();
    for mount in list(&container["volumeMounts"]) {
        let volume_name = text(mount, "/name");
        let (_, volume) = volumes
            .iter()
            .find(|(name, _)| name == volume_name)
            .ok_or_else(|| {
                format!("container {name} mounts the volume `{volume_name}`, which the pod has not")
            })?;
        let below = text(mount, "/subPath");
        let read_only = mount["readOnly"] == Value::Bool(true) || volume.access == Access::Read;
        mounts.push(Mount {
            from: if below.is_empty() {
                volume.directory.clone()
            } else {
                volume.directory.join(below)
            },
            to: text(mount, "/mountPath").to_owned(),
            access: if read_only {
                Access::Read
            } else {
                Access::Write
            },
        });
    }
    mounts.extend(provided(shared, &image, &directory, &mounts));
    let read_only_root =
        container.pointer("/securityContext/readOnlyRootFilesystem") == Some(&Value::Bool(true));
    let plan = Plan {
        identity,
        environment,
        clock: shared.cluster.clock(),
        command,
        working_directory: match text(container, "/workingDir") {
            "" => "/".to_owned(),
            other => other.to_owned(),
        },
        read_only_root,
        mounts,
        termination_message_path: match text(container, "/terminationMessagePath") {
            "" => "/dev/termination-log".to_owned(),
            other => other.to_owned(),
        },
        log: facts.directory.join("logs").join(name),
        directory,
        image,
    };
    let running = Running::start(plan, &shared.network)?;
    Ok(Run::new(container.clone(), running))
}

/// What kubelet and container runtime mount without being asked.
fn provided(
    shared: &Shared,
    image: &image::Image,
    directory: &std::path::Path,
    asked: &[Mount],
) -> Vec<Mount> {
    let pod = &shared.facts.directory;
    let mut mounts: Vec<Mount> = ["hosts", "hostname"]
        .into_iter()
        .map(|file| Mount {
            from: pod.join("etc").join(file),
            to: format!("/etc/{file}"),
            access: Access::Write,
        })
        .collect();
    let covered = |path: &str| {
        asked
            .iter()
            .any(|mount| mount.to.trim_end_matches('/') == path)
    };
    if !covered("/dev/shm") {
        mounts.push(Mount {
            from: pod.join("shm"),
            to: "/dev/shm".to_owned(),
            access: Access::Write,
        });
    }
    let authorities = shared.cluster.authorities();
    if let Some(path) = image.authorities.filter(|_| authorities.exists()) {
        mounts.push(Mount {
            from: authorities,
            to: path.to_owned(),
            access: Access::Read,
        });
    }
    if let Some(path) = image.volume.filter(|path| !covered(path)) {
        let volume = directory.join("image-volume");
        fs::create_dir(&volume).expect("our directory");
        std::os::unix::fs::chown(&volume, Some(image.postgres), Some(image.postgres))
            .expect("root");
        fs::set_permissions(
            &volume,
            std::os::unix::fs::PermissionsExt::from_mode(0o1777),
        )
        .expect("ours");
        mounts.push(Mount {
            from: volume,
            to: path.to_owned(),
            access: Access::Write,
        });
    }
    mounts
}
