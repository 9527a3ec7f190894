//! Where a page of a list begins: after the last row of the page before.
//!
//! A cursor is text that clients carry from one page to the next and need not understand. It names its list, the order
//! of the list and the key of the last row, so that the next page is found whatever came or went meanwhile, that row
//! included. A checksum finds what was changed or cut off on the way. It is no secret: whatever is read is checked like
//! any other input.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest, Sha256};
use stockroom_domain::{Key, ListOrder, ListPosition, Violation};

use crate::{FieldValue, values::string};

/// The first byte of every cursor; another one when the rest is written in another way.
const VERSION: u8 = 1;

/// What is kept of the SHA-256 of version and content.
const CHECKSUM_BYTES: usize = 8;

/// Characters of a cursor at most: enough for the longest sort value there is, a name of 200 characters, each escaped.
const MOST_CHARACTERS: usize = 2048;

/// The place after which a page begins, in one order of one list. It holds in the order that it was made for and in no
/// other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor {
    list: String,
    sort: String,
    key: Key,
}

impl Cursor {
    /// The place of the row with this key. The key is of the kind that the order's rows have; a cursor with another
    /// one is refused when it comes back.
    pub fn new(order: ListOrder, key: Key) -> Self {
        Self { list: order.list().to_owned(), sort: order.sort().to_owned(), key }
    }

    /// The key, when this cursor holds in this order.
    ///
    /// # Errors
    /// `cursor`, with the list or sort that the cursor is of.
    pub fn key_in(self, order: ListOrder) -> Result<Key, Violation> {
        if self.list != order.list() {
            return Err(refused(format_args!(
                "this one is of the list {:?}, not {:?}",
                self.list,
                order.list()
            )));
        }
        if self.sort != order.sort() {
            return Err(refused(format_args!(
                "this one is of the sort {:?}, not {:?}",
                self.sort,
                order.sort()
            )));
        }
        if self.key.kind() != order.kind() {
            return Err(refused("this one holds a key of another kind"));
        }
        Ok(self.key)
    }
}

impl From<ListPosition> for Cursor {
    fn from(ListPosition { order, key }: ListPosition) -> Self {
        Self::new(order, key)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Two names and a key are plain data, which always has a JSON form.
        let content = serde_json::to_vec(&(&self.list, &self.sort, &self.key)).unwrap_or_default();
        let mut bytes = vec![VERSION];
        bytes.extend(checksum(&content));
        bytes.extend(content);
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        if text.len() > MOST_CHARACTERS {
            return Err(refused(format_args!("none has more than {MOST_CHARACTERS} characters")));
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refused("this one is not base64url"))?;
        let Some((&version, rest)) = bytes.split_first() else {
            return Err(refused("this one is empty"));
        };
        if version != VERSION {
            return Err(refused("this one is of an unknown version"));
        }
        let Some((sum, content)) = rest.split_at_checked(CHECKSUM_BYTES) else {
            return Err(refused("this one is cut off"));
        };
        if sum != checksum(content) {
            return Err(refused("this one was changed or cut off, its checksum is wrong"));
        }
        let (list, sort, key) =
            serde_json::from_slice(content).map_err(|_| refused("this one's content cannot be read"))?;
        if matches!(&key, Key::Text(text, _) if text.contains('\0')) {
            return Err(refused("this one holds a NUL character"));
        }
        Ok(Self { list, sort, key })
    }
}

impl FieldValue for Cursor {
    fn read(value: &Value) -> Result<Self, Violation> {
        string(value)?.parse()
    }
}

fn checksum(content: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let digest = Sha256::new().chain_update([VERSION]).chain_update(content).finalize();
    std::array::from_fn(|index| digest[index])
}

/// A cursor with this content and the checksum that belongs to it, as anybody could make one.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn forged(content: impl AsRef<[u8]>) -> String {
    let content = content.as_ref();
    URL_SAFE_NO_PAD.encode([&[VERSION], &checksum(content)[..], content].concat())
}

fn refused(reason: impl fmt::Display) -> Violation {
    let message = format!("Input should be a cursor from the Link header of this list: {reason}");
    Violation::new("cursor", message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use stockroom_domain::{KeyKind, ProductId, SearchSort};

    use super::*;

    const BY_PRICE: ListOrder = ListOrder::new("products/filter", "price_asc", KeyKind::Number);
    const BY_NAME: ListOrder = ListOrder::new("products/filter", "name_asc", KeyKind::Text);

    fn places() -> impl Strategy<Value = (ListOrder, Key)> {
        prop_oneof![
            any::<i64>().prop_map(|id| (ListOrder::ORDERS, Key::Id(id))),
            any::<(i64, i64)>().prop_map(|(price, id)| (BY_PRICE, Key::Number(price, id))),
            ("[^\0]{1,200}", any::<i64>()).prop_map(|(name, id)| (BY_NAME, Key::Text(name, id))),
        ]
    }

    #[track_caller]
    fn check_refused(text: &str, reason: &str) {
        let violation = text.parse::<Cursor>().unwrap_err();
        assert_eq!(violation.kind, "cursor");
        assert!(violation.message.ends_with(reason), "{text}: {violation}");
    }

    proptest! {
        #[test]
        fn what_was_written_is_read((order, key) in places()) {
            let text = Cursor::new(order, key.clone()).to_string();
            prop_assert!(text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_')));
            prop_assert_eq!(text.parse::<Cursor>().unwrap().key_in(order), Ok(key));
        }

        #[test]
        fn a_changed_character_is_found(
            (order, key) in places(), place in any::<prop::sample::Index>(), other in "[-_A-Za-z0-9]",
        ) {
            let mut text = Cursor::new(order, key).to_string();
            let place = place.index(text.len());
            prop_assume!(text[place..=place] != other);
            text.replace_range(place..=place, &other);
            prop_assert!(text.parse::<Cursor>().is_err(), "{}", text);
        }

        #[test]
        fn what_is_cut_off_or_added_is_found((order, key) in places(), length in any::<prop::sample::Index>()) {
            let text = Cursor::new(order, key).to_string();
            prop_assert!(text[..length.index(text.len())].parse::<Cursor>().is_err());
            let longer = text + "AAAA";
            prop_assert!(longer.parse::<Cursor>().is_err());
        }

        #[test]
        fn garbage_is_refused(text in ".{0,60}") {
            prop_assert!(text.parse::<Cursor>().is_err());
        }
    }

    #[test]
    fn every_reason_is_told() {
        check_refused("", "this one is empty");
        check_refused("a b", "this one is not base64url");
        check_refused("AQ==", "this one is not base64url");
        check_refused("AQ", "this one is cut off");
        check_refused("Ag", "this one is of an unknown version");
        check_refused(&"A".repeat(2049), "none has more than 2048 characters");
        check_refused(&URL_SAFE_NO_PAD.encode([VERSION; 20]), "its checksum is wrong");
    }

    #[test]
    fn a_forged_cursor_is_input_like_any_other() {
        assert_eq!(
            forged(r#"["orders","id",7]"#).parse::<Cursor>(),
            Ok(Cursor::from(ListOrder::ORDERS.at_id(7)))
        );
        for content in
            ["", "{}", "7", r#"["orders","id"]"#, r#"["orders","id",7.5]"#, r#"["orders","id",[]]"#]
        {
            check_refused(&forged(content), "content cannot be read");
        }
        check_refused(&forged("[\"products/filter\",\"name_asc\",[\"a\\u0000\",7]]"), "a NUL character");
    }

    #[test]
    fn a_cursor_holds_in_its_own_order_only() {
        let by_price = Cursor::new(BY_PRICE, Key::Number(100, 7));
        let reason = |cursor: &Cursor, order| cursor.clone().key_in(order).unwrap_err().message;
        assert!(reason(&by_price, BY_NAME).ends_with(r#"is of the sort "price_asc", not "name_asc""#));
        assert!(
            reason(&by_price, ListOrder::BILLS).ends_with(r#"is of the list "products/filter", not "bills""#)
        );
        let odd = Cursor::new(BY_PRICE, Key::Text("mug".to_owned(), 7));
        assert!(reason(&odd, BY_PRICE).ends_with("a key of another kind"));
    }

    #[test]
    fn a_name_of_the_greatest_length_fits() {
        let cursor = Cursor::new(BY_NAME, Key::Text("\u{1}".repeat(200), i64::MIN));
        assert_eq!(Cursor::read(&json!(cursor.to_string())), Ok(cursor));
        assert_eq!(Cursor::read(&json!(7)).unwrap_err().kind, "string_type");
    }

    #[test]
    fn every_order_of_a_search_is_a_list_of_its_own() {
        for (sort, _) in SearchSort::ALL {
            let key = sort.key_of(2.1, "Mug", ProductId(7));
            for (other, _) in SearchSort::ALL {
                let cursor = Cursor::new(sort.list_order(), key.clone());
                assert_eq!(cursor.key_in(other.list_order()).is_ok(), sort == other, "{sort:?} {other:?}");
            }
        }
    }
}
