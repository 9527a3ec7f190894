//! Every write goes through the unit of work: nothing else in the service opens a transaction, names an actor or invalidates a
//! cache, and every use case states what it needs of its caller.

use super::{root, sources_below};

/// What only the unit of work may do, and who else may, with the reason.
const RESERVED: [(&str, &[&str], &[&str]); 4] = [
    (
        "opens a transaction",
        &["transaction(", "Transaction::begin", "begin_snapshot"],
        // Its commit loop resolves unknown commits of whole groups.
        &["checkout/worker.rs"],
    ),
    ("names an actor", &["act_in_tx"], &[]),
    (
        "invalidates a cache",
        &[".invalidate(noted", "cache.invalidate", "invalidate_soon", ".forget(&", "api_keys.forget("],
        &[],
    ),
    (
        "flushes what is stale",
        &[".flush()"],
        // Groups of orders, and changes that other programs make.
        &["checkout/worker.rs", "catalog/cache/signals.rs"],
    ),
];

#[test]
fn only_the_unit_of_work_opens_transactions_names_actors_and_invalidates() {
    let service = root().join("crates/service/src");
    let mut seen = 0;
    for (path, text) in sources_below(&service) {
        let name = path.strip_prefix(&service).unwrap().display().to_string();
        if name.starts_with("unit_of_work") {
            seen +=
                RESERVED.iter().flat_map(|(_, signs, _)| *signs).filter(|sign| text.contains(**sign)).count();
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (line, number) in code.lines().zip(1..) {
            let line = line.split("//").next().unwrap_or_default();
            for (what, signs, others) in RESERVED {
                let found = signs.iter().find(|sign| line.contains(**sign));
                assert!(
                    found.is_none() || others.contains(&name.as_str()),
                    "{name}:{number} {what} ({}): that is the unit of work's",
                    found.unwrap()
                );
            }
        }
    }
    assert!(seen >= 5, "the unit of work does not do what is reserved for it: is the list out of date?");
}

#[test]
fn no_crate_above_the_service_opens_a_transaction() {
    for name in ["web", "cli"] {
        for (path, text) in sources_below(&root().join("crates").join(name).join("src")) {
            for sign in ["transaction(", "Transaction::begin", "act_in_tx"] {
                assert!(!text.contains(sign), "{} has {sign}", path.display());
            }
        }
    }
}

/// Use cases that need nothing of their caller, or find out who it is.
const PUBLIC: [&str; 27] = [
    "acting_for",
    "authenticate",
    "authenticate_key",
    "authorize",
    "close",
    "drain",
    "forget_old_answers",
    "forget_ended_sessions",
    "forget_password",
    "get_review",
    "health",
    "is_of_operator",
    "keep_house",
    "keep_measuring",
    "list_reviews",
    "log_out",
    "readiness",
    "refresh",
    "register",
    "require",
    "reset_password",
    "search_products",
    "show_categories",
    "show_category",
    "show_product",
    "show_products",
    "sign_in",
];

#[test]
fn every_use_case_states_what_it_needs_of_its_caller() {
    let service = root().join("crates/service/src");
    let mut stated = 0;
    for (path, text) in sources_below(&service) {
        for use_case in text.split("\n    pub async fn ").skip(1) {
            let name = use_case.split('(').next().unwrap_or_default();
            let name = name.split('<').next().unwrap_or_default();
            let body = use_case.split("\n    }\n").next().unwrap_or_default();
            if !body.contains("&self") || PUBLIC.contains(&name) {
                continue;
            }
            let is_stated = ["unit_of_work(", "authorize(", "connection_for(", "require_account("]
                .iter()
                .any(|sign| body.contains(sign));
            // What hands over to another use case or a private function of the same file is checked there.
            let hands_over = ["self.change_product(", "self.place("].iter().any(|sign| body.contains(sign));
            if text.contains("impl Shop") {
                assert!(
                    is_stated || hands_over,
                    "{}: {name} does not say what it needs of its caller",
                    path.display()
                );
                stated += 1;
            }
        }
    }
    assert!(stated > 40, "only {stated} use cases were found");
}
