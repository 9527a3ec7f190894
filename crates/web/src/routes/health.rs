//! What the service is and how it is.

use actix_web::{HttpResponse, get, http::StatusCode, web::Json};
use chrono::Utc;
use serde::Serialize;
use stockroom_domain::{Fields, FromFields};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    bodies::health::{HealthLevel, HealthResponse},
    extract::{Access, Anyone, Query},
    openapi::{EveryError, Invalid},
    problem::Problem,
};

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(index).service(health_check);
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
}

impl FromFields for HealthFilter {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { strict: fields.optional("strict")? })
    }
}

/// Tells how the service and its parts are
///
/// Always 200, unless `strict` is set and a part is critical. Exempt from rate limits.
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
    Query(HealthFilter { strict }): Query<HealthFilter>,
) -> Result<HttpResponse, Problem> {
    let health = HealthResponse::new(shop.health().await, Utc::now());
    let failing = strict.unwrap_or_default() && health.status == HealthLevel::Critical;
    let status = if failing { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    Ok(HttpResponse::build(status).json(health))
}
