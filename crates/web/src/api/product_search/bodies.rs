//! The answer to a search for products.

use serde::Serialize;
use stockroom_domain::{Money, RatingSummary};
use stockroom_input::html;
use stockroom_service::{
    CategoryCount, FacetCounts, Found, FoundProduct, MatchedBy, PriceCount, RatingCount, StockCount,
};
use utoipa::ToSchema;

use crate::{api::products::expanded::ProductResponse, http::rows::all};

/// The products that a search found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SearchResponse {
    /// The text that was looked for, with single blanks.
    #[schema(example = "enamel mu")]
    query: String,
    /// `words`: the words as typed; `similarity`: nothing has those, but words of names that look like them.
    #[schema(value_type = String, pattern = "^(words|similarity)$", example = "words")]
    matched_by: &'static str,
    /// How many products were found, on all pages together.
    #[schema(minimum = 0, example = 1)]
    total: i64,
    /// Whether there may be more: a search looks at 10,100 products and ranks 200 of them by relevance at most.
    #[schema(example = false)]
    capped: bool,
    /// A page of them.
    results: Vec<SearchResult>,
    /// The counts asked for with `facets`.
    facets: SearchFacets,
}

/// A product that was found.
#[derive(Debug, Serialize, ToSchema)]
struct SearchResult {
    #[serde(flatten)]
    product: ProductResponse,
    /// What matched.
    highlights: Highlights,
    /// How it was rated.
    rating: RatingFields,
    /// How well it matches; only when results are sorted by relevance.
    #[schema(example = 1.6)]
    score: Option<f64>,
}

/// What matched, as HTML: text is escaped, and `<mark>` is the only markup.
#[derive(Debug, Serialize, ToSchema)]
struct Highlights {
    /// The whole name.
    #[schema(example = "<mark>Enamel</mark> <mark>mug</mark>")]
    name: String,
    /// The part of the description that matched, if any did.
    #[schema(example = "Goes with the <mark>enamel</mark> plate")]
    description: Option<String>,
}

/// How a product was rated.
#[derive(Debug, Serialize, ToSchema)]
struct RatingFields {
    /// The average in stars, to two decimals; null without reviews.
    #[schema(minimum = 1, maximum = 5, example = 4.33)]
    average: Option<f64>,
    /// How many published reviews it has.
    #[schema(minimum = 0, example = 3)]
    count: i64,
}

/// Counts of the products found. Each leaves its own filter aside, so it tells what another choice would find.
#[derive(Debug, Serialize, ToSchema)]
struct SearchFacets {
    /// Categories, 100 at most, those with most products first.
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<Vec<CategoryFacet>>,
    /// Price ranges, cheapest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Vec<PriceFacet>>,
    /// In stock, and not.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_stock: Option<StockFacet>,
    /// Averages of so many stars or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<Vec<RatingFacet>>,
}

/// Products of a category.
#[derive(Debug, Serialize, ToSchema)]
struct CategoryFacet {
    /// The category.
    #[schema(example = 3)]
    id: i64,
    /// Its name.
    #[schema(example = "Kitchen")]
    name: String,
    /// Products in it.
    #[schema(minimum = 0, example = 12)]
    count: i64,
}

/// Products in a price range.
#[derive(Debug, Serialize, ToSchema)]
struct PriceFacet {
    /// The lowest price in it, for `min_price`.
    #[schema(value_type = f64, example = 10.0)]
    from: Money,
    /// The highest price in it, for `max_price`; null in the last one.
    #[schema(value_type = Option<f64>, example = 24.99)]
    to: Option<Money>,
    /// Products in it.
    #[schema(minimum = 0, example = 12)]
    count: i64,
}

/// Products in stock and out of stock.
#[derive(Debug, Serialize, ToSchema)]
struct StockFacet {
    /// In stock.
    #[schema(minimum = 0, example = 12)]
    yes: i64,
    /// Out of stock.
    #[schema(minimum = 0, example = 2)]
    no: i64,
}

/// Products rated with so many stars or more.
#[derive(Debug, Serialize, ToSchema)]
struct RatingFacet {
    /// The least average, for `min_rating`.
    #[schema(minimum = 1, maximum = 4, example = 4)]
    from: i64,
    /// Products that have it.
    #[schema(minimum = 0, example = 5)]
    count: i64,
}

impl From<Found> for SearchResponse {
    fn from(found: Found) -> Self {
        Self {
            query: found.query,
            matched_by: match found.matched_by {
                MatchedBy::Words => "words",
                MatchedBy::Similarity => "similarity",
            },
            total: found.count,
            capped: found.capped,
            results: all(found.results),
            facets: found.facets.into(),
        }
    }
}

impl From<FoundProduct> for SearchResult {
    fn from(found: FoundProduct) -> Self {
        let FoundProduct { view, name, description, score } = found;
        let highlights = Highlights { name: html(&name), description: description.as_ref().map(html) };
        let rating = RatingFields::from(view.product.rating);
        Self { product: view.into(), highlights, rating, score }
    }
}

impl From<RatingSummary> for RatingFields {
    fn from(rating: RatingSummary) -> Self {
        Self { average: rating.average(), count: rating.count }
    }
}

impl From<FacetCounts> for SearchFacets {
    fn from(counts: FacetCounts) -> Self {
        Self {
            category: counts.categories.map(all),
            price: counts.prices.map(all),
            in_stock: counts.in_stock.map(|StockCount { yes, no }| StockFacet { yes, no }),
            rating: counts.ratings.map(all),
        }
    }
}

impl From<CategoryCount> for CategoryFacet {
    fn from(CategoryCount { id, name, count }: CategoryCount) -> Self {
        Self { id: id.0, name, count }
    }
}

impl From<PriceCount> for PriceFacet {
    fn from(PriceCount { from, to, count }: PriceCount) -> Self {
        Self { from, to, count }
    }
}

impl From<RatingCount> for RatingFacet {
    fn from(RatingCount { from, count }: RatingCount) -> Self {
        Self { from, count }
    }
}
