//! One reconnecting Redis connection that the parts of a process share.
//!
//! [`RedisLink`] connects in the background (plain, TLS or a unix socket), reconnects with backoff, and hands RESP3 push
//! messages to their subscribers. Each part attaches as a [`LinkUser`] and gets a [`Circuit`], through which it calls
//! Redis. What the crate promises:
//!
//! - **Calls are bounded.** A call ends after its time budget. A call that fails or times out opens the circuit of its user:
//!   further calls return at once, until a check in the background has passed. Circuits are independent, so a slow call of
//!   one user does not cost another user its Redis.
//! - **One order.** All calls and messages travel on one multiplexed connection. A message takes effect before any reply
//!   that Redis sent after it.
//! - **Nothing carries over.** Every new connection is announced ([`LinkEvent::Connected`]) before its circuit closes: it may
//!   lead to another server, and messages may have been missed.
//! - **A dead connection is noticed** within a heartbeat and the response timeout of a check, also without traffic.
//! - **Secrets stay secret.** The URL appears in no error, log line or `Debug` output.

mod circuit;
mod error;
mod link;
mod settings;
mod user;

pub use circuit::{CallError, Circuit};
pub use error::Error;
pub use link::{LinkStatus, RedisLink};
pub use settings::Settings;
pub use user::{Check, CheckFuture, LinkEvent, LinkUser};
