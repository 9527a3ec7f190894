//! What is decided about a request before it is routed: which path it means, and whether its client has asked too often.

use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

use super::{normalize::normalize, rate_limit};

/// Routes what may be routed, under its canonical path.
pub(crate) async fn admit<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    normalize(&mut request);
    let Some(standing) = rate_limit::count(&request) else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let mut response = match standing.refusal() {
        Some(refusal) => request.error_response(refusal).map_into_right_body(),
        None => next.call(request).await?.map_into_left_body(),
    };
    standing.tell(response.headers_mut());
    Ok(response)
}
