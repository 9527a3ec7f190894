//! What a request can change about a product.

use stockroom_domain::ProductChanges;

use crate::{Fields, FromFields};

impl FromFields for ProductChanges {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            name: fields.change("name"),
            price: fields.change("price"),
            stock: fields.change("stock"),
            category_id: fields.change("category_id"),
            description: fields.nullable_change("description"),
            image_url: fields.nullable_change("image_url"),
            image: fields.nullable_change("image"),
            sku: fields.nullable_change("sku"),
            active: fields.change("active"),
            expected_stock: fields.change("expected_stock"),
        })
    }
}
