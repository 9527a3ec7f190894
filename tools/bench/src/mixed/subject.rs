//! What users ask for, and how they go about it.

use serde::Serialize;

/// A kind of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// The first 20 products.
    FirstPage,
    /// 20 products further on, by a cursor or by rows that are skipped.
    DeepPage,
    /// The first 20 products of a category, of a range of prices, in some order.
    Filtered,
    /// All categories.
    Categories,
    /// A product.
    Item,
    /// Whether all is well.
    Health,
    /// A new product.
    NewProduct,
    /// A new review of a product.
    NewReview,
    /// A whole order.
    Order,
}

/// A kind, or all of them together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    /// Every request.
    All,
    /// Those of a kind.
    Of(Kind),
}

/// How users behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// Like people.
    Thinking,
    /// Each asks again as soon as there is an answer.
    AtOnce,
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Subject {
    pub(crate) way: Way,
    pub(crate) part: Part,
}

impl Kind {
    /// All there are, each at the place of its number.
    pub(crate) const ALL: [Self; 9] = [
        Self::FirstPage,
        Self::DeepPage,
        Self::Filtered,
        Self::Categories,
        Self::Item,
        Self::Health,
        Self::NewProduct,
        Self::NewReview,
        Self::Order,
    ];

    /// What the generator calls it.
    pub(crate) fn number(self) -> usize {
        self as usize
    }

    /// Of 40 requests: 16 lists, 10 items, 6 health checks, 4 creates and 4 orders.
    pub(crate) fn share(self) -> usize {
        match self {
            Self::FirstPage | Self::DeepPage | Self::Order => 4,
            Self::Filtered | Self::Health => 6,
            Self::Categories | Self::NewProduct | Self::NewReview => 2,
            Self::Item => 10,
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::FirstPage => "list: first page",
            Self::DeepPage => "list: deeper page",
            Self::Filtered => "list: filtered",
            Self::Categories => "list: categories",
            Self::Item => "item",
            Self::Health => "health",
            Self::NewProduct => "create: product",
            Self::NewReview => "create: review",
            Self::Order => "order",
        }
    }
}

impl Part {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Of(kind) => kind.title(),
        }
    }
}

impl Way {
    pub(crate) const BOTH: [Self; 2] = [Self::Thinking, Self::AtOnce];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Thinking => "thinking",
            Self::AtOnce => "at once",
        }
    }
}

impl Subject {
    /// All there are.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let parts = || Kind::ALL.into_iter().map(Part::Of).chain([Part::All]);
        Way::BOTH.into_iter().flat_map(move |way| parts().map(move |part| Self { way, part }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_number() {
        let numbers: Vec<usize> = Kind::ALL.into_iter().map(Kind::number).collect();
        assert_eq!(numbers, (0..Kind::ALL.len()).collect::<Vec<_>>());
    }

    #[test]
    fn of_a_hundred_requests_40_are_lists_25_items_15_health_checks_10_creates_and_10_orders() {
        let of = |beginning: &str| {
            let kinds = Kind::ALL.into_iter().filter(|kind| kind.title().starts_with(beginning));
            kinds.map(Kind::share).sum::<usize>() * 100
                / Kind::ALL.into_iter().map(Kind::share).sum::<usize>()
        };
        assert_eq!(["list", "item", "health", "create", "order"].map(of), [40, 25, 15, 10, 10]);
    }
}
