//! Holding a script at a step: it waits right after it has logged a line, so that a test can strike
//! exactly there.

use super::Cluster;

/// The file that lets it go on; it takes the file away, and the next step is waited at again.
pub(crate) const GO_ON: &str = "/tmp/.go-on";
const MARK: &str = "\n# What follows is the kubelet in small's.\n";

impl Cluster {
    /// Lets scripts of a `ConfigMap` wait after a line that begins so, in pods that start from now
    /// on; before this, each hold is forgotten. `Pod::go_on` releases one.
    #[track_caller]
    pub(crate) fn hold_at(&self, config_map: &str, lines: &[&str]) {
        self.edit("ConfigMap", config_map, |map| {
            let text = map["data"]["lib.sh"]
                .as_str()
                .expect("the scripts' library");
            let library = text.split(MARK).next().expect("at least one part");
            let conditions: Vec<String> = lines
                .iter()
                .map(|line| format!(" || $1 == '{}'*", line.replace('\'', "'\\''")))
                .collect();
            let conditions = conditions.concat();
            // The wait is the shell's own, so that its traps run at once.
            let wrapped = format!(
                "eval \"logged ()${{log_of_lib#*'()'}}\"
log() {{
    logged \"$@\"
    if [[ -z x{conditions} ]]; then
        until [[ -e {GO_ON} ]]; do
            sleep 0.05 &
            wait \"$!\" || true
        done
        rm -f {GO_ON}
    fi
}}
"
            );
            map["data"]["lib.sh"] =
                format!("{library}{MARK}log_of_lib=$(declare -f log)\n{wrapped}").into();
        });
    }
}
