//! Objects as YAML that people read: fields in the order in which one writes them, comments where
//! a reviewer would ask. The only file that knows the YAML crate's writer.

use crate::lower::Object;
use crate::scripts;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};
use std::fmt::Write;
use std::sync::LazyLock;

/// Fields that stand first, in this order, wherever they occur; the others follow as they are,
/// by name.
const FIRST: [&str; 54] = [
    "apiVersion",
    "kind",
    "metadata",
    "generateName",
    "name",
    "namespace",
    "labels",
    "annotations",
    "type",
    "spec",
    // an ExternalSecret
    "refreshInterval",
    "secretStoreRef",
    "target",
    "secretKey",
    "data",
    // pods and their controllers
    "replicas",
    "serviceName",
    "podManagementPolicy",
    "strategy",
    "schedule",
    "timeZone",
    "suspend",
    "concurrencyPolicy",
    "startingDeadlineSeconds",
    "successfulJobsHistoryLimit",
    "failedJobsHistoryLimit",
    "activeDeadlineSeconds",
    "backoffLimit",
    "podFailurePolicy",
    "selector",
    "podSelector",
    "template",
    "jobTemplate",
    "serviceAccountName",
    "automountServiceAccountToken",
    "enableServiceLinks",
    "restartPolicy",
    "securityContext",
    "nodeSelector",
    "affinity",
    "topologySpreadConstraints",
    "tolerations",
    "terminationGracePeriodSeconds",
    "initContainers",
    "containers",
    "volumes",
    // containers
    "image",
    "imagePullPolicy",
    "command",
    "env",
    "ports",
    "resources",
    "volumeMounts",
    "policyTypes",
];

/// Fields of a container that stand last, where the rest has been read.
const LAST: [&str; 7] = [
    "startupProbe",
    "livenessProbe",
    "readinessProbe",
    "lifecycle",
    "terminationMessagePolicy",
    "securityContext",
    "volumeMounts",
];

/// Columns at which a comment is wrapped.
const WIDTH: usize = 100;

/// The object's file.
pub fn render(object: &Object, header: &str) -> String {
    let pointers = object.comments.iter().enumerate();
    let tidy = Tidy {
        value: &object.value,
        comments: pointers.map(|(at, (pointer, _))| (*pointer, at)).collect(),
    };
    let options = serde_yaml::ser_options! { folded_wrap_chars: usize::MAX };
    let text = serde_yaml::to_string_with_options(&tidy, options).expect("JSON has a form in YAML");
    let mut file = format!("{header}\n");
    for line in text.lines() {
        if let Some((key, script)) = script_of(line) {
            let _ = writeln!(file, "{key}|");
            file.push_str(&SCRIPTS[script].1);
        } else if let Some((indent, at)) = marked(line) {
            for part in wrap(object.comments[at].1, WIDTH.saturating_sub(indent)) {
                file.push_str(&" ".repeat(indent));
                file.push_str("# ");
                file.push_str(&part);
                file.push('\n');
            }
        } else {
            file.push_str(line);
            // YAML 1.1 and 1.2 read octal numbers differently, so modes stand in decimal.
            if let Some(mode) = line
                .trim_start()
                .strip_prefix("defaultMode: ")
                .and_then(|mode| mode.parse::<u32>().ok())
            {
                let _ = write!(file, " # {mode:04o}");
            }
            file.push('\n');
        }
    }
    file
}

/// The writer knows no comment before a key, so a key of its own holds the place of one. It begins
/// with a control character, which nothing that a spec can say holds, and nothing else that is
/// written begins a line as it does.
const MARK: &str = "\u{1}comment ";
const WRITTEN_MARK: &str = "\"\\x01comment ";

/// The scripts are the same for every database and the longest texts by far, so that each is made a
/// block once; a word of the same sort as [`MARK`] holds its place. They stand in a ConfigMap's
/// data, two levels deep.
const SCRIPT: &str = "\u{1}script ";
const WRITTEN_SCRIPT: &str = "\"\\x01script ";

static SCRIPTS: LazyLock<Vec<(&str, String)>> = LazyLock::new(|| {
    let scripts = scripts::ALL.iter();
    scripts
        .map(|script| (script.text, block(script.text)))
        .collect()
});

/// A text as the lines of a literal block (`|`): it ends in one newline and begins with no space.
fn block(text: &str) -> String {
    let mut block = String::with_capacity(text.len() + text.len() / 8);
    for line in text.lines() {
        if !line.is_empty() {
            block.push_str("    ");
            block.push_str(line);
        }
        block.push('\n');
    }
    block
}

fn script_at(text: &str) -> Option<usize> {
    // No other text is as long as a script.
    (text.len() > 1000).then(|| SCRIPTS.iter().position(|(script, _)| *script == text))?
}

fn script_of(line: &str) -> Option<(&str, usize)> {
    let (key, rest) = line.split_once(WRITTEN_SCRIPT)?;
    let number = rest.strip_suffix('"')?;
    Some((key, number.parse().ok().filter(|at| *at < SCRIPTS.len())?))
}

fn marked(line: &str) -> Option<(usize, usize)> {
    let text = line.trim_start_matches(' ');
    let (at, _) = text.strip_prefix(WRITTEN_MARK)?.split_once(' ')?;
    Some((line.len() - text.len(), at.parse().ok()?))
}

/// A value with its fields in the order of [`FIRST`] and [`LAST`], and the places of its comments.
/// It borrows: most of an object is text that need not be copied to be written.
struct Tidy<'a> {
    value: &'a Value,
    /// Pointers from this value on, and the comments' numbers.
    comments: Vec<(&'a str, usize)>,
}

impl Serialize for Tidy<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Object(object) => {
                let mut map = serializer.serialize_map(None)?;
                for (name, value) in in_order(object) {
                    let (own, comments) = self.comments_of(name);
                    for at in own {
                        map.serialize_entry(&format!("{MARK}{at} {name}"), &0)?;
                    }
                    map.serialize_entry(name, &Tidy { value, comments })?;
                }
                map.end()
            }
            // No comment stands in a list.
            Value::Array(items) => serializer.collect_seq(items.iter().map(|value| Tidy {
                value,
                comments: Vec::new(),
            })),
            Value::String(text) if script_at(text).is_some() => {
                let at = script_at(text).unwrap_or_default();
                serializer.serialize_str(&format!("{SCRIPT}{at}"))
            }
            // Readers take the tab that such a block would begin with for indentation.
            Value::String(text) if text.trim_start_matches('\n').starts_with('\t') => {
                serde_yaml::DoubleQuoted(text).serialize(serializer)
            }
            other => other.serialize(serializer),
        }
    }
}

impl<'a> Tidy<'a> {
    /// The comments of a field, and of what is in it.
    fn comments_of(&self, name: &str) -> (Vec<usize>, Vec<(&'a str, usize)>) {
        let mut own = Vec::new();
        let mut within = Vec::new();
        for (pointer, at) in &self.comments {
            let pointer = pointer.trim_start_matches('/');
            let (field, rest) = pointer
                .find('/')
                .map_or((pointer, ""), |end| pointer.split_at(end));
            if field.replace("~1", "/") != name {
                continue;
            }
            if rest.is_empty() {
                own.push(*at);
            } else {
                within.push((rest, *at));
            }
        }
        (own, within)
    }
}

fn in_order(object: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let container = object.contains_key("image");
    let mut fields: Vec<(&String, &Value)> = object.iter().collect();
    fields.sort_by_cached_key(|(name, _)| (place(name, container), *name));
    fields
}

fn place(field: &str, container: bool) -> usize {
    if let Some(at) = LAST.iter().position(|last| *last == field && container) {
        return 2 * FIRST.len() + at;
    }
    FIRST
        .iter()
        .position(|first| *first == field)
        .unwrap_or(FIRST.len())
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is one from the start");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_script_is_written_as_the_writer_would() {
        for script in scripts::ALL {
            let value = json!({ "data": { "script": script.text } });
            let options = serde_yaml::ser_options! { folded_wrap_chars: usize::MAX };
            let expected = serde_yaml::to_string_with_options(&value, options).unwrap();
            let object = Object {
                path: String::new(),
                value,
                comments: Vec::new(),
            };
            assert_eq!(render(&object, "#"), format!("#\n{expected}"));
        }
    }
}
