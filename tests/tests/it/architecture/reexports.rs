//! What crates hand on: `pub use` and `pub type` of what another crate has. A crate that hands on a type of a lower layer
//! lets those who use it know that layer without depending on it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use syn::{Item, Type, UseTree, Visibility};

use super::{FORBIDDEN, dependencies, forbids, manifest, root, sources};

const COMPOSITION: &str = "the program composes a shop over a pool of connections";
const CONDITIONS: &str = "the conditions of a list are plain data";
const COUNTS: &str = "what a search counts is plain data";
const IDEMPOTENCY: &str = "an answer is kept with the key of its request";
const INVARIANTS: &str = "what a check of the database finds is plain data";

/// What is handed on although somebody who uses the crate must not know where it comes from, and why it may be.
const ALLOWED: [(&str, &str, &str); 18] = [
    ("repository", "diesel_async::AsyncPgConnection", "a connection is passed on, and asked nothing"),
    ("service", "stockroom_repository::Pool", COMPOSITION),
    ("service", "stockroom_repository::PoolSettings", COMPOSITION),
    ("service", "stockroom_repository::PoolStatus", COMPOSITION),
    ("service", "stockroom_repository::audit::ActorSetting", COMPOSITION),
    ("service", "stockroom_repository::migrations", COMPOSITION),
    ("service", "stockroom_repository::audit::AuditFilter", CONDITIONS),
    ("service", "stockroom_repository::order_details::OrderDetailFilter", CONDITIONS),
    ("service", "stockroom_repository::products::ProductFilter", CONDITIONS),
    ("service", "stockroom_repository::product_search::CategoryCount", COUNTS),
    ("service", "stockroom_repository::product_search::FacetCounts", COUNTS),
    ("service", "stockroom_repository::product_search::PriceCount", COUNTS),
    ("service", "stockroom_repository::product_search::RatingCount", COUNTS),
    ("service", "stockroom_repository::product_search::StockCount", COUNTS),
    ("service", "stockroom_repository::idempotency::RequestKey", IDEMPOTENCY),
    ("service", "stockroom_repository::invariants::Finding", INVARIANTS),
    ("service", "stockroom_repository::invariants::Invariant", INVARIANTS),
    ("service", "stockroom_repository::invariants::Offender", INVARIANTS),
];

/// An import: the path, and the name that it gets.
type Import = (Vec<String>, String);

/// Takes a tree of imports apart; a glob ends with `*`.
fn flatten(tree: &UseTree, mut path: Vec<String>, imports: &mut Vec<Import>) {
    match tree {
        UseTree::Path(step) => {
            path.push(step.ident.to_string());
            flatten(&step.tree, path, imports);
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, path.clone(), imports);
            }
        }
        UseTree::Name(name) if name.ident == "self" => {
            let last = path.last().cloned().unwrap_or_default();
            imports.push((path, last));
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            path.push(name.clone());
            imports.push((path, name));
        }
        UseTree::Rename(renamed) => {
            if renamed.ident != "self" {
                path.push(renamed.ident.to_string());
            }
            imports.push((path, renamed.rename.to_string()));
        }
        UseTree::Glob(_) => {
            path.push("*".to_owned());
            imports.push((path, "*".to_owned()));
        }
    }
}

fn imports(tree: &UseTree) -> Vec<Import> {
    let mut found = Vec::new();
    flatten(tree, Vec::new(), &mut found);
    found
}

/// The paths that a module hands on, with names that it has imported spelled out.
fn handed_on(items: &[Item], found: &mut Vec<Vec<String>>) {
    let private: BTreeMap<String, Vec<String>> = items
        .iter()
        .filter_map(|item| match item {
            Item::Use(import) if !matches!(import.vis, Visibility::Public(_)) => Some(imports(&import.tree)),
            _ => None,
        })
        .flatten()
        .map(|(path, name)| (name, path))
        .collect();
    let spelled = |mut path: Vec<String>| {
        if let Some(imported) = private.get(&path[0]) {
            path.splice(..1, imported.iter().cloned());
        }
        path
    };
    for item in items {
        match item {
            Item::Use(import) if matches!(import.vis, Visibility::Public(_)) => {
                found.extend(imports(&import.tree).into_iter().map(|(path, _)| spelled(path)));
            }
            Item::ExternCrate(known) if matches!(known.vis, Visibility::Public(_)) => {
                found.push(vec![known.ident.to_string()]);
            }
            Item::Type(alias) if matches!(alias.vis, Visibility::Public(_)) => {
                if let Type::Path(of) = &*alias.ty {
                    let path = of.path.segments.iter().map(|segment| segment.ident.to_string());
                    found.push(spelled(path.collect()));
                }
            }
            Item::Mod(module) => {
                if let Some((_, items)) = &module.content {
                    handed_on(items, found);
                }
            }
            _ => {}
        }
    }
}

fn handed_on_by(text: &str) -> Vec<String> {
    let file = syn::parse_file(text).expect("a source file");
    let mut found = Vec::new();
    handed_on(&file.items, &mut found);
    found.into_iter().map(|path| path.join("::")).collect()
}

/// What those who use a crate must not know.
fn forbidden_to_users(of: &str, dependency: &str) -> bool {
    let package = format!("stockroom-{of}");
    FORBIDDEN
        .iter()
        .filter(|(user, _)| dependencies(&manifest(user)).contains(&package))
        .any(|(_, rules)| forbids(rules, dependency))
}

#[test]
fn no_crate_hands_on_what_its_users_must_not_know() {
    let sources = sources();
    let mut found = BTreeSet::new();
    for folder in fs::read_dir(root().join("crates")).expect("the crates") {
        let folder = folder.expect("a crate").path();
        let name = folder.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let forbidden: Vec<String> = dependencies(&manifest(&format!("crates/{name}")))
            .into_iter()
            .filter(|dependency| forbidden_to_users(&name, dependency))
            .map(|dependency| dependency.replace('-', "_"))
            .collect();
        for (_, text) in sources.iter().filter(|(path, _)| path.starts_with(folder.join("src"))) {
            for path in handed_on_by(text) {
                if path.split("::").next().is_some_and(|first| forbidden.iter().any(|name| name == first)) {
                    found.insert((name.clone(), path));
                }
            }
        }
    }
    let allowed: BTreeSet<_> =
        ALLOWED.iter().map(|(name, path, _)| ((*name).to_owned(), (*path).to_owned())).collect();
    let new: Vec<_> = found.difference(&allowed).collect();
    assert!(new.is_empty(), "handed on to those who must not know it: {new:#?}");
    let gone: Vec<_> = allowed.difference(&found).collect();
    assert!(gone.is_empty(), "no longer handed on, so no longer to be allowed: {gone:#?}");
}

#[test]
fn whatever_its_form_what_is_handed_on_is_found() {
    let source = "
        use lower::{self as below, rows, Row};
        use other::Thing;
        pub use lower::products::{Changes as Renamed, New};
        pub use below::Pool;
        pub use rows::*;
        pub(crate) use lower::Hidden;
        pub type Alias = Row;
        pub mod inner { pub use lower::Inner; }
        mod own;
        pub use own::Local;
    ";
    assert_eq!(
        handed_on_by(source),
        [
            "lower::products::Changes",
            "lower::products::New",
            "lower::Pool",
            "lower::rows::*",
            "lower::Row",
            "lower::Inner",
            "own::Local",
        ]
    );
}
