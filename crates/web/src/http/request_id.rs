//! The id of a request: the client's own, or a random one. It is in the log, in the answer and in the audit log.

use actix_web::{
    dev::ServiceRequest,
    http::header::{HeaderName, HeaderValue},
};
use uuid::Uuid;

/// The header of the id.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request.
#[derive(Clone)]
pub(crate) struct RequestId(HeaderValue);

impl RequestId {
    /// The client's own id, or a new one.
    pub(crate) fn of(request: &ServiceRequest) -> Self {
        Self(given_id(request).unwrap_or_else(new_id))
    }

    /// Visible ASCII characters.
    pub(crate) fn text(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// The value of the header.
    pub(crate) fn into_value(self) -> HeaderValue {
        self.0
    }
}

/// The client's own id, when it is 1 to 128 visible ASCII characters.
fn given_id(request: &ServiceRequest) -> Option<HeaderValue> {
    let id = request.headers().get(REQUEST_ID)?;
    let sane = (1..=128).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic);
    sane.then(|| id.clone())
}

/// Ids tell requests apart and guard nothing, so they need no secure randomness.
fn new_id() -> HeaderValue {
    let id = uuid::Builder::from_random_bytes(fastrand::u128(..).to_be_bytes()).into_uuid();
    let mut text = Uuid::encode_buffer();
    let text = id.hyphenated().encode_lower(&mut text);
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("-"))
}
