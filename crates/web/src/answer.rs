//! The shapes of successful answers that need more than a body: created resources and capped lists.

use std::fmt::Display;

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody, http::header};
use serde::Serialize;
use stockroom_domain::{Page, PageLimits, PageRequest};

/// Names the limit that was applied when a list was asked for more rows than allowed.
pub(crate) const LIMIT_CAPPED: &str = "X-Limit-Capped";

/// 201 with the new resource and where it is.
pub(crate) struct Created<T> {
    location: String,
    body: T,
}

impl<T> Created<T> {
    pub(crate) fn new(collection: &str, id: impl Display, body: T) -> Self {
        Self { location: format!("/{collection}/{id}"), body }
    }
}

impl<T: Serialize> Responder for Created<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Created().insert_header((header::LOCATION, self.location)).json(self.body)
    }
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
