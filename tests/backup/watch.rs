//! What a backup has started is heard of when it ends, also where bash has forgotten it meanwhile.

use std::process::Command;

use crate::tools;

/// `watch` of the emitted script, after processes have ended that nobody waited for: bash reports them
/// to itself when it waits for another, and then knows nothing of them but how they ended.
fn watched(processes: &str) -> String {
    let script = format!(
        "set -Eeuo pipefail
        source src/scripts/dump.sh
        since=0 work=/nowhere backup_id= database_json= folder=
        show() {{ :; }}
        log() {{ :; }}
        is_blocked() {{ return 1; }}
        papers=/nowhere
        {processes}
        for try in 1 2 3; do
            sleep 0.05 &
            wait \"$!\"
        done
        watch
        echo \"first=$failed_first running=${{#running[@]}}\""
    );
    let mut command = Command::new("timeout");
    command
        .args(["20", "bash", "-c", &script])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    tools::stdout(&mut command)
}

#[test]
fn who_has_ended_unheard_is_not_waited_for() {
    let killed = "sleep 9 & running=([dump]=$!)
        (exit 0) & running[proof]=$!
        kill -9 \"${running[dump]}\"";
    assert_eq!(watched(killed), "first=dump running=0\n");
    let failed = "sleep 0.4 & running=([dump]=$!)
        (exit 3) & running[proof]=$!";
    assert_eq!(watched(failed), "first=proof running=0\n");
    let both = "(exit 0) & running=([dump]=$!)
        sleep 0.4 & running[proof]=$!";
    assert_eq!(watched(both), "first= running=0\n");
}
