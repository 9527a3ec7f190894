//! What is deployed beside the program speaks of what the program tells: dashboard, alerts and runbook know its metrics.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

/// The metrics that a text names, without what a histogram adds to its name.
fn named(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("stockroom_") || word.starts_with("process_"))
        .filter(|word| !word.starts_with("stockroom_service"))
        .map(|word| {
            let bare = ["_bucket", "_sum", "_count"].into_iter().find_map(|end| word.strip_suffix(end));
            bare.unwrap_or(word).to_owned()
        })
        .collect()
}

fn expressions(value: &Value, found: &mut String) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "expr" => {
                        found.push_str(text);
                        found.push('\n');
                    }
                    _ => expressions(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| expressions(value, found)),
        _ => {}
    }
}

/// Fails unless what is deployed, the runbook and these metrics go together.
pub(super) fn assert_known(metrics: &str) {
    let samples = metrics.lines().filter(|line| !line.starts_with('#'));
    let exported: BTreeSet<String> =
        samples.flat_map(|line| named(line.split(['{', ' ']).next().unwrap())).collect();
    let described: BTreeSet<String> = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# HELP ")?.split(' ').next())
        .map(str::to_owned)
        .collect();
    let mut shown = String::new();
    expressions(&serde_json::from_str(&read("deploy/grafana/stockroom.json")).unwrap(), &mut shown);
    let alerts = read("deploy/prometheus/alerts.yaml");
    let runbook = read("docs/operations.md");
    let explained: BTreeSet<String> = runbook
        .lines()
        .filter(|line| line.starts_with("| `stockroom_") || line.starts_with("| `process_"))
        .flat_map(|line| named(line.split('|').nth(1).unwrap()))
        .collect();
    let rules: String =
        alerts.lines().filter(|line| !line.contains("summary") && !line.contains("docs/")).collect();

    assert!(exported.len() > 40, "{exported:?}");
    assert_eq!(exported, explained, "exported, and explained in docs/operations.md");
    assert_eq!(exported.difference(&described).next(), None, "exported without a description");
    assert_eq!(named(&rules).difference(&exported).next(), None, "an alert needs it");
    assert_eq!(named(&shown), exported, "the dashboard shows all of them");
}

#[test]
fn every_alert_has_its_part_of_the_runbook() {
    let (alerts, runbook, cases) = (
        read("deploy/prometheus/alerts.yaml"),
        read("docs/operations.md"),
        read("deploy/prometheus/alerts_test.yaml"),
    );
    let alerts: Vec<&str> = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let told: Vec<&str> = runbook.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    assert_eq!(BTreeSet::from_iter(&alerts), BTreeSet::from_iter(&told));
    for alert in alerts {
        let tested = cases.lines().filter(|line| line.trim() == format!("alertname: {alert}")).count();
        assert!(tested >= 2, "{alert} needs a case in which it fires and one in which it does not");
    }
}

#[test]
fn rules_and_configuration_are_what_prometheus_understands() {
    let folder = root().join("deploy/prometheus");
    for arguments in [
        ["check", "rules", "alerts.yaml"],
        ["check", "config", "prometheus.yaml"],
        ["test", "rules", "alerts_test.yaml"],
    ] {
        // `./dev test` installs it; without it there is nobody to ask.
        let Ok(output) = Command::new("promtool").args(arguments).current_dir(&folder).output() else {
            return;
        };
        assert!(output.status.success(), "promtool {arguments:?}: {output:?}");
    }
}
