//! What is deployed with the program fits it: ports, commands, variables, probes, times and limits of the image, of Compose, of
//! Kubernetes and of nginx are those that the program has. That the files are well formed is checked by `deploy/validate`.

mod compose;
mod image;
mod kubernetes;
mod nginx;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use stockroom_cli::configuration::{Configuration, Loaded, Sources, load};

use super::{Service, directory, program};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn yaml(path: &str) -> Value {
    parsed(path, &read(path))
}

fn parsed(path: &str, text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn loaded(environment: &str, variables: &BTreeMap<String, String>) -> Loaded {
    // The files of this repository are those that are built in.
    let directory = Some(root().join("config"));
    let loaded = load(&Sources { environment, directory, variables });
    loaded.unwrap_or_else(|failure| panic!("{variables:?}: {failure}"))
}

/// What is in force where nothing but this environment is chosen.
fn configuration(environment: &str) -> Configuration {
    loaded(environment, &BTreeMap::new()).configuration
}

/// What is in force with these variables, each of which the program must know, and use.
fn configured(variables: &BTreeMap<String, String>) -> Configuration {
    let mut variables = variables.clone();
    let environment = variables.remove("STOCKROOM_ENV").expect("an environment is chosen");
    let loaded = loaded(&environment, &variables);
    let used: BTreeSet<&str> = loaded.layers.iter().flat_map(|names| names.split(", ")).collect();
    for (name, value) in &variables {
        assert!(value.is_empty() || used.contains(name.as_str()), "the program does not know {name}");
    }
    loaded.configuration
}

/// The ports of the API and of operators.
fn ports(configuration: &Configuration) -> [u16; 2] {
    [configuration.server.port, configuration.operations.port]
}

/// How long a server may take to stop, in seconds.
fn time_to_stop(configuration: &Configuration) -> u64 {
    configuration.server.shutdown_delay_seconds + configuration.server.shutdown_timeout_seconds
}

/// Seconds, as `60` or `60s`.
fn seconds(text: &str) -> u64 {
    text.trim_end_matches('s').parse().unwrap_or_else(|_| panic!("{text} is not a number of seconds"))
}

/// Fails unless the program has this command.
fn assert_is_command(arguments: &[&str]) {
    let root = directory();
    let output = program(root.path(), 0).args(arguments).arg("--help").output().unwrap();
    assert!(output.status.success(), "stockroom {arguments:?}: {output:?}");
}

/// A running service, with these settings.
fn service(root: &Path) -> Service {
    Service::start(&root.join("data"))
}

#[test]
fn a_command_that_the_program_does_not_have_is_seen() {
    let unknown = program(directory().path(), 0).args(["sell", "--help"]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn what_is_asked_for_whether_it_runs_is_answered() {
    let root = directory();
    let service = service(root.path());
    let asked = [kubernetes::probed(), compose::probed()].concat();
    assert!(asked.len() >= 3, "{asked:?}");
    for path in asked {
        assert_eq!(service.status(&path), Some(200), "{path}");
    }
    let port = service.address.rsplit(':').next().unwrap().parse().unwrap();
    let check = image::health_check();
    let output = program(&root.path().join("unused"), port).args(&check).output().unwrap();
    assert!(output.status.success(), "{check:?}: {output:?}");
}
