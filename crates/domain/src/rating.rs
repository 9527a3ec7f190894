//! A reviewer's rating, and the rating of a product that all of them make up.

use crate::Violation;

/// A rating from 1.0 to 5.0 stars, inclusive.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Rating(f64);

impl Rating {
    /// Takes a rating within the limits.
    ///
    /// # Errors
    /// `greater_than_equal` or `less_than_equal`.
    pub fn new(stars: f64) -> Result<Self, Violation> {
        if stars > 5.0 {
            Err(Violation::new("less_than_equal", "Input should be less than or equal to 5"))
        } else if stars >= 1.0 {
            Ok(Self(stars))
        } else {
            Err(Violation::new("greater_than_equal", "Input should be greater than or equal to 1"))
        }
    }

    /// The number of stars.
    pub const fn stars(self) -> f64 {
        self.0
    }
}

/// How a product was rated, by all of its published reviews together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RatingSummary {
    /// How many reviews there are.
    pub count: i64,
    /// The sum of their ratings, in thousandths of a star.
    pub sum: i64,
}

impl RatingSummary {
    /// The average in stars, rounded to hundredths; `None` without reviews.
    pub fn average(self) -> Option<f64> {
        let Self { count, sum } = self;
        let hundredths = (sum + count * 5).checked_div(count * 10)?;
        #[expect(clippy::cast_precision_loss, reason = "at most 500")]
        Some(hundredths as f64 / 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        for good in [1.0, 4.5, 5.0] {
            assert_eq!(Rating::new(good).unwrap().stars().to_bits(), good.to_bits());
        }
        for bad in [0.99, 5.01, f64::NAN, f64::INFINITY, -1.0] {
            assert!(Rating::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_average_is_rounded_to_hundredths() {
        let average = |sum, count| RatingSummary { count, sum }.average();
        assert_eq!(average(0, 0), None);
        assert_eq!(average(4_500, 1), Some(4.5));
        assert_eq!(average(13_000, 3), Some(4.33));
        assert_eq!(average(14_000, 3), Some(4.67));
        assert_eq!(average(9_010, 2), Some(4.51));
    }
}
