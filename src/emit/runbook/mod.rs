//! RUNBOOK.md: a [`Model`] in, what the person on call reads out, with this database's own names in
//! every line.
//!
//! The text stands in `RUNBOOK.md.j2`, what it speaks of in [`facts`]; at Neon, where no server is
//! ours to look after, in `NEON.md.j2` and [`neon`], or for a branch in `BRANCH.md.j2` and [`branch`].
//! Names that may hold anything pass the filter `sh` in a command, `variable` in one that sets a
//! container's environment, and `md` elsewhere; all others are names of Kubernetes, which need none.

mod alarms;
mod backup;
mod branch;
mod exporter;
mod facts;
mod neon;
mod pooler;
mod tls;
mod who;

use super::escape;
use crate::lower::Object;
use crate::model::{Engine, Model, Place};
use alarms::Alarm;
use facts::Facts;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;
use std::sync::LazyLock;
use who::Who;

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    // `{#` stands in bash too.
    let syntax = minijinja::syntax::SyntaxConfig::builder()
        .comment_delimiters("{##", "##}")
        .keep_trailing_newline(true)
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .expect("these are delimiters");
    environment.set_syntax(syntax);
    environment.add_filter("sh", |text: &str| escape::shell(text));
    // A value of a container's environment: Kubernetes reads `$(NAME)` in it.
    environment.add_filter("variable", |text: &str| {
        escape::shell(&text.replace('$', "$$"))
    });
    environment.add_filter("md", |text: &str| escape::markdown(text));
    environment
        .add_template("EXTERNAL.md", include_str!("EXTERNAL.md.j2"))
        .expect("the template is one");
    environment
        .add_template("WHO.md", include_str!("WHO.md.j2"))
        .expect("the template is one");
    environment
        .add_template("DRILL.md", include_str!("DRILL.md.j2"))
        .expect("the template is one");
    environment
        .add_template("REHEARSAL.md", include_str!("REHEARSAL.md.j2"))
        .expect("the template is one");
    environment
        .add_template("CHANGES.md", include_str!("CHANGES.md.j2"))
        .expect("the template is one");
    environment
        .add_template("ROWS.md", include_str!("ROWS.md.j2"))
        .expect("the template is one");
    environment
        .add_template("RUNBOOK.md", include_str!("RUNBOOK.md.j2"))
        .expect("the template is one");
    environment
        .add_template("TLS.md", include_str!("TLS.md.j2"))
        .expect("the template is one");
    environment
        .add_template("NEON.md", include_str!("NEON.md.j2"))
        .expect("the template is one");
    environment
        .add_template("BRANCH.md", include_str!("BRANCH.md.j2"))
        .expect("the template is one");
    environment
        .add_template("ALARMS.md", include_str!("ALARMS.md.j2"))
        .expect("the template is one");
    environment
});

/// The runbook of a database.
pub fn render(model: &Model, objects: &[Object]) -> String {
    let who = &Who::of(model, objects);
    match &model.engine {
        Engine::Postgres(server) => filled("RUNBOOK.md", model, &Facts::of(model, server), who),
        Engine::Neon(neon) => match &neon.place {
            Place::Endpoint { host, major } => {
                let facts = neon::Facts::of(model, neon, host, *major);
                filled("NEON.md", model, &facts, who)
            }
            Place::Branch(branch) => {
                let facts = branch::Facts::of(model, neon, branch);
                filled("BRANCH.md", model, &facts, who)
            }
        },
    }
}

/// What all templates speak of.
#[derive(Serialize)]
struct With<'a, F> {
    #[serde(flatten)]
    facts: &'a F,
    who: &'a Who,
    alarms: Vec<Alarm>,
}

fn filled(template: &str, model: &Model, facts: &impl Serialize, who: &Who) -> String {
    let template = TEMPLATES
        .get_template(template)
        .expect("it was added above");
    // Strict: a name that the template misspells fails here, in every test that compiles a spec.
    let render = |alarms| {
        template
            .render(Serde(With { facts, who, alarms }))
            .expect("every name in the template is a fact")
    };
    // Alerts point to chapters, and which there are the text itself says.
    let without = render(Vec::new());
    let alarms = alarms::of(model, &without);
    if alarms.is_empty() {
        without
    } else {
        render(alarms)
    }
}
