//! Bodies of HTML forms, for the one operation whose standard wants them.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde_json::{Map, Value};
use stockroom_input::{Fields, FromFields};
use url::form_urlencoded;

use super::body::read_bytes;
use crate::http::problem::Problem;

/// A body of names and values (`application/x-www-form-urlencoded`), read forgivingly like JSON.
pub(crate) struct Form<T>(pub(crate) T);

impl<T: FromFields + 'static> FromRequest for Form<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read_bytes(request, payload, &mime::APPLICATION_WWW_FORM_URLENCODED);
        Box::pin(async move { Ok(Self(Fields::read("body", values(&body.await?))?)) })
    }
}

/// Of a name that comes twice the last value counts.
fn values(body: &[u8]) -> Value {
    let pair = |(name, value): (_, std::borrow::Cow<'_, str>)| {
        let name: std::borrow::Cow<'_, str> = name;
        (name.into_owned(), Value::from(value.into_owned()))
    };
    Value::Object(form_urlencoded::parse(body).map(pair).collect::<Map<_, _>>())
}
