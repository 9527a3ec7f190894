//! What is ordered: how many lines an order has and which products they name.
//!
//! Both the service's callers and pgbench draw one product from each range, so their orders are alike. The ranges do
//! not overlap, so an order never names a product twice, and they ascend, which is the order of locking.

use serde::Serialize;

/// Clients that the shop has; their ids are 1 to this.
pub(crate) const CLIENTS: u64 = 1_000;

/// A kind of orders. The hot product has id 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Workload {
    /// One line, any product.
    Spread,
    /// One line, always the same product.
    Hot,
    /// Three lines, any products.
    ThreeSpread,
    /// Three lines: always the same product, and two others.
    ThreeHot,
}

impl Workload {
    pub(crate) const ALL: [Self; 4] = [Self::Spread, Self::Hot, Self::ThreeSpread, Self::ThreeHot];

    /// First and last product of each line's range, in a shop whose ids are 1 to `products`.
    pub(crate) fn ranges(self, products: u64) -> Vec<(u64, u64)> {
        let (half, third, thirds) = (products / 2, products / 3, products * 2 / 3);
        match self {
            Self::Spread => vec![(1, products)],
            Self::Hot => vec![(1, 1)],
            Self::ThreeSpread => vec![(1, third), (third + 1, thirds), (thirds + 1, products)],
            Self::ThreeHot => vec![(1, 1), (2, half), (half + 1, products)],
        }
    }

    /// Lines of an order.
    pub(crate) fn lines(self) -> usize {
        match self {
            Self::Spread | Self::Hot => 1,
            Self::ThreeSpread | Self::ThreeHot => 3,
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Spread => "one line, spread",
            Self::Hot => "one line, hot",
            Self::ThreeSpread => "three lines, spread",
            Self::ThreeHot => "three lines, hot",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_ascend_without_overlap_and_stay_in_the_shop() {
        for (workload, products) in
            Workload::ALL.into_iter().flat_map(|workload| [(workload, 200), (workload, 10_000)])
        {
            let ranges = workload.ranges(products);
            let ends: Vec<u64> = ranges.iter().flat_map(|(first, last)| [*first, *last]).collect();
            assert!(ends.is_sorted(), "{workload:?}");
            assert!(ranges.is_sorted_by(|before, after| before.1 < after.0), "{workload:?}");
            assert!(ends.iter().all(|id| (1..=products).contains(id)), "{workload:?}");
            assert_eq!(ranges.len(), workload.lines(), "{workload:?}");
        }
    }
}
