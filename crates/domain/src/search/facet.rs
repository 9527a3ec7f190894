//! Which counts are wanted beside the products found, and the steps by which they are counted.

/// Where one price range ends and the next begins, in cents.
pub const PRICE_STEPS: [i64; 7] = [1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000];

/// The averages from which on products are counted, in stars.
pub const RATING_STEPS: [i64; 4] = [4, 3, 2, 1];

/// The counts that are wanted; none by default, because a plain search is then answered sooner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each count is wanted or not, whatever the others are")]
pub struct Facets {
    /// Products of each category.
    pub category: bool,
    /// Products in each price range.
    pub price: bool,
    /// Products in stock, and not.
    pub in_stock: bool,
    /// Products with so many stars or more.
    pub rating: bool,
}

impl Facets {
    /// Whether anything is to be counted.
    pub fn any(self) -> bool {
        self != Self::default()
    }
}
