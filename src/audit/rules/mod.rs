//! The rules, one a file, in the order of their codes.
//!
//! A rule has a code for life, a summary and documentation from which `explain` and the list of
//! rules are made, and two examples: one that it refuses and one that it lets pass, both run by
//! the tests below.

mod binding;
mod changed;
mod claims;
mod connections;
mod copies;
mod defaults;
mod disruption;
mod duplicates;
mod expansion;
mod exposed;
mod field_refs;
mod host;
mod identity;
mod image;
mod job_hash;
mod kernel;
mod mounts;
mod names;
mod namespaces;
mod one_policy;
mod one_workload;
mod own_selector;
mod peers;
mod privilege;
mod probes;
mod references;
mod resources;
mod rights;
mod root_fs;
mod schedules;
mod scratch;
mod secret;
mod secret_files;
mod selecting_label;
mod service_name;
mod size;
mod spread;
mod static_volumes;
mod user;
mod volume_kinds;

use super::Finding;
use super::context::Context;

/// One promise, and the function that looks whether it is kept.
#[derive(Debug)]
pub struct Rule {
    /// `UP0901` and upwards; never given to another rule.
    pub code: &'static str,
    /// One line: the promise.
    pub summary: &'static str,
    /// What is looked at, why, and how to mend it, in markdown.
    pub documentation: &'static str,
    /// YAML in which the rule finds nothing.
    pub good: &'static str,
    /// YAML in which it finds something; empty if that would be too long to print.
    pub bad: &'static str,
    /// Looks.
    pub check: fn(&Context) -> Vec<Finding>,
}

impl Rule {
    /// The whole documentation, in markdown: what `explain UP0901` prints.
    pub fn explain(&self) -> String {
        let (code, summary) = (self.code, self.summary);
        let mut text = format!("# {code}: {summary}\n\n{}\n", self.documentation.trim());
        for (title, example) in [("Refused", self.bad), ("Right", self.good)] {
            if !example.is_empty() {
                text.push('\n');
                text.push_str(title);
                text.push_str(":\n\n```yaml\n");
                text.push_str(example.trim());
                text.push_str("\n```\n");
            }
        }
        text
    }
}

/// Every rule.
pub const RULES: &[&Rule] = &[
    &host::RULE,
    &privilege::RULE,
    &user::RULE,
    &kernel::RULE,
    &volume_kinds::RULE,
    &root_fs::RULE,
    &identity::RULE,
    &resources::RULE,
    &image::RULE,
    &scratch::RULE,
    &probes::RULE,
    &spread::RULE,
    &rights::RULE,
    &references::RULE,
    &mounts::RULE,
    &field_refs::RULE,
    &service_name::RULE,
    &binding::RULE,
    &secret::RULE,
    &claims::RULE,
    &static_volumes::RULE,
    &secret_files::RULE,
    &own_selector::RULE,
    &one_workload::RULE,
    &one_policy::RULE,
    &peers::RULE,
    &connections::RULE,
    &selecting_label::RULE,
    &copies::RULE,
    &disruption::RULE,
    &exposed::RULE,
    &duplicates::RULE,
    &names::RULE,
    &namespaces::RULE,
    &size::RULE,
    &job_hash::RULE,
    &schedules::RULE,
    &expansion::RULE,
    &defaults::RULE,
    &changed::RULE,
];

/// The rule of that code, however it is written.
pub fn find(code: &str) -> Option<&'static Rule> {
    RULES
        .iter()
        .copied()
        .find(|rule| rule.code.eq_ignore_ascii_case(code))
}

#[cfg(test)]
mod tests;
