//! What a part of the process tells the link about itself, and what the link tells it.

use std::{pin::Pin, time::Duration};

use redis::{RedisError, aio::MultiplexedConnection};

/// What a check has found out.
#[derive(Debug)]
pub enum Check {
    /// Redis can be called.
    Passed,
    /// The connection works, but Redis cannot serve this user now. It is checked again after a heartbeat.
    Failed,
    /// The connection is of no use; the link reconnects.
    Broken(RedisError),
}

/// A check under way.
pub type CheckFuture<'a> = Pin<Box<dyn Future<Output = Check> + Send + 'a>>;

/// What happens on the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkEvent<'a> {
    /// There is a new connection, perhaps to another server. Messages may have been missed.
    Connected,
    /// The first check on this connection has passed, and messages are received.
    Ready,
    /// A connection that was ready is gone.
    Lost,
    /// Redis could not be connected to, or a check did not pass.
    Fault,
    /// The circuit was opened or closed; `true` when calls reach Redis from now on.
    Circuit(bool),
    /// A message on the channel of this user. It comes from the task that reads the connection, before any later reply is
    /// delivered: handle it at once and without blocking.
    Message(&'a [u8]),
}

/// A part of the process that uses the link.
pub trait LinkUser: Send + Sync + 'static {
    /// The channel whose messages it wants; subscribed on every connection before the first check.
    fn channel(&self) -> Option<String> {
        None
    }

    /// How often it is checked.
    fn heartbeat(&self) -> Duration;

    /// How long a check may take before the connection counts as dead. The longest one of all users holds, so that no
    /// connection is given up while a call of another user may still get its reply.
    fn response_timeout(&self) -> Duration;

    /// Finds out whether Redis serves this user. The circuit stays open until it does. It runs on every new connection, after
    /// every call that failed, and every heartbeat.
    fn check<'a>(&'a self, connection: &'a mut MultiplexedConnection) -> CheckFuture<'a>;

    /// Something has happened. It must not block.
    fn on_event(&self, event: LinkEvent<'_>);
}
