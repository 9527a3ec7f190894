//! How each value type of the domain is read from one JSON value. Texts are JSON strings and nothing else; numbers may be
//! written as text.

use serde_json::Value;
use stockroom_domain::{
    AddressId, Amount, ApiKeyId, AuditAction, AuditEntryId, BillDate, BillId, CallsPerMinute, CategoryId,
    ClientId, Email, GivenToken, Moment, Money, NewPassword, OrderDate, OrderDetailId, OrderEventId, OrderId,
    Password, Price, ProductId, Quantity, Rating, ReviewId, ReviewStatus, Role, Scopes, SessionId, Stock,
    Telephone, Text, Violation,
};

use crate::{FieldValue, number::decimal_text};

/// The text of a JSON string; nothing else is turned into text.
pub(crate) fn string(value: &Value) -> Result<&str, Violation> {
    value.as_str().ok_or_else(|| Violation::new("string_type", "Input should be a valid string"))
}

macro_rules! ids {
    ($($name:ident),+ $(,)?) => {$(
        impl FieldValue for $name {
            fn read(value: &Value) -> Result<Self, Violation> {
                i64::read(value).map(Self)
            }
        }
    )+};
}

ids!(
    AddressId,
    ApiKeyId,
    AuditEntryId,
    BillId,
    CategoryId,
    ClientId,
    OrderDetailId,
    OrderEventId,
    OrderId,
    ProductId,
    ReviewId,
    SessionId,
);

macro_rules! integers {
    ($($name:ident),+ $(,)?) => {$(
        impl FieldValue for $name {
            fn read(value: &Value) -> Result<Self, Violation> {
                Self::new(i64::read(value)?)
            }
        }
    )+};
}

integers!(CallsPerMinute, Quantity, Stock);

macro_rules! money {
    ($($name:ident),+ $(,)?) => {$(
        impl FieldValue for $name {
            fn read(value: &Value) -> Result<Self, Violation> {
                Self::new(Money::parse(&decimal_text(value)?)?)
            }
        }
    )+};
}

money!(Amount, Price);

macro_rules! texts {
    ($($name:ident { $($constant:ident),* }),+ $(,)?) => {$(
        impl FieldValue for $name {
            $(const $constant: bool = true;)*

            fn read(value: &Value) -> Result<Self, Violation> {
                Self::parse(string(value)?)
            }
        }
    )+};
}

texts! {
    BillDate {},
    Email {},
    GivenToken { SECRET, BLANK_IS_ABSENT },
    Moment {},
    NewPassword { SECRET, BLANK_IS_ABSENT },
    OrderDate {},
    Password { SECRET, BLANK_IS_ABSENT },
    Telephone { BLANK_IS_ABSENT },
}

impl<const MIN: u64, const MAX: u64> FieldValue for Text<MIN, MAX> {
    // Where a text may be empty, an empty one is a value.
    const BLANK_IS_ABSENT: bool = MIN > 0;

    fn read(value: &Value) -> Result<Self, Violation> {
        Self::parse(string(value)?)
    }
}

impl FieldValue for Rating {
    fn read(value: &Value) -> Result<Self, Violation> {
        let stars: f64 = decimal_text(value)?
            .parse()
            .map_err(|_| Violation::new("float_parsing", "Input should be a valid number"))?;
        Self::new(stars)
    }
}

impl FieldValue for Role {
    fn read(value: &Value) -> Result<Self, Violation> {
        let unknown = || {
            let known: Vec<_> = Self::ALL.iter().map(|role| role.name()).collect();
            Violation::new("enum", format!("Input should be one of: {}", known.join(", ")))
        };
        value.as_str().and_then(|name| name.parse().ok()).ok_or_else(unknown)
    }
}

impl FieldValue for AuditAction {
    fn read(value: &Value) -> Result<Self, Violation> {
        string(value)?.parse()
    }
}

impl FieldValue for ReviewStatus {
    fn read(value: &Value) -> Result<Self, Violation> {
        Self::named(&string(value)?.trim().to_ascii_lowercase())
    }
}

impl FieldValue for Scopes {
    fn read(value: &Value) -> Result<Self, Violation> {
        let no_list = || Violation::new("list_type", "Input should be a list of names of permissions");
        let names: Option<Vec<&str>> =
            value.as_array().and_then(|names| names.iter().map(Value::as_str).collect());
        Self::parse(names.ok_or_else(no_list)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use stockroom_domain::{Permission, Permissions};

    use super::*;

    #[test]
    fn scopes() {
        let set = Permissions::of(&[Permission::OrdersRead, Permission::StockWrite]);
        assert_eq!(Scopes::read(&json!(["stock:write", "orders:read"])), Ok(Scopes(set)));
        for (wrong, kind) in [
            (json!([]), "too_short"),
            (json!(["root"]), "enum"),
            (json!("orders:read"), "list_type"),
            (json!([7]), "list_type"),
        ] {
            assert_eq!(Scopes::read(&wrong).unwrap_err().kind, kind, "{wrong}");
        }
    }

    #[test]
    fn a_status_of_a_review_is_read_by_its_name_in_any_case() {
        assert_eq!(ReviewStatus::read(&json!(" Published ")), Ok(ReviewStatus::Published));
        for wrong in [json!("hidden"), json!("")] {
            assert_eq!(ReviewStatus::read(&wrong).unwrap_err().kind, "enum", "{wrong}");
        }
        assert!(ReviewStatus::read(&json!(1)).is_err());
    }

    proptest! {
        #[test]
        fn money_in_json_is_exact_to_the_cent(minor in -9_999_999_999_999_i64..=9_999_999_999_999) {
            let json = serde_json::to_string(&Money::from_minor(minor)).unwrap();
            prop_assert_eq!(Money::parse(&json).unwrap().minor(), minor);
        }
    }
}
