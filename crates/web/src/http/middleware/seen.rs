//! What is told of a request when it is answered: to metrics, traces and the log, and of its address to whoever looks for trouble.
//! What that needs is kept beside the request, which is gone when it took too long or panicked.

use std::{net::IpAddr, time::Duration};

use actix_web::{
    HttpRequest,
    dev::{ServiceRequest, Url},
    http::{Method, StatusCode, Uri},
};
use tracing::{Level, Span};

use super::normalize::canonical_uri;
use crate::http::{
    client_address::client_address,
    fallback::KnownPaths,
    telemetry::{Measures, Telemetry, UNROUTED, method_name, with_route},
};

/// A request that is being answered, as it is seen from outside.
pub(super) struct Seen<'a> {
    telemetry: &'a Telemetry,
    known_paths: &'a KnownPaths,
    span: &'a Span,
    method: Method,
    uri: Uri,
    /// Where it comes from, if somebody wants to know.
    address: Option<IpAddr>,
}

impl<'a> Seen<'a> {
    /// Looks at a request before it is answered.
    pub(super) fn new(
        request: &ServiceRequest,
        telemetry: &'a Telemetry,
        known_paths: &'a KnownPaths,
        span: &'a Span,
    ) -> Self {
        let looked_for = telemetry.offenders.is_some();
        Self {
            telemetry,
            known_paths,
            span,
            method: request.method().clone(),
            uri: request.uri().clone(),
            address: if looked_for { client_address(request.request()) } else { None },
        }
    }

    /// Tells everybody who wants to know that the request was answered; `request` is what is left of it. Its route is the
    /// pattern, never the raw path: that has many values and may hold personal data.
    pub(super) fn answered(&self, request: Option<&HttpRequest>, status: StatusCode, taken: Duration) {
        let status = status.as_u16();
        let tell = |route: &str| self.tell(route, status, taken);
        if request.and_then(|request| with_route(request, tell)).is_none() {
            self.with_meant_route(tell);
        }
        if let Some(offenders) = &self.telemetry.offenders {
            offenders.note(self.address, status, self.is_slow(taken));
        }
    }

    /// The route of what was refused before it was routed, or is gone: found out only where it is needed.
    fn with_meant_route(&self, use_it: impl FnOnce(&str)) {
        let uri = canonical_uri(&self.uri).unwrap_or_else(|| self.uri.clone());
        // As the router reads it: any letter may be written as %XX.
        let path = Url::new(uri);
        use_it(self.known_paths.pattern_of(path.path()).unwrap_or(UNROUTED));
    }

    fn tell(&self, route: &str, status: u16, taken: Duration) {
        let method = method_name(&self.method);
        if self.telemetry.measured {
            Measures::answered(method, route, status, taken);
        }
        if let Some(traces) = &self.telemetry.traces {
            traces.end(self.span, method, route, status);
        }
        if self.is_slow(taken) {
            let duration_ms = in_thousandths(taken);
            tracing::warn!(target: "slow_request", method, route, status, duration_ms, "a request was slow");
        }
        if tracing::enabled!(target: "access", Level::INFO) {
            let duration_ms = in_thousandths(taken);
            tracing::info!(target: "access", method, route, status, duration_ms, "answered");
        }
    }

    fn is_slow(&self, taken: Duration) -> bool {
        self.telemetry.slow_request.is_some_and(|slow| taken >= slow)
    }
}

/// Milliseconds with three decimals.
fn in_thousandths(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000_000.0).round() / 1000.0
}
