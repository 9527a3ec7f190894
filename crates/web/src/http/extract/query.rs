//! Query strings: parameters that are not known are ignored, a known one that is given twice is refused. Those of a list
//! are kept as they were given, for the link to its next page.

use std::{
    collections::BTreeSet,
    future::{Ready, ready},
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde_json::{Map, Value, map::Entry};
use stockroom_domain::{Text, Violation};
use stockroom_input::{Fields, FromFields, PageRequest, Violations};
use url::form_urlencoded;

use crate::http::problem::Problem;

/// The parameters of a query string.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: FromFields> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request.query_string()).map(|(value, _)| Self(value)).map_err(Problem::from))
    }
}

/// The parameters of a list: what it shows, and which page of it.
pub(crate) struct ListQuery<F> {
    pub(crate) filter: F,
    pub(crate) paging: Paging,
}

/// The page that a request asks for, and the parameters that it was asked for with.
pub(crate) struct Paging {
    pub(crate) request: PageRequest,
    /// Those that are known, as given.
    pub(crate) parameters: Vec<(String, String)>,
}

impl<F: FromFields> FromRequest for ListQuery<F> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

impl<F: FromFields> ListQuery<F> {
    /// Reads the parameters of a request.
    pub(crate) fn of(request: &HttpRequest) -> Result<Self, Problem> {
        Ok(read_list(request.query_string())?)
    }
}

impl Paging {
    /// What is asked for, without the parameters that are not known: the name under which the answer is kept.
    pub(crate) fn name(&self, path: &str) -> String {
        if self.parameters.is_empty() {
            return path.to_owned();
        }
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.parameters).finish();
        format!("{path}?{query}")
    }
}

pub(crate) fn read_list<F: FromFields>(query: &str) -> Result<ListQuery<F>, Violations> {
    let ((request, filter), unknown) = read(query)?;
    let parameters = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| !unknown.contains_key(name.as_ref()))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    Ok(ListQuery { filter, paging: Paging { request, parameters } })
}

/// Reads the parameters; what is not known is given back.
fn read<T: FromFields>(query: &str) -> Result<(T, Map<String, Value>), Violations> {
    let mut values = Map::new();
    let mut repeated = BTreeSet::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match values.entry(name.into_owned()) {
            Entry::Vacant(entry) => {
                entry.insert(Value::from(value.into_owned()));
            }
            Entry::Occupied(mut entry) => {
                repeated.insert(entry.key().clone());
                // No parameter can be read from a list, so a known one is refused and an unknown one ignored.
                entry.insert(Value::Array(Vec::new()));
            }
        }
    }
    Fields::read_known("query", Value::Object(values)).map_err(|mut violations| {
        for field in violations.0.iter_mut().filter(|field| repeated.contains(&field.field)) {
            field.violation = Violation::new("repeated", "Parameter should be given only once");
            field.input = Value::Null;
        }
        violations
    })
}

/// Reads `expand`, a comma list of relations, and tells whether `optional` is in it. `always` are the relations that
/// are shown anyway; anything else is refused.
pub(crate) fn read_expand(fields: &mut Fields, optional: &str, always: &[&str]) -> Option<bool> {
    let Some(text) = fields.optional::<Text<0, 200>>("expand")? else {
        return Some(false);
    };
    let names = || text.as_str().split(',').map(str::trim).filter(|name| !name.is_empty());
    if let Some(unknown) = names().find(|name| *name != optional && !always.contains(name)) {
        let known: Vec<_> = always.iter().copied().chain([optional]).collect();
        let violation =
            Violation::new("enum", format!("Input should be a comma list of: {}", known.join(", ")));
        fields.refuse("expand", violation, Value::from(unknown));
        return None;
    }
    Some(names().any(|name| name == optional))
}
