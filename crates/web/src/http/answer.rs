//! The shapes of successful answers that need more than a body: created and changed resources, and pages of lists.

pub(crate) mod cached;
mod list;

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::{
        StatusCode,
        header::{self, ContentType, HeaderValue},
    },
};
use serde::Serialize;
use serde_json::json;
use stockroom_service::{ShownRow, StoredResponse, Visible};

pub(crate) use list::{LIMIT_CAPPED, List, TOTAL_COUNT, TOTAL_COUNT_KIND, page_headers};

/// Tells that an answer was given before, to a request with the same key.
pub(crate) const IDEMPOTENT_REPLAYED: &str = "Idempotent-Replayed";

/// The `Cache-Control` of what no cache may keep.
pub(crate) const NO_STORE: &str = "no-store";

/// 201 with the new resource and where it is.
pub(crate) struct Created(pub(crate) StoredResponse);

/// 200 with what a request has changed.
pub(crate) struct Done(pub(crate) StoredResponse);

impl Responder for Created {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let ShownRow { resource, id, .. } = &self.0.row;
        let location = format!("/{resource}/{id}");
        let mut response = respond(StatusCode::CREATED, self.0.body, self.0.replayed);
        if let Ok(location) = HeaderValue::try_from(location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

impl Responder for Done {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        respond(StatusCode::OK, self.0.body, self.0.replayed)
    }
}

/// 200 with what is meant for whoever asked, and is kept by no cache on the way.
pub(crate) struct Confidential<T>(pub(crate) T);

impl<T: Serialize> Responder for Confidential<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().insert_header((header::CACHE_CONTROL, NO_STORE)).json(self.0)
    }
}

/// 200 with what the caller may see of the result of its write.
pub(crate) struct Updated(pub(crate) String);

impl Responder for Updated {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        respond(StatusCode::OK, self.0, false)
    }
}

fn respond(status: StatusCode, body: String, replayed: bool) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    if replayed {
        response.insert_header((IDEMPOTENT_REPLAYED, "true"));
    }
    response.content_type(ContentType::json()).body(body)
}

/// Renders what the caller may see of the result of its write, as the body `R`.
pub(crate) fn visible<V, R: From<V> + Serialize>(result: Visible<V>) -> String {
    match result {
        Visible::Shown(result) => render(&R::from(result)),
        Visible::IdOnly(id) => json!({ "id_key": id }).to_string(),
    }
}

/// Renders a body.
pub(crate) fn render(body: &impl Serialize) -> String {
    // Bodies are plain data with text keys, which always have a JSON form.
    serde_json::to_string(body).unwrap_or_default()
}
