//! Lets in what the shop can do at this moment of its life: before its database is there only what needs none; and what comes
//! on a connection while it stops is told that no more should.

use actix_web::{
    dev::{ServiceRequest, ServiceResponse},
    http::ConnectionType,
    web::Data,
};
use stockroom_service::{LifecycleState, Shop};

use crate::http::problem::Problem;

/// Paths, in their canonical form, that tell how the service is. They are never limited, and nobody has to be known.
const PROBES: [&str; 3] = ["/health_check", "/livez", "/readyz"];
/// Paths that need no database.
const PAGES: [&str; 4] = ["/", "/openapi.json", "/docs", "/redoc"];
const PAGES_BELOW: [&str; 2] = ["/docs/", "/redoc/"];

/// Whether it tells how the service is.
pub(super) fn is_probe(path: &str) -> bool {
    PROBES.contains(&path)
}

/// The refusal of what cannot be done yet.
pub(super) fn refusal(request: &ServiceRequest) -> Option<Problem> {
    let shop = request.app_data::<Data<Shop>>()?;
    let path = request.path();
    if shop.lifecycle().state() != LifecycleState::Starting
        || PAGES.contains(&path)
        || PAGES_BELOW.iter().any(|folder| path.starts_with(folder))
    {
        return None;
    }
    Some(Problem::unavailable())
}

/// The answer; the last one on its connection when the shop stops.
pub(super) fn ending<B>(mut response: ServiceResponse<B>) -> ServiceResponse<B> {
    let shop = response.request().app_data::<Data<Shop>>();
    if shop.is_some_and(|shop| shop.lifecycle().state() == LifecycleState::Stopping) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    response
}
