//! What is decided about a request by its route, before it is routed: readiness, rate limits, the size of its body, caching and
//! whether its session is looked up. This is the only place that names routes for such a purpose.
//!
//! The need of an operation decides most of it. What is not registered has the strictest policy.

use actix_web::http::Method;
use stockroom_service::{Bypass, Need};

/// The methods that operations have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    /// How many there are.
    pub(crate) const COUNT: usize = 5;

    /// The verb of a method; HEAD is routed as GET before.
    pub(crate) fn of(method: &Method) -> Option<Self> {
        match *method {
            Method::GET => Some(Self::Get),
            Method::POST => Some(Self::Post),
            Method::PUT => Some(Self::Put),
            Method::PATCH => Some(Self::Patch),
            Method::DELETE => Some(Self::Delete),
            _ => None,
        }
    }
}

/// A limit that an endpoint has of its own, beside the one of all requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndpointLimit {
    Checkout,
    Registration,
    Reviews,
    Login,
    Lines,
}

/// How large a body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodySize {
    /// A few short texts, from a caller who is not known yet.
    Small,
    /// The configured limit.
    Configured,
}

/// What is decided about a request by its route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RoutePolicy {
    /// What the operation needs of its caller.
    pub(crate) need: Need,
    /// The answer is for the caller alone: no cache keeps it, unless it says otherwise itself.
    pub(crate) private: bool,
    /// A token counts only while its session goes on.
    pub(crate) session_check: bool,
    /// What is the same for all operations of a kind.
    pub(crate) handling: Handling,
}

/// What the table below can say of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handling {
    /// Tells how the service is: served at any time, never limited, to anybody.
    pub(crate) probe: bool,
    /// Is refused until the database is ready.
    pub(crate) needs_database: bool,
    /// How large its body may be.
    pub(crate) body: BodySize,
    /// The limit that it has of its own.
    pub(crate) limit: Option<EndpointLimit>,
}

const USUAL: Handling =
    Handling { probe: false, needs_database: true, body: BodySize::Configured, limit: None };
const PROBE: Handling = Handling { probe: true, needs_database: false, ..USUAL };
const PAGE: Handling = Handling { needs_database: false, ..USUAL };
const SMALL: Handling = Handling { body: BodySize::Small, ..USUAL };

const fn limited(by: EndpointLimit, handling: Handling) -> Handling {
    Handling { limit: Some(by), ..handling }
}

/// The operations that are not handled as usual.
pub(super) const TABLE: &[(Verb, &str, Handling)] = &[
    (Verb::Get, "/health_check", PROBE),
    (Verb::Get, "/livez", PROBE),
    (Verb::Get, "/readyz", PROBE),
    (Verb::Get, "/", PAGE),
    (Verb::Get, "/openapi.json", PAGE),
    (Verb::Get, "/docs", PAGE),
    (Verb::Get, "/docs/{file}", PAGE),
    (Verb::Get, "/redoc", PAGE),
    (Verb::Get, "/redoc/redoc.standalone.js", PAGE),
    (Verb::Post, "/checkout", limited(EndpointLimit::Checkout, USUAL)),
    (Verb::Post, "/order_details", limited(EndpointLimit::Lines, USUAL)),
    (Verb::Post, "/reviews", limited(EndpointLimit::Reviews, USUAL)),
    (Verb::Post, "/clients", limited(EndpointLimit::Registration, USUAL)),
    (Verb::Post, "/auth/register", limited(EndpointLimit::Registration, SMALL)),
    (Verb::Post, "/auth/login", limited(EndpointLimit::Login, SMALL)),
    (Verb::Post, "/clients/login", limited(EndpointLimit::Login, SMALL)),
    (Verb::Post, "/auth/token", limited(EndpointLimit::Login, SMALL)),
    (Verb::Post, "/auth/refresh", SMALL),
    (Verb::Post, "/auth/logout", SMALL),
    (Verb::Post, "/auth/password", SMALL),
    (Verb::Post, "/auth/password/forgot", SMALL),
    (Verb::Post, "/auth/password/reset", SMALL),
];

impl RoutePolicy {
    /// That of a route that nobody has registered.
    pub(crate) const STRICT: Self = Self {
        need: Need { permission: None, bypass: Bypass::Nobody },
        private: true,
        session_check: true,
        handling: SMALL,
    };

    /// That of an operation. `cacheable` is one whose answers are the same for every caller.
    pub(super) fn of(verb: Verb, pattern: &str, need: Need, cacheable: bool) -> Self {
        let found = TABLE.iter().find(|(of, name, _)| *of == verb && *name == pattern);
        let is_public = need.bypass == Bypass::Anyone;
        Self {
            need,
            private: !is_public,
            // Other public operations may show more to those who work for the shop.
            session_check: !(is_public && cacheable),
            handling: found.map_or(USUAL, |(_, _, handling)| *handling),
        }
    }

    /// That of a method that none of these operations of a path has: it is refused, and shows nothing of a caller.
    pub(super) fn of_other_methods(operations: &[Self]) -> Self {
        let handling = Handling {
            probe: operations.iter().all(|policy| policy.handling.probe),
            needs_database: operations.iter().any(|policy| policy.handling.needs_database),
            ..Self::STRICT.handling
        };
        Self { private: false, handling, ..Self::STRICT }
    }
}
