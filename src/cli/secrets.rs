//! `underpin secrets`: the Secrets that a spec needs, with random passwords, on standard output and
//! nowhere else. No message of this file holds a value.

use super::End;
use super::args::Secrets;
use super::print::{Printer, confidential};
use super::specs;
use anyhow::{Context, Result, anyhow, bail};
use underpin::diagnostic::visible;
use underpin::lower::Object;
use underpin::model::{API_KEY, Holder, Key, Model, Secret};
use underpin::password::password;
use underpin::{emit, lower};

/// Prints them.
pub fn run(arguments: &Secrets, printer: &Printer) -> Result<End> {
    let Some(mut model) = specs::model(&arguments.named, printer)? else {
        return Ok(End::Wrong);
    };
    if let Some(namespace) = &arguments.namespace {
        model.namespace = underpin::value::Label::parse(namespace)
            .map_err(|fault| anyhow!("`--namespace {}`: {fault}", visible(namespace)))?;
    }
    let secrets = chosen(&model, arguments)?;
    let objects = secrets.iter().map(|secret| filled(&model, secret));
    let text = emit::secrets(&objects.collect::<Result<Vec<_>>>()?);
    confidential(&text, arguments.show)?;
    Ok(End::Fine)
}

/// The manifest of a Secret.
fn filled(model: &Model, secret: &Secret<'_>) -> Result<Object> {
    let values = secret.keys.iter().map(|key| {
        let value = password(getrandom::fill)
            .map_err(|error| anyhow!("{error}"))
            .context("the system gives no random bytes")?;
        Ok((key.name.clone(), value))
    });
    Ok(lower::secret(
        model,
        secret.name,
        values.collect::<Result<_>>()?,
    ))
}

/// What the arguments ask for, of that which can be made here.
fn chosen<'m>(model: &'m Model, arguments: &Secrets) -> Result<Vec<Secret<'m>>> {
    let name = &model.name;
    if arguments.restore {
        let secret = model.restore_secret();
        let secret = secret.with_context(|| {
            format!(
                "`--restore`: `{name}` has no restore role, a restore logs in as the owner at Neon"
            )
        })?;
        return Ok(vec![secret]);
    }
    let mut secrets = model.secrets();
    if let Some(key) = &arguments.key {
        secrets = vec![one(model, secrets, key)?];
    }
    if secrets.iter().any(|secret| is_made_at_neon(model, secret)) {
        bail!("{}", at_neon(model, &secrets));
    }
    let (here, elsewhere): (Vec<_>, Vec<_>) = secrets
        .into_iter()
        .partition(|secret| model.is_made_by_hand(secret));
    if let (true, Some(external), Some(secret)) =
        (here.is_empty(), &model.external, elsewhere.first())
    {
        bail!(
            "store `{}` holds the passwords of `{name}`: the ExternalSecret fetches {} from `{}` there, so put them in there",
            external.store,
            keys(secret),
            visible(&external.path)
        );
    }
    Ok(here)
}

/// Whether Neon alone knows what it holds. The password that applications tell the pooler of a branch
/// is nothing to Neon.
fn is_made_at_neon(model: &Model, secret: &Secret<'_>) -> bool {
    model.neon().is_some_and(|neon| {
        let made_there = |key: &Key<'_>| neon.branch().is_none() || key.of == Holder::NeonApi;
        secret.keys.iter().any(made_there)
    })
}

/// Why nothing can be made of these, and where they go.
fn at_neon(model: &Model, secrets: &[Secret<'_>]) -> String {
    let named: Vec<String> = secrets
        .iter()
        .map(|secret| format!("{} of Secret `{}`", keys(secret), secret.name))
        .collect();
    let store = model.external.as_ref().map(|external| {
        format!(
            "; those of Secret `{}` go into store `{}`, `{}`",
            model.secret,
            external.store,
            visible(&external.path)
        )
    });
    if model.neon().is_some_and(|neon| neon.branch().is_some()) {
        return format!(
            "the API key of `{}`, key `{API_KEY}` of Secret `{}`, is made at Neon: RUNBOOK.md says under Deploy how it gets from there into the cluster; for key `neon`, the password of applications, `--key neon` prints one",
            model.name, model.secret
        );
    }
    format!(
        "the passwords of `{}` are made at Neon, and random ones would open nothing: {}{}; RUNBOOK.md says under Deploy how they get from there into the cluster",
        model.name,
        named.join(", "),
        store.unwrap_or_default()
    )
}

/// A Secret with one key, `KEY` of the database's own or `SECRET/KEY` of another.
fn one<'m>(model: &Model, secrets: Vec<Secret<'m>>, wanted: &str) -> Result<Secret<'m>> {
    let own = model.secret.as_str();
    let (secret, key) = wanted.split_once('/').unwrap_or((own, wanted));
    let full = |secret: &Secret<'_>| -> Vec<String> {
        let of = |key: &str| match secret.name.as_str() {
            name if name == own => format!("`{key}`"),
            name => format!("`{name}/{key}`"),
        };
        secret.keys.iter().map(|key| of(&key.name)).collect()
    };
    let there = secrets.iter().flat_map(full).collect::<Vec<_>>().join(", ");
    secrets
        .into_iter()
        .find_map(|mut found| {
            found
                .keys
                .retain(|of| found.name.as_str() == secret && of.name == key);
            (!found.keys.is_empty()).then_some(found)
        })
        .with_context(|| {
            format!(
                "`--key {}`: no pod reads it; there are: {there}",
                visible(wanted)
            )
        })
}

fn keys(secret: &Secret<'_>) -> String {
    let names: Vec<String> = secret
        .keys
        .iter()
        .map(|key| format!("`{}`", key.name))
        .collect();
    let noun = if names.len() == 1 { "key" } else { "keys" };
    format!("{noun} {}", names.join(", "))
}
