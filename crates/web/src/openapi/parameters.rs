//! Parameters that many operations share.

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
        let query = |name: &str, description: &str, schema: ObjectBuilder, example: i64| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
                .description(Some(description))
                .schema(Some(schema))
                .example(Some(example.into()))
                .build()
        };
        let skip = integer().minimum(Some(0)).default(Some(0.into()));
        let limit = integer().minimum(Some(1)).default(Some(100.into()));
        let capped =
            "Rows at most. More than the configured maximum (1000) is capped; `X-Limit-Capped` says so.";
        vec![query("skip", "Rows to skip.", skip, 0), query("limit", capped, limit, 20)]
    }
}

fn integer() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
}
