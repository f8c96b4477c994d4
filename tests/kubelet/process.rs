//! Running a command to its end or to a deadline, with its output.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::host;

/// What a command said and how it ended.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// Nothing if the time was over: it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    pub(crate) fn success(&self) -> bool {
        self.code == Some(0)
    }

    /// What it said, without the last line's end; fails the test unless it ended with 0.
    #[track_caller]
    pub(crate) fn expect_success(&self) -> &str {
        assert!(self.success(), "a command failed: {self:#?}");
        self.stdout.trim_end_matches('\n')
    }
}

/// Runs a command that leads a process group of its own, and kills the group at the deadline.
pub(crate) fn run(mut command: Command, input: &str, timeout: Duration) -> Output {
    let deadline = Instant::now() + timeout;
    let stdin = if input.is_empty() {
        Stdio::null()
    } else {
        Stdio::piped()
    };
    let mut child = command
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("util-linux is installed");
    let input = input.to_owned();
    if let Some(mut stdin) = child.stdin.take() {
        thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    }
    let stdout = collect(child.stdout.take().expect("piped"));
    let stderr = collect(child.stderr.take().expect("piped"));
    let code = loop {
        if let Some(status) = child.try_wait().expect("our child") {
            break Some(status.code().unwrap_or(128 + 9));
        }
        if Instant::now() >= deadline {
            host::signal(-i64::from(child.id()), "KILL");
            let _ = child.wait();
            break None;
        }
        thread::sleep(Duration::from_millis(2));
    };
    let text = |collected: thread::JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&collected.join().expect("reading does not panic")).into_owned()
    };
    Output {
        code,
        stdout: text(stdout),
        stderr: text(stderr),
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut all = Vec::new();
        let _ = pipe.read_to_end(&mut all);
        all
    })
}
