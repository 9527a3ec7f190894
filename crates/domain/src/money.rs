//! Money as whole minor units (cents). No float takes part in any arithmetic.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::Violation;

/// An amount of money in minor units (cents); may be negative. JSON shows it as a number with at most two decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i64);

/// The largest amount that input may carry: 99,999,999,999.99. Well inside what a JSON number holds to the cent.
const MOST: i64 = 9_999_999_999_999;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of this many cents.
    pub const fn from_minor(minor: i64) -> Self {
        Self(minor)
    }

    /// The amount in cents.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// This amount a number of times; `None` when it does not fit.
    pub fn times(self, count: i64) -> Option<Self> {
        self.0.checked_mul(count).map(Self)
    }

    /// Whether two prices agree to within one cent, the tolerance that the contract grants to clients that calculate
    /// with floats.
    pub fn agrees_with(self, other: Self) -> bool {
        self.0.abs_diff(other.0) <= 1
    }

    /// Reads a decimal number with at most two decimals.
    ///
    /// Binary floating-point noise is forgiven (`59.970000000000006` is 59.97: no more than a few units in the last
    /// place of a double away from a whole cent); a real third decimal is not.
    ///
    /// # Errors
    /// `float_parsing`, `decimal_max_places` or `decimal_whole_digits`.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let not_a_number = || Violation::new("float_parsing", "Input should be a valid number");
        let places =
            || Violation::new("decimal_max_places", "Input should have no more than 2 decimal places");
        let digits = || Violation::new("decimal_whole_digits", "Input should be at most 99999999999.99");
        if !text.bytes().all(|c| c.is_ascii_digit() || matches!(c, b'.' | b'-' | b'+' | b'e' | b'E')) {
            return Err(not_a_number());
        }
        let float: f64 = text.parse().map_err(|_| not_a_number())?;
        if let Some(minor) = exact(text) {
            return if minor.abs() <= MOST { Ok(Self(minor)) } else { Err(digits()) };
        }
        #[expect(clippy::cast_precision_loss, reason = "the limit is far below 2^53")]
        let most = MOST as f64;
        let cents = (float * 100.0).round();
        if !cents.is_finite() || cents.abs() > most {
            return Err(digits());
        }
        if (float - cents / 100.0).abs() > float.abs() * f64::EPSILON * 16.0 {
            return Err(places());
        }
        #[expect(clippy::cast_possible_truncation, reason = "whole and checked against the limit above")]
        Ok(Self(cents as i64))
    }
}

/// The cents of a plain decimal with at most two places that matter, computed on its digits.
fn exact(text: &str) -> Option<i64> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 2 || whole.len() > 15 || whole.contains(['-', '+']) || fraction.contains(['-', '+']) {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let cents: i64 = if fraction.is_empty() { 0 } else { format!("{fraction:0<2}").parse().ok()? };
    Some(sign * (whole * 100 + cents))
}

/// Written the way clients of the contract expect in error texts: `999.99`, `12.5`, `5.0`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, cents) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        if cents % 10 == 0 {
            write!(f, "{sign}{whole}.{}", cents / 10)
        } else {
            write!(f, "{sign}{whole}.{cents:02}")
        }
    }
}

impl Serialize for Money {
    /// A JSON number. The division is correctly rounded, so its shortest decimal form is the exact amount for every
    /// amount below 2^53 cents.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_precision_loss, reason = "amounts are far below 2^53 cents")]
        serializer.serialize_f64(self.0 as f64 / 100.0)
    }
}

macro_rules! ranged_money {
    ($(#[$doc:meta])* $name:ident, $least:literal, $most:expr, $low:literal, $low_text:literal, $high_text:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(Money);

        impl $name {
            /// Takes an amount within the limits.
            ///
            /// # Errors
            /// A violation that names the limit.
            pub fn new(money: Money) -> Result<Self, Violation> {
                if money.minor() < $least {
                    return Err(Violation::new($low, $low_text));
                }
                if money.minor() > $most {
                    return Err(Violation::new("less_than_equal", $high_text));
                }
                Ok(Self(money))
            }

            /// The amount.
            pub const fn money(self) -> Money {
                self.0
            }
        }
    };
}

ranged_money! {
    /// What a product costs: more than 0, at most 999,999.99.
    Price, 1, 99_999_999, "greater_than", "Input should be greater than 0", "Input should be less than or equal to 999999.99"
}
ranged_money! {
    /// A total or a discount: 0 or more.
    Amount, 0, MOST, "greater_than_equal", "Input should be greater than or equal to 0",
    "Input should be less than or equal to 99999999999.99"
}

impl Default for Amount {
    /// Nothing.
    fn default() -> Self {
        Self(Money::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<i64, &str>) {
        assert_eq!(
            Money::parse(text).map(Money::minor).map_err(|violation| violation.kind),
            expected,
            "{text}"
        );
    }

    #[test]
    fn decimals() {
        check("12.5", Ok(1250));
        check("3", Ok(300));
        check("0.29", Ok(29));
        check("-1.10", Ok(-110));
        check("1.100", Ok(110));
        check("1e2", Ok(10_000));
        check("59.970000000000006", Ok(5997));
        check("0.30000000000000004", Ok(30));
        check("10.999", Err("decimal_max_places"));
        check("0.001", Err("decimal_max_places"));
        check("1e-3", Err("decimal_max_places"));
        check("99999999999.99", Ok(MOST));
        check("100000000000", Err("decimal_whole_digits"));
        check("1e300", Err("decimal_whole_digits"));
        check("", Err("float_parsing"));
        check(".", Err("float_parsing"));
        check("1.2.3", Err("float_parsing"));
        check("inf", Err("float_parsing"));
        check("NaN", Err("float_parsing"));
        check("--1", Err("float_parsing"));
        check("1.-5", Err("float_parsing"));
    }

    #[test]
    fn written_like_the_contract() {
        assert_eq!(Money::from_minor(99_999).to_string(), "999.99");
        assert_eq!(Money::from_minor(500).to_string(), "5.0");
        assert_eq!(Money::from_minor(1250).to_string(), "12.5");
        assert_eq!(Money::from_minor(-5).to_string(), "-0.05");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(minor in -MOST..=MOST) {
            prop_assert_eq!(Money::parse(&Money::from_minor(minor).to_string()).unwrap().minor(), minor);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = Money::parse(&text);
        }

        #[test]
        fn a_sum_of_floats_is_forgiven_its_noise(cents in prop::collection::vec(1_u32..1_000_000, 1..20)) {
            let sum: f64 = cents.iter().map(|cents| f64::from(*cents) / 100.0).sum();
            let exact: i64 = cents.iter().map(|cents| i64::from(*cents)).sum();
            prop_assert_eq!(Money::parse(&sum.to_string()).unwrap().minor(), exact);
        }
    }
}
