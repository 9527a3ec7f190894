//! The image: what its Dockerfile says about ports, user, commands and health.

use std::collections::BTreeMap;

use super::{assert_is_command, configured, parsed, ports, read};

/// The instructions of the last stage, which is the image, with their arguments.
fn instructions() -> Vec<(String, String)> {
    let text = read("Dockerfile").replace("\\\n", " ");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let all: Vec<_> = lines
        .map(|line| {
            let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            (name.to_uppercase(), rest.trim().to_owned())
        })
        .collect();
    let last = all.iter().rposition(|(name, _)| name == "FROM").expect("a stage");
    all[last..].to_vec()
}

fn only(name: &str) -> String {
    let found: Vec<_> = instructions().into_iter().filter(|(other, _)| other == name).collect();
    assert_eq!(found.len(), 1, "{name} in the last stage");
    found[0].1.clone()
}

fn words(json: &str) -> Vec<String> {
    serde_json::from_value(parsed("Dockerfile", json)).unwrap_or_else(|error| panic!("{json}: {error}"))
}

/// The arguments with which the program asks how it is.
pub(super) fn health_check() -> Vec<String> {
    let check = only("HEALTHCHECK");
    let command = words(check.split_once(" CMD ").expect("a command").1);
    assert_eq!(command[0], "stockroom");
    command[1..].to_vec()
}

#[test]
fn the_image_runs_the_program_that_it_is_built_of() {
    let text = read("Dockerfile");
    assert_eq!(words(&only("ENTRYPOINT")), ["stockroom"]);
    let copied: Vec<_> = instructions().into_iter().filter(|(name, _)| name == "COPY").collect();
    let [(_, program), (_, authorities)] = &copied[..] else { panic!("{copied:?}") };
    assert!(program.ends_with("/usr/local/bin/stockroom /usr/local/bin/stockroom"), "{program}");
    let bundle = "/etc/ssl/certs/ca-certificates.crt";
    assert!(authorities.ends_with(&format!("{bundle} {bundle}")), "{authorities}");
    for (option, manifest, known) in [
        ("--package", "crates/cli/Cargo.toml", "name = \"VALUE\""),
        ("--profile", "Cargo.toml", "[profile.VALUE]"),
    ] {
        let value = text.split(option).nth(1).unwrap().split_whitespace().next().unwrap();
        let wanted = known.replace("VALUE", value);
        assert!(read(manifest).lines().any(|line| line == wanted), "{option} {value}");
    }
    let command = words(&only("CMD"));
    assert_is_command(&command.iter().map(String::as_str).collect::<Vec<_>>());
    assert_is_command(&health_check().iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn the_image_exposes_the_ports_that_are_configured() {
    let variables: BTreeMap<String, String> = instructions()
        .into_iter()
        .filter(|(name, _)| name == "ENV")
        .map(|(_, pair)| {
            pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap()
        })
        .collect();
    let configuration = configured(&variables);
    let exposed: Vec<u16> = only("EXPOSE").split_whitespace().map(|port| port.parse().unwrap()).collect();
    assert_eq!(exposed, ports(&configuration));
    assert!(configuration.operations.enabled);
    for host in [&configuration.server.host, &configuration.operations.host] {
        assert_eq!(host, "0.0.0.0", "nobody reaches another one from outside of the container");
    }
}

#[test]
fn the_image_runs_as_a_number_that_is_not_roots() {
    let user: u32 = only("USER").parse().expect("a number: Kubernetes cannot tell that a name is not root's");
    assert_ne!(user, 0);
}
