//! Docker Compose: both files, with what `.env` may say.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{configured, parsed, ports, read, root, seconds, time_to_stop};

const LOCAL: &str = "docker-compose.yaml";
const PRODUCTION: &str = "docker-compose.production.yaml";
/// What production requires.
const REQUIRED: [(&str, &str); 3] =
    [("POSTGRES_PASSWORD", "secret"), ("REDIS_PASSWORD", "secret"), ("CORS_ORIGINS", "https://shop.example")];

/// The variables of `.env` that a text names, with what stands behind each name: `:-default`, `:?reason` or nothing.
fn named(text: &str) -> Vec<(&str, &str)> {
    let parts = text.split("${").skip(1).map(|rest| rest.split_once('}').expect("a closing brace").0);
    parts
        .map(|part| {
            part.split_at(part.find(|c: char| !c.is_ascii_uppercase() && c != '_').unwrap_or(part.len()))
        })
        .collect()
}

/// A file as Compose understands it, where `.env` holds what is required and nothing else.
fn file(path: &str) -> Value {
    let mut file = parsed(path, &read(path));
    fill_in(&mut file);
    file
}

fn fill_in(value: &mut Value) {
    match value {
        Value::String(text) => {
            for (name, rest) in named(&text.clone()) {
                let required =
                    || REQUIRED.iter().find(|(required, _)| *required == name).map(|(_, value)| *value);
                let value =
                    rest.strip_prefix(":-").or_else(required).expect("a default, or a required value");
                *text = text.replace(&format!("${{{name}{rest}}}"), value);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(fill_in),
        Value::Object(values) => values.values_mut().for_each(fill_in),
        _ => {}
    }
}

/// The services that run the program.
fn servers(file: &Value) -> BTreeMap<&str, &Value> {
    let services = file["services"].as_object().unwrap();
    let found = services.iter().filter(|(_, service)| service["image"] == "stockroom");
    found.map(|(name, service)| (name.as_str(), service)).collect()
}

fn variables(server: &Value) -> BTreeMap<String, String> {
    let variables = server["environment"].as_object().unwrap();
    variables.iter().map(|(name, value)| (name.clone(), plain(value))).collect()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().map(|values| values.iter().map(plain).collect()).unwrap_or_default()
}

/// The paths that health checks ask for.
pub(super) fn probed() -> Vec<String> {
    let test = texts(&file(PRODUCTION)["services"]["nginx"]["healthcheck"]["test"]);
    let url: url::Url = test.last().unwrap().parse().unwrap();
    vec![url.path().to_owned()]
}

#[test]
fn servers_know_their_variables_listen_where_they_are_asked_and_may_stop_in_peace() {
    for (path, count) in [(LOCAL, 1), (PRODUCTION, 2)] {
        let file = file(path);
        let servers = servers(&file);
        assert_eq!(servers.len(), count, "{path}");
        for (name, server) in servers {
            let configuration = configured(&variables(server));
            let exposed: Vec<u16> =
                texts(&server["expose"]).iter().map(|port| port.parse().unwrap()).collect();
            let published: Vec<String> = texts(&server["ports"]);
            let inside = published.iter().map(|port| port.rsplit(':').next().unwrap().parse().unwrap());
            match path {
                LOCAL => {
                    assert_eq!(inside.collect::<Vec<u16>>(), ports(&configuration)[..1]);
                    assert!(published.iter().all(|port| port.starts_with("127.0.0.1:")), "{published:?}");
                }
                _ => assert_eq!((exposed, inside.count()), (ports(&configuration).to_vec(), 0), "{name}"),
            }
            let grace = seconds(server["stop_grace_period"].as_str().unwrap());
            assert!(grace > time_to_stop(&configuration), "{path}: {name} has {grace} s to stop");
            let database = url::Url::parse(&configuration.database.url).unwrap();
            let redis = url::Url::parse(&configuration.redis.url).unwrap();
            for host in [database.host_str(), redis.host_str()] {
                assert!(file["services"].get(host.unwrap()).is_some(), "{path} has no service {host:?}");
            }
        }
    }
}

#[test]
fn only_nginx_is_believed_whom_it_speaks_for() {
    let file = file(PRODUCTION);
    let nginx = &file["services"]["nginx"];
    // Not its whole network: Docker's own proxy speaks from the gateway of that.
    let address = plain(&nginx["networks"]["shop"]["ipv4_address"]);
    for (name, server) in servers(&file) {
        let trusted = configured(&variables(server)).rate_limit.trusted_proxies;
        let trusted: Vec<String> = trusted.iter().map(ToString::to_string).collect();
        assert_eq!(trusted, std::slice::from_ref(&address), "{name}");
        assert_eq!(texts(&server["networks"]), ["shop"], "{name}");
    }
}

#[test]
fn nginx_has_its_files_and_waits_for_the_servers_that_it_names() {
    let file = file(PRODUCTION);
    let nginx = &file["services"]["nginx"];
    let upstreams: BTreeSet<String> = super::nginx::upstreams().into_iter().map(|(host, _)| host).collect();
    assert_eq!(upstreams, servers(&file).into_keys().map(str::to_owned).collect());
    let waits: BTreeSet<String> = nginx["depends_on"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(waits, upstreams);
    let mounted: Vec<(String, String)> = texts(&nginx["volumes"])
        .iter()
        .map(|mount| {
            let mut parts = mount.split(':').map(str::to_owned);
            (parts.next().unwrap(), parts.next().unwrap())
        })
        .collect();
    for (here, _) in &mounted {
        assert!(root().join(here).exists(), "{here}");
    }
    for included in super::nginx::included() {
        let known =
            mounted.iter().any(|(_, there)| included == *there || included.starts_with(&format!("{there}/")));
        assert!(known, "{included} is not in the container");
    }
}

#[test]
fn the_example_of_env_has_every_variable_with_its_default_and_no_other() {
    let example = read(".env.example");
    let explained: BTreeMap<&str, &str> = example
        .lines()
        .filter_map(|line| line.strip_prefix('#').unwrap_or(line).split_once('='))
        .filter(|(name, _)| name.bytes().all(|c| c.is_ascii_uppercase() || c == b'_'))
        .collect();
    let texts = [read(LOCAL), read(PRODUCTION)];
    let mut known = BTreeMap::<&str, BTreeSet<&str>>::new();
    for (name, rest) in texts.iter().flat_map(|text| named(text)) {
        known.entry(name).or_default().extend(rest.strip_prefix(":-"));
    }
    assert_eq!(explained.keys().collect::<Vec<_>>(), known.keys().collect::<Vec<_>>());
    for (name, defaults) in known {
        let shown = explained[name];
        // Nothing is a default, too, which needs no line.
        let wrong = defaults.iter().find(|default| !default.is_empty() && **default != shown);
        assert_eq!(wrong, None, "{name} is {shown:?} in the example");
    }
}
