//! Operations on the queue of reviews: what is not shown yet, or no longer, and who decides that.

use actix_web::{
    get, put,
    web::{self, Json},
};
use stockroom_domain::{ListOrder, ReviewId, ReviewStatus};
use stockroom_input::{Fields, FromFields};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::bodies::{ModerateReviewRequest, ReviewResponse};
use crate::{
    http::{
        answer::List,
        extract::{Access, Body, Id, ListQuery, to},
        fallback::fallback,
        problem::Problem,
    },
    schema::{BodyErrors, EveryError, IdParam, Invalid, Needs, NotFound, PageParams},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        // Not the review called "queue": its other methods are refused here.
        .route("/reviews/queue", web::to(fallback))
        .service(moderate);
}

/// Which reviews the queue shows.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct QueueFilter {
    /// `pending` (what waits to be looked at), `published` or `rejected`.
    #[param(value_type = Option<String>, pattern = "^(pending|published|rejected)$", default = "pending", example = "pending")]
    status: ReviewStatus,
}

impl FromFields for QueueFilter {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let status: Option<ReviewStatus> = fields.optional("status")?;
        Some(Self { status: status.unwrap_or(ReviewStatus::Pending) })
    }
}

/// Lists the reviews to be moderated
///
/// Each with its product, those that have waited longest first; others than pending ones with `status`.
#[utoipa::path(
    tag = "reviews", operation_id = "listReviewQueue", params(PageParams, QueueFilter),
    responses((status = 200, description = "A page of reviews, ordered by id", body = [ReviewResponse]), Invalid, Needs<to::ReviewsModerate>, EveryError)
)]
#[get("/reviews/queue")]
async fn list(
    shop: Access<to::ReviewsModerate>,
    ListQuery { filter, paging }: ListQuery<QueueFilter>,
) -> Result<List<ReviewResponse>, Problem> {
    let (page, answer) = List::page(paging, ListOrder::REVIEW_QUEUE, shop.page_limits())?;
    Ok(answer(shop.list_review_queue(filter.status, &page).await?))
}

/// Moderates a review
///
/// Publishes it, rejects it, or puts it back into the queue. Only published reviews are shown and count in ratings.
#[utoipa::path(
    tag = "reviews", operation_id = "moderateReview", params(IdParam), request_body = ModerateReviewRequest,
    responses((status = 200, description = "The moderated review", body = ReviewResponse), NotFound, BodyErrors, Invalid, Needs<to::ReviewsModerate>, EveryError)
)]
#[put("/reviews/{id_key}/status")]
async fn moderate(
    shop: Access<to::ReviewsModerate>,
    Id(id): Id<ReviewId>,
    Body(ModerateReviewRequest { status }): Body<ModerateReviewRequest>,
) -> Result<Json<ReviewResponse>, Problem> {
    Ok(Json(shop.moderate_review(id, status).await?.into()))
}
