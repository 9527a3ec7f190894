//! Where somebody is signed in.

use actix_web::{HttpResponse, delete, get, post};
use stockroom_domain::SessionId;
use stockroom_service::Error;
use utoipa_actix_web::service_config::ServiceConfig;

use super::bodies::SessionResponse;
use crate::{
    api::auth::bodies::MeResponse,
    http::{
        answer::Confidential,
        extract::{Access, Id, SignedIn},
        problem::Problem,
    },
    schema::{EveryError, IdParam, Invalid, Needs, NotFound},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(me).service(list).service(end).service(logout);
}

/// Shows who is signed in
#[utoipa::path(
    tag = "auth", operation_id = "getMe",
    responses((status = 200, description = "The account", body = MeResponse), Needs<SignedIn>, EveryError)
)]
#[get("/auth/me")]
async fn me(shop: Access<SignedIn>) -> Result<Confidential<MeResponse>, Problem> {
    // An account that was deleted a moment ago is signed in no more.
    let account = shop.get_own_account().await.map_err(|error| match error {
        Error::NotFound { .. } => Error::InvalidToken,
        error => error,
    })?;
    Ok(Confidential(account.into()))
}

/// Lists where one is signed in
///
/// The sessions that have not ended, those used last first, 100 at most.
#[utoipa::path(
    tag = "auth", operation_id = "listSessions",
    responses((status = 200, description = "The sessions", body = [SessionResponse]), Needs<SignedIn>, EveryError)
)]
#[get("/auth/sessions")]
async fn list(shop: Access<SignedIn>) -> Result<Confidential<Vec<SessionResponse>>, Problem> {
    let (_, current) = shop.caller().session().ok_or(Error::NotSignedIn)?;
    let sessions = shop.list_sessions().await?;
    Ok(Confidential(sessions.into_iter().map(SessionResponse::seen_by(current)).collect()))
}

/// Signs out elsewhere
///
/// Ends a session of one's own. It ends at once on the server that answers, and within five seconds on others.
#[utoipa::path(
    tag = "auth", operation_id = "endSession", params(IdParam),
    responses((status = 204, description = "Ended"), Needs<SignedIn>, NotFound, Invalid, EveryError)
)]
#[delete("/auth/sessions/{id_key}")]
async fn end(shop: Access<SignedIn>, Id(id): Id<SessionId>) -> Result<HttpResponse, Problem> {
    shop.end_session(id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Signs out
///
/// Ends the session whose access token this is.
#[utoipa::path(
    tag = "auth", operation_id = "logout",
    responses((status = 204, description = "Signed out"), Needs<SignedIn>, EveryError)
)]
#[post("/auth/logout")]
async fn logout(shop: Access<SignedIn>) -> Result<HttpResponse, Problem> {
    match shop.log_out().await {
        // Ended a moment ago is ended.
        Ok(()) | Err(Error::NotFound { .. }) => Ok(HttpResponse::NoContent().finish()),
        Err(error) => Err(error.into()),
    }
}
