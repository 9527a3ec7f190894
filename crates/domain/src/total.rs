//! How many rows a whole list has. Counting reads them all, so nothing is counted unless a request asks for it.

use std::fmt;

/// How the rows of a list are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Count {
    /// One by one: right, and as slow as the list is long.
    Exact,
    /// As the database's planner expects, from its statistics: at once, and more or less right.
    Estimate,
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact => "exact",
            Self::Estimate => "estimate",
        })
    }
}

/// The number of rows of a whole list, whatever part of it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Total {
    /// Rows that meet the list's conditions.
    pub rows: i64,
    /// How they were counted.
    pub count: Count,
}
