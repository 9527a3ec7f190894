//! How often a client may ask: for anything, and for what is worth more than the rest.

use std::time::Duration;

/// A number of requests in a period of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests at most.
    pub calls: u32,
    /// The period, in whole seconds.
    pub period: Duration,
}

impl RateLimit {
    /// So many requests in a minute.
    pub const fn per_minute(calls: u32) -> Self {
        Self { calls, period: Duration::from_mins(1) }
    }
}

/// The limits of single endpoints for each client address, beside the one of all requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EndpointLimits {
    /// Placing whole orders: `POST /checkout`.
    pub checkout: Option<RateLimit>,
    /// Making accounts: `POST /auth/register` and `POST /clients`.
    pub registration: Option<RateLimit>,
    /// Writing reviews: `POST /reviews`.
    pub reviews: Option<RateLimit>,
    /// Signing in: `POST /auth/login`, `/clients/login` and `/auth/token`.
    pub login: Option<RateLimit>,
    /// Placing single order lines: `POST /order_details`.
    pub lines: Option<RateLimit>,
}

impl EndpointLimits {
    /// No endpoint has a limit of its own.
    pub const NONE: Self =
        Self { checkout: None, registration: None, reviews: None, login: None, lines: None };

    /// The limits for a shop that is attacked, or expects to be.
    pub const STRICT: Self = Self {
        checkout: Some(RateLimit::per_minute(10)),
        registration: Some(RateLimit::per_minute(5)),
        reviews: Some(RateLimit::per_minute(3)),
        login: Some(RateLimit::per_minute(10)),
        lines: None,
    };
}
