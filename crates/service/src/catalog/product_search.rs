//! Search for products, and the language that it is made in.
//!
//! Words that find nothing are taken for mistyped: the words of names that look most like them are searched instead.

use std::collections::BTreeSet;

use stockroom_domain::{
    CategoryId, ListPosition, Marked, Matching, Product, ProductSearch, SearchFilter, SearchSort,
    SearchTerms, corrections, words_of,
};
use stockroom_repository::{
    Connection, Pool, categories,
    product_search::{self, FacetCounts, Hits, Wanted},
    products,
};

use crate::{
    Document, Error, ProductView, Result, Shop, Shown, catalog::cache::CatalogueKey, relations,
    unit_of_work::UnitOfWork,
};

/// Words of a search that are corrected at most.
const MOST_CORRECTED: usize = 8;

/// Characters of a description that are searched.
const SEARCHED: usize = 10_000;

/// What a search found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The text that was looked for, with single blanks.
    pub query: String,
    /// How it was found.
    pub matched_by: MatchedBy,
    /// How many products were found, as far as was looked.
    pub count: i64,
    /// Whether there may be more, because as many were looked at as a search may look at.
    pub capped: bool,
    /// A page of them.
    pub results: Vec<FoundProduct>,
    /// The place after which the next page begins; none on the last page.
    pub next: Option<ListPosition>,
    /// The counts that were wanted.
    pub facets: FacetCounts,
}

/// How products were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchedBy {
    /// By the words as typed.
    Words,
    /// By words that look like them.
    Similarity,
}

/// A product that was found.
#[derive(Debug, Clone)]
pub struct FoundProduct {
    /// The product, with its category.
    pub view: ProductView,
    /// Its name, with what matched.
    pub name: Marked,
    /// The part of its description that matched.
    pub description: Option<Marked>,
    /// How well it matches, when the order is that of relevance.
    pub score: Option<f64>,
}

impl Shop {
    /// The products that match a text best, in the order asked for. It is kept under `name`, which must tell all of that
    /// and how it is rendered; [`Shop::recall_products`] has it then.
    ///
    /// # Errors
    /// Only when the database fails.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn search_products(
        &self,
        name: &str,
        search: ProductSearch,
        render: impl FnOnce(Found) -> Document + Send + 'static,
    ) -> Result<Shown> {
        let shop = self.clone();
        let key = CatalogueKey::Products(name.into());
        let read = self
            .parts
            .catalogue
            .read(&key, move || async move { Ok(Some(render(shop.find_products(&search).await?))) });
        read.await?.ok_or_else(|| Error::internal("a search always has an answer"))
    }

    async fn find_products(&self, search: &ProductSearch) -> Result<Found> {
        let mut conn = self.pool().get().await?;
        let conn = &mut *conn;
        let one_more = ProductSearch { limit: search.limit.saturating_add(1), ..search.clone() };
        let (wanted, mut hits) = find(conn, &one_more).await?;
        let facets = if search.facets.any() {
            product_search::count_facets(conn, search, &wanted).await?
        } else {
            FacetCounts::default()
        };
        let most = usize::try_from(search.limit).unwrap_or_default();
        let more = hits.page.len() > most;
        hits.page.truncate(most);
        let (count, capped, last) = (hits.count, hits.capped, hits.page.last().copied());
        let results = show(conn, search, &wanted, hits).await?;
        // Of a last one that was deleted meanwhile the place is known too, except for its name: the one before is as good.
        let next = last.filter(|_| more).and_then(|hit| {
            let name = results.last().map_or("", |found| &found.view.product.name);
            let key = search.sort.key_of(hit.key, name, hit.product_id);
            (search.sort != SearchSort::Name || !results.is_empty())
                .then(|| ListPosition { order: search.sort.list_order(), key })
        });
        let matched_by = match wanted {
            Wanted::Words(_) => MatchedBy::Words,
            Wanted::Corrected(_) => MatchedBy::Similarity,
        };
        let query = search.text.as_str().to_owned();
        Ok(Found { query, matched_by, count, capped, results, next, facets })
    }
}

/// By the words; if nothing has them, by corrections of them.
async fn find(conn: &mut Connection, search: &ProductSearch) -> Result<(Wanted, Hits)> {
    let words = Wanted::Words(search.text.terms());
    let hits = product_search::find_page(conn, search, &words).await?;
    if hits.count > 0 {
        return Ok((words, hits));
    }
    // What a condition leaves out was typed well.
    if search.filter.is_selective() {
        let include_inactive = search.filter.include_inactive;
        let filter = SearchFilter { include_inactive, ..SearchFilter::default() };
        let anything = ProductSearch { filter, after: None, skip: 0, limit: 1, ..search.clone() };
        if product_search::find_page(conn, &anything, &words).await?.count > 0 {
            return Ok((words, hits));
        }
    }
    let corrected = correct(conn, search).await?;
    if corrected.is_empty() {
        return Ok((words, hits));
    }
    let corrected = Wanted::Corrected(corrected);
    match product_search::find_page(conn, search, &corrected).await? {
        Hits { count: 0, .. } => Ok((words, hits)),
        hits => Ok((corrected, hits)),
    }
}

async fn correct(conn: &mut Connection, search: &ProductSearch) -> Result<String> {
    let mut words = search.text.words();
    words.truncate(MOST_CORRECTED);
    let Some(last) = words.len().checked_sub(1) else { return Ok(String::new()) };
    let known = product_search::list_similar_words(conn, &words).await?;
    let corrected = words.iter().zip(&known).enumerate();
    let corrected: Vec<_> =
        corrected.map(|(at, (word, known))| corrections(word, at == last, known)).collect();
    // What is known as it was typed was not mistyped, and a word that is not known is no reason to do without it.
    let changed = words
        .iter()
        .zip(&corrected)
        .any(|(word, corrected)| !corrected.is_empty() && !corrected.contains(&word.to_lowercase().as_str()));
    Ok(if changed { SearchTerms::corrected(&corrected) } else { String::new() })
}

/// The products of a page; one that was deleted meanwhile is left out.
async fn show(
    conn: &mut Connection,
    search: &ProductSearch,
    wanted: &Wanted,
    hits: Hits,
) -> Result<Vec<FoundProduct>> {
    if hits.page.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = hits.page.iter().map(|hit| hit.product_id).collect();
    let found = products::list_by_ids(conn, &ids).await?;
    let matching = matching(conn, search, wanted, &hits.query, &found).await?;
    let category_ids: Vec<CategoryId> = relations::keys(&found, |product| product.category_id);
    let categories =
        relations::by_key(categories::list_by_ids(conn, &category_ids).await?, |category| category.id);
    let mut found = relations::by_key(found, |product| product.id);
    let result = |hit: product_search::Hit| {
        let product = found.remove(&hit.product_id)?;
        let category = categories.get(&product.category_id).cloned();
        Some(FoundProduct {
            name: Marked::new(&product.name, &matching),
            description: searched(&product).and_then(|text| Marked::new(text, &matching).fragment()),
            view: ProductView { product, category, reviews: None },
            score: (search.sort == SearchSort::Relevance).then_some(hit.key),
        })
    };
    Ok(hits.page.into_iter().filter_map(result).collect())
}

/// What of these products is to be marked.
async fn matching(
    conn: &mut Connection,
    search: &ProductSearch,
    wanted: &Wanted,
    query: &str,
    found: &[Product],
) -> Result<Matching> {
    let words: BTreeSet<&str> = found
        .iter()
        .flat_map(|product| words_of(&product.name).chain(searched(product).into_iter().flat_map(words_of)))
        .collect();
    let words: Vec<_> = words.into_iter().collect();
    let corrected = matches!(wanted, Wanted::Corrected(_));
    let matching = product_search::find_matching(conn, query, corrected, &words).await?;
    Ok(match search.text.words().last() {
        Some(unfinished) if !corrected => matching.and_beginning_with(unfinished),
        _ => matching,
    })
}

/// The part of a description that is searched.
fn searched(product: &Product) -> Option<&str> {
    let text = product.description.as_deref()?;
    let end = text.char_indices().nth(SEARCHED).map_or(text.len(), |(end, _)| end);
    Some(&text[..end])
}

/// Why a language cannot be searched in.
#[derive(Debug, thiserror::Error)]
pub enum LanguageError {
    /// The database does not know it.
    #[error("the database has no text search configuration {asked:?}; it has {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The database fails.
    #[error(transparent)]
    Failed(#[from] crate::Error),
}

/// Makes products searched in `language`, a text search configuration of the database. Returns how many products had to
/// be indexed again: none when that was done before. What was interrupted is finished by the next call.
///
/// # Errors
/// [`LanguageError`].
pub async fn search_in(pool: &Pool, language: &str) -> Result<usize, LanguageError> {
    let failed = |error: stockroom_repository::Error| LanguageError::Failed(error.into());
    let (known, present) = {
        let mut conn = pool.get().await.map_err(failed)?;
        let known = product_search::list_languages(&mut conn).await.map_err(failed)?;
        (known, product_search::get_language(&mut conn).await.map_err(failed)?)
    };
    if !known.iter().any(|name| name == language) {
        return Err(LanguageError::Unknown { asked: language.to_owned(), known });
    }
    if present.name != language {
        let change = UnitOfWork::of_program(pool);
        change.run(async |tx| product_search::change_in_tx(tx, language).await).await.map_err(failed)?;
    }
    let mut rebuilt = 0;
    loop {
        let batch = UnitOfWork::of_program(pool);
        match batch.run(async |tx| product_search::rebuild_in_tx(tx).await).await.map_err(failed)? {
            0 => return Ok(rebuilt),
            more => rebuilt += more,
        }
    }
}
