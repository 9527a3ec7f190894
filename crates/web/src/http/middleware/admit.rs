//! What is decided about a request before it is routed: who sends it, whether they have asked too often, and when it is its
//! turn. A write that has begun is ended, whether or not its client waits for the answer.

use std::panic::resume_unwind;

use actix_web::{
    Error, HttpMessage,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};

use stockroom_service::Shop;
use tracing::Instrument;

use super::{
    authenticate, gate, rate_limit,
    shed::{self, Entered},
};
use crate::http::{problem::Problem, route_table::Routed, unread::leave_unread};

/// Routes what may be routed.
pub(crate) async fn admit<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let Routed { policy, .. } = Routed::of(request.request());
    if policy.handling.probe {
        return Ok(gate::ending(next.call(request).await?.map_into_left_body()));
    }
    if let Some(refusal) = gate::refusal(&request, policy) {
        return Ok(refuse(request, refusal));
    }
    let brought = authenticate::credentials(&request);
    let mut turn = None;
    // Who asks by a token or not at all is counted first: those who ask too often do not wait with the others. A key has to be
    // looked up before.
    let by_key = brought.is_some_and(Shop::is_api_key);
    if by_key {
        match shed::enter(&request, brought).await {
            Ok(entered) => turn = entered,
            Err(refusal) => return Ok(refuse(request, refusal)),
        }
    }
    let key = authenticate::by_key(&request, brought).await;
    let verdict = rate_limit::count(&request, policy, key).await;
    if let Some(refusal) = verdict.as_ref().and_then(rate_limit::refusal) {
        let mut response = refuse(request, refusal);
        rate_limit::tell(verdict.as_ref(), &mut response);
        return Ok(response);
    }
    if !by_key {
        match shed::enter(&request, brought).await {
            Ok(entered) => turn = entered,
            Err(refusal) => {
                let mut response = refuse(request, refusal);
                rate_limit::tell(verdict.as_ref(), &mut response);
                return Ok(response);
            }
        }
        authenticate::by_token(&request, brought, policy.session_check).await;
    }
    let answered = if request.method().is_safe() {
        let answered = next.call(request).await;
        drop(turn);
        answered.map(ServiceResponse::map_into_left_body)
    } else {
        to_the_end(request, next, turn).await
    };
    let mut response = answered?;
    rate_limit::tell(verdict.as_ref(), &mut response);
    Ok(gate::ending(response))
}

/// Answers without a look at the body.
fn refuse<B>(mut request: ServiceRequest, refusal: Problem) -> ServiceResponse<EitherBody<B>> {
    leave_unread(request.take_payload());
    gate::ending(request.error_response(refusal).map_into_right_body())
}

/// Has a request answered by a task of its own, which goes on when the client does not wait any more: what it does is done
/// as a whole. A shop that stops waits for it.
async fn to_the_end<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
    turn: Option<Entered>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let write = request.app_data::<Data<Shop>>().map(|shop| shop.lifecycle().begin_write());
    if matches!(write, Some(None)) {
        return Ok(refuse(request, Problem::unavailable()));
    }
    let answering = async move {
        let answered = next.call(request).await;
        drop((turn, write));
        answered
    };
    match actix_web::rt::spawn(answering.in_current_span()).await {
        Ok(answered) => Ok(answered?.map_into_left_body()),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The thread stops.
            Err(_) => Err(Problem::internal().into()),
        },
    }
}
