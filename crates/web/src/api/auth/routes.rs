//! Registration, sign-in, and how a sign-in is kept up.

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::header::{CACHE_CONTROL, HeaderValue},
    post, web,
};
use serde_json::{Map, Value};
use stockroom_service::{Error, Idempotent, OwnAccount, Registered, Shop};
use utoipa_actix_web::service_config::ServiceConfig;

use super::bodies::{
    AccountResponse, LoginRequest, RefreshRequest, RegisterRequest, RegisteredResponse, SignedInResponse,
    TokensResponse,
};
use crate::{
    http::{
        answer::{Confidential, Created, NO_STORE, visible},
        extract::{Access, Anyone, Body, Keyed, Sender},
        fallback::fallback,
        problem::{Problem, ProblemCode},
    },
    schema::{BodyErrors, EveryError, Invalid, KeyErrors, KeyParam, RuleBroken, Unauthorized, Unrefreshed},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(login)
        .service(login_client)
        // Not the client called "login": its other methods are refused here.
        .route("/clients/login", web::to(fallback))
        .service(refresh)
        .service(register);
}

/// Signs in
///
/// The answer proves from now on who one is: see `access_token` and `refresh_token`.
#[utoipa::path(
    tag = "auth", operation_id = "login", request_body = LoginRequest,
    responses((status = 200, description = "Signed in", body = SignedInResponse), Unauthorized, BodyErrors, Invalid, EveryError)
)]
#[post("/auth/login")]
async fn login(
    shop: Access<Anyone>,
    sender: Sender,
    Body(request): Body<LoginRequest>,
) -> Result<Confidential<SignedInResponse>, Problem> {
    sign_in(&shop, request, sender).await
}

/// Signs in (the same as `/auth/login`)
#[utoipa::path(
    tag = "auth", operation_id = "loginClient", request_body = LoginRequest,
    responses((status = 200, description = "Signed in", body = SignedInResponse), Unauthorized, BodyErrors, Invalid, EveryError)
)]
#[post("/clients/login")]
async fn login_client(
    shop: Access<Anyone>,
    sender: Sender,
    Body(request): Body<LoginRequest>,
) -> Result<Confidential<SignedInResponse>, Problem> {
    sign_in(&shop, request, sender).await
}

async fn sign_in(
    shop: &Shop,
    request: LoginRequest,
    Sender(device): Sender,
) -> Result<Confidential<SignedInResponse>, Problem> {
    let signed_in = shop.sign_in(request.email.as_str(), request.password, &device).await?;
    Ok(Confidential(signed_in.into()))
}

/// Exchanges a refresh token for new tokens
///
/// Each is good for one use. A second use ends the session: one of the two who used it has stolen it.
#[utoipa::path(
    tag = "auth", operation_id = "refresh", request_body = RefreshRequest,
    responses((status = 200, description = "Refreshed", body = SignedInResponse), Unrefreshed, BodyErrors, Invalid, EveryError)
)]
#[post("/auth/refresh")]
async fn refresh(
    shop: Access<Anyone>,
    Body(request): Body<RefreshRequest>,
) -> Result<Confidential<SignedInResponse>, Problem> {
    Ok(Confidential(shop.refresh(&request.refresh_token).await?.into()))
}

/// Registers a client, and signs in
///
/// A known e-mail address is refused with 400 here (and with 409 by `POST /clients`). The answer to a repeated request has
/// tokens only if its password is right.
#[utoipa::path(
    tag = "auth", operation_id = "register", params(KeyParam), request_body = RegisterRequest,
    responses((status = 201, description = "Registered", body = RegisteredResponse), KeyErrors, RuleBroken, BodyErrors, Invalid, EveryError)
)]
#[post("/auth/register")]
async fn register(
    shop: Access<Anyone>,
    sender: Sender,
    Keyed { key, body }: Keyed<RegisterRequest>,
) -> Result<RegisteredAnswer, Problem> {
    let render = visible::<OwnAccount, AccountResponse>;
    let registered = shop.register(body.into(), &sender.0, Idempotent { key, render }).await;
    let registered = registered.map_err(|error| match error {
        Error::Duplicate { .. } => Problem::from(error).with_code(ProblemCode::EmailTaken),
        error => error.into(),
    })?;
    Ok(RegisteredAnswer(with_tokens(registered)))
}

/// 201 with an account, kept by no cache on the way.
struct RegisteredAnswer(Created);

impl Responder for RegisteredAnswer {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut response = self.0.respond_to(request);
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(NO_STORE));
        response
    }
}

/// What is told of an account, which may have been kept, with tokens, which never are.
fn with_tokens(Registered { mut response, signed_in }: Registered) -> Created {
    let account = serde_json::from_str::<Map<String, Value>>(&response.body);
    if let (Ok(mut body), Some(signed_in)) = (account, signed_in)
        // The address may be another account's by now.
        && body.get("id") == Some(&signed_in.client.id.0.into())
        && let Ok(Value::Object(tokens)) = serde_json::to_value(TokensResponse::from(signed_in.tokens))
    {
        body.extend(tokens);
        response.body = Value::Object(body).to_string();
    }
    Created(response)
}
