//! The rules of the code base that can be checked by a program.

mod reexports;
mod web;
mod writes;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// What each crate must never depend on (see `docs/architecture.md`), by its folder. `*` stands for any end of a name, `!`
/// begins an exception.
const FORBIDDEN: [(&str, &[&str]); 12] = [
    (
        "crates/domain",
        &["diesel", "diesel-async", "actix-web", "redis", "tokio", "serde_json", "stockroom-*"],
    ),
    (
        "crates/input",
        &[
            "diesel",
            "diesel-async",
            "tokio-postgres",
            "actix-web",
            "tokio",
            "redis",
            "stockroom-*",
            "!stockroom-domain",
        ],
    ),
    ("crates/repository", &["actix-web", "redis", "utoipa", "reqwest", "stockroom-*", "!stockroom-domain"]),
    (
        "crates/service",
        &[
            "actix-web",
            "actix-http",
            "utoipa",
            "diesel",
            "diesel-async",
            "stockroom-web",
            "stockroom-embedded",
        ],
    ),
    (
        "crates/web",
        &["diesel", "diesel-async", "tokio-postgres", "stockroom-repository", "stockroom-embedded"],
    ),
    ("crates/redis-link", &["diesel", "diesel-async", "actix-web", "actix-http", "stockroom-*"]),
    ("crates/cache", &["diesel", "diesel-async", "actix-web", "stockroom-*", "!stockroom-redis-link"]),
    (
        "crates/limits",
        &["diesel", "diesel-async", "actix-web", "actix-http", "stockroom-*", "!stockroom-redis-link"],
    ),
    ("crates/embedded", &["diesel", "actix-web", "redis", "stockroom-*"]),
    ("crates/cli", &["diesel", "diesel-async", "tokio-postgres"]),
    (
        "tools/retail",
        &[
            "actix-web",
            "diesel",
            "diesel-async",
            "redis",
            "reqwest",
            "utoipa",
            "stockroom-web",
            "stockroom-embedded",
        ],
    ),
    ("tools/bench", &["diesel", "diesel-async", "stockroom-service", "stockroom-web"]),
];

/// The files of the repository that know JSON, and why. It never reads what a request or a script says.
const JSON_IN_REPOSITORY: [(&str, &str); 5] = [
    ("audit.rs", "the columns of an audit entry are jsonb"),
    ("audit/read.rs", "the columns of an audit entry are jsonb"),
    ("checkouts/write.rs", "the columns of an audit entry are jsonb"),
    ("error.rs", "triggers put the facts of a refusal into DETAIL"),
    ("lists.rs", "PostgreSQL explains a query in JSON"),
];

const LONGEST_FILE: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources() -> Vec<(PathBuf, String)> {
    let found: Vec<_> =
        ["crates", "tools", "tests"].iter().flat_map(|folder| sources_below(&root().join(folder))).collect();
    assert!(found.len() > 100, "the sources were not found");
    found
}

/// The source files in a folder, with their texts.
fn sources_below(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut folders = vec![folder.to_path_buf()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                found.push((path, text));
            }
        }
    }
    found
}

/// The names in a manifest's `[dependencies]` (not the ones for tests and examples).
fn dependencies(manifest: &str) -> Vec<String> {
    manifest
        .lines()
        .skip_while(|line| line.trim() != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['=', '.']).next().map(|name| name.trim().to_owned()))
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .collect()
}

/// Whether rules, such as those of [`FORBIDDEN`], forbid a dependency.
fn forbids(rules: &[&str], dependency: &str) -> bool {
    let is = |rule: &str| match rule.strip_suffix('*') {
        Some(start) => dependency.starts_with(start),
        None => dependency == rule,
    };
    let excepted = rules.iter().filter_map(|rule| rule.strip_prefix('!')).any(is);
    !excepted && rules.iter().any(|rule| is(rule))
}

fn manifest(name: &str) -> String {
    fs::read_to_string(root().join(name).join("Cargo.toml")).expect("a manifest")
}

#[test]
fn exceptions_of_rules_are_allowed() {
    let rules = ["diesel", "stockroom-*", "!stockroom-domain"];
    assert!(forbids(&rules, "diesel") && forbids(&rules, "stockroom-web"));
    assert!(!forbids(&rules, "diesel-async") && !forbids(&rules, "stockroom-domain"));
}

#[test]
fn no_crate_knows_what_it_must_not_know() {
    for (name, forbidden) in FORBIDDEN {
        let found = dependencies(&manifest(name));
        assert!(!found.is_empty(), "{name}: no dependencies were found");
        assert_eq!(found.iter().find(|name| forbids(forbidden, name)), None, "{name} must not depend on it");
    }
}

#[test]
fn the_repository_reads_no_json_of_requests() {
    let folder = root().join("crates/repository/src");
    let known: Vec<_> = JSON_IN_REPOSITORY.iter().map(|(file, _)| folder.join(file)).collect();
    let found: Vec<_> = sources()
        .into_iter()
        .filter(|(path, text)| path.starts_with(&folder) && text.contains("serde_json"))
        .map(|(path, _)| path)
        .collect();
    assert!(!found.is_empty(), "the sources of the repository were not found");
    let unexplained: Vec<_> = found.iter().filter(|path| !known.contains(path)).collect();
    assert!(unexplained.is_empty(), "JSON belongs to the crate input: {unexplained:#?}");
}

#[test]
fn no_file_is_too_long() {
    let long: BTreeMap<_, _> = sources()
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST_FILE)
        .collect();
    assert!(long.is_empty(), "longer than {LONGEST_FILE} lines: {long:#?}");
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| {
            !text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| line.starts_with("//!"))
        })
        .map(|(path, _)| path)
        .collect();
    assert!(silent.is_empty(), "modules that do not open with `//!`: {silent:#?}");
}

#[test]
fn names_tell_a_purpose() {
    let vague = ["mod", "utils", "util", "common", "helpers", "helper", "manager", "misc"];
    let found: Vec<_> = sources()
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| {
            path.file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| vague.contains(&stem))
        })
        .collect();
    assert!(found.is_empty(), "files whose names tell nothing: {found:#?}");
}
