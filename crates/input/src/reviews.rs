//! What a request can change about a review.

use stockroom_domain::ReviewChanges;

use crate::{Fields, FromFields};

impl FromFields for ReviewChanges {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            rating: fields.change("rating"),
            comment: fields.nullable_change("comment"),
            product_id: fields.change("product_id"),
            client_id: fields.nullable_change("client_id"),
        })
    }
}
