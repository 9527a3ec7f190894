//! Enumerations that travel as integers and may also be named.

use serde_json::Value;

use crate::{Violation, input::FieldValue};

/// A closed set of alternatives, each with a number and a name. Stored and answered as the number; requests may use
/// the number, the number as text, or the name in any case.
pub trait Choice: Copy + Sized + 'static {
    /// Every alternative with its number and name.
    const ALL: &'static [(Self, i16, &'static str)];
    /// What the set is called in errors.
    const SET: &'static str;

    /// The number of this alternative.
    fn number(self) -> i16;

    /// The alternative with this number.
    ///
    /// # Errors
    /// When no alternative has this number.
    fn from_number(number: i64) -> Result<Self, UnknownChoice> {
        Self::ALL
            .iter()
            .find(|(_, known, _)| i64::from(*known) == number)
            .map(|(choice, ..)| *choice)
            .ok_or(UnknownChoice { set: Self::SET, number })
    }

    /// Reads an alternative as clients write it.
    ///
    /// # Errors
    /// `enum`, with all alternatives in the sentence.
    fn read_choice(value: &Value) -> Result<Self, Violation> {
        let named = value.as_str().and_then(|name| {
            Self::ALL
                .iter()
                .find(|(.., known)| known.eq_ignore_ascii_case(name.trim()))
                .map(|(choice, ..)| *choice)
        });
        named.or_else(|| Self::from_number(i64::read(value).ok()?).ok()).ok_or_else(|| {
            let all: Vec<_> =
                Self::ALL.iter().map(|(_, number, name)| format!("{number} ({name})")).collect();
            Violation::new("enum", format!("Input should be {}", all.join(", ")))
        })
    }
}

/// A number that stands for no alternative of a set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{number} is not a known {set}")]
pub struct UnknownChoice {
    set: &'static str,
    number: i64,
}

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident, $set:literal { $($(#[$item_doc:meta])* $item:ident = $number:literal $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$item_doc])* $item = $number),+ }

        impl $crate::Choice for $name {
            const ALL: &'static [(Self, i16, &'static str)] = &[$((Self::$item, $number, $text)),+];
            const SET: &'static str = $set;

            fn number(self) -> i16 {
                self as i16
            }
        }

        impl $crate::input::FieldValue for $name {
            fn read(value: &serde_json::Value) -> Result<Self, $crate::Violation> {
                <Self as $crate::Choice>::read_choice(value)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$item => $text),+ })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_i16(*self as i16)
            }
        }
    };
}
pub(crate) use choice;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::DeliveryMethod;

    #[test]
    fn numbers_texts_and_names_in_any_case() {
        for value in [json!(3), json!("3"), json!("HOME_DELIVERY"), json!("home_delivery"), json!(3.0)] {
            assert_eq!(DeliveryMethod::read(&value), Ok(DeliveryMethod::HomeDelivery), "{value}");
        }
        for value in [json!(0), json!(4), json!("pigeon"), json!(1.5), json!(true), json!([1])] {
            assert_eq!(DeliveryMethod::read(&value).unwrap_err().kind, "enum", "{value}");
        }
    }
}
