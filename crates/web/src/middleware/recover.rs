//! Turns every failure into a problem document with the id of its request: problems of ours, errors of the framework,
//! and panics.

use std::panic::AssertUnwindSafe;

use actix_web::{
    Error, HttpMessage, HttpRequest,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
};
use futures_util::FutureExt;

use super::RequestId;
use crate::problem::{Problem, ProblemCode};

/// Answers failures; lets successes through.
pub(crate) async fn recover<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let http_request = request.request().clone();
    let outcome = AssertUnwindSafe(next.call(request)).catch_unwind().await;
    let problem = match outcome {
        Err(_panic) => answer(&http_request, &Problem::internal()), // The panic hook has logged it.
        Ok(Err(error)) => answer(&http_request, &of_error(&error)),
        Ok(Ok(response)) => match response.response().error() {
            None => return Ok(response.map_into_left_body()),
            Some(error) => match error.as_error::<Problem>() {
                Some(problem) => answer(&http_request, problem),
                None => answer(&http_request, &of_error(error)),
            },
        },
    };
    // The answer keeps the request that was routed, for its pattern in the log.
    Ok(ServiceResponse::new(http_request, problem).map_into_right_body())
}

fn answer(request: &HttpRequest, problem: &Problem) -> actix_web::HttpResponse {
    let extensions = request.extensions();
    problem.response(extensions.get::<RequestId>().map(|id| id.0.as_str()))
}

/// The problem that an error of the framework stands for.
fn of_error(error: &Error) -> Problem {
    let status = error.as_response_error().status_code();
    let code = match status {
        StatusCode::NOT_FOUND => ProblemCode::UnknownPath,
        StatusCode::METHOD_NOT_ALLOWED => ProblemCode::MethodNotAllowed,
        StatusCode::REQUEST_TIMEOUT => ProblemCode::Timeout,
        StatusCode::PAYLOAD_TOO_LARGE => ProblemCode::TooLarge,
        status if status.is_client_error() => ProblemCode::BadRequest,
        _ => {
            tracing::error!(%error, "internal error");
            return Problem::internal();
        }
    };
    Problem::new(code, code.title())
}
