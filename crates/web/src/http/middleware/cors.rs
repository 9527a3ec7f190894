//! Cross-origin access: origins from the configuration, methods and headers as asked.

use actix_cors::Cors;

use crate::http::answer::{IDEMPOTENT_REPLAYED, LIMIT_CAPPED, TOTAL_COUNT, TOTAL_COUNT_KIND};

/// Headers that scripts of other origins may read.
const EXPOSED: [&str; 12] = [
    "ETag",
    "Link",
    "Location",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-Request-ID",
    "X-Response-Time",
    "X-Cache-Hit",
];

/// The middleware for these origins; `*` allows every origin.
pub(crate) fn cors(origins: &[String]) -> Cors {
    // A request from elsewhere is served without the headers; the browser keeps the answer from the script.
    let closed = Cors::default().block_on_origin_mismatch(false);
    if origins.is_empty() {
        // Nobody elsewhere is told anything, so nothing varies by who asks.
        return closed.disable_vary_header();
    }
    let base = closed
        .allow_any_method()
        .allow_any_header()
        .expose_headers(EXPOSED.into_iter().chain([
            LIMIT_CAPPED,
            TOTAL_COUNT,
            TOTAL_COUNT_KIND,
            IDEMPOTENT_REPLAYED,
        ]))
        .max_age(600);
    if origins.iter().any(|origin| origin == "*") {
        // Every origin is answered the same, so nothing varies by it.
        return base.allow_any_origin().send_wildcard().disable_vary_header();
    }
    origins.iter().fold(base, |cors, origin| cors.allowed_origin(origin))
}

/// The configured origins, for answers that the CORS middleware does not see or does not mark: panics, and requests
/// that do not name an origin.
#[derive(Clone)]
pub(crate) struct AllowedOrigins(pub(crate) Vec<String>);

impl AllowedOrigins {
    /// Whether every origin is allowed.
    pub(crate) fn any(&self) -> bool {
        self.0.iter().any(|origin| origin == "*")
    }

    /// The value of `Access-Control-Allow-Origin` for a request from this origin.
    pub(crate) fn header_for(&self, asking: Option<&str>) -> Option<String> {
        if self.any() {
            return Some("*".to_owned());
        }
        self.0.iter().find(|origin| Some(origin.as_str()) == asking).cloned()
    }
}
