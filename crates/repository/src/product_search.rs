//! Search for products over the table `product_search`, which triggers keep: full text in the language of the database,
//! corrections of mistyped words, counts, and where the text matched.
//!
//! A search costs about the same on any catalogue: it looks at [`MOST_NAMED`] products whose name begins with the text
//! and [`MOST_EXAMINED`] others at most, and ranks [`MOST_RANKED`] of them. Its statements stay prepared.

mod candidates;
mod facets;
mod language;
mod matching;
mod page;
mod words;

use candidates::Candidates;
use diesel_async::RunQueryDsl;
use stockroom_domain::{ProductId, ProductSearch, SearchSort, SearchTerms};

use crate::{Connection, Result};

pub use facets::{CategoryCount, FacetCounts, PriceCount, RatingCount, StockCount};
pub use language::{Language, change_in_tx, get_language, list_languages, rebuild_in_tx};
pub use matching::find_matching;
pub use words::list_similar_words;

/// Products whose name begins with the text that are looked at, in the order of their names.
pub const MOST_NAMED: i64 = 100;

/// Other products with the words that are looked at: those with the words in their names first, otherwise in the order in
/// which they are stored.
pub const MOST_EXAMINED: i64 = 10_000;

/// Products that pass the filter and are ranked by relevance at most. Any other order is one of all that were examined.
pub const MOST_RANKED: i64 = 200;

/// What is looked for in the vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The words as typed.
    Words(SearchTerms),
    /// Words of names, as [`SearchTerms::corrected`] writes them.
    Corrected(String),
}

/// A page of what was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hits {
    /// How many products were found, as far as was looked.
    pub count: i64,
    /// Whether there may be more, because a bound was reached.
    pub capped: bool,
    /// What was looked for, for [`find_matching`].
    pub query: String,
    /// The page, in its order.
    pub page: Vec<Hit>,
}

/// A product that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// The product.
    pub product_id: ProductId,
    /// What the page is sorted by, the greatest first: how well it matches, a price, an average. 0 in the order of names.
    pub key: f64,
}

/// A page of the products found.
///
/// # Errors
/// Only when the database fails.
pub async fn find_page(conn: &mut Connection, search: &ProductSearch, wanted: &Wanted) -> Result<Hits> {
    let by_relevance = search.sort == SearchSort::Relevance;
    let most = if by_relevance { MOST_RANKED } else { MOST_NAMED + MOST_EXAMINED };
    let statement = page::Page {
        candidates: Candidates::new(search, wanted),
        sort: page::number(search.sort),
        most: most + 1,
        after: search.after.as_ref().into(),
        skip: search.skip,
        limit: search.limit,
    };
    let (count, more, query, ids, keys): page::Row = statement.get_result(conn).await?;
    let page = ids.into_iter().zip(keys).map(|(id, key)| Hit { product_id: ProductId(id), key }).collect();
    Ok(Hits { count: count.min(most), capped: more || count > most, query, page })
}

/// The counts that a search wants. Each leaves its own condition aside: the categories are counted as if none had been
/// chosen.
///
/// # Errors
/// Only when the database fails.
pub async fn count_facets(
    conn: &mut Connection,
    search: &ProductSearch,
    wanted: &Wanted,
) -> Result<FacetCounts> {
    let candidates = Candidates::new(search, wanted);
    let statement = facets::Count { candidates, wanted: search.facets };
    let rows: Vec<facets::Row> = statement.get_results(conn).await?;
    Ok(facets::counts(search.facets, rows))
}
