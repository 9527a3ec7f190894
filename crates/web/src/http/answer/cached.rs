//! Answers that are kept rendered: with their entity tag, and without a body for who has it already (RFC 9110, 13.1).

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    web::Bytes,
};
use serde::Serialize;
use stockroom_service::{Document, Shown};

use crate::http::entity_tags::named;

/// Tells whether an answer was at hand.
pub(crate) const CACHE_HIT: HeaderName = HeaderName::from_static("x-cache-hit");

/// Anybody may keep an answer, but must ask each time whether it still holds: which costs next to nothing.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, no-cache");
/// Nothing here depends on it, but proxies that compress on the way make it so.
const VARY: HeaderValue = HeaderValue::from_static("Accept-Encoding");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

impl Responder for Showing {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let Shown { document, hit } = self.0;
        let tag = document.tag();
        let known = named(request.headers(), &header::IF_NONE_MATCH);
        let unchanged = known.is_some_and(|known| is_known(&known, &tag));
        let status = if unchanged { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        let mut response = HttpResponse::new(status);
        let headers = response.headers_mut();
        headers.insert(CACHE_HIT, HeaderValue::from_static(if hit { "true" } else { "false" }));
        headers.insert(header::CACHE_CONTROL, CACHE_CONTROL);
        headers.insert(header::VARY, VARY);
        if let Ok(tag) = HeaderValue::from_maybe_shared(tag) {
            headers.insert(header::ETAG, tag);
        }
        for (name, value) in document.notes() {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
                headers.insert(name, value);
            }
        }
        if unchanged {
            return response;
        }
        headers.insert(header::CONTENT_TYPE, JSON);
        response.set_body(BoxBody::new(document.body()))
    }
}

/// A rendered answer.
pub(crate) struct Showing(pub(crate) Shown);

/// What a change has made of an item, rendered, with the tag that the next change may name.
pub(crate) struct Changed(pub(crate) Vec<u8>);

impl Responder for Changed {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let document = Document::item(&self.0);
        let mut response = HttpResponse::Ok();
        if let Ok(tag) = HeaderValue::from_maybe_shared(document.tag()) {
            response.insert_header((header::ETAG, tag));
        }
        response.content_type(JSON).body(document.body())
    }
}

/// What a request asks for: the name under which an answer to exactly this is kept.
pub(crate) fn asked(request: &HttpRequest) -> &str {
    request.uri().path_and_query().map_or("", |asked| asked.as_str())
}

/// A body as JSON.
pub(crate) fn json(body: &impl Serialize) -> Vec<u8> {
    // Bodies are plain data with text keys, which always have a JSON form.
    serde_json::to_vec(body).unwrap_or_default()
}

/// Whether an `If-None-Match` names this tag. Tags are compared weakly, as is proper here.
fn is_known(known: &[&str], tag: &Bytes) -> bool {
    known.iter().any(|known| *known == "*" || known.strip_prefix("W/").unwrap_or(known).as_bytes() == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(known: &[&str], expected: bool) {
        assert_eq!(is_known(known, &Bytes::from_static(b"\"abc\"")), expected, "{known:?}");
    }

    #[test]
    fn what_if_none_match_names() {
        check(&["\"abc\""], true);
        check(&["W/\"abc\""], true);
        check(&["\"x\"", "\"abc\""], true);
        check(&["*"], true);
        check(&["\"x\""], false);
        check(&["\"*\""], false);
        check(&["abc"], false);
        check(&[""], false);
        check(&[], false);
    }
}
