//! The shapes of successful answers that need more than a body: created and changed resources, and capped lists.

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
use stockroom_domain::{Page, PageLimits, PageRequest};
use stockroom_service::{Answer, Answered};

/// Names the limit that was applied when a list was asked for more rows than allowed.
pub(crate) const LIMIT_CAPPED: &str = "X-Limit-Capped";

/// Tells that an answer was given before, to a request with the same key.
pub(crate) const IDEMPOTENT_REPLAYED: &str = "Idempotent-Replayed";

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

/// 200 with a JSON array; a header tells when the limit asked for was capped.
pub(crate) struct List<T> {
    rows: Vec<T>,
    capped_to: Option<i64>,
}

impl<T> List<T> {
    /// The page that may be read, and how to answer its rows.
    pub(crate) fn page(request: PageRequest, limits: PageLimits) -> (Page, impl FnOnce(Vec<T>) -> Self) {
        let (page, capped) = request.within(limits);
        (page, move |rows| Self { rows, capped_to: capped.then_some(page.limit) })
    }
}

impl<T: Serialize> Responder for List<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        if let Some(limit) = self.capped_to {
            response.insert_header((LIMIT_CAPPED, limit));
        }
        response.json(self.rows)
    }
}
