//! What a request can change about an address.

use stockroom_domain::AddressChanges;

use crate::{Fields, FromFields};

impl FromFields for AddressChanges {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            street: fields.nullable_change("street"),
            number: fields.nullable_change("number"),
            city: fields.nullable_change("city"),
            client_id: fields.change("client_id"),
        })
    }
}
