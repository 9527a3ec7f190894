//! The layers inside `web`: imports go down, from `server` over `api` and `schema` to `http`, and never in a circle.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{root, sources};

/// The layers, from the ground up.
const LAYERS: [&str; 4] = ["http", "schema", "api", "server"];

/// A module, as the way to it from the root of the crate.
type Module = Vec<String>;

struct Source {
    code: String,
    /// What it exports of others: the name, and where it comes from.
    exports: BTreeMap<String, Vec<String>>,
}

#[test]
fn imports_of_web_go_down() {
    let web = web();
    let rank =
        |module: &Module| LAYERS.iter().position(|layer| module.first().is_some_and(|top| top == layer));
    let mut crossed = 0;
    for (from, to) in imports(&web, true) {
        let (Some(upper), Some(lower)) = (rank(&from), rank(&to)) else { continue };
        crossed += usize::from(lower < upper);
        assert!(lower <= upper, "{} must not import {}", from.join("::"), to.join("::"));
    }
    assert!(crossed > 100, "the imports were not found");
    let tops: BTreeSet<_> = web.keys().filter_map(|module| module.first().map(String::as_str)).collect();
    assert_eq!(tops, BTreeSet::from(LAYERS), "a module of `web` is in one of its layers");
}

#[test]
fn modules_of_web_do_not_import_each_other_in_a_circle() {
    let web = web();
    // What a module exports of its children is theirs.
    let imports = imports(&web, false);
    let mut reached: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
    for start in web.keys() {
        let mut seen = BTreeSet::new();
        let mut next = vec![start];
        while let Some(module) = next.pop() {
            let to = imports.range((module.clone(), Module::new())..).take_while(|(from, _)| from == module);
            next.extend(to.filter(|(_, to)| seen.insert(to)).map(|(_, to)| to));
        }
        reached.insert(start, seen);
    }
    let circle: Vec<_> = reached
        .iter()
        .filter(|(module, seen)| seen.contains(*module))
        .map(|(module, _)| module.join("::"))
        .collect();
    assert!(circle.is_empty(), "these modules import each other in a circle: {circle:#?}");
}

fn web() -> BTreeMap<Module, Source> {
    let folder = root().join("crates/web/src");
    let mut web: BTreeMap<Module, Source> = sources()
        .into_iter()
        .filter_map(|(path, text)| Some((module_of(path.strip_prefix(&folder).ok()?), code(&text))))
        .map(|(module, code)| (module, Source { code, exports: BTreeMap::new() }))
        .collect();
    let modules: BTreeSet<Module> = web.keys().cloned().collect();
    for (module, source) in &mut web {
        let exported = uses(&source.code).into_iter().filter(|(is_export, _)| *is_export);
        source.exports = exported
            .filter_map(|(_, path)| absolute(&modules, module, &path))
            .filter_map(|path| Some((path.last()?.clone(), path)))
            .collect();
    }
    web
}

fn module_of(file: &Path) -> Module {
    let parts = file.with_extension("");
    let parts = parts.iter().map(|part| part.to_str().expect("a name").to_owned()).collect::<Module>();
    if parts == ["lib"] { Module::new() } else { parts }
}

/// What is compiled for use: no comments, no unit tests.
fn code(text: &str) -> String {
    let used = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    used.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Which module imports from which.
fn imports(web: &BTreeMap<Module, Source>, with_exports: bool) -> BTreeSet<(Module, Module)> {
    let modules: BTreeSet<Module> = web.keys().cloned().collect();
    let mut found = BTreeSet::new();
    for (module, source) in web {
        let paths = uses(&source.code).into_iter().filter(|(is_export, _)| with_exports || !is_export);
        let paths = paths.map(|(_, path)| path).chain(mentions(&source.code));
        for path in paths.filter_map(|path| absolute(&modules, module, &path)) {
            let to = owner(web, &path);
            if to != *module {
                found.insert((module.clone(), to));
            }
        }
    }
    found
}

/// The paths of all `use` statements, and whether each is an export.
fn uses(code: &str) -> Vec<(bool, Vec<String>)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let before = code[..at].rsplit('\n').next().unwrap_or_default().trim();
        let Some((tree, _)) = code[at + 4..].split_once(';') else { continue };
        if before.is_empty() || before.starts_with("pub") {
            expand(tree, &[], &mut |path| found.push((!before.is_empty(), path)));
        }
    }
    found
}

/// The paths of a tree such as `a::{b, c::{d, e}}`.
fn expand(tree: &str, prefix: &[String], found: &mut dyn FnMut(Vec<String>)) {
    let mut depth = 0;
    let parts = tree.split(|character| {
        depth += i32::from(character == '{') - i32::from(character == '}');
        character == ',' && depth == 0
    });
    for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
        let (path, inner) = part.split_once('{').unwrap_or((part, ""));
        let names =
            path.split("::").map(|name| name.split(" as ").next().unwrap_or_default().trim().to_owned());
        let path: Vec<String> =
            prefix.iter().cloned().chain(names.filter(|name| !name.is_empty() && name != "self")).collect();
        match inner.rsplit_once('}') {
            Some((inner, _)) => expand(inner, &path, found),
            None => found(path),
        }
    }
}

/// Paths from the root of the crate that stand elsewhere than in a `use`.
fn mentions(code: &str) -> Vec<Vec<String>> {
    let starts = code.match_indices("crate::").filter(|(at, _)| !code[..*at].ends_with("use "));
    let path = |(at, _): (usize, &str)| {
        let end =
            code[at..].find(|character: char| !character.is_alphanumeric() && !"_:".contains(character));
        let path = &code[at..end.map_or(code.len(), |end| at + end)];
        path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect()
    };
    starts.map(path).collect()
}

/// A path of a module, from the root of the crate; `None` when it leads out of it.
fn absolute(modules: &BTreeSet<Module>, module: &Module, path: &[String]) -> Option<Vec<String>> {
    let ups = path.iter().take_while(|name| *name == "super").count();
    let child = || [module.as_slice(), &path[..1]].concat();
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "super" => Some([&module[..module.len().checked_sub(ups)?], &path[ups..]].concat()),
        _ if modules.contains(&child()) => Some([module, path].concat()),
        _ => None,
    }
}

/// The module that an item is written in, through whatever exports it.
fn owner(web: &BTreeMap<Module, Source>, path: &[String]) -> Module {
    let length = (0..=path.len()).rev().find(|length| web.contains_key(&path[..*length])).unwrap_or(0);
    let module = &path[..length];
    let exported = path.get(length).and_then(|item| web.get(module)?.exports.get(item));
    match exported {
        Some(source) if source.as_slice() != path => owner(web, source),
        _ => module.to_vec(),
    }
}
