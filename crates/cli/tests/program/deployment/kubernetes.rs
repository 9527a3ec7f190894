//! Kubernetes: the deployment, the job that migrates, what they are configured with, and what names them.

use std::{collections::BTreeMap, fs};

use serde_json::Value;
use stockroom_cli::configuration::Configuration;

use super::{assert_is_command, configured, ports, root, time_to_stop, yaml};

const DIRECTORY: &str = "deploy/kubernetes";

/// The file with this document.
fn document(name: &str) -> Value {
    yaml(&format!("{DIRECTORY}/{name}.yaml"))
}

/// What is in force in the containers.
fn in_force() -> Configuration {
    let texts =
        |value: &Value| -> BTreeMap<String, String> { serde_json::from_value(value.clone()).unwrap() };
    let mut variables = texts(&document("config")["data"]);
    variables.extend(texts(&document("secret.example")["stringData"]));
    configured(&variables)
}

/// What the pods of the deployment and of the job are made of.
fn pods() -> [Value; 2] {
    ["deployment", "migration-job"].map(|name| document(name)["spec"]["template"]["spec"].clone())
}

fn container(pod: &Value) -> &Value {
    let containers = pod["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 1);
    &containers[0]
}

fn probes() -> Vec<Value> {
    let pod = &pods()[0];
    ["livenessProbe", "readinessProbe"].map(|probe| container(pod)[probe].clone()).to_vec()
}

/// The paths that probes ask for.
pub(super) fn probed() -> Vec<String> {
    probes().iter().map(|probe| probe["httpGet"]["path"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn ports_are_those_that_are_configured_and_everybody_names_them() {
    let deployment = document("deployment");
    let [pod, _] = pods();
    let configuration = in_force();
    let named: BTreeMap<&str, u64> = container(&pod)["ports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|port| (port["name"].as_str().unwrap(), port["containerPort"].as_u64().unwrap()))
        .collect();
    let [api, operations] = ports(&configuration).map(u64::from);
    assert_eq!(named, BTreeMap::from([("http", api), ("operations", operations)]));
    for probe in probes() {
        assert_eq!(probe["httpGet"]["port"], "http");
    }
    assert_eq!(document("service")["spec"]["ports"][0]["targetPort"], "http");

    let scraped = &deployment["spec"]["template"]["metadata"]["annotations"];
    assert_eq!(scraped["prometheus.io/scrape"], "true");
    assert!(configuration.operations.enabled);
    assert_eq!(scraped["prometheus.io/port"], operations.to_string());
    assert_eq!(scraped["prometheus.io/path"], "/metrics");
    let example = yaml("deploy/prometheus/prometheus.yaml");
    let target = example["scrape_configs"][0]["static_configs"][0]["targets"][0].as_str().unwrap().to_owned();
    assert!(target.ends_with(&format!(":{operations}")), "{target}");
}

#[test]
fn servers_have_more_time_to_stop_than_they_take() {
    let grace = pods()[0]["terminationGracePeriodSeconds"].as_u64().unwrap();
    let configuration = in_force();
    assert!(grace > time_to_stop(&configuration), "{grace} s");
    // A pod that says that it stops is not asked any more once a probe has seen it.
    let readiness = &probes()[1];
    let noticed =
        readiness["periodSeconds"].as_u64().unwrap() * readiness["failureThreshold"].as_u64().unwrap();
    assert!(noticed <= configuration.server.shutdown_delay_seconds, "noticed after {noticed} s");
}

#[test]
fn containers_run_the_image_as_nobody_in_particular_with_commands_that_it_has() {
    let names = document("kustomization");
    let image = &names["images"][0];
    assert_eq!(image["name"], container(&pods()[0])["image"]);
    let full = format!("{}:{}", image["newName"].as_str().unwrap(), image["newTag"].as_str().unwrap());
    assert_eq!(full, container(&pods()[1])["image"].as_str().unwrap(), "kustomize does not change the job");
    for pod in pods() {
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
        let container = container(&pod);
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
        assert!(container.get("command").is_none(), "the image's own is used");
        let arguments: Vec<&str> = container
            .get("args")
            .and_then(Value::as_array)
            .map(|words| words.iter().map(|word| word.as_str().unwrap()).collect())
            .unwrap_or_default();
        assert_is_command(&arguments);
        let sources = container["envFrom"].as_array().unwrap();
        assert_eq!(sources[0]["configMapRef"]["name"], document("config")["metadata"]["name"]);
        assert_eq!(sources[1]["secretRef"]["name"], document("secret.example")["metadata"]["name"]);
    }
    let job = &document("migration-job")["spec"]["template"]["spec"];
    assert_eq!(container(job)["args"], serde_json::json!(["migrate"]));
}

#[test]
fn whatever_selects_the_servers_selects_them() {
    let deployment = document("deployment");
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    assert_eq!(&deployment["spec"]["selector"]["matchLabels"], labels);
    assert_eq!(&document("service")["spec"]["selector"], labels);
    assert_eq!(&document("disruption-budget")["spec"]["selector"]["matchLabels"], labels);
    assert_eq!(document("autoscaler")["spec"]["scaleTargetRef"]["name"], deployment["metadata"]["name"]);
    let least = document("autoscaler")["spec"]["minReplicas"].as_u64().unwrap();
    assert!(document("disruption-budget")["spec"]["minAvailable"].as_u64().unwrap() < least);
}

#[test]
fn every_file_is_applied_or_says_how() {
    let applied = document("kustomization")["resources"].clone();
    let apart = ["kustomization.yaml", "secret.example.yaml", "migration-job.yaml"];
    for entry in fs::read_dir(root().join(DIRECTORY)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let listed = applied.as_array().unwrap().iter().any(|resource| *resource == name);
        assert!(listed != apart.contains(&name.as_str()), "{name}");
    }
}
