//! What happens to every request before and after its handler, from the outside in: [`edge`], CORS, [`admit`].

mod admit;
mod authenticate;
mod cors;
mod edge;
mod gate;
mod hardening;
mod normalize;
mod rate_limit;
mod seen;
mod shed;

pub(crate) use admit::admit;
pub(crate) use cors::{AllowedOrigins, cors};
pub(crate) use edge::{Edge, edge};
pub(crate) use rate_limit::RateLimits;
pub(crate) use shed::Lag;
