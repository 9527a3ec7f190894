//! What the service is and how it is.

use actix_web::{
    HttpResponse, get,
    http::StatusCode,
    web::{self, Data, Json},
};
use chrono::Utc;
use serde::Serialize;
use stockroom_input::{Fields, FromFields};
use stockroom_service::Shop;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    bodies::{HealthLevel, HealthResponse},
    readiness::ReadinessResponse,
};
use crate::{
    http::{
        extract::{Access, Anyone, Query},
        problem::Problem,
    },
    schema::{EveryError, Invalid},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(index).service(health_check).service(livez).service(readyz);
}

/// Registers `GET /livez` and `GET /readyz`, for another server than the one of the API. It needs the [`Shop`] as
/// [`Data`], and nothing else.
pub(crate) fn probes(config: &mut web::ServiceConfig) {
    config.service(livez).service(readyz);
}

/// What this service is, and where to read on.
#[derive(Debug, Serialize, ToSchema)]
struct IndexResponse {
    /// Name of the service.
    #[schema(example = "stockroom")]
    name: &'static str,
    /// Its version.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// Swagger UI.
    #[schema(example = "/docs")]
    docs: &'static str,
    /// The OpenAPI document.
    #[schema(example = "/openapi.json")]
    openapi: &'static str,
    /// The health check.
    #[schema(example = "/health_check")]
    health: &'static str,
}

/// Tells what this service is
#[utoipa::path(
    tag = "service", operation_id = "index",
    responses((status = 200, description = "The service and its pages", body = IndexResponse), EveryError)
)]
#[get("/")]
async fn index() -> Json<IndexResponse> {
    Json(IndexResponse {
        name: "stockroom",
        version: env!("CARGO_PKG_VERSION"),
        docs: "/docs",
        openapi: "/openapi.json",
        health: "/health_check",
    })
}

/// How the health check answers.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct HealthFilter {
    /// Answer 503 when a part is critical.
    #[param(value_type = Option<bool>, example = "1")]
    strict: Option<bool>,
    /// Show the last changes of the parts.
    #[param(value_type = Option<bool>, example = "1")]
    history: Option<bool>,
}

impl FromFields for HealthFilter {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        // Both are read, so that both are told when both are wrong.
        let (strict, history) = (fields.optional("strict"), fields.optional("history"));
        Some(Self { strict: strict?, history: history? })
    }
}

/// Tells how the service and its parts are
///
/// Always 200, unless `strict` is set and a part is critical. What it shows was seen a second ago at most. Exempt from rate
/// limits.
#[utoipa::path(
    tag = "service", operation_id = "healthCheck", params(HealthFilter),
    responses(
        (status = 200, description = "How the parts are", body = HealthResponse),
        (status = 503, description = "With `strict`: a part is critical", body = HealthResponse),
        Invalid
    )
)]
#[get("/health_check")]
async fn health_check(
    shop: Access<Anyone>,
    Query(HealthFilter { strict, history }): Query<HealthFilter>,
) -> Result<HttpResponse, Problem> {
    let health = HealthResponse::new(shop.health().await, Utc::now(), history.unwrap_or_default());
    let failing = strict.unwrap_or_default() && health.status == HealthLevel::Critical;
    let status = if failing { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    Ok(HttpResponse::build(status).json(health))
}

/// That the program runs.
#[derive(Debug, Serialize, ToSchema)]
struct LivenessResponse {
    /// Always `alive`.
    #[schema(example = "alive")]
    status: &'static str,
}

/// Tells that the program runs
///
/// Always 200, at once: a program that does not answer should be started again. It says nothing of the database. Exempt from
/// rate limits.
#[utoipa::path(
    tag = "service", operation_id = "livez",
    responses((status = 200, description = "The program runs", body = LivenessResponse))
)]
#[get("/livez")]
async fn livez() -> Json<LivenessResponse> {
    Json(LivenessResponse { status: "alive" })
}

/// Tells whether requests should be sent here
///
/// 503 while the service starts or stops, its database does not answer or lacks migrations, or no more orders can wait;
/// `failing` names which. What it shows of the database was seen a second ago at most. Exempt from rate limits.
#[utoipa::path(
    tag = "service", operation_id = "readyz",
    responses(
        (status = 200, description = "Requests should be sent here", body = ReadinessResponse),
        (status = 503, description = "They should not: `failing` says why", body = ReadinessResponse)
    )
)]
#[get("/readyz")]
async fn readyz(shop: Data<Shop>) -> HttpResponse {
    let readiness = shop.readiness().await;
    let ready = readiness.is_ready();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    HttpResponse::build(status).json(ReadinessResponse::from(readiness))
}
