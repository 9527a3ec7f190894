//! What must be true of whatever text a client sends as a cursor or as a value. Fuzzers give it bytes of any kind (`fuzz/`), and
//! the tests here what fuzzers began with. No part of the crate as it is used.

use std::fmt::{Debug, Display};

use serde_json::Value;
use stockroom_domain::{
    Amount, BillDate, Email, ListOrder, Moment, OrderDate, Quantity, Rating, SearchText, Telephone, Text,
};

use crate::{Cursor, FieldValue};

/// Cursors: what is read is written so that the same is read again, and holds in a list or is refused with a reason.
///
/// # Panics
/// When that is not so.
pub fn cursor(data: &[u8]) {
    check_cursor(&String::from_utf8_lossy(data));
    // With the checksum that belongs to it, as anybody could make one.
    check_cursor(&crate::cursor::forged(data));
}

fn check_cursor(text: &str) {
    match text.parse::<Cursor>() {
        Ok(cursor) => {
            assert_eq!(cursor.to_string().parse(), Ok(cursor.clone()));
            for order in [ListOrder::ORDERS, ListOrder::AUDIT] {
                match cursor.clone().key_in(order) {
                    Ok(key) => assert_eq!(Cursor::new(order, key), cursor),
                    Err(violation) => assert_eq!(violation.kind, "cursor"),
                }
            }
        }
        Err(violation) => {
            assert_eq!(violation.kind, "cursor");
            assert!(violation.message.len() < 200, "{violation}");
        }
    }
}

/// Values of fields: what is read from a text is read again from what it is shown as, or refused with a short reason.
///
/// # Panics
/// When that is not so.
pub fn value(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let given = Value::from(text.as_ref());
    written_again(&given, i64::to_string);
    written_again(&given, bool::to_string);
    written_again(&given, |amount: &Amount| amount.money());
    written_again(&given, |text: &Text<0, 100>| text.as_str().to_owned());
    written_again(&given, |email: &Email| email.as_str().to_owned());
    written_again(&given, |telephone: &Telephone| telephone.as_str().to_owned());
    written_again(&given, |quantity: &Quantity| quantity.count().to_string());
    written_again(&given, |Moment(moment): &Moment| moment.to_rfc3339());
    for reason in [
        read::<Rating>(&given).err(),
        read::<BillDate>(&given).err(),
        read::<OrderDate>(&given).err(),
        read::<SearchText>(&given).err(),
    ] {
        assert!(reason.is_none_or(|reason| reason.len() < 400));
    }
    // A number is read alike whether it is written as text or not.
    if let Ok(number @ Value::Number(_)) = serde_json::from_str(&text) {
        assert_eq!(i64::read(&number).ok(), i64::read(&Value::from(number.to_string())).ok(), "{number}");
        assert_eq!(
            Amount::read(&number).ok(),
            Amount::read(&Value::from(number.to_string())).ok(),
            "{number}"
        );
    }
}

/// The value, or the reason why it is refused.
fn read<T: FieldValue>(given: &Value) -> Result<T, String> {
    T::read(given).map_err(|violation| violation.message)
}

fn written_again<T: FieldValue + PartialEq + Debug, W: Display>(given: &Value, write: impl Fn(&T) -> W) {
    match read::<T>(given) {
        Ok(value) => {
            let written = write(&value).to_string();
            assert_eq!(read::<T>(&Value::from(written)), Ok(value), "{given}");
        }
        Err(reason) => assert!(!reason.is_empty() && reason.len() < 400, "{reason}"),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use proptest::prelude::*;

    use super::*;

    /// Gives a check what fuzzers begin with.
    fn each_seed(target: &str, check: fn(&[u8])) {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
        let seeds: Vec<_> = fs::read_dir(seeds).unwrap().map(|seed| seed.unwrap().path()).collect();
        assert!(seeds.len() > 2, "{target} has few seeds");
        for seed in seeds {
            check(&fs::read(seed).unwrap());
        }
    }

    #[test]
    fn seeds_of_cursors_are_sane() {
        each_seed("cursor", cursor);
    }

    #[test]
    fn seeds_of_values_are_sane() {
        each_seed("value", value);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_sane_cursor(data in any::<Vec<u8>>()) {
            cursor(&data);
        }

        #[test]
        fn any_text_is_a_sane_value(text in ".{0,40}|[-+0-9.eE]{0,30}|[-0-9T:.Z+ ]{0,30}") {
            value(text.as_bytes());
        }
    }
}
