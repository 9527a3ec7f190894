//! What is seen of requests while they are answered: metrics, traces, slow ones, and the addresses that give trouble.

mod measures;
mod offenders;
mod trace_context;

use std::{fmt, sync::Arc, time::Duration};

use actix_web::http::Method;
use tracing::Span;

pub(crate) use measures::{InFlight, Measures};
pub use offenders::{Offender, Offenders};
pub use trace_context::{TraceIds, TraceParent};

/// What is seen of requests.
#[derive(Clone, Default)]
pub struct Telemetry {
    /// Whether requests are counted and timed.
    pub measured: bool,
    /// From which time on a request is logged as slow; never when `None`.
    pub slow_request: Option<Duration>,
    /// Where the addresses that give trouble are noted.
    pub offenders: Option<Arc<Offenders>>,
    /// Where spans are exported to.
    pub traces: Option<Arc<dyn Traces>>,
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry")
            .field("measured", &self.measured)
            .field("slow_request", &self.slow_request)
            .finish_non_exhaustive()
    }
}

/// Exports the spans of requests.
pub trait Traces: Send + Sync {
    /// Makes a request's span part of the trace of its caller, if there is one, and says which ids it has.
    fn begin(&self, span: &Span, parent: Option<&TraceParent>) -> TraceIds;

    /// Tells what the request was and how it was answered.
    fn end(&self, span: &Span, method: &str, route: &str, status: u16);
}

/// The route of requests that mean none.
pub(crate) const UNROUTED: &str = "-";

/// A method as it is told: methods are free text, and what counts by them must stay small.
pub(crate) fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
