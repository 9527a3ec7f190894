//! What happens to every request before and after its handler, from the outside in: [`observe`], CORS,
//! [`limit_rate`], [`recover`], [`normalize`].

mod cors;
mod normalize;
mod observe;
mod rate_limit;
mod recover;

pub(crate) use cors::{AllowedOrigins, cors};
pub(crate) use normalize::normalize;
pub(crate) use observe::{RequestId, observe};
pub(crate) use rate_limit::{RateLimiter, limit_rate};
pub(crate) use recover::recover;
