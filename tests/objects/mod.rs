//! Every object of every spec, committed, listed and generated: as Kubernetes' own types and
//! schemas have it, and the same again for whoever reads its YAML.

mod expansion;
mod external_secret;
mod files;
mod kubernetes;
mod neon;
mod variables;
mod yaml;

use crate::generate;
use serde_json::Value;
use underpin::compile::Compiled;
use underpin::lower;
use underpin::source::Source;

/// How many generated specs stand beside the committed and the listed ones.
const GENERATED: usize = 3 * crate::FACTOR as usize;

/// The specs of this room.
fn specs(generated: usize) -> Vec<Source> {
    let mut specs = generate::committed();
    specs.extend(generate::listed());
    specs.extend(generate::many(generated));
    specs
}

/// The objects of a spec: path in the tree, and what [`lower`] made.
fn objects(compiled: &Compiled) -> Vec<(String, Value)> {
    lower::lower(&compiled.model)
        .into_iter()
        .map(|object| (object.path, object.value))
        .collect()
}
