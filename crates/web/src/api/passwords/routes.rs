//! New passwords, by the old one or by mail.

use actix_web::{HttpResponse, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::bodies::{ChangePasswordRequest, ForgotPasswordRequest, MailedResponse, ResetPasswordRequest};
use crate::{
    http::{
        extract::{Access, Anyone, Body, Sender, SignedIn},
        problem::Problem,
    },
    schema::{BodyErrors, EveryError, Invalid, Needs, Unreset},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(change).service(forgot).service(reset);
}

/// Changes one's password
///
/// All other sessions of the account end. A wrong current password is 401 `invalid_credentials`.
#[utoipa::path(
    tag = "auth", operation_id = "changePassword", request_body = ChangePasswordRequest,
    responses((status = 204, description = "Changed"), Needs<SignedIn>, BodyErrors, Invalid, EveryError)
)]
#[post("/auth/password")]
async fn change(
    shop: Access<SignedIn>,
    sender: Sender,
    Body(request): Body<ChangePasswordRequest>,
) -> Result<HttpResponse, Problem> {
    let ChangePasswordRequest { current_password, new_password } = request;
    shop.change_password(current_password, new_password, sender.0.address).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Asks for a mail that lets set a new password
///
/// Answered alike whether or not there is such an account: only its mailbox knows. The mailed token is good for one use
/// within an hour, and until another mail is asked for.
#[utoipa::path(
    tag = "auth", operation_id = "forgotPassword", request_body = ForgotPasswordRequest,
    responses((status = 202, description = "If there is such an account, a mail is on its way", body = MailedResponse), BodyErrors, Invalid, EveryError)
)]
#[post("/auth/password/forgot")]
async fn forgot(
    shop: Access<Anyone>,
    sender: Sender,
    Body(request): Body<ForgotPasswordRequest>,
) -> Result<HttpResponse, Problem> {
    shop.forget_password(&request.email, sender.0.address).await?;
    Ok(HttpResponse::Accepted().json(MailedResponse::TO_EVERYBODY))
}

/// Sets a new password by a mailed token
///
/// All sessions of the account end.
#[utoipa::path(
    tag = "auth", operation_id = "resetPassword", request_body = ResetPasswordRequest,
    responses((status = 204, description = "Set"), Unreset, BodyErrors, Invalid, EveryError)
)]
#[post("/auth/password/reset")]
async fn reset(
    shop: Access<Anyone>,
    sender: Sender,
    Body(request): Body<ResetPasswordRequest>,
) -> Result<HttpResponse, Problem> {
    shop.reset_password(&request.token, request.password, sender.0.address).await?;
    Ok(HttpResponse::NoContent().finish())
}
