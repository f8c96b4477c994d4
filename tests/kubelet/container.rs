//! One container: its walls, its first process, what is run inside it, its end.

use std::fs::{self, File};
use std::io::PipeReader;
use std::os::unix::fs::fchown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::environment::Environment;
use super::host;
use super::identity::Identity;
use super::image::Image;
use super::network::PodNetwork;
use super::ownership::Access;
use super::process::{self, Output};
use super::root;

/// A file or directory of the pod that the container sees.
#[derive(Clone, Debug)]
pub(crate) struct Mount {
    pub(crate) from: PathBuf,
    pub(crate) to: String,
    pub(crate) access: Access,
}

/// Everything that is known before a container starts.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) image: Image,
    pub(crate) identity: Identity,
    pub(crate) environment: Environment,
    /// How far its clock is off, as libfaketime says it; empty for the true time.
    pub(crate) clock: String,
    pub(crate) command: Vec<String>,
    pub(crate) working_directory: String,
    pub(crate) read_only_root: bool,
    /// In any order; an inner one is mounted after the one that it is in.
    pub(crate) mounts: Vec<Mount>,
    pub(crate) termination_message_path: String,
    /// Of this run alone.
    pub(crate) directory: PathBuf,
    /// Output is added to its end.
    pub(crate) log: PathBuf,
}

/// A container that was started.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) plan: Plan,
    /// The first process, as this machine counts.
    pub(crate) process: u32,
    monitor: Mutex<Child>,
    /// Ends with the last process that could write.
    log: Mutex<Option<JoinHandle<()>>>,
}

impl Running {
    /// Starts the container.
    pub(crate) fn start(plan: Plan, network: &PodNetwork) -> Result<Running, String> {
        let info = plan.directory.join("info.json");
        let arguments = walls(&plan)?;
        let (output, end_of_output) = std::io::pipe().expect("a pipe");
        // As runc does: who is not root may open /dev/stdout.
        fchown(&end_of_output, Some(plan.identity.user()), None).expect("the tests run as root");
        // bwrap tells the first process' id on a descriptor that only a shell can hand to it here.
        let child = Command::new("bash")
            .args([
                "-c",
                "umask 022; exec 3>\"$1\"; shift; exec \"$@\"",
                "container",
            ])
            .arg(&info)
            .arg("nsenter")
            .args(network.enter())
            .args(["bwrap", "--info-fd", "3"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(end_of_output.try_clone().expect("an open pipe"))
            .stderr(end_of_output)
            .spawn();
        let mut child = child.map_err(|error| format!("bash: {error}"))?;
        let log = keep_log(output, &plan.log);
        let process = match first_process(&info, &mut child) {
            Ok(process) => process,
            Err(why) => {
                let _ = log.join();
                let said = fs::read_to_string(&plan.log).unwrap_or_default();
                return Err(format!("{why}: {said}"));
            }
        };
        Ok(Running {
            plan,
            process,
            monitor: Mutex::new(child),
            log: Mutex::new(Some(log)),
        })
    }

    /// The exit code once it has ended, 128 and the signal's number if it was killed.
    pub(crate) fn ended(&self) -> Option<i32> {
        let status = self.monitor.lock().expect("no panic inside").try_wait();
        status.expect("our child").map(exit_code)
    }

    /// Sends a signal to the first process.
    pub(crate) fn signal(&self, name: &str) {
        if self.ended().is_none() {
            host::signal(i64::from(self.process), name);
        }
    }

    /// Waits for the end.
    pub(crate) fn wait(&self, deadline: Instant) -> Option<i32> {
        loop {
            if let Some(code) = self.ended() {
                return Some(code);
            }
            if Instant::now() >= deadline {
                return None;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Runs a command inside, as the container's user and with its environment.
    pub(crate) fn exec(&self, command: &[String], input: &str, timeout: Duration) -> Output {
        let mut inside = Command::new("/usr/bin/nsenter");
        inside
            .arg(format!("--target={}", self.process))
            .args(["--mount", "--pid", "--net", "--ipc", "--uts"])
            .arg(format!("--wdns={}", self.plan.working_directory))
            .args(enter(&self.plan))
            .args(command)
            .env_clear()
            .envs(self.plan.environment.iter().cloned())
            .process_group(0);
        process::run(inside, input, timeout)
    }

    /// Waits until everything that it wrote stands in the log; it has ended.
    pub(crate) fn close_log(&self) {
        let log = self.log.lock().expect("no panic inside").take();
        if let Some(log) = log {
            let _ = log.join();
        }
    }

    /// What it left in its termination message, or with the fallback the end of its log.
    pub(crate) fn termination_message(&self, fallback_to_log: bool, code: i32) -> String {
        let message = fs::read(self.plan.directory.join("termination-log")).unwrap_or_default();
        let message = String::from_utf8_lossy(&message[..message.len().min(4096)]).into_owned();
        if !message.is_empty() || !fallback_to_log || code == 0 {
            return message;
        }
        let log = fs::read(&self.plan.log).unwrap_or_default();
        let end = String::from_utf8_lossy(&log[log.len().saturating_sub(2048)..]).into_owned();
        let lines: Vec<&str> = end.split_inclusive('\n').collect();
        lines[lines.len().saturating_sub(80)..].concat()
    }
}

/// bwrap's arguments, the command last; makes the root's directories as well.
fn walls(plan: &Plan) -> Result<Vec<String>, String> {
    let skeleton = plan.directory.join("root");
    root::build(&skeleton, &plan.image);
    let message = plan.directory.join("termination-log");
    fs::write(&message, "").expect("our directory");
    fs::set_permissions(
        &message,
        std::os::unix::fs::PermissionsExt::from_mode(0o666),
    )
    .expect("our file");

    let text = |path: &Path| path.to_string_lossy().into_owned();
    let mut mounts = plan.mounts.clone();
    mounts.push(Mount {
        from: message,
        to: plan.termination_message_path.clone(),
        access: Access::Write,
    });
    if !plan.clock.is_empty() {
        // libfaketime reads it here: what stands in its environment bash keeps from it.
        let clock = plan.directory.join("faketimerc");
        fs::write(&clock, format!("{}\n", plan.clock)).expect("our directory");
        mounts.push(Mount {
            from: clock,
            to: "/etc/faketimerc".to_owned(),
            access: Access::Read,
        });
    }
    mounts.sort_by_key(|mount| mount.to.trim_matches('/').split('/').count());

    let mut tail: Vec<String> = [
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--ro-bind",
        "/sys",
        "/sys",
    ]
    .map(str::to_owned)
    .to_vec();
    tail.extend(root::programs(&plan.image));
    for mount in &mounts {
        if !mount.from.exists() {
            return Err(format!(
                "there is no {} to mount on {}",
                mount.from.display(),
                mount.to
            ));
        }
        let place = if mount.to.starts_with("/dev/") {
            mount.to.clone()
        } else {
            root::mount_point(&skeleton, &mount.to, mount.from.is_dir())
        };
        let bind = if mount.access == Access::Read {
            "--ro-bind"
        } else {
            "--bind"
        };
        tail.extend([bind.to_owned(), text(&mount.from), place]);
    }
    let bind = if plan.read_only_root {
        "--ro-bind"
    } else {
        "--bind"
    };
    let mut arguments: Vec<String> = ["--as-pid-1", "--unshare-pid", "--new-session", bind]
        .map(str::to_owned)
        .to_vec();
    arguments.extend([text(&skeleton), "/".to_owned()]);
    arguments.extend(tail);
    arguments.extend(["--chdir".to_owned(), plan.working_directory.clone()]);
    // Every signal does what it does from the start, as in a real container: a job in a shell's
    // background hands on that it ignores INT, which nobody can then trap.
    arguments.extend(["/.kubelet/bin/env", "-i", "--default-signal"].map(str::to_owned));
    arguments.extend(
        plan.environment
            .iter()
            .map(|(name, value)| format!("{name}={value}")),
    );
    arguments.extend(enter(plan));
    arguments.extend(plan.command.iter().cloned());
    Ok(arguments)
}

/// The arguments that make a command run as the container's user, by its clock; the command follows.
fn enter(plan: &Plan) -> Vec<String> {
    let mut arguments = plan.identity.setpriv();
    if !plan.clock.is_empty() {
        // The first program that loads it makes a semaphore, which must be the user's own.
        arguments.extend(
            [
                "/.kubelet/bin/env",
                "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1",
                "FAKETIME_DONT_FAKE_MONOTONIC=1",
            ]
            .map(str::to_owned),
        );
    }
    arguments
}

/// Adds what a pipe brings to a file, until nobody can write to the pipe any more.
fn keep_log(mut output: PipeReader, log: &Path) -> JoinHandle<()> {
    let file = File::options().create(true).append(true).open(log);
    let mut file = file.expect("our directory");
    thread::spawn(move || drop(std::io::copy(&mut output, &mut file)))
}

fn first_process(info: &Path, child: &mut Child) -> Result<u32, String> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let written = fs::read_to_string(info).unwrap_or_default();
        if let Ok(read) = serde_json::from_str::<serde_json::Value>(&written) {
            let process = read["child-pid"].as_u64().expect("bwrap says it");
            let process = u32::try_from(process).expect("a process' id");
            wait_for_command(process);
            return Ok(process);
        }
        let ended = child.try_wait().expect("our child").is_some();
        if ended || Instant::now() > deadline {
            let _ = child.kill();
            return Err("the container's walls could not be made".to_owned());
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until the first process is the container's command: until then it is what makes the walls.
fn wait_for_command(process: u32) {
    // An empty or missing command line is that of a process which has ended.
    while let Ok(line) = fs::read(format!("/proc/{process}/cmdline")) {
        let program = line.split(|byte| *byte == 0).next().unwrap_or_default();
        let ours: [&[u8]; 3] = [b"bwrap", b"/.kubelet/bin/env", b"/.kubelet/bin/setpriv"];
        if !ours.contains(&program) {
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn exit_code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}
