//! What happens to every request before and after its handler, from the outside in: [`edge`], CORS, [`admit`].

mod admit;
mod authenticate;
mod client_address;
mod cors;
mod edge;
mod forwarded;
mod gate;
mod hardening;
mod normalize;
mod rate_limit;
mod seen;
mod shed;

pub(crate) use admit::admit;
pub(crate) use authenticate::{Asking, Doors};
pub(crate) use client_address::{Proxies, client_address};
pub(crate) use cors::{AllowedOrigins, cors};
pub(crate) use edge::{Edge, ForTheCaller, RequestId, edge};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use forwarded::{forwarded, x_forwarded_for};
pub(crate) use rate_limit::RateLimits;
pub(crate) use shed::{Lag, in_turn};
