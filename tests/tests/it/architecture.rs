//! The rules of the code base that can be checked by a program.

mod web;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// What each crate must never depend on (see `docs/architecture.md`), by its folder.
const FORBIDDEN: [(&str, &[&str]); 11] = [
    ("crates/domain", &["diesel", "diesel-async", "actix-web", "redis", "tokio", "stockroom-*"]),
    (
        "crates/repository",
        &[
            "actix-web",
            "redis",
            "utoipa",
            "reqwest",
            "stockroom-cache",
            "stockroom-service",
            "stockroom-web",
            "stockroom-embedded",
        ],
    ),
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
    ("crates/cache", &["diesel", "diesel-async", "actix-web", "stockroom-*"]),
    ("crates/limits", &["diesel", "diesel-async", "actix-web", "actix-http", "stockroom-*"]),
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

/// What each crate may depend on although `FORBIDDEN` says otherwise: the shared connection to Redis.
const ALLOWED: [(&str, &str); 2] =
    [("crates/cache", "stockroom-redis-link"), ("crates/limits", "stockroom-redis-link")];

const LONGEST_FILE: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut folders = ["crates", "tools", "tests"].map(|folder| root().join(folder)).to_vec();
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
    assert!(found.len() > 100, "the sources were not found");
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

#[test]
fn no_crate_knows_what_it_must_not_know() {
    for (name, forbidden) in FORBIDDEN {
        let manifest = fs::read_to_string(root().join(name).join("Cargo.toml")).expect("a manifest");
        let found = dependencies(&manifest);
        assert!(!found.is_empty(), "{name}: no dependencies were found");
        for rule in forbidden {
            let breaks = |dependency: &&String| match rule.strip_suffix('*') {
                Some(start) => dependency.starts_with(start),
                None => dependency == rule,
            };
            let allowed = |dependency: &&String| ALLOWED.contains(&(name, dependency.as_str()));
            let broken = found.iter().filter(|dependency| !allowed(dependency)).find(breaks);
            assert_eq!(broken, None, "{name} must not depend on {rule}");
        }
    }
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
