//! Rate limits: how often somebody may do something in a period of time.
//!
//! A [`Policy`] is a window: it begins with the first call, takes so many calls, and ends after its period, whatever was
//! asked meanwhile. Calls that are refused are not counted. So the three numbers that a client is told mean what they say:
//! so many calls remain, until the window ends, and then there are all of them again. A leaky bucket (GCRA) gives calls
//! back one by one and knows no such moment; a sliding window has to remember each call. What a window costs: around its
//! end, twice the calls may come in a short time.
//!
//! Each call is counted in this process ([`Limiter::check`]) and, where there is a Redis server, by one script there for
//! all processes and all policies of the call. The windows here follow those there, so when Redis is slow, dead, or has
//! lost its memory, whoever had no call left still has none. Where both have counted, the stricter count holds.
//!
//! Memory is bounded, see [`Settings::subjects`]: strangers take the places of strangers, never of those who have no calls
//! left.
//!
//! The crate knows nothing of HTTP and nothing of shops.

mod limiter;
mod policy;
mod remote_windows;
mod settings;
mod subject;
mod windows;

pub use limiter::{Check, Limiter};
pub use policy::{Decision, Policy, Verdict};
pub use settings::{Clock, Settings};
pub use subject::Subject;
