//! The REST API of Stockroom over HTTP: routes, bodies, middleware, problem details and the OpenAPI document.
//!
//! A handler parses, calls one use case of the `service` crate and shapes the answer. Every failure, wherever it
//! happens, becomes the same problem document (see [`problem`]).
//!
//! Four layers; each imports from those below it only, and a test holds them to it:
//!
//! - `server` assembles the OpenAPI document, and puts routes, middleware and pages together;
//! - `api` has the operations, a folder for each resource: routes above bodies;
//! - `schema` is the vocabulary in which operations and bodies are described;
//! - `http` is all that is the same for every resource.

mod api;
mod http;
mod schema;
mod server;

pub use actix_web::dev::ServerHandle;
pub use api::audit::bodies::audit_lines;
#[cfg(any(test, feature = "fuzzing"))]
pub use http::fuzzing;
pub use http::{
    bounds::{AdmissionSettings, Bounds},
    client_address::proxies::{ForwardedHeader, TrustedProxy},
    limits::{EndpointLimits, RateLimit},
    problem,
    telemetry::{Offender, Offenders, Telemetry, TraceIds, TraceParent, Traces},
};
pub use server::{Settings, operations, server};

/// The OpenAPI 3.1 document of the API, as indented JSON.
pub fn openapi_json() -> String {
    // The document is plain data with text keys, which always has a JSON form.
    server::document::assemble().document.to_pretty_json().unwrap_or_default()
}
