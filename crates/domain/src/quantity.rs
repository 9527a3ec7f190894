//! How many pieces: of a product in stock, or on an order line.

use crate::Violation;

/// The most pieces that input may name, on a line or in stock.
const MOST: i64 = 2_147_483_647;

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident, $least:literal, $kind:literal, $text:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(i64);

        impl $name {
            /// Takes a count within the limits.
            ///
            /// # Errors
            /// A violation that names the limit.
            pub fn new(count: i64) -> Result<Self, Violation> {
                if count < $least {
                    return Err(Violation::new($kind, $text));
                }
                if count > MOST {
                    return Err(Violation::new("less_than_equal", format!("Input should be less than or equal to {MOST}")));
                }
                Ok(Self(count))
            }

            /// The count, in pieces.
            pub const fn count(self) -> i64 {
                self.0
            }
        }
    )+};
}

counts! {
    /// Pieces on an order line: 1 or more.
    Quantity, 1, "greater_than", "Input should be greater than 0";
    /// Pieces in stock: 0 or more.
    Stock, 0, "greater_than_equal", "Input should be greater than or equal to 0";
}

impl Default for Stock {
    /// Nothing in stock.
    fn default() -> Self {
        Self(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        assert_eq!(Quantity::new(0).unwrap_err().kind, "greater_than");
        assert_eq!(Quantity::new(1).unwrap().count(), 1);
        assert_eq!(Stock::new(-1).unwrap_err().kind, "greater_than_equal");
        assert_eq!(Stock::new(0).unwrap().count(), 0);
        assert_eq!(Stock::new(MOST + 1).unwrap_err().kind, "less_than_equal");
    }
}
