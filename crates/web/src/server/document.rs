//! The OpenAPI document, assembled from the handlers.

mod kept_headers;
mod list_headers;
mod security;

use actix_web::App;
use utoipa::{
    OpenApi,
    openapi::{
        self,
        path::{Operation, PathItem},
    },
};
use utoipa_actix_web::AppExt;

use crate::{
    api,
    http::{problem::ProblemDocument, route_policy::Verb, route_table::RegisteredOperation},
    schema::take_need,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Stockroom",
        description = "An e-commerce backend that never oversells.\n\nEvery path also answers under `/api/v1` and with a \
                       trailing slash. Every failure is an `application/problem+json` document with `detail` and \
                       `message`. `PUT` is forgiving: any subset of the fields, null means \"leave alone\", unknown \
                       fields are ignored. `PATCH` is a strict JSON merge patch: null clears, unknown or protected \
                       fields are refused.",
        license(name = "MIT", identifier = "MIT")
    ),
    tags(
        (name = "products", description = "What the shop sells. Stock is changed by order lines, or set here."),
        (name = "categories", description = "Groups of products."),
        (name = "clients", description = "The shop's customers."),
        (name = "addresses", description = "Where clients live."),
        (name = "orders", description = "Whole orders by checkout, orders line by line, and their status. Cancelling gives the stock back, exactly once."),
        (name = "order_details", description = "Order lines. Each takes its stock under a row lock."),
        (name = "bills", description = "What clients owe."),
        (name = "reviews", description = "What clients think of products."),
        (name = "audit", description = "Who has changed or read what."),
        (name = "auth", description = "Registration, sign-in, sessions and passwords."),
        (name = "api_keys", description = "Keys of scripts and of other systems."),
        (name = "service", description = "The service itself.")
    ),
    servers((url = "/", description = "This server")),
    components(schemas(ProblemDocument))
)]
struct Description;

/// The whole document, and the operations that it describes.
pub(crate) struct Assembled {
    pub(crate) document: openapi::OpenApi,
    pub(crate) operations: Vec<RegisteredOperation>,
}

/// Assembles the document from the handlers.
pub(crate) fn assemble() -> Assembled {
    let (_, mut document) = App::new()
        .into_utoipa_app()
        .openapi(Description::openapi())
        .configure(api::configure)
        .split_for_parts();
    list_headers::describe(&mut document);
    kept_headers::describe(&mut document);
    security::describe(&mut document);
    let mut operations = Vec::new();
    for (pattern, item) in &mut document.paths.paths {
        for (verb, operation) in operations_of(item) {
            let need = take_need(operation);
            security::require(operation, need);
            let cacheable = verb == Verb::Get && kept_headers::takes(operation, "If-None-Match");
            operations.push(RegisteredOperation { verb, pattern: pattern.clone(), need, cacheable });
        }
    }
    Assembled { document, operations }
}

fn operations_of(path: &mut PathItem) -> impl Iterator<Item = (Verb, &mut Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = path;
    let all = [
        (Verb::Get, get),
        (Verb::Put, put),
        (Verb::Post, post),
        (Verb::Delete, delete),
        (Verb::Patch, patch),
    ];
    all.into_iter().filter_map(|(verb, operation)| Some((verb, operation.as_mut()?)))
}
