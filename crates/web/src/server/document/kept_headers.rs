//! The headers of answers that are kept rendered, described once: whatever takes `If-None-Match` is one, and what takes
//! `If-Match` names the content that it answers too.

use utoipa::openapi::{
    OpenApi, RefOr,
    header::{Header, HeaderBuilder},
    path::{Operation, Parameter},
    response::Response,
    schema::{ObjectBuilder, Type},
};

/// Describes the headers of every answer that is kept, with and without its body, and of every change of one.
pub(super) fn describe(document: &mut OpenApi) {
    for path in document.paths.paths.values_mut() {
        if let Some(get) = path.get.as_mut().filter(|get| takes(get, "If-None-Match")) {
            let described = page_headers(get);
            for status in ["200", "304"] {
                extend(get, status, headers());
            }
            extend(get, "304", described);
        }
        for change in [&mut path.put, &mut path.patch].into_iter().flatten() {
            if takes(change, "If-Match") {
                extend(change, "200", [tag()]);
            }
        }
    }
}

/// Whether an operation takes this parameter.
pub(super) fn takes(operation: &Operation, name: &str) -> bool {
    let named =
        |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if parameter.name == name);
    operation.parameters.iter().flatten().any(named)
}

/// What is told beside the rows is told without them too.
fn page_headers(list: &Operation) -> Vec<(String, RefOr<Header>)> {
    match list.responses.responses.get("200") {
        Some(RefOr::T(page)) => page.headers.clone().into_iter().collect(),
        _ => Vec::new(),
    }
}

fn extend(
    operation: &mut Operation,
    status: &str,
    headers: impl IntoIterator<Item = (String, RefOr<Header>)>,
) {
    if let Some(RefOr::T(Response { headers: described, .. })) = operation.responses.responses.get_mut(status)
    {
        described.extend(headers);
    }
}

fn tag() -> (String, RefOr<Header>) {
    header(
        "ETag",
        Type::String,
        "Names exactly this content: for `If-None-Match`, and for `If-Match` on an item.",
    )
}

fn headers() -> [(String, RefOr<Header>); 4] {
    let control =
        "`public, no-cache`: anybody may keep the answer, but must ask each time whether it still holds.";
    [
        tag(),
        header("Cache-Control", Type::String, control),
        header(
            "Vary",
            Type::String,
            "The headers of the request that the answer depends on, for caches on the way.",
        ),
        header(
            "X-Cache-Hit",
            Type::Boolean,
            "Whether the answer was at hand; `false` when it was read just now.",
        ),
    ]
}

fn header(name: &str, schema_type: Type, description: &str) -> (String, RefOr<Header>) {
    let schema = ObjectBuilder::new().schema_type(schema_type);
    let header = HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build();
    (name.to_owned(), header.into())
}
