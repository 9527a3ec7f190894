//! Counts and times requests. Every worker keeps the handles that it has used, so that a request costs one look-up and
//! no allocation. Labels are patterns, known methods and statuses, so there is a bounded number of them.

use std::{cell::RefCell, collections::HashMap, time::Duration};

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

/// What is measured of the requests of one method and route.
struct Handles {
    method: &'static str,
    duration: Histogram,
    by_status: Vec<(u16, Counter)>,
}

thread_local! {
    static ROUTES: RefCell<HashMap<String, Vec<Handles>>> = RefCell::default();
}

/// Counts and times requests that were answered.
pub(crate) struct Measures;

impl Measures {
    /// Notes a request that was answered. `method` and `route` must be of few values.
    pub(crate) fn answered(method: &'static str, route: &str, status: u16, taken: Duration) {
        ROUTES.with(|routes| {
            // Nothing that is called here measures a request.
            let Ok(mut routes) = routes.try_borrow_mut() else { return };
            let of_route = match routes.get_mut(route) {
                Some(known) => known,
                None => routes.entry(route.to_owned()).or_default(),
            };
            let at = of_route.iter().position(|handles| handles.method == method).unwrap_or_else(|| {
                of_route.push(Handles::new(method, route));
                of_route.len() - 1
            });
            of_route[at].answered(route, status, taken);
        });
    }
}

impl Handles {
    fn new(method: &'static str, route: &str) -> Self {
        let duration = histogram!(
            "stockroom_http_request_duration_seconds", "method" => method, "route" => route.to_owned()
        );
        Self { method, duration, by_status: Vec::new() }
    }

    fn answered(&mut self, route: &str, status: u16, taken: Duration) {
        self.duration.record(taken.as_secs_f64());
        let at = self.by_status.iter().position(|(known, _)| *known == status).unwrap_or_else(|| {
            let counter = counter!(
                "stockroom_http_requests_total",
                "method" => self.method, "route" => route.to_owned(), "status" => status.to_string()
            );
            self.by_status.push((status, counter));
            self.by_status.len() - 1
        });
        self.by_status[at].1.increment(1);
    }
}

/// A request that is being answered; dropped when it is answered or given up.
pub(crate) struct InFlight(Gauge);

thread_local! {
    static IN_FLIGHT: RefCell<Option<Gauge>> = const { RefCell::new(None) };
}

impl InFlight {
    pub(crate) fn enter() -> Self {
        let gauge = IN_FLIGHT.with_borrow_mut(|kept| {
            kept.get_or_insert_with(|| gauge!("stockroom_http_requests_in_flight")).clone()
        });
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}
