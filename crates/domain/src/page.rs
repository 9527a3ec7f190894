//! Which part of a list is wanted, always bounded.

use crate::{Count, Key};

/// The limits of lists: what a list holds when nothing is asked for, and what can be asked for at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimits {
    /// Rows when no `limit` is given.
    pub default: i64,
    /// Rows at most, whatever is asked for.
    pub max: i64,
    /// Rows that can be skipped at most: each of them is read. A cursor goes to any depth.
    pub max_skip: i64,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self { default: 100, max: 1000, max_skip: 100_000 }
    }
}

/// A part of a list: rows after a key (the cheap way to any depth), or after a number of rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Page {
    /// Only rows that come after this place in the list's order.
    pub after: Option<Key>,
    /// Rows to skip.
    pub skip: i64,
    /// Rows at most.
    pub limit: i64,
    /// Whether the whole list is counted too, and how.
    pub count: Option<Count>,
}

impl Page {
    /// The first `limit` rows.
    pub const fn first(limit: i64) -> Self {
        Self { after: None, skip: 0, limit, count: None }
    }

    /// The next rows after the one with this id, in a list by id.
    pub fn after(id: i64, limit: i64) -> Self {
        Self { after: Some(Key::Id(id)), ..Self::first(limit) }
    }

    /// This page and the first row of the next: whether it is there tells whether there is a next page.
    #[must_use]
    pub fn and_one_more(&self) -> Self {
        Self { limit: self.limit.saturating_add(1), ..self.clone() }
    }
}
