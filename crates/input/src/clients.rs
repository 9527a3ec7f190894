//! What a request can change about a client. The hash of a password is never among it.

use stockroom_domain::ClientChanges;

use crate::{Fields, FromFields};

impl FromFields for ClientChanges {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            name: fields.change("name"),
            lastname: fields.change("lastname"),
            email: fields.change("email"),
            telephone: fields.nullable_change("telephone"),
            password_hash: None,
        })
    }
}
