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
}

/// A page as a client asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// Rows to skip.
    pub skip: i64,
    /// Rows at most, where the client said so.
    pub limit: Option<i64>,
}

impl PageRequest {
    /// The page that these limits allow, and whether a larger one was asked for.
    pub fn within(self, limits: PageLimits) -> (Page, bool) {
        let asked = self.limit.unwrap_or(limits.default);
        (Page { after: None, skip: self.skip, limit: asked.min(limits.max) }, asked > limits.max)
    }
}

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
        let negative = value.as_str().is_some_and(|text| text.trim_start().starts_with('-'));
        match i64::read(value) {
            Ok(limit) if limit < 1 => {
                Err(Violation::new("greater_than_equal", "Input should be greater than or equal to 1"))
            }
            Ok(limit) => Ok(Self(limit)),
            // An integer too large for 64 bits is larger than any maximum too: it is capped.
            Err(violation) if violation.kind == "int_parsing_size" && !negative => Ok(Self(i64::MAX)),
            Err(violation) => Err(violation),
        }
    }
}

impl FromFields for PageRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (skip, limit) = (fields.optional("skip"), fields.optional("limit"));
        Some(Self { skip: skip?.map_or(0, |Skip(skip)| skip), limit: limit?.map(|Limit(limit)| limit) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_are_capped_not_refused() {
        let limits = PageLimits::default();
        let page = |query| Fields::read::<PageRequest>("query", query).map(|page| page.within(limits));
        assert_eq!(page(json!({})).unwrap(), (Page::first(100), false));
        assert_eq!(page(json!({"limit": "1000"})).unwrap(), (Page::first(1000), false));
        assert_eq!(page(json!({"limit": "5000"})).unwrap(), (Page::first(1000), true));
        assert_eq!(page(json!({"limit": "99999999999999999999"})).unwrap(), (Page::first(1000), true));
        assert!(page(json!({"limit": "-99999999999999999999"})).is_err());
        let refused = page(json!({"limit": "-1", "skip": "x"})).unwrap_err();
        assert_eq!(refused.0.len(), 2);
    }
}
