//! The shapes of successful answers that need more than a body: created and changed resources, and pages of lists.

pub(crate) mod cached;
mod list;

use std::fmt::Display;

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::{
        StatusCode,
        header::{self, ContentType},
    },
};
use serde::Serialize;
use stockroom_service::{Answer, Answered};

pub(crate) use list::{LIMIT_CAPPED, List, TOTAL_COUNT, TOTAL_COUNT_KIND, page_headers};

/// Tells that an answer was given before, to a request with the same key.
pub(crate) const IDEMPOTENT_REPLAYED: &str = "Idempotent-Replayed";

/// The `Cache-Control` of what no cache may keep.
pub(crate) const NO_STORE: &str = "no-store";

/// 201 with the new resource and where it is.
pub(crate) struct Created(pub(crate) Answered);

/// 200 with what a request has changed.
pub(crate) struct Done(pub(crate) Answered);

impl Responder for Created {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        respond(StatusCode::CREATED, self.0)
    }
}

impl Responder for Done {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        respond(StatusCode::OK, self.0)
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

fn respond(status: StatusCode, Answered { answer, replayed }: Answered) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    if let Some(location) = answer.location {
        response.insert_header((header::LOCATION, location));
    }
    if replayed {
        response.insert_header((IDEMPOTENT_REPLAYED, "true"));
    }
    response.content_type(ContentType::json()).body(answer.body)
}

/// What the caller is told about a new resource.
pub(crate) fn created(collection: &str, id: impl Display, body: &impl Serialize) -> Answer {
    Answer { location: Some(format!("/{collection}/{id}")), ..done(body) }
}

/// What the caller is told about a change.
pub(crate) fn done(body: &impl Serialize) -> Answer {
    // Bodies are plain data with text keys, which always have a JSON form.
    Answer { location: None, body: serde_json::to_string(body).unwrap_or_default() }
}
