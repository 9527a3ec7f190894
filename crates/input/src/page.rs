//! Which part of a list a request asks for.

use serde_json::Value;
use stockroom_domain::{Count, ListOrder, Page, PageLimits, Violation};

use crate::{
    Cursor, FieldValue, FieldViolation, Fields, FromFields, Violations, fields::shown, values::string,
};

/// A page as a client asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Where the page before ended, where the client said so.
    pub after: Option<Cursor>,
    /// Rows to skip.
    pub skip: i64,
    /// Rows at most, where the client said so.
    pub limit: Option<i64>,
    /// Whether the whole list is counted too, and how.
    pub count: Option<Count>,
}

impl PageRequest {
    /// The page of a list in this order that these limits allow, and whether a larger one was asked for.
    ///
    /// # Errors
    /// When more is skipped than allowed, or the cursor is of another list or order.
    pub fn within(self, order: ListOrder, limits: PageLimits) -> Result<(Page, bool), Violations> {
        let Self { after, skip, limit, count } = self;
        let mut refused = Violations::default();
        if skip > limits.max_skip {
            let most = limits.max_skip;
            let message = format!(
                "Input should be less than or equal to {most}: further rows are reached with `after`, which goes to any \
                 depth and is in the Link header of every page before the last"
            );
            let violation = Violation::new("less_than_equal", message);
            refused.0.push(of_query("skip", violation, skip.into()));
        }
        let input = after.as_ref().map(Cursor::to_string);
        let key = match after.map(|cursor| cursor.key_in(order)) {
            Some(Err(violation)) => {
                refused.0.push(of_query("after", violation, shown(&input.into())));
                None
            }
            Some(Ok(key)) => Some(key),
            None => None,
        };
        if !refused.0.is_empty() {
            return Err(refused);
        }
        let asked = limit.unwrap_or(limits.default);
        Ok((Page { after: key, skip, limit: asked.min(limits.max), count }, asked > limits.max))
    }
}

fn of_query(field: &str, violation: Violation, input: Value) -> FieldViolation {
    FieldViolation { part: "query", row: None, field: field.to_owned(), violation, input }
}

struct Skip(i64);
struct Limit(i64);

impl FieldValue for Skip {
    fn read(value: &Value) -> Result<Self, Violation> {
        match i64::read(value)? {
            skip if skip < 0 => {
                Err(Violation::new("greater_than_equal", "Input should be greater than or equal to 0"))
            }
            skip => Ok(Self(skip)),
        }
    }
}

impl FieldValue for Limit {
    fn read(value: &Value) -> Result<Self, Violation> {
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

impl FieldValue for Count {
    fn read(value: &Value) -> Result<Self, Violation> {
        match string(value)? {
            "exact" => Ok(Self::Exact),
            "estimate" => Ok(Self::Estimate),
            _ => Err(Violation::new("enum", "Input should be exact or estimate")),
        }
    }
}

impl FromFields for PageRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (skip, limit) = (fields.optional("skip"), fields.optional("limit"));
        let (after, count) = (fields.optional("after"), fields.optional("count"));
        if let (Some(Some(Skip(skip @ 1..))), Some(Some(cursor))) = (&skip, &after) {
            let reason =
                "Input should be 0 or left out where `after` is given: that page begins at its cursor";
            fields.refuse("skip", Violation::new("exclusive", reason), (*skip).into());
            let reason = "Input should be left out where `skip` is given: use one of them, not both";
            let cursor: &Cursor = cursor;
            fields.refuse("after", Violation::new("exclusive", reason), shown(&cursor.to_string().into()));
        }
        let skip = skip?.map_or(0, |Skip(skip)| skip);
        Some(Self { after: after?, skip, limit: limit?.map(|Limit(limit)| limit), count: count? })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(query: Value) -> Result<(Page, bool), Violations> {
        Fields::read::<PageRequest>("query", query)?.within(ListOrder::ORDERS, PageLimits::default())
    }

    #[track_caller]
    fn check_refused(query: Value, expected: &str) {
        assert_eq!(page(query).unwrap_err().to_string(), expected);
    }

    #[test]
    fn limits_are_capped_not_refused() {
        assert_eq!(page(json!({})), Ok((Page::first(100), false)));
        assert_eq!(page(json!({"limit": "1000"})), Ok((Page::first(1000), false)));
        assert_eq!(page(json!({"limit": "5000"})), Ok((Page::first(1000), true)));
        assert_eq!(page(json!({"limit": "99999999999999999999"})), Ok((Page::first(1000), true)));
        assert!(page(json!({"limit": "-99999999999999999999"})).is_err());
        let refused = page(json!({"limit": "-1", "skip": "x"})).unwrap_err();
        assert_eq!(refused.0.len(), 2);
    }

    #[test]
    fn a_page_begins_at_a_cursor_or_after_a_number_of_rows() {
        let cursor = Cursor::from(ListOrder::ORDERS.at_id(7)).to_string();
        assert_eq!(page(json!({"after": cursor, "skip": "0"})), Ok((Page::after(7, 100), false)));
        let skipped = Page { skip: 100_000, ..Page::first(100) };
        assert_eq!(page(json!({"skip": "100000"})), Ok((skipped, false)));
        check_refused(
            json!({"after": cursor, "skip": "1"}),
            "skip: Input should be 0 or left out where `after` is given: that page begins at its cursor; \
             after: Input should be left out where `skip` is given: use one of them, not both",
        );
    }

    #[test]
    fn what_is_too_deep_or_of_another_list_is_refused() {
        check_refused(
            json!({"skip": "100001"}),
            "skip: Input should be less than or equal to 100000: further rows are reached with `after`, which goes \
             to any depth and is in the Link header of every page before the last",
        );
        let cursor = Cursor::from(ListOrder::BILLS.at_id(7)).to_string();
        check_refused(
            json!({"after": cursor}),
            "after: Input should be a cursor from the Link header of this list: this one is of the list \"bills\", \
             not \"orders\"",
        );
    }

    #[test]
    fn a_list_is_counted_when_asked_for() {
        for (word, count) in [("exact", Count::Exact), ("estimate", Count::Estimate)] {
            assert_eq!(page(json!({"count": word})).unwrap().0.count, Some(count));
            assert_eq!(count.to_string(), word);
        }
        for other in ["", "EXACT", "true", "1"] {
            check_refused(json!({"count": other}), "count: Input should be exact or estimate");
        }
    }
}
