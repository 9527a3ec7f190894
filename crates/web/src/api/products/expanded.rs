//! A product with its relations.

use serde::Serialize;
use stockroom_service::ProductView;
use utoipa::ToSchema;

use super::bodies::ProductFields;
use crate::{
    api::{categories::bodies::CategoryReference, reviews::bodies::ReviewFields},
    http::rows::all,
};

/// A product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductResponse {
    #[serde(flatten)]
    product: ProductFields,
    /// Its category.
    category: Option<CategoryReference>,
    /// Its first 100 published reviews; in lists only with `expand=reviews`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reviews: Option<Vec<ReviewFields>>,
    /// Always empty, for clients that expect the field.
    #[schema(value_type = Vec<Object>, max_items = 0)]
    order_details: [(); 0],
}

impl From<ProductView> for ProductResponse {
    fn from(view: ProductView) -> Self {
        Self {
            product: view.product.into(),
            category: view.category.map(CategoryReference::from),
            reviews: view.reviews.map(all),
            order_details: [],
        }
    }
}
