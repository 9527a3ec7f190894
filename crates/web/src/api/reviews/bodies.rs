//! Bodies of reviews.

use serde::Serialize;
use stockroom_domain::{ClientId, Comment, NewReview, ProductId, Rating, Review, ReviewStatus};
use stockroom_input::{Fields, FromFields};
use stockroom_service::ReviewView;
use utoipa::ToSchema;

use crate::api::products::bodies::ProductFields;
use crate::schema::partial_requests;

/// A review to create.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"rating": 4.5, "comment": "Keeps coffee warm all morning", "product_id": 1}))]
pub(crate) struct CreateReviewRequest {
    /// Stars.
    #[schema(value_type = f64, minimum = 1.0, maximum = 5.0)]
    rating: Rating,
    /// What the client says.
    #[schema(value_type = Option<String>, min_length = 10, max_length = 1000)]
    comment: Option<Comment>,
    /// The product reviewed; must exist.
    #[schema(value_type = i64)]
    product_id: ProductId,
    /// Who wrote it; must exist.
    #[schema(value_type = Option<i64>)]
    client_id: Option<ClientId>,
}

partial_requests!(
    CreateReviewRequest => UpdateReviewRequest, PatchReviewRequest, nullable: ["comment", "client_id"]
);

impl FromFields for CreateReviewRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let rating = fields.required("rating");
        let comment = fields.optional("comment");
        let product_id = fields.required("product_id");
        let client_id = fields.optional("client_id");
        Some(Self { rating: rating?, comment: comment?, product_id: product_id?, client_id: client_id? })
    }
}

impl CreateReviewRequest {
    pub(crate) fn as_new(&self) -> NewReview<'_> {
        NewReview {
            rating: self.rating,
            comment: self.comment.as_ref(),
            product_id: self.product_id,
            client_id: self.client_id,
            one_per_client: false,
        }
    }
}

/// A review without its relations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReviewFields {
    /// Identity.
    #[schema(example = 5)]
    id_key: i64,
    /// Stars.
    #[schema(minimum = 1.0, maximum = 5.0, example = 4.5)]
    rating: f64,
    /// What the client says.
    #[schema(example = "Keeps coffee warm all morning")]
    comment: Option<String>,
    /// The product reviewed.
    #[schema(example = 1)]
    product_id: i64,
    /// Who wrote it, where known.
    #[schema(example = 7)]
    client_id: Option<i64>,
    /// Whether it is shown: `pending`, `published` or `rejected`.
    #[schema(value_type = String, pattern = "^(pending|published|rejected)$", example = "published")]
    status: &'static str,
    /// Whether its author had ordered the product when it was written.
    #[schema(example = true)]
    verified_purchase: bool,
}

impl From<Review> for ReviewFields {
    fn from(review: Review) -> Self {
        Self {
            id_key: review.id.0,
            rating: review.rating,
            comment: review.comment,
            product_id: review.product_id.0,
            client_id: review.client_id.map(|id| id.0),
            status: review.status.name(),
            verified_purchase: review.verified_purchase,
        }
    }
}

/// The status that a review is given.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"status": "rejected"}))]
pub(crate) struct ModerateReviewRequest {
    /// `published`: it is shown; `rejected`: it is not; `pending`: it waits in the queue again. In any case.
    #[schema(value_type = String, pattern = "^(pending|published|rejected)$")]
    pub(crate) status: ReviewStatus,
}

impl FromFields for ModerateReviewRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { status: fields.required("status")? })
    }
}

/// A review.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReviewResponse {
    #[serde(flatten)]
    review: ReviewFields,
    /// The product reviewed.
    product: Option<ProductFields>,
}

impl From<ReviewView> for ReviewResponse {
    fn from(view: ReviewView) -> Self {
        Self { review: view.review.into(), product: view.product.map(ProductFields::from) }
    }
}
