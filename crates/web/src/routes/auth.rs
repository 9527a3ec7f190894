//! Registration and sign-in.

use actix_web::{
    post,
    web::{self, Json},
};
use stockroom_domain::Client;
use stockroom_service::{Error, Once, Shop};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    answer::{Created, created},
    bodies::accounts::{AccountResponse, LoginRequest, RegisterRequest},
    extract::{Access, Anyone, Body, Keyed},
    fallback::fallback,
    openapi::{BodyErrors, EveryError, Invalid, KeyErrors, KeyParam, RuleBroken, Unauthorized},
    problem::{Problem, ProblemCode},
};

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(login)
        .service(login_client)
        // Not the client called "login": its other methods are refused here.
        .route("/clients/login", web::to(fallback))
        .service(register);
}

/// Signs in
#[utoipa::path(
    tag = "auth", operation_id = "login", request_body = LoginRequest,
    responses((status = 200, description = "Signed in", body = AccountResponse), Unauthorized, BodyErrors, Invalid, EveryError)
)]
#[post("/auth/login")]
async fn login(
    shop: Access<Anyone>,
    Body(request): Body<LoginRequest>,
) -> Result<Json<AccountResponse>, Problem> {
    sign_in(&shop, request).await
}

/// Signs in (the same as `/auth/login`)
#[utoipa::path(
    tag = "auth", operation_id = "loginClient", request_body = LoginRequest,
    responses((status = 200, description = "Signed in", body = AccountResponse), Unauthorized, BodyErrors, Invalid, EveryError)
)]
#[post("/clients/login")]
async fn login_client(
    shop: Access<Anyone>,
    Body(request): Body<LoginRequest>,
) -> Result<Json<AccountResponse>, Problem> {
    sign_in(&shop, request).await
}

async fn sign_in(shop: &Shop, request: LoginRequest) -> Result<Json<AccountResponse>, Problem> {
    let client = shop.sign_in(request.email.as_str(), request.password).await?;
    Ok(Json(client.into()))
}

/// Registers a client
///
/// A known e-mail address is refused with 400 here (and with 409 by `POST /clients`).
#[utoipa::path(
    tag = "auth", operation_id = "register", params(KeyParam), request_body = RegisterRequest,
    responses((status = 201, description = "Registered", body = AccountResponse), KeyErrors, RuleBroken, BodyErrors, Invalid, EveryError)
)]
#[post("/auth/register")]
async fn register(
    shop: Access<Anyone>,
    Keyed { key, body }: Keyed<RegisterRequest>,
) -> Result<Created, Problem> {
    let answer = |client: Client| created("clients", client.id, &AccountResponse::from(client));
    let registered = shop.register(body.into(), Once { key, answer }).await;
    let registered = registered.map_err(|error| match error {
        Error::Duplicate { .. } => Problem::from(error).with_code(ProblemCode::EmailTaken),
        error => error.into(),
    })?;
    Ok(Created(registered))
}
