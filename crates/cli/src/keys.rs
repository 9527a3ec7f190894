//! Makes, lists and revokes API keys.

use std::path::PathBuf;

use stockroom_domain::{ApiKey, ApiKeyId, CallsPerMinute, KeyName, Permission, Scopes};
use stockroom_service::{NewKey, end_api_key, list_api_keys, make_api_key};

use crate::{
    arguments::{CreateKey, Key},
    configuration::Configuration,
    database::{Database, work_on},
    failure::Failure,
    output, telemetry,
};

/// Who makes keys on the command line, as they tell it.
const MAKER: &str = "script:key";

/// Does what was asked for with keys.
pub(crate) async fn keys(
    configuration: &Configuration,
    data_dir: Option<PathBuf>,
    asked: Key,
) -> Result<(), Failure> {
    telemetry::start(&configuration.log)?;
    let text = work_on(configuration, data_dir, async |database| {
        database.migrate().await?;
        match &asked {
            Key::Create(options) => create(database, options).await,
            Key::List => list(database).await,
            Key::Revoke { id } => revoke(database, ApiKeyId(*id)).await,
        }
    });
    output::print(&text.await?)
}

async fn create(database: &Database, options: &CreateKey) -> Result<String, Failure> {
    let wrong = |option: &str, reason: &str| Failure::usage(format!("{option}: {reason}"));
    let name = KeyName::parse(options.name.as_str());
    let scopes = Scopes::parse(options.scopes.iter().map(String::as_str));
    let new = NewKey {
        name: name.map_err(|violation| wrong("--name", &violation.message))?,
        scopes: scopes.map_err(|violation| wrong("--scopes", &violation.message))?,
        expires_at: options.expires,
        calls_per_minute: options.calls_per_minute.map(CallsPerMinute),
    };
    let made = make_api_key(&database.command_pool("key")?, &new, MAKER).await;
    let made = made.map_err(|error| Failure::run(format!("no key was made: {error}")))?;
    eprintln!("Key {} is made. It is shown now and never again:", made.key.id);
    Ok(made.secret)
}

async fn list(database: &Database) -> Result<String, Failure> {
    let keys = list_api_keys(&database.command_pool("key")?).await;
    let keys = keys.map_err(|error| Failure::run(format!("cannot read the keys: {error}")))?;
    Ok(if keys.is_empty() { "there is no key".to_owned() } else { lines(&keys) })
}

async fn revoke(database: &Database, id: ApiKeyId) -> Result<String, Failure> {
    let ended = end_api_key(&database.command_pool("key")?, id).await;
    ended.map_err(|error| Failure::run(format!("no key was revoked: {error}")))?;
    Ok(format!("key {id} is revoked; servers that have just used it refuse it within seconds"))
}

fn lines(keys: &[ApiKey]) -> String {
    keys.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn line(key: &ApiKey) -> String {
    let scopes: Vec<_> = key.scopes.iter().map(Permission::name).collect();
    let state = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {}", at.date_naive()),
        (None, Some(end)) => format!("until {}", end.date_naive()),
        (None, None) => "until revoked".to_owned(),
    };
    let used = key
        .last_used_at
        .map_or_else(|| "never used".to_owned(), |at| format!("last used {}", at.format("%Y-%m-%d %H:%M")));
    let ApiKey { id, name, prefix, .. } = key;
    format!("{id}\t{prefix}...\t{name}\t{}\t{state}\t{used}", scopes.join(","))
}
