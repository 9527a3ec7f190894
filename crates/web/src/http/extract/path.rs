//! The id in a path.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde_json::Value;
use stockroom_input::{FieldValue, Violations};

use crate::http::problem::Problem;

/// The `{id_key}` of a path.
pub(crate) struct Id<T>(pub(crate) T);

impl<T: FieldValue> FromRequest for Id<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let text = Value::from(request.match_info().query("id_key"));
        ready(match T::read(&text) {
            Ok(id) => Ok(Self(id)),
            Err(violation) => Err(Violations::one("path", "id_key", violation, text).into()),
        })
    }
}
