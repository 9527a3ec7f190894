//! Enumerations that travel as integers and may also be named.

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

    /// The alternative with this name, in any case and regardless of blanks around it.
    fn named(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(.., known)| known.eq_ignore_ascii_case(name.trim()));
        found.map(|(choice, ..)| *choice)
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
