//! The table of RUNBOOK.md, read as a person reads it.

use super::evaluate::{End, contains};

/// A row: who, whom, on which ports.
#[derive(Debug)]
pub struct Row {
    from: String,
    to: String,
    ports: Vec<String>,
}

/// The rows of a runbook.
pub fn rows(runbook: &str) -> Vec<Row> {
    let (_, table) = runbook.split_once("\n| from | to | port |\n").unwrap();
    let lines = table.lines().skip(1);
    lines
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let [_, from, to, ports, _] = cells[..] else {
                panic!("{line}")
            };
            Row {
                from: from.to_owned(),
                to: to.to_owned(),
                ports: ports.split(", ").map(str::to_owned).collect(),
            }
        })
        .collect()
}

impl Row {
    /// Whether it says that one end reaches the other.
    pub fn says(&self, from: &End, to: &End, protocol: &str, port: u16, own: &str) -> bool {
        self.ports.contains(&format!("{protocol} {port}"))
            && means(&self.from, from, own)
            && means(&self.to, to, own)
    }
}

/// Whether an end is one that a cell speaks of, in the namespace of the database.
fn means(cell: &str, end: &End, own: &str) -> bool {
    let code: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
    if cell.starts_with("addresses ") {
        return contains(code[0], end.address)
            && !code[1..].iter().any(|block| contains(block, end.address));
    }
    let Some(pod) = &end.pod else { return false };
    if !cell.starts_with("pods ") {
        return pod.namespace == own
            && pod.labels.get("underpin/workload").map(String::as_str) == Some(code[0]);
    }
    let labels = code[0]
        .split(',')
        .map(|label| label.split_once('=').unwrap());
    pod.namespace == code.get(1).copied().unwrap_or(own)
        && labels
            .into_iter()
            .all(|(key, value)| pod.labels.get(key).map(String::as_str) == Some(value))
}
