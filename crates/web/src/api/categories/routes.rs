//! Operations on categories.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put};
use stockroom_domain::{CategoryChanges, CategoryId, ListOrder};
use stockroom_input::{Fields, FromFields};
use stockroom_service::{CategoryView, Idempotent};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::bodies::{CategoryResponse, CreateCategoryRequest, PatchCategoryRequest, UpdateCategoryRequest};
use crate::{
    http::{
        answer::{
            Created, List,
            cached::{Changed, Showing, asked, json},
            visible,
        },
        extract::{Access, Anyone, Body, Id, IfMatch, Keyed, ListQuery, Patch, read_expand, to},
        problem::Problem,
    },
    schema::{
        BodyErrors, Conflict, EveryError, IdParam, IfMatchParam, IfNoneMatchParam, Invalid, KeyErrors,
        KeyParam, Needs, NotFound, NotModified, Outdated, PageParams,
    },
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(get).service(update).service(patch).service(delete);
}

/// Which categories a list shows.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListFilter {
    /// Relations to add: `products`.
    #[param(value_type = Option<String>, example = "products")]
    expand: bool,
}

impl FromFields for ListFilter {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { expand: read_expand(fields, "products", &[])? })
    }
}

/// Lists categories
///
/// Products are shown with `expand=products`.
#[utoipa::path(
    tag = "categories", operation_id = "listCategories", params(PageParams, ListFilter, IfNoneMatchParam),
    responses((status = 200, description = "A page of categories, ordered by id", body = [CategoryResponse]), NotModified, Invalid, EveryError)
)]
#[get("/categories")]
async fn list(shop: Access<Anyone>, request: HttpRequest) -> Result<Showing, Problem> {
    if let Some(shown) = shop.recall_categories(asked(&request)) {
        return Ok(Showing(shown));
    }
    let ListQuery { filter, paging } = ListQuery::<ListFilter>::of(&request)?;
    let name = paging.name(request.path());
    let (page, answer) = List::<CategoryResponse>::page(paging, ListOrder::CATEGORIES, shop.page_limits())?;
    let render = move |listed| answer(listed).into_document();
    Ok(Showing(shop.show_categories(&name, page, filter.expand, render).await?))
}

/// Creates a category
#[utoipa::path(
    tag = "categories", operation_id = "createCategory", params(KeyParam), request_body = CreateCategoryRequest,
    responses((status = 201, description = "Created", body = CategoryResponse), KeyErrors, Conflict, BodyErrors, Invalid, Needs<to::CatalogueWrite>, EveryError)
)]
#[post("/categories")]
async fn create(
    shop: Access<to::CatalogueWrite>,
    Keyed { key, body }: Keyed<CreateCategoryRequest>,
) -> Result<Created, Problem> {
    let render = visible::<CategoryView, CategoryResponse>;
    Ok(Created(shop.create_category(body.as_new(), Idempotent { key, render }).await?))
}

/// Shows a category
#[utoipa::path(
    tag = "categories", operation_id = "getCategory", params(IdParam, IfNoneMatchParam),
    responses((status = 200, description = "The category", body = CategoryResponse), NotModified, NotFound, Invalid, EveryError)
)]
#[get("/categories/{id_key}")]
async fn get(shop: Access<Anyone>, Id(id): Id<CategoryId>) -> Result<Showing, Problem> {
    let shown = match shop.recall_category(id) {
        Some(shown) => shown,
        None => shop.show_category(id, body).await?,
    };
    Ok(Showing(shown))
}

/// What is shown of it.
fn body(view: CategoryView) -> Vec<u8> {
    json(&CategoryResponse::from(view))
}

/// Changes a category forgivingly
#[utoipa::path(
    tag = "categories", operation_id = "updateCategory", params(IdParam, IfMatchParam), request_body = UpdateCategoryRequest,
    responses((status = 200, description = "The changed category", body = CategoryResponse), NotFound, Conflict, Outdated, BodyErrors, Invalid, Needs<to::CatalogueWrite>, EveryError)
)]
#[put("/categories/{id_key}")]
async fn update(
    shop: Access<to::CatalogueWrite>,
    Id(id): Id<CategoryId>,
    if_match: IfMatch,
    Body(changes): Body<CategoryChanges>,
) -> Result<Changed, Problem> {
    Ok(Changed(body(shop.update_category(id, &changes, if_match.seen(body)).await?)))
}

/// Changes a category strictly (JSON merge patch)
#[utoipa::path(
    tag = "categories", operation_id = "patchCategory", params(IdParam, IfMatchParam),
    request_body(content((PatchCategoryRequest = "application/merge-patch+json"), (PatchCategoryRequest = "application/json"))),
    responses((status = 200, description = "The changed category", body = CategoryResponse), NotFound, Conflict, Outdated, BodyErrors, Invalid, Needs<to::CatalogueWrite>, EveryError)
)]
#[patch("/categories/{id_key}")]
async fn patch(
    shop: Access<to::CatalogueWrite>,
    Id(id): Id<CategoryId>,
    if_match: IfMatch,
    Patch(changes): Patch<CategoryChanges>,
) -> Result<Changed, Problem> {
    Ok(Changed(body(shop.update_category(id, &changes, if_match.seen(body)).await?)))
}

/// Deletes a category
///
/// Refused while it has products.
#[utoipa::path(
    tag = "categories", operation_id = "deleteCategory", params(IdParam, IfMatchParam),
    responses((status = 204, description = "Deleted"), NotFound, Conflict, Outdated, Invalid, Needs<to::CatalogueWrite>, EveryError)
)]
#[delete("/categories/{id_key}")]
async fn delete(
    shop: Access<to::CatalogueWrite>,
    Id(id): Id<CategoryId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    shop.delete_category(id, if_match.seen(body)).await?;
    Ok(HttpResponse::NoContent().finish())
}
