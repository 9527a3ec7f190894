//! Operations on reviews.

use actix_web::{HttpResponse, delete, get, patch, post, put, web::Json};
use stockroom_domain::{ListOrder, ProductId, ReviewChanges, ReviewId};
use stockroom_input::{Fields, FromFields};
use stockroom_service::{Idempotent, ReviewView};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::bodies::{CreateReviewRequest, PatchReviewRequest, ReviewResponse, UpdateReviewRequest};
use crate::{
    http::{
        answer::{Created, List, visible},
        extract::{Access, Anyone, Body, Id, Keyed, ListQuery, OrOwner, Patch, to},
        problem::Problem,
    },
    schema::{BodyErrors, EveryError, IdParam, Invalid, KeyErrors, KeyParam, Needs, NotFound, PageParams},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(get).service(update).service(patch).service(delete);
}

/// Which reviews a list shows.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListFilter {
    /// Only reviews of this product.
    #[param(value_type = Option<i64>, example = 1)]
    product_id: Option<ProductId>,
}

impl FromFields for ListFilter {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { product_id: fields.optional("product_id")? })
    }
}

/// Lists reviews
///
/// Those that are published, each with its product; of one product with `product_id`.
#[utoipa::path(
    tag = "reviews", operation_id = "listReviews", params(PageParams, ListFilter),
    responses((status = 200, description = "A page of reviews, ordered by id", body = [ReviewResponse]), Invalid, EveryError)
)]
#[get("/reviews")]
async fn list(
    shop: Access<Anyone>,
    ListQuery { filter, paging }: ListQuery<ListFilter>,
) -> Result<List<ReviewResponse>, Problem> {
    let (page, answer) = List::page(paging, ListOrder::REVIEWS, shop.page_limits())?;
    Ok(answer(shop.list_reviews(filter.product_id, &page).await?))
}

/// Creates a review
///
/// It is shown at once, or when somebody has published it: see its `status`. Whether its author has ordered the product is
/// found out, not told.
#[utoipa::path(
    tag = "reviews", operation_id = "createReview", params(KeyParam), request_body = CreateReviewRequest,
    responses((status = 201, description = "Created", body = ReviewResponse), KeyErrors, NotFound, BodyErrors, Invalid, Needs<OrOwner<to::ReviewsWrite>>, EveryError)
)]
#[post("/reviews")]
async fn create(
    shop: Access<OrOwner<to::ReviewsWrite>>,
    Keyed { key, body }: Keyed<CreateReviewRequest>,
) -> Result<Created, Problem> {
    let render = visible::<ReviewView, ReviewResponse>;
    Ok(Created(shop.create_review(body.as_new(), Idempotent { key, render }).await?))
}

/// Shows a review
///
/// One that is published: another one is not found.
#[utoipa::path(
    tag = "reviews", operation_id = "getReview", params(IdParam),
    responses((status = 200, description = "The review", body = ReviewResponse), NotFound, Invalid, EveryError)
)]
#[get("/reviews/{id_key}")]
async fn get(shop: Access<Anyone>, Id(id): Id<ReviewId>) -> Result<Json<ReviewResponse>, Problem> {
    Ok(Json(shop.get_review(id).await?.into()))
}

/// Changes a review forgivingly
#[utoipa::path(
    tag = "reviews", operation_id = "updateReview", params(IdParam), request_body = UpdateReviewRequest,
    responses((status = 200, description = "The changed review", body = ReviewResponse), NotFound, BodyErrors, Invalid, Needs<OrOwner<to::ReviewsWrite>>, EveryError)
)]
#[put("/reviews/{id_key}")]
async fn update(
    shop: Access<OrOwner<to::ReviewsWrite>>,
    Id(id): Id<ReviewId>,
    Body(changes): Body<ReviewChanges>,
) -> Result<Json<ReviewResponse>, Problem> {
    Ok(Json(shop.update_review(id, &changes).await?.into()))
}

/// Changes a review strictly (JSON merge patch)
#[utoipa::path(
    tag = "reviews", operation_id = "patchReview", params(IdParam),
    request_body(content((PatchReviewRequest = "application/merge-patch+json"), (PatchReviewRequest = "application/json"))),
    responses((status = 200, description = "The changed review", body = ReviewResponse), NotFound, BodyErrors, Invalid, Needs<OrOwner<to::ReviewsWrite>>, EveryError)
)]
#[patch("/reviews/{id_key}")]
async fn patch(
    shop: Access<OrOwner<to::ReviewsWrite>>,
    Id(id): Id<ReviewId>,
    Patch(changes): Patch<ReviewChanges>,
) -> Result<Json<ReviewResponse>, Problem> {
    Ok(Json(shop.update_review(id, &changes).await?.into()))
}

/// Deletes a review
#[utoipa::path(
    tag = "reviews", operation_id = "deleteReview", params(IdParam),
    responses((status = 204, description = "Deleted"), NotFound, Invalid, Needs<OrOwner<to::ReviewsWrite>>, EveryError)
)]
#[delete("/reviews/{id_key}")]
async fn delete(
    shop: Access<OrOwner<to::ReviewsWrite>>,
    Id(id): Id<ReviewId>,
) -> Result<HttpResponse, Problem> {
    shop.delete_review(id).await?;
    Ok(HttpResponse::NoContent().finish())
}
