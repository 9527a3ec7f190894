//! Requests that may carry an `Idempotency-Key`: the key, what the request is about, and its body.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::HeaderName};
use serde_json::Value;
use sha2::{Digest, Sha256};
use stockroom_input::{FieldValue, Fields, FromFields};
use stockroom_service::RequestKey;

use super::body::read_json;
use crate::http::{
    caller::asking,
    problem::{Problem, ProblemCode},
};

pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Fields that leave no trace, not even a fingerprint's.
const SECRETS: [&str; 1] = ["password"];

/// A JSON body read forgivingly, and the key of its request.
pub(crate) struct Keyed<T> {
    pub(crate) key: Option<RequestKey>,
    pub(crate) body: T,
}

/// The key of a request without a body.
pub(crate) struct Key(pub(crate) Option<RequestKey>);

type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

impl<T: FromFields + 'static> FromRequest for Keyed<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let key = read_key(request);
        let (operation, caller) = (operation(request), asking(request).0.name());
        let body = read_json(request, payload);
        Box::pin(async move {
            // The body first: one that is left unread keeps the connection busy.
            let (body, key) = (body.await?, key?);
            let key = key.map(|key| request_key(key, operation, caller, &body));
            Ok(Self { key, body: Fields::read("body", body)? })
        })
    }
}

impl FromRequest for Key {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = read_key(request);
        std::future::ready(key.map(|key| {
            let caller = || asking(request).0.name();
            Self(key.map(|key| request_key(key, operation(request), caller(), &Value::Null)))
        }))
    }
}

/// Method and path as the route has it, with the id as a number: the many ways to write an id are one operation, and none
/// is longer than a key of the database may be.
fn operation(request: &HttpRequest) -> String {
    let pattern = request.match_pattern().unwrap_or_default();
    let id = request.match_info().get("id_key").and_then(|id| i64::read(&Value::from(id)).ok());
    let path = match id {
        Some(id) => pattern.replace("{id_key}", &id.to_string()),
        // An id that is none is refused by its own extractor.
        None => pattern,
    };
    format!("{} {path}", request.method())
}

fn request_key(key: String, operation: String, caller: String, body: &Value) -> RequestKey {
    RequestKey { key, operation, caller, fingerprint: fingerprint(body) }
}

/// The key: a structured field's string, as the IETF draft has it, or the bare characters, as most clients send it.
pub(crate) fn read_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let key = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let valid = (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if valid && request.headers().get_all(IDEMPOTENCY_KEY).count() == 1 {
        return Ok(Some(key.to_owned()));
    }
    let detail = "Idempotency-Key should be one value of 1 to 255 visible ASCII characters";
    Err(Problem::new(ProblemCode::InvalidIdempotencyKey, detail))
}

/// What tells one body from another: blanks and the order of fields do not.
fn fingerprint(body: &Value) -> [u8; 32] {
    let holds_secret = |body: &Value| SECRETS.iter().any(|secret| body.get(secret).is_some());
    let text = match body {
        Value::Object(fields) if holds_secret(body) => {
            let mut fields = fields.clone();
            fields.retain(|name, _| !SECRETS.contains(&name.as_str()));
            Value::Object(fields).to_string()
        }
        body => body.to_string(),
    };
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fingerprint_knows_the_body_and_no_secret() {
        let read = |text: &str| fingerprint(&serde_json::from_str(text).unwrap());
        assert_eq!(read(r#"{"a": 1, "b": 2}"#), read(r#"{"b":2,"a":1}"#));
        assert_ne!(read(r#"{"a": 1}"#), read(r#"{"a": 2}"#));
        assert_eq!(
            fingerprint(&json!({"a": 1, "password": "x"})),
            fingerprint(&json!({"a": 1, "password": "y"}))
        );
        assert_eq!(fingerprint(&json!({"a": 1, "password": "x"})), fingerprint(&json!({"a": 1})));
    }
}
