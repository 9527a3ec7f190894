//! What a request can change about a category.

use stockroom_domain::CategoryChanges;

use crate::{Fields, FromFields};

impl FromFields for CategoryChanges {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { name: fields.change("name"), description: fields.nullable_change("description") })
    }
}
