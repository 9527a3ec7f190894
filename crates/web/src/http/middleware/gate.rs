//! Lets in what the shop can do at this moment of its life: before its database is there only what needs none; and what comes
//! on a connection while it stops is told that no more should.

use actix_web::{
    dev::{ServiceRequest, ServiceResponse},
    http::ConnectionType,
    web::Data,
};
use stockroom_service::{LifecycleState, Shop};

use crate::http::{problem::Problem, route_policy::RoutePolicy};

/// The refusal of what cannot be done yet.
pub(super) fn refusal(request: &ServiceRequest, policy: RoutePolicy) -> Option<Problem> {
    let shop = request.app_data::<Data<Shop>>()?;
    let is_early = shop.lifecycle().state() == LifecycleState::Starting && policy.handling.needs_database;
    is_early.then(Problem::unavailable)
}

/// The answer; the last one on its connection when the shop stops.
pub(super) fn ending<B>(mut response: ServiceResponse<B>) -> ServiceResponse<B> {
    let shop = response.request().app_data::<Data<Shop>>();
    if shop.is_some_and(|shop| shop.lifecycle().state() == LifecycleState::Stopping) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    response
}
