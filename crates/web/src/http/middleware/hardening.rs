//! Headers that keep browsers from doing with answers what nobody means them to (OWASP Secure Headers Project). That
//! connections are encrypted is for the proxy to say, which does it: `Strict-Transport-Security` is set there.

use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// Answers are data: nothing in them is run, loaded or shown in a frame. Pages have a policy of their own.
pub(super) const DATA_ONLY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Names of the headers and what they say. No answer says anything else of these.
const HEADERS: [(HeaderName, &str); 4] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (RESOURCE_POLICY, "same-origin"),
];

/// Adds the headers to those of an answer.
pub(super) fn harden(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(&CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(DATA_ONLY));
    }
}
