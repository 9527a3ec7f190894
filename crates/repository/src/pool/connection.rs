//! A connection that somebody has for a while. It is given back when they are done with it, and closed when they went away in
//! the middle of a statement: whoever got it next would wait for an answer that nobody wants any more.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use diesel_async::pooled_connection::deadpool::Object;

use super::statements::InFlight;
use crate::Connection;

/// A connection of a pool, given back when dropped.
pub struct PooledConnection {
    object: Option<Object<Connection>>,
    in_flight: Arc<InFlight>,
}

impl PooledConnection {
    pub(super) fn new(object: Object<Connection>, in_flight: Arc<InFlight>) -> Self {
        Self { object: Some(object), in_flight }
    }

    /// Whether a statement was sent on it whose answer was not waited for: whoever asked has gone.
    pub fn is_in_the_middle_of_a_statement(&self) -> bool {
        self.in_flight.any()
    }

    /// Closes it instead of giving it back.
    pub fn discard(mut self) {
        self.close();
    }

    fn close(&mut self) {
        if let Some(object) = self.object.take() {
            drop(Object::take(object));
        }
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        if self.is_in_the_middle_of_a_statement() {
            self.close();
        }
    }
}

#[expect(clippy::expect_used, reason = "only what consumes the connection takes it out")]
impl Deref for PooledConnection {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.object.as_ref().expect("a connection is there until it is dropped")
    }
}

#[expect(clippy::expect_used, reason = "only what consumes the connection takes it out")]
impl DerefMut for PooledConnection {
    fn deref_mut(&mut self) -> &mut Connection {
        self.object.as_mut().expect("a connection is there until it is dropped")
    }
}
