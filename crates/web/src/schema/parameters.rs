//! Parameters that many operations share.

use serde_json::Value;
use utoipa::{
    IntoParams,
    openapi::{
        Required,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type},
    },
};

/// The id of an item.
pub(crate) struct IdParam;

/// What makes a request safe to send again.
pub(crate) struct KeyParam;

/// What the caller knows already.
pub(crate) struct IfNoneMatchParam;

/// What the caller has seen of what it changes.
pub(crate) struct IfMatchParam;

/// Which part of a list is wanted.
pub(crate) struct PageParams;

impl IntoParams for IdParam {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let id = integer().build();
        vec![
            ParameterBuilder::new()
                .name("id_key")
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some("The item's id"))
                .schema(Some(id))
                .example(Some(1.into()))
                .build(),
        ]
    }
}

impl IntoParams for IfNoneMatchParam {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![entity_tags("If-None-Match", "The `ETag` of an answer that is known: 304 when it still holds.")]
    }
}

impl IntoParams for IfMatchParam {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![entity_tags(
            "If-Match",
            "The `ETag` of what is to be changed: 412 when something else is there now.",
        )]
    }
}

fn entity_tags(name: &str, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

impl IntoParams for KeyParam {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255));
        let description = "Makes it safe to send the request again: the same key and body get the first answer again, with \
                           `Idempotent-Replayed: true`, for 24 hours; the same key with another body is 422.";
        vec![
            ParameterBuilder::new()
                .name("Idempotency-Key")
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .description(Some(description))
                .schema(Some(text))
                .build(),
        ]
    }
}

impl IntoParams for PageParams {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let count = text().enum_values(Some(["exact", "estimate"]));
        let after = "Where the page before ended, from its `Link` header: the way to any depth, whatever is inserted or \
                     deleted meanwhile. It holds in the same list and order only, and not together with `skip`.";
        let skipped = "Rows to skip, at most 100000 unless configured otherwise. Every one of them costs time, and a page \
                       may repeat or miss rows when others come and go; `after` does neither.";
        let counted = "Counts the whole list, in `X-Total-Count`: `exact` reads all its rows, `estimate` is what the \
                       database expects.";
        vec![
            // No example: a cursor of another list would be refused.
            query("after", after, text(), None),
            skip(skipped),
            limit(),
            query("count", counted, count, Some("estimate".into())),
        ]
    }
}

fn skip(description: &str) -> Parameter {
    query("skip", description, integer().minimum(Some(0)).default(Some(0.into())), Some(0.into()))
}

fn limit() -> Parameter {
    let capped = "Rows at most. More than the configured maximum (1000) is capped; `X-Limit-Capped` says so.";
    // No format: a number beyond 64 bits is capped like any other.
    let any = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).default(Some(100.into()));
    query("limit", capped, any, Some(20.into()))
}

fn query(name: &str, description: &str, schema: ObjectBuilder, example: Option<Value>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .example(example)
        .build()
}

fn integer() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
}
