//! Every failure as an RFC 9457 problem document. One table maps codes to statuses and titles.
//!
//! Clients of the contract read `detail` and `message`; both are always there. What went wrong inside is logged once,
//! here, and never shown.

mod code;
mod document;
mod rate_limited;

use std::fmt;

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use serde_json::{Map, Value, json};
use stockroom_domain::{Refusal, Shortage};
use stockroom_input::{FieldViolation, Violations};
use stockroom_limits::Policy;
use stockroom_service::Error;

pub use code::ProblemCode;
pub(crate) use document::ProblemDocument;
pub(crate) use rate_limited::{LIMIT, standing};

/// A failure on its way to the client.
#[derive(Debug)]
pub struct Problem {
    pub(crate) code: ProblemCode,
    pub(crate) detail: Detail,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) retry_after: Option<u64>,
    /// What programs are told beyond the sentence.
    pub(crate) members: Option<Box<Map<String, Value>>>,
    /// The rate limit that refuses. `RateLimit-Policy` lists others too, which are not known here.
    pub(crate) refused_by: Option<Box<Policy>>,
    request_id: Option<String>,
}

/// What the client is told beyond the code.
#[derive(Debug)]
pub(crate) enum Detail {
    Text(String),
    Fields(Vec<FieldViolation>),
}

impl Problem {
    pub(crate) fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: Detail::Text(detail.into()),
            headers: Vec::new(),
            retry_after: None,
            members: None,
            refused_by: None,
            request_id: None,
        }
    }

    /// A fault of ours: the client learns nothing but the request id.
    pub(crate) fn internal() -> Self {
        Self::new(ProblemCode::Internal, ProblemCode::Internal.title())
    }

    /// It cannot be done now, and may be a moment later.
    pub(crate) fn unavailable() -> Self {
        Self::unavailable_for(1)
    }

    /// It cannot be done now, and may be after so many seconds.
    pub(crate) fn unavailable_for(seconds: u64) -> Self {
        Self::new(ProblemCode::Unavailable, ProblemCode::Unavailable.title()).with_retry_after(seconds)
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Tells the client when to come back, in the body and in `Retry-After`.
    pub(crate) fn with_retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }.with_header("Retry-After", seconds.to_string())
    }

    /// Remembers the id of the request, for an answer that is made where the request is not known.
    pub(crate) fn with_request_id(self, id: String) -> Self {
        Self { request_id: Some(id), ..self }
    }

    /// Tells programs more: a member of the problem document.
    pub(crate) fn with_member(mut self, name: &str, value: Value) -> Self {
        self.members.get_or_insert_default().insert(name.to_owned(), value);
        self
    }

    /// The same failure under another code.
    pub(crate) fn with_code(self, code: ProblemCode) -> Self {
        Self { code, ..self }
    }
}

impl From<Violations> for Problem {
    fn from(violations: Violations) -> Self {
        Self { detail: Detail::Fields(violations.0), ..Self::new(ProblemCode::InvalidRequest, "") }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound { .. } => Self::new(ProblemCode::NotFound, error.to_string()),
            Error::Duplicate { .. } => Self::new(ProblemCode::Duplicate, error.to_string()),
            Error::Refused(refusal) => of_refusal(&refusal),
            Error::KeyInUse => {
                Self::new(ProblemCode::IdempotencyKeyInUse, error.to_string()).with_retry_after(1)
            }
            Error::KeyReused => Self::new(ProblemCode::IdempotencyKeyReused, error.to_string()),
            Error::NotSignedIn => Self::new(ProblemCode::NotSignedIn, error.to_string())
                .with_header("WWW-Authenticate", "Bearer"),
            Error::InvalidToken | Error::InvalidRefreshToken => {
                Self::new(ProblemCode::InvalidToken, error.to_string())
                    .with_header("WWW-Authenticate", "Bearer error=\"invalid_token\"")
            }
            Error::InvalidCredentials => Self::new(ProblemCode::InvalidCredentials, error.to_string()),
            Error::InvalidResetToken => Self::new(ProblemCode::InvalidResetToken, error.to_string()),
            Error::Throttled(decision) => Self::rate_limited(&decision),
            Error::Unavailable(reason) => {
                tracing::warn!(reason, "unavailable");
                Self::unavailable()
            }
            Error::InvalidRedisUrl(reason) | Error::InvalidSettings(reason) => {
                tracing::error!(reason, "internal error");
                Self::internal()
            }
            Error::Internal(cause) => {
                tracing::error!(error = chain(&*cause), "internal error");
                Self::internal()
            }
        }
    }
}

fn of_refusal(refusal: &Refusal) -> Problem {
    let problem = Problem::new(ProblemCode::of_refusal(refusal), refusal.to_string());
    match refusal {
        Refusal::InsufficientStockForOrder(shortages) => {
            let short = |short: &Shortage| {
                json!({
                    "product_id": short.product, "requested": short.requested, "available": short.available,
                })
            };
            problem.with_member("shortages", shortages.iter().map(short).collect())
        }
        Refusal::TotalMismatch { total, .. } => problem.with_member("total", json!(total)),
        Refusal::NotPermitted(permission) => problem.with_member("permission", json!(permission.name())),
        Refusal::StockChanged { available, .. } => problem.with_member("stock", json!(available)),
        _ => problem,
    }
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.detail {
            Detail::Text(text) => f.write_str(text),
            Detail::Fields(_) => f.write_str(self.code.title()),
        }
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.response(self.request_id.as_deref())
    }
}

impl Problem {
    /// The answer, with the id of the request where it is known.
    pub(crate) fn response(&self, request_id: Option<&str>) -> HttpResponse {
        let mut response = HttpResponse::build(self.code.status());
        for (name, value) in &self.headers {
            response.insert_header((*name, value.as_str()));
        }
        let body = serde_json::to_vec(&ProblemDocument::new(self, request_id)).unwrap_or_default();
        response.content_type("application/problem+json").body(body)
    }
}
