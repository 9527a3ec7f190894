//! Operations on products.

use actix_web::{
    HttpRequest, HttpResponse, delete, get, patch, post, put,
    web::{self},
};
use stockroom_domain::{Amount, CategoryId, ProductChanges, ProductId, ProductSort, Text};
use stockroom_input::{Fields, FromFields};
use stockroom_service::{Idempotent, ProductFilter, ProductView, Shop};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    bodies::{CreateProductRequest, PatchProductRequest, UpdateProductRequest},
    expanded::ProductResponse,
};
use crate::{
    http::{
        answer::{
            Created, List,
            cached::{Changed, Showing, asked, json},
            visible,
        },
        extract::{Access, Anyone, Body, Id, IfMatch, Keyed, ListQuery, Paging, Patch, read_expand, to},
        fallback::fallback,
        problem::Problem,
    },
    schema::{
        BodyErrors, Conflict, EveryError, IdParam, IfMatchParam, IfNoneMatchParam, Invalid, KeyErrors,
        KeyParam, Needs, NotFound, NotModified, Outdated, PageParams,
    },
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list_filtered)
        // Not the product called "filter": its other methods are refused here.
        .route("/products/filter", web::to(fallback))
        .service(list)
        .service(create)
        .service(get)
        .service(update)
        .service(patch)
        .service(delete);
}

/// Which products a list shows.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListFilter {
    /// Only this category.
    #[param(value_type = Option<i64>, example = 3)]
    category_id: Option<CategoryId>,
    /// Also products that are no longer sold.
    #[param(value_type = Option<bool>, example = false)]
    include_inactive: Option<bool>,
    /// Relations to add: `reviews`.
    #[param(value_type = Option<String>, example = "reviews")]
    expand: bool,
}

impl FromFields for ListFilter {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let category_id = fields.optional("category_id");
        let include_inactive = fields.optional("include_inactive");
        let expand = read_expand(fields, "reviews", &["category"]);
        Some(Self { category_id: category_id?, include_inactive: include_inactive?, expand: expand? })
    }
}

impl ListFilter {
    fn products(&self) -> ProductFilter {
        let include_inactive = self.include_inactive.unwrap_or_default();
        ProductFilter { category_id: self.category_id, include_inactive, ..ProductFilter::default() }
    }
}

/// What a search for products asks for; all conditions must hold.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct SearchFilter {
    /// Only products whose name contains this text, regardless of case.
    #[param(value_type = Option<String>, max_length = 200, example = "mug")]
    search: Option<Text<0, 200>>,
    /// Only this category.
    #[param(value_type = Option<i64>, example = 3)]
    category_id: Option<CategoryId>,
    /// Only products of this price or dearer.
    #[param(value_type = Option<f64>, minimum = 0, example = 5.0)]
    min_price: Option<Amount>,
    /// Only products of this price or cheaper.
    #[param(value_type = Option<f64>, minimum = 0, example = 50.0)]
    max_price: Option<Amount>,
    /// Only products in stock.
    #[param(value_type = Option<bool>, example = true)]
    in_stock_only: Option<bool>,
    /// Also products that are no longer sold.
    #[param(value_type = Option<bool>, example = false)]
    include_inactive: Option<bool>,
    /// `price_asc`, `price_desc`, `name`, `name_asc` or `name_desc`; anything else means newest first.
    #[param(value_type = Option<String>, example = "price_asc")]
    sort_by: Option<Text<0, 10_000>>,
    /// Relations to add: `reviews`.
    #[param(value_type = Option<String>, example = "reviews")]
    expand: bool,
}

impl FromFields for SearchFilter {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let search = fields.optional("search");
        let category_id = fields.optional("category_id");
        let (min_price, max_price) = (fields.optional("min_price"), fields.optional("max_price"));
        let in_stock_only = fields.optional("in_stock_only");
        let include_inactive = fields.optional("include_inactive");
        let sort_by = fields.optional("sort_by");
        let expand = read_expand(fields, "reviews", &["category"]);
        Some(Self {
            search: search?,
            category_id: category_id?,
            min_price: min_price?,
            max_price: max_price?,
            in_stock_only: in_stock_only?,
            include_inactive: include_inactive?,
            sort_by: sort_by?,
            expand: expand?,
        })
    }
}

impl SearchFilter {
    fn products(self) -> ProductFilter {
        let sort = self.sort_by.map_or_else(ProductSort::default, |name| ProductSort::named(name.as_str()));
        ProductFilter {
            search: self.search.map(Text::into_string).filter(|text| !text.is_empty()),
            category_id: self.category_id,
            min_price: self.min_price.map(Amount::money),
            max_price: self.max_price.map(Amount::money),
            in_stock_only: self.in_stock_only.unwrap_or_default(),
            include_inactive: self.include_inactive.unwrap_or_default(),
            sort: Some(sort),
        }
    }
}

/// Lists products
///
/// Each with its category; of one category with `category_id`. Reviews are shown with `expand=reviews`.
#[utoipa::path(
    tag = "products", operation_id = "listProducts", params(PageParams, ListFilter, IfNoneMatchParam),
    responses((status = 200, description = "A page of products, ordered by id", body = [ProductResponse]), NotModified, Invalid, EveryError)
)]
#[get("/products")]
async fn list(shop: Access<Anyone>, request: HttpRequest) -> Result<Showing, Problem> {
    if let Some(shown) = shop.recall_products(asked(&request)) {
        return Ok(Showing(shown));
    }
    let ListQuery { filter, paging } = ListQuery::<ListFilter>::of(&request)?;
    show_list(&shop, request.path(), filter.products(), filter.expand, paging).await
}

async fn show_list(
    shop: &Shop,
    path: &str,
    filter: ProductFilter,
    with_reviews: bool,
    paging: Paging,
) -> Result<Showing, Problem> {
    let name = paging.name(path);
    let (page, answer) = List::<ProductResponse>::page(paging, filter.list_order(), shop.page_limits())?;
    let render = move |listed| answer(listed).into_document();
    Ok(Showing(shop.show_products(&name, (filter, page), with_reviews, render).await?))
}

/// Filters and sorts products
///
/// Newest first unless `sort_by` says otherwise.
#[utoipa::path(
    tag = "products", operation_id = "filterProducts", params(PageParams, SearchFilter, IfNoneMatchParam),
    responses((status = 200, description = "A page of matching products", body = [ProductResponse]), NotModified, Invalid, EveryError)
)]
#[get("/products/filter")]
async fn list_filtered(shop: Access<Anyone>, request: HttpRequest) -> Result<Showing, Problem> {
    if let Some(shown) = shop.recall_products(asked(&request)) {
        return Ok(Showing(shown));
    }
    let ListQuery { filter, paging } = ListQuery::<SearchFilter>::of(&request)?;
    let expand = filter.expand;
    show_list(&shop, request.path(), filter.products(), expand, paging).await
}

/// Creates a product
#[utoipa::path(
    tag = "products", operation_id = "createProduct", params(KeyParam), request_body = CreateProductRequest,
    responses((status = 201, description = "Created", body = ProductResponse), KeyErrors, NotFound, Conflict, BodyErrors, Invalid, Needs<to::CatalogueWrite>, EveryError)
)]
#[post("/products")]
async fn create(
    shop: Access<to::CatalogueWrite>,
    Keyed { key, body }: Keyed<CreateProductRequest>,
) -> Result<Created, Problem> {
    let render = visible::<ProductView, ProductResponse>;
    Ok(Created(shop.create_product(body.as_new(), Idempotent { key, render }).await?))
}

/// Shows a product
#[utoipa::path(
    tag = "products", operation_id = "getProduct", params(IdParam, IfNoneMatchParam),
    responses((status = 200, description = "The product", body = ProductResponse), NotModified, NotFound, Invalid, EveryError)
)]
#[get("/products/{id_key}")]
async fn get(shop: Access<Anyone>, Id(id): Id<ProductId>) -> Result<Showing, Problem> {
    let shown = match shop.recall_product(id) {
        Some(shown) => shown,
        None => shop.show_product(id, body).await?,
    };
    Ok(Showing(shown))
}

/// What is shown of it.
pub(crate) fn body(view: ProductView) -> Vec<u8> {
    json(&ProductResponse::from(view))
}

/// Changes a product forgivingly
///
/// A new stock is recorded as an adjustment by the difference.
#[utoipa::path(
    tag = "products", operation_id = "updateProduct", params(IdParam, IfMatchParam), request_body = UpdateProductRequest,
    responses((status = 200, description = "The changed product", body = ProductResponse), NotFound, Conflict, Outdated, BodyErrors, Invalid, Needs<to::CatalogueWrite>, EveryError)
)]
#[put("/products/{id_key}")]
async fn update(
    shop: Access<to::CatalogueWrite>,
    Id(id): Id<ProductId>,
    if_match: IfMatch,
    Body(changes): Body<ProductChanges>,
) -> Result<Changed, Problem> {
    Ok(Changed(body(shop.update_product(id, &changes, if_match.seen(body)).await?)))
}

/// Changes a product strictly (JSON merge patch)
#[utoipa::path(
    tag = "products", operation_id = "patchProduct", params(IdParam, IfMatchParam),
    request_body(content((PatchProductRequest = "application/merge-patch+json"), (PatchProductRequest = "application/json"))),
    responses((status = 200, description = "The changed product", body = ProductResponse), NotFound, Conflict, Outdated, BodyErrors, Invalid, Needs<to::CatalogueWrite>, EveryError)
)]
#[patch("/products/{id_key}")]
async fn patch(
    shop: Access<to::CatalogueWrite>,
    Id(id): Id<ProductId>,
    if_match: IfMatch,
    Patch(changes): Patch<ProductChanges>,
) -> Result<Changed, Problem> {
    Ok(Changed(body(shop.update_product(id, &changes, if_match.seen(body)).await?)))
}

/// Deletes a product
///
/// Refused once it was sold.
#[utoipa::path(
    tag = "products", operation_id = "deleteProduct", params(IdParam, IfMatchParam),
    responses((status = 204, description = "Deleted"), NotFound, Conflict, Outdated, Invalid, Needs<to::CatalogueWrite>, EveryError)
)]
#[delete("/products/{id_key}")]
async fn delete(
    shop: Access<to::CatalogueWrite>,
    Id(id): Id<ProductId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    shop.delete_product(id, if_match.seen(body)).await?;
    Ok(HttpResponse::NoContent().finish())
}
