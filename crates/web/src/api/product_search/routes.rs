//! The search for products.

use actix_web::{
    HttpRequest, get,
    web::{self},
};
use stockroom_domain::{
    Amount, Count, Facets, Page, ProductSearch, Rating, SearchFilter, SearchSort, SearchText, Total,
};
use stockroom_input::{CategoryList, Fields, FromFields};
use stockroom_service::{Document, Found};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::bodies::SearchResponse;
use crate::{
    http::{
        answer::{
            cached::{Showing, asked, json},
            page_headers,
        },
        extract::{Access, Anyone, ListQuery, Paging},
        fallback::fallback,
        problem::Problem,
    },
    schema::{EveryError, IfNoneMatchParam, Invalid, NotModified, PageParams},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(search)
        // Not the product called "search": its other methods are refused here.
        .route("/products/search", web::to(fallback));
}

/// What a search asks for; all conditions must hold.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// What is looked for: words in any form, the last of them possibly unfinished. 1 to 200 characters without the
    /// blanks around it.
    #[param(value_type = String, min_length = 1, max_length = 200, example = "enamel mu")]
    q: SearchText,
    /// Only these categories: a comma list of 50 at most.
    #[param(value_type = Option<String>, example = "3,5")]
    category_id: Option<CategoryList>,
    /// Only products of this price or dearer.
    #[param(value_type = Option<f64>, minimum = 0, example = 5.0)]
    min_price: Option<Amount>,
    /// Only products of this price or cheaper.
    #[param(value_type = Option<f64>, minimum = 0, example = 50.0)]
    max_price: Option<Amount>,
    /// Only products in stock.
    #[param(value_type = Option<bool>, example = true)]
    in_stock_only: Option<bool>,
    /// Only products with so many stars or more on average.
    #[param(value_type = Option<f64>, minimum = 1, maximum = 5, example = 4.0)]
    min_rating: Option<Rating>,
    /// Also products that are no longer sold.
    #[param(value_type = Option<bool>, example = false)]
    include_inactive: Option<bool>,
    /// `relevance`, `price_asc`, `price_desc`, `name`, `newest` or `rating`.
    #[param(value_type = Option<String>, pattern = "^(relevance|price_asc|price_desc|name|newest|rating)$", example = "relevance")]
    sort_by: Option<SearchSort>,
    /// Counts to add: a comma list of `category`, `price`, `in_stock`, `rating`.
    #[param(value_type = Option<String>, example = "category,price")]
    facets: Option<Facets>,
}

impl FromFields for SearchQuery {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let q = fields.required("q");
        let category_id = fields.optional("category_id");
        let (min_price, max_price) = (fields.optional("min_price"), fields.optional("max_price"));
        let in_stock_only = fields.optional("in_stock_only");
        let min_rating = fields.optional("min_rating");
        let include_inactive = fields.optional("include_inactive");
        let sort_by = fields.optional("sort_by");
        let facets = fields.optional("facets");
        Some(Self {
            q: q?,
            category_id: category_id?,
            min_price: min_price?,
            max_price: max_price?,
            in_stock_only: in_stock_only?,
            min_rating: min_rating?,
            include_inactive: include_inactive?,
            sort_by: sort_by?,
            facets: facets?,
        })
    }
}

impl SearchQuery {
    fn products(self, page: Page) -> ProductSearch {
        ProductSearch {
            text: self.q,
            filter: SearchFilter {
                categories: self.category_id.unwrap_or_default().0,
                min_price: self.min_price.map(Amount::money),
                max_price: self.max_price.map(Amount::money),
                in_stock_only: self.in_stock_only.unwrap_or_default(),
                min_rating: self.min_rating,
                include_inactive: self.include_inactive.unwrap_or_default(),
            },
            sort: self.sort_by.unwrap_or_default(),
            facets: self.facets.unwrap_or_default(),
            after: page.after,
            skip: page.skip,
            limit: page.limit,
        }
    }
}

/// Searches products
///
/// In names and descriptions, by words in any form. Words that nothing has are taken for mistyped.
#[utoipa::path(
    tag = "products", operation_id = "searchProducts", params(SearchQuery, PageParams, IfNoneMatchParam),
    responses((status = 200, description = "A page of what was found, best match first", body = SearchResponse), NotModified, Invalid, EveryError)
)]
#[get("/products/search")]
async fn search(shop: Access<Anyone>, request: HttpRequest) -> Result<Showing, Problem> {
    if let Some(shown) = shop.recall_products(asked(&request)) {
        return Ok(Showing(shown));
    }
    let ListQuery { filter: query, paging } = ListQuery::<SearchQuery>::of(&request)?;
    let name = paging.name(request.path());
    let Paging { request, parameters } = paging;
    let order = query.sort_by.unwrap_or_default().list_order();
    let (page, capped) = request.within(order, shop.page_limits())?;
    let capped_to = capped.then_some(page.limit);
    let counted = page.count.is_some();
    let render = move |found: Found| {
        // What may be more is no exact number.
        let count = if found.capped { Count::Estimate } else { Count::Exact };
        let total = counted.then_some(Total { rows: found.count, count });
        let headers = page_headers(found.next.clone(), &parameters, capped_to, total);
        Document::new(&json(&SearchResponse::from(found)), headers)
    };
    Ok(Showing(shop.search_products(&name, query.products(page), render).await?))
}
