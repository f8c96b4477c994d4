//! What the kubelet in small asks of the machine: a directory of its own, other programs, and that
//! nothing stays behind.
//!
//! Every test process has one directory, `<tmp>/underpin-kubelet/<pid>-<start time>`, and gives its
//! network namespaces names that begin with the same words. A guardian process waits for the test
//! process to end, however it ends, and clears both away; what a dead guardian left is cleared by the
//! next test process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

const SWEEP: &str = include_str!("sweep.sh");

/// Where the downloaded parts stand; `tests/run` fills it.
pub(crate) fn tools() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("target/tmp stands in target")
        .join("tools")
}

/// The directory of this test process.
pub(crate) fn state() -> &'static Path {
    static STATE: OnceLock<(PathBuf, Child)> = OnceLock::new();
    &STATE.get_or_init(prepare).0
}

/// A word that no other cluster, pod or container of this machine has.
pub(crate) fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed).to_string()
}

/// The start of every network namespace's name.
pub(crate) fn namespace_prefix() -> String {
    let own = state().file_name().expect("the directory has a name");
    format!("underpin-{}", own.to_string_lossy())
}

/// Runs a program to its end; a failure fails the test, with what it said.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    match try_run(program, arguments) {
        Ok(output) => output,
        Err(why) => panic!("{why}"),
    }
}

/// Runs a program to its end; the error is its standard error.
pub(crate) fn try_run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{program}: {error}; `tests/run` gets what the tests need"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!(
            "{program} {}: {}",
            arguments.join(" "),
            said.trim()
        ))
    }
}

/// Sends a signal to a process, or with a negative id to a process group; gone already is fine.
pub(crate) fn signal(process: i64, name: &str) {
    let line = format!("kill -s {name} -- {process}");
    let _ = try_run("bash", &["-c", &line]);
}

/// Every process of a program's name in the container of another process.
pub(crate) fn processes_beside(process: u32, name: &str) -> Vec<u32> {
    let container = |process: u32| fs::read_link(format!("/proc/{process}/ns/pid")).ok();
    let ours = container(process);
    let all = fs::read_dir("/proc").expect("it is mounted").flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|other| {
            let program = fs::read_to_string(format!("/proc/{other}/comm")).unwrap_or_default();
            program.trim_end() == name && ours.is_some() && container(*other) == ours
        })
        .collect()
}

/// Clears away what the test process with this directory left.
pub(crate) fn sweep(directory: &Path) {
    run(
        "bash",
        &["-c", SWEEP, "sweep", &directory.to_string_lossy()],
    );
}

/// When the process started, in clock ticks since boot: with its id, a name that is never reused.
fn start_time(process: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the program's name in parentheses and may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(19).map(str::to_owned)
}

/// Fails the test with the way out, before something fails with less.
fn require_parts() {
    let user = run("id", &["-u"]);
    assert!(
        user.trim() == "0",
        "the tests run pods under other users' ids: run `tests/run` as root"
    );
    for program in [
        "bwrap", "busybox", "ip", "nsenter", "setpriv", "umount", "unshare",
    ] {
        let found = try_run("bash", &["-c", "type -P \"$1\"", "find", program]);
        assert!(
            found.is_ok(),
            "{program} is missing: `tests/run` gets what the tests need"
        );
    }
    let locale = tools().join("locale");
    assert!(
        locale.exists(),
        "{} is missing: `tests/run` gets what the tests need",
        locale.display()
    );
}

fn prepare() -> (PathBuf, Child) {
    require_parts();
    let root = std::env::temp_dir().join("underpin-kubelet");
    fs::create_dir_all(&root).expect("the directory for temporary files is writable");
    for entry in fs::read_dir(&root).expect("just made").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let alive = name.split_once('-').is_some_and(|(process, started)| {
            let process = process.parse().ok();
            process.and_then(start_time).as_deref() == Some(started)
        });
        if !alive {
            let directory = entry.path();
            run(
                "bash",
                &["-c", SWEEP, "sweep", &directory.to_string_lossy()],
            );
        }
    }
    let own = std::process::id();
    let started = start_time(own).expect("this process runs");
    let directory = root.join(format!("{own}-{started}"));
    fs::create_dir_all(&directory).expect("the directory for temporary files is writable");
    // Its standard input ends when this process does.
    let guardian = Command::new("bash")
        .args([
            "-c",
            &format!("trap '' INT TERM HUP\ncat\n{SWEEP}"),
            "sweep",
        ])
        .arg(&directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("bash runs");
    (directory, guardian)
}
