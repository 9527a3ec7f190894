//! The problem document as JSON.

use std::borrow::Cow;

use serde::{Serialize, Serializer, ser::SerializeSeq};
use serde_json::{Map, Value, json};
use stockroom_input::FieldViolation;
use utoipa::{
    ToSchema,
    openapi::schema::{Object, ObjectBuilder, SchemaType},
};

use super::{Detail, Problem};

/// An RFC 9457 problem document.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument<'a> {
    /// A URI that names the kind of problem.
    #[schema(value_type = String, example = "urn:stockroom:problem:not_found")]
    #[serde(rename = "type")]
    kind: String,
    /// A summary: the kind of problem or, for invalid requests, the fields concerned.
    #[schema(value_type = String, example = "Not found")]
    title: Cow<'a, str>,
    /// The HTTP status.
    #[schema(example = 404)]
    status: u16,
    /// Stable text for programs.
    #[schema(example = "not_found")]
    code: &'static str,
    /// What happened: a sentence, or for invalid requests a list of all offending fields.
    #[schema(value_type = ProblemDetail)]
    detail: DetailDocument<'a>,
    /// The same as `detail` where that is a sentence, else the title.
    #[schema(value_type = String, example = "Client with id 999 not found")]
    message: Cow<'a, str>,
    /// The id of the request, as in the `X-Request-ID` header.
    #[schema(value_type = Option<String>, example = "0b7ff1a1-5b0e-4c36-9b8c-0a2a5c2f6a7e")]
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    /// Seconds to wait before the next try.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    /// What else programs are told, such as `shortages` or `total`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    members: Option<&'a Map<String, Value>>,
}

/// A sentence, or a list of all offending fields.
#[derive(ToSchema)]
#[schema(as = ProblemDetail)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the two forms for the OpenAPI document")]
pub(crate) enum ProblemDetail {
    /// What happened.
    Sentence(String),
    /// Every field that breaks a rule.
    Fields(Vec<FieldProblem>),
}

/// A field that breaks a rule.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form for the OpenAPI document")]
pub(crate) struct FieldProblem {
    /// Which rule, for programs.
    #[schema(example = "greater_than")]
    r#type: String,
    /// Where: the part of the request (`body`, `query`, `path`) and the way to the field.
    #[schema(example = json!(["body", "lines", 0, "quantity"]))]
    loc: Vec<Location<'static>>,
    /// Which rule, for people.
    #[schema(example = "Input should be greater than 0")]
    msg: String,
    /// The offending input, shortened when long.
    #[schema(schema_with = any_value)]
    input: Value,
}

fn any_value() -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::AnyValue)
        .description(Some("The offending input, shortened when long; null when it is missing or secret"))
        .examples([json!(-1)])
        .build()
}

impl<'a> ProblemDocument<'a> {
    pub(super) fn new(problem: &'a Problem, request_id: Option<&'a str>) -> Self {
        let code = problem.code;
        let (title, message) = match &problem.detail {
            Detail::Text(text) => (Cow::Borrowed(code.title()), Cow::Borrowed(text.as_str())),
            Detail::Fields(fields) => {
                let title = summary(fields);
                (Cow::Owned(title.clone()), Cow::Owned(title))
            }
        };
        Self {
            kind: format!("urn:stockroom:problem:{}", code.as_str()),
            title,
            status: code.status().as_u16(),
            code: code.as_str(),
            detail: DetailDocument(&problem.detail),
            message,
            request_id,
            retry_after: problem.retry_after,
            members: problem.members.as_deref(),
        }
    }
}

/// The first few offending fields in one line.
fn summary(fields: &[FieldViolation]) -> String {
    const SHOWN: usize = 5;
    let place = |field: &FieldViolation| {
        let place = field.place();
        format!("{}: {}", if place.is_empty() { field.part } else { &place }, field.violation)
    };
    let mut parts: Vec<String> = fields.iter().take(SHOWN).map(place).collect();
    if fields.len() > SHOWN {
        parts.push(format!("and {} more", fields.len() - SHOWN));
    }
    parts.join("; ")
}

#[derive(Debug)]
struct DetailDocument<'a>(&'a Detail);

impl Serialize for DetailDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Detail::Text(text) => serializer.serialize_str(text),
            Detail::Fields(fields) => {
                let mut list = serializer.serialize_seq(Some(fields.len()))?;
                for field in fields {
                    list.serialize_element(&FieldDocument::from(field))?;
                }
                list.end()
            }
        }
    }
}

#[derive(Serialize)]
struct FieldDocument<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    loc: Vec<Location<'a>>,
    msg: &'a str,
    input: &'a Value,
}

/// A step on the way to a field.
#[derive(Serialize, ToSchema)]
#[schema(as = ProblemLocation)]
#[serde(untagged)]
pub(crate) enum Location<'a> {
    /// A name.
    Name(&'a str),
    /// A place in a list, counted from 0.
    Index(usize),
}

impl<'a> From<&'a FieldViolation> for FieldDocument<'a> {
    fn from(field: &'a FieldViolation) -> Self {
        let mut loc = vec![Location::Name(field.part)];
        if let Some((list, index)) = &field.row {
            loc.extend([Location::Name(list), Location::Index(*index)]);
        }
        if !field.field.is_empty() {
            loc.push(Location::Name(&field.field));
        }
        Self { kind: field.violation.kind, loc, msg: &field.violation.message, input: &field.input }
    }
}
