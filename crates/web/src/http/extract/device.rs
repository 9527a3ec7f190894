//! What a request comes from, as sessions remember it.

use std::{
    convert::Infallible,
    future::{Ready, ready},
};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{HeaderValue, USER_AGENT},
};
use stockroom_service::Device;

use crate::http::client_address::client_address;

/// What sends a request.
pub(crate) struct Sender(pub(crate) Device);

impl FromRequest for Sender {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let text = |name: &HeaderValue| String::from_utf8_lossy(name.as_bytes()).into_owned();
        ready(Ok(Self(Device {
            address: client_address(request),
            user_agent: request.headers().get(USER_AGENT).map(text),
        })))
    }
}
