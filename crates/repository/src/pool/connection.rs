//! A connection that somebody has for a while.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use diesel_async::pooled_connection::deadpool::Object;

use super::statements::InFlight;
use crate::Connection;

/// A connection of a pool, given back when dropped.
pub struct PooledConnection {
    object: Object<Connection>,
    in_flight: Arc<InFlight>,
}

impl PooledConnection {
    pub(super) fn new(object: Object<Connection>, in_flight: Arc<InFlight>) -> Self {
        Self { object, in_flight }
    }

    /// Whether a statement was sent on it whose answer was not waited for: whoever asked has gone.
    pub fn is_in_the_middle_of_a_statement(&self) -> bool {
        self.in_flight.any()
    }

    /// Closes it instead of giving it back.
    pub fn discard(self) {
        drop(Object::take(self.object));
    }
}

impl Deref for PooledConnection {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.object
    }
}

impl DerefMut for PooledConnection {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.object
    }
}
