//! What is decided about a request before it is routed: which path it means, who sends it, and whether they have asked too
//! often.

use actix_web::{
    Error, HttpMessage,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

use super::{authenticate, gate, normalize::normalize, rate_limit};
use crate::extract::leave_unread;

/// Routes what may be routed, under its canonical path.
pub(crate) async fn admit<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    normalize(&mut request);
    if gate::is_probe(request.path()) {
        return Ok(gate::ending(next.call(request).await?.map_into_left_body()));
    }
    if let Some(refusal) = gate::refusal(&request) {
        leave_unread(request.take_payload());
        return Ok(request.error_response(refusal).map_into_right_body());
    }
    let brought = authenticate::credentials(&request);
    let key = authenticate::by_key(&request, brought).await;
    let verdict = rate_limit::count(&request, key).await;
    if let Some(refusal) = verdict.as_ref().and_then(rate_limit::refusal) {
        leave_unread(request.take_payload());
        let mut response = request.error_response(refusal).map_into_right_body();
        rate_limit::tell(verdict.as_ref(), &mut response);
        return Ok(response);
    }
    if key.is_none() {
        authenticate::by_token(&request, brought).await;
    }
    let mut response = next.call(request).await?.map_into_left_body();
    rate_limit::tell(verdict.as_ref(), &mut response);
    Ok(gate::ending(response))
}
