//! Which part of a list is wanted, always bounded.

use crate::{Fields, FromFields, Violation, input::FieldValue};

/// The limits of lists: what a list holds when nothing is asked for, and what it holds at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimits {
    /// Rows when no `limit` is given.
    pub default: i64,
    /// Rows at most, whatever is asked for.
    pub max: i64,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self { default: 100, max: 1000 }
    }
}

/// A part of a list: rows after a key (the cheap way to any depth), or after a number of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Only rows whose id comes after this one in the list's order by id.
    pub after: Option<i64>,
    /// Rows to skip.
    pub skip: i64,
    /// Rows at most.
    pub limit: i64,
}

impl Page {
    /// The first `limit` rows.
    pub const fn first(limit: i64) -> Self {
        Self { after: None, skip: 0, limit }
    }

    /// The next rows after the one with this id.
    pub const fn after(id: i64, limit: i64) -> Self {
        Self { after: Some(id), skip: 0, limit }
    }

    /// The page with its `limit` capped, and whether it was.
    pub fn capped(self, limits: PageLimits) -> (Self, bool) {
        let asked = if self.limit == UNLIMITED { limits.default } else { self.limit };
        (Self { limit: asked.min(limits.max), ..self }, asked > limits.max)
    }
}

/// Stands for "no limit given" until the configured limits are applied.
const UNLIMITED: i64 = 0;

struct Skip(i64);
struct Limit(i64);

impl FieldValue for Skip {
    fn read(value: &serde_json::Value) -> Result<Self, Violation> {
        match i64::read(value)? {
            skip if skip < 0 => {
                Err(Violation::new("greater_than_equal", "Input should be greater than or equal to 0"))
            }
            skip => Ok(Self(skip)),
        }
    }
}

impl FieldValue for Limit {
    fn read(value: &serde_json::Value) -> Result<Self, Violation> {
        match i64::read(value)? {
            limit if limit < 1 => {
                Err(Violation::new("greater_than_equal", "Input should be greater than or equal to 1"))
            }
            limit => Ok(Self(limit)),
        }
    }
}

impl FromFields for Page {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let skip = fields.optional("skip");
        let limit = fields.optional("limit");
        Some(Self {
            after: None,
            skip: skip?.map_or(0, |Skip(skip)| skip),
            limit: limit?.map_or(UNLIMITED, |Limit(limit)| limit),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_are_capped_not_refused() {
        let limits = PageLimits::default();
        let page = |query| Fields::read::<Page>("query", query).map(|page| page.capped(limits));
        assert_eq!(page(json!({})).unwrap(), (Page::first(100), false));
        assert_eq!(page(json!({"limit": "1000"})).unwrap(), (Page::first(1000), false));
        assert_eq!(page(json!({"limit": "5000"})).unwrap(), (Page::first(1000), true));
        let refused = page(json!({"limit": "-1", "skip": "x"})).unwrap_err();
        assert_eq!(refused.0.len(), 2);
    }
}
