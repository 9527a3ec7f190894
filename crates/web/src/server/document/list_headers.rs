//! The headers that the answers of all lists have, described once: whatever takes `after` is a list.

use utoipa::openapi::{
    OpenApi, RefOr,
    header::{Header, HeaderBuilder},
    path::{Operation, Parameter},
    schema::{ObjectBuilder, Type},
};

use crate::http::answer::{LIMIT_CAPPED, TOTAL_COUNT, TOTAL_COUNT_KIND};

/// Describes the headers of every list.
pub(super) fn describe(document: &mut OpenApi) {
    let lists =
        document.paths.paths.values_mut().filter_map(|path| path.get.as_mut()).filter(|get| is_list(get));
    for list in lists {
        if let Some(RefOr::T(page)) = list.responses.responses.get_mut("200") {
            page.headers.extend(headers().map(|(name, header)| (name.to_owned(), header.into())));
        }
    }
}

fn is_list(operation: &Operation) -> bool {
    let after =
        |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if parameter.name == "after");
    operation.parameters.iter().flatten().any(after)
}

fn headers() -> [(&'static str, Header); 4] {
    let header = |schema: ObjectBuilder, description: &str| {
        HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
    };
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let integer = || ObjectBuilder::new().schema_type(Type::Integer);
    let link = "On every page before the last: `<?after=...>; rel=\"next\"`, relative to the request's own URL, with its \
                other parameters.";
    [
        ("Link", header(text(), link)),
        (LIMIT_CAPPED, header(integer(), "The limit that was applied, when more was asked for.")),
        (TOTAL_COUNT, header(integer(), "Rows of the whole list, when `count` is given.")),
        (TOTAL_COUNT_KIND, header(text().enum_values(Some(["exact", "estimate"])), "How they were counted.")),
    ]
}
