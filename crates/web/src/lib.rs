//! The REST API of Stockroom over HTTP: routes, bodies, middleware, problem details and the OpenAPI document.
//!
//! A handler parses, calls one use case of the `service` crate and shapes the answer. Every failure, wherever it
//! happens, becomes the same problem document (see [`problem`]).

mod admission;
mod answer;
mod bodies;
mod bounds;
mod document;
mod entity_tags;
mod extract;
mod fallback;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod limits;
mod lingering;
mod middleware;
mod openapi;
pub mod operations;
pub mod problem;
mod proxies;
mod routes;
mod server;
mod telemetry;

pub use actix_web::dev::ServerHandle;
pub use bodies::audit::audit_lines;
pub use bounds::{AdmissionSettings, Bounds};
pub use limits::{EndpointLimits, RateLimit};
pub use proxies::{ForwardedHeader, TrustedProxy};
pub use routes::probes;
pub use server::{Settings, server};
pub use telemetry::{Offender, Offenders, Telemetry, TraceIds, TraceParent, Traces};

/// The OpenAPI 3.1 document of the API, as indented JSON.
pub fn openapi_json() -> String {
    // The document is plain data with text keys, which always has a JSON form.
    openapi::document().to_pretty_json().unwrap_or_default()
}
