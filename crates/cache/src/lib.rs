//! A two-level read cache: values in process (moka, bounded by weight) over Redis, where one is configured.
//!
//! [`Cache::get_or_load`] answers from the process, else from Redis, else by loading; [`Cache::invalidate`] is called
//! after a change was committed and before anybody is told so. What the crate promises:
//!
//! - **No stale reads after a write.** A read in the process that invalidated, started after [`Cache::invalidate`]
//!   returned, never sees what was loaded before it. A load that is under way at that moment is cut off: its waiters get
//!   its value, but it is stored nowhere, neither here nor in Redis, where its lease was taken away.
//! - **Other processes follow** as soon as Redis delivers the message; when it cannot deliver, or takes no changes, within
//!   [`Settings::blind_ttl`] or twice [`Settings::heartbeat`] (more where another user of the link waits longer for
//!   replies), whichever is longer. When the process that invalidated is the only one that cannot reach Redis, they follow
//!   when it can again or starts anew; if it never does, when the value's time is over. Whoever connects to Redis ends all
//!   that it held, for nobody knows what was not told meanwhile.
//! - **One load.** Callers in one process share a load; between processes a lease in Redis is held by whoever loads. It
//!   ends by itself, and a load that fails or panics gives it up.
//! - **Redis is never in the way.** What it does not answer within [`Settings::budget`] is not waited for: it is left
//!   out until it has answered in the background. Values of other sizes, types and formats are not believed.
//! - **Bounds.** Values expire after their time to live (jittered, so that they do not expire together), may be served
//!   for [`Settings::stale`] more while one caller loads anew, and every key in Redis expires. A value of more than
//!   256 KiB stays out of Redis: other users of the connection would wait while it is transferred.
//!
//! Hot values are loaded anew shortly before they expire, at random (A. Vattani, F. Chierichetti, K. Lowenstein:
//! "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015). Leases follow R. Nishtala et al.: "Scaling Memcache at
//! Facebook", NSDI 2013. Lists and other values that many changes touch carry the version of a [`Namespace`] and die with
//! it, instead of being looked for.

mod cache;
mod counters;
mod entry;
mod epochs;
mod error;
mod flight;
mod frame;
mod key;
mod local;
mod remote;
mod settings;

pub use cache::{Cache, Read, Source};
pub use counters::Counters;
pub use error::{Error, Result};
pub use key::{Invalidation, Key, Namespace, Value};
pub use settings::{Clock, Settings};
