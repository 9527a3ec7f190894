//! The configuration: typed, put together from layers, checked, and printable without its secrets.
//!
//! The environment of the process is passed in, never read here. Whatever is wrong is told in one sentence that names
//! the key and, where it matters, the file or variable it comes from.

mod legacy;
mod rules;
mod secret_files;
mod secrets;
mod sections;
mod source;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use config::{Config, ConfigError};

pub use crate::failure::Failure;
pub(crate) use rules::{algorithm, level_fault, signing_keys};
pub(crate) use secrets::masked;
pub use sections::{
    Auth, AuthMode, Cache, Configuration, Cors, Database, Demo, Embedded, EndpointLimit, LimitProfile, Log,
    LogFormat, Mail, MailTransport, Operations, Pagination, RateLimit, Redis, ReviewModeration, Reviews,
    Search, Server, Tracing,
};
use source::Layer;

const BASE: &str = include_str!("../../../config/base.toml");
/// The environments that need no file.
const BUILT_IN: [(&str, &str); 2] = [
    ("development", include_str!("../../../config/development.toml")),
    ("production", include_str!("../../../config/production.toml")),
];
/// Looked into when no directory is asked for.
const USUAL_DIRECTORY: &str = "config";

/// Where a configuration comes from.
#[derive(Debug, Clone)]
pub struct Sources<'a> {
    /// Name of the environment.
    pub environment: &'a str,
    /// Directory of configuration files; `None` looks into `config` if there is one.
    pub directory: Option<PathBuf>,
    /// The environment variables.
    pub variables: &'a BTreeMap<String, String>,
}

/// A configuration and what it was made of.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The configuration.
    pub configuration: Configuration,
    /// Name of the environment.
    pub environment: String,
    /// What each layer is called, lowest first.
    pub layers: Vec<String>,
}

/// Puts a configuration together and checks it.
///
/// # Errors
/// On an unknown environment, an unreadable or malformed file, an unknown key, and a value of a wrong type or range.
pub fn load(sources: &Sources<'_>) -> Result<Loaded, Failure> {
    let base = Layer::of_toml("built-in base.toml", BASE)?;
    let variables = secret_files::read(sources.variables)?;
    let sources = &Sources { variables: &variables, ..sources.clone() };
    let layers = upper_layers(sources)?;
    for layer in &layers {
        layer.refuse_unknown_keys(&base)?;
    }
    let names = std::iter::once(&base).chain(&layers).map(|layer| layer.name.clone()).collect();

    let mut builder = Config::builder().add_source(base);
    for layer in &layers {
        builder = builder.add_source(layer.clone());
    }
    let mut configuration: Configuration =
        builder.build().and_then(Config::try_deserialize).map_err(|error| refused(&error, &layers))?;
    legacy::fit_default_limit(&mut configuration.pagination, sources.variables);
    rules::check(&configuration)?;
    Ok(Loaded { configuration, environment: sources.environment.to_owned(), layers: names })
}

/// Everything above the built-in base: a file stands in for the built-in one of the same name, except that the base
/// stays below, so that a file need not name every key.
fn upper_layers(sources: &Sources<'_>) -> Result<Vec<Layer>, Failure> {
    let environment = sources.environment;
    if !environment.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
        return Err(Failure::usage(format!(
            "environment {environment:?} must be made of letters, digits, - and _"
        )));
    }
    let directory = match &sources.directory {
        Some(directory) if !directory.is_dir() => {
            let directory = directory.display();
            return Err(Failure::usage(format!("configuration directory {directory} does not exist")));
        }
        Some(directory) => directory.as_path(),
        None => Path::new(USUAL_DIRECTORY),
    };
    let mut layers = Vec::new();
    layers.extend(file_layer(&directory.join("base.toml"))?);
    let path = directory.join(format!("{environment}.toml"));
    let built_in = BUILT_IN.into_iter().find(|(name, _)| *name == environment);
    match (file_layer(&path)?, built_in) {
        (Some(layer), _) => layers.push(layer),
        (None, Some((name, text))) => layers.push(Layer::of_toml(&format!("built-in {name}.toml"), text)?),
        (None, None) => {
            return Err(Failure::usage(format!(
                "unknown environment {environment}: it is neither development nor production, and there is no {}",
                path.display()
            )));
        }
    }
    layers.extend(legacy::layers(sources.variables)?);
    layers.extend(source::own_variables(sources.variables));
    Ok(layers)
}

/// The layer of a file; `None` if there is no such file.
fn file_layer(path: &Path) -> Result<Option<Layer>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Layer::of_toml(&path.display().to_string(), &text).map(Some),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => {
            Err(Failure::usage(format!("cannot read the configuration file {}: {error}", path.display())))
        }
    }
}

/// Some errors know the key but not where its value comes from.
fn refused(error: &ConfigError, layers: &[Layer]) -> Failure {
    let place = match error {
        ConfigError::Type { key: Some(key), origin: None, .. }
        | ConfigError::At { key: Some(key), origin: None, .. } => {
            layers.iter().rev().find_map(|layer| layer.origin(key))
        }
        _ => None,
    };
    let place = place.map(|place| format!(" in {place}")).unwrap_or_default();
    Failure::usage(format!("the configuration is not valid: {error}{place}"))
}

#[cfg(test)]
mod tests;
