//! What is ordered: how many lines an order has and which products they name.
//!
//! Both the service's callers and pgbench draw one product from each range, so their orders are alike. The ranges do
//! not overlap, so an order never names a product twice, and they ascend, which is the order of locking.

use serde::Serialize;

/// Products that the shop has; their ids are 1 to this.
pub(crate) const PRODUCTS: u64 = 10_000;
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

    /// First and last product of each line's range.
    pub(crate) fn ranges(self) -> &'static [(u64, u64)] {
        match self {
            Self::Spread => &[(1, PRODUCTS)],
            Self::Hot => &[(1, 1)],
            Self::ThreeSpread => &[(1, 3_333), (3_334, 6_666), (6_667, PRODUCTS)],
            Self::ThreeHot => &[(1, 1), (2, 5_000), (5_001, PRODUCTS)],
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
        for workload in Workload::ALL {
            let ends: Vec<u64> = workload.ranges().iter().flat_map(|(first, last)| [*first, *last]).collect();
            assert!(ends.is_sorted(), "{workload:?}");
            assert!(workload.ranges().is_sorted_by(|before, after| before.1 < after.0), "{workload:?}");
            assert!(ends.iter().all(|id| (1..=PRODUCTS).contains(id)), "{workload:?}");
        }
    }
}
