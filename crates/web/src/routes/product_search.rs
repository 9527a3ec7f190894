//! The search for products.

use actix_web::{
    HttpResponse, get,
    http::header::ContentType,
    web::{self, Data},
};
use stockroom_domain::{
    Amount, CategoryList, Facets, Fields, FromFields, ListOrder, Page, PageRequest, ProductSearch, Rating,
    SearchFilter, SearchSort, SearchText,
};
use stockroom_service::{Found, Shop};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    answer::LIMIT_CAPPED,
    bodies::product_search::SearchResponse,
    extract::Query,
    fallback::fallback,
    openapi::{EveryError, Invalid, PageParams},
    problem::Problem,
};

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
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
    fn products(self, page: &Page) -> ProductSearch {
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
            skip: page.skip,
            limit: page.limit,
        }
    }
}

/// Searches products
///
/// In names and descriptions, by words in any form. Words that nothing has are taken for mistyped.
#[utoipa::path(
    tag = "products", operation_id = "searchProducts", params(SearchQuery, PageParams),
    responses((status = 200, description = "A page of what was found, best match first", body = SearchResponse), Invalid, EveryError)
)]
#[get("/products/search")]
async fn search(
    shop: Data<Shop>,
    Query((query, page)): Query<(SearchQuery, PageRequest)>,
) -> Result<HttpResponse, Problem> {
    let (page, capped) = page.within(ListOrder::by_id("search"), shop.page_limits())?;
    let found = shop.search_products(&query.products(&page)).await?;
    let mut response = HttpResponse::Ok();
    if capped {
        response.insert_header((LIMIT_CAPPED, page.limit));
    }
    Ok(response.content_type(ContentType::json()).body(body(found)))
}

fn body(found: Found) -> Vec<u8> {
    // Plain data with text keys always has a JSON form.
    serde_json::to_vec(&SearchResponse::from(found)).unwrap_or_default()
}
