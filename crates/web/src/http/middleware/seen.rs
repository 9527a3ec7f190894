//! What is told of a request when it is answered: to metrics, traces and the log, and of its address to whoever looks for trouble.
//! What that needs is kept beside the request, which is gone when it took too long or panicked.

use std::{net::IpAddr, time::Duration};

use actix_web::{dev::ServiceRequest, http::StatusCode};
use tracing::{Level, Span};

use crate::http::{
    client_address::client_address,
    telemetry::{Measures, Telemetry},
};

/// A request that is being answered, as it is seen from outside.
pub(super) struct Seen<'a> {
    telemetry: &'a Telemetry,
    span: &'a Span,
    method: &'static str,
    /// The pattern, never the raw path: that has many values and may hold personal data.
    route: &'a str,
    /// Where it comes from, if somebody wants to know.
    address: Option<IpAddr>,
}

impl<'a> Seen<'a> {
    /// Looks at a request of this method and route before it is answered.
    pub(super) fn new(
        request: &ServiceRequest,
        telemetry: &'a Telemetry,
        span: &'a Span,
        (method, route): (&'static str, &'a str),
    ) -> Self {
        let looked_for = telemetry.offenders.is_some();
        let address = if looked_for { client_address(request.request()) } else { None };
        Self { telemetry, span, method, route, address }
    }

    /// Tells everybody who wants to know that the request was answered.
    pub(super) fn answered(&self, status: StatusCode, taken: Duration) {
        let status = status.as_u16();
        self.tell(status, taken);
        if let Some(offenders) = &self.telemetry.offenders {
            offenders.note(self.address, status, self.is_slow(taken));
        }
    }

    fn tell(&self, status: u16, taken: Duration) {
        let Self { method, route, .. } = *self;
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
