//! Sign-in as OAuth 2 has it (RFC 6749, 4.3 and 6), for tools that speak that, such as Swagger UI.

use actix_web::post;
use serde_json::{Value, json};
use stockroom_domain::{GivenToken, Password, Text, Violation};
use stockroom_input::{Fields, FromFields};
use stockroom_service::Error;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::bodies::TokensResponse;
use crate::{
    http::{
        answer::Confidential,
        extract::{Access, Anyone, Form, Sender},
        problem::Problem,
    },
    schema::{BodyErrors, EveryError, Invalid, Unauthorized},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(token);
}

/// How tokens are asked for.
#[derive(Debug, ToSchema)]
#[schema(as = TokenRequest, example = json!({"grant_type": "password", "username": "ana@example.com", "password": "correct horse battery staple"}))]
#[expect(dead_code, reason = "it describes the fields of the form, which are read into a grant")]
struct TokenRequest {
    /// `password` or `refresh_token`.
    #[schema(pattern = "^(password|refresh_token)$")]
    grant_type: String,
    /// The account's e-mail address, for `password`.
    username: Option<String>,
    /// The account's password, for `password`.
    #[schema(format = Password)]
    password: Option<String>,
    /// For `refresh_token`.
    refresh_token: Option<String>,
}

/// What tokens are given for.
enum Grant {
    Password { username: Text<1, 320>, password: Password },
    Refresh(GivenToken),
}

impl FromFields for Grant {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let kind: Text<1, 50> = fields.required("grant_type")?;
        match kind.as_str() {
            "password" => {
                let (username, password) = (fields.required("username"), fields.required("password"));
                Some(Self::Password { username: username?, password: password? })
            }
            "refresh_token" => Some(Self::Refresh(fields.required("refresh_token")?)),
            other => {
                let violation = Violation::new("enum", "Input should be password or refresh_token");
                fields.refuse("grant_type", violation, Value::from(other));
                None
            }
        }
    }
}

/// Signs in, as OAuth 2 has it
///
/// The same as `/auth/login` and `/auth/refresh`, as a form. A refusal has the standard's `error`, too.
#[utoipa::path(
    tag = "auth", operation_id = "getToken",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "Signed in", body = TokensResponse), Unauthorized, BodyErrors, Invalid, EveryError)
)]
#[post("/auth/token")]
async fn token(
    shop: Access<Anyone>,
    Sender(device): Sender,
    Form(grant): Form<Grant>,
) -> Result<Confidential<TokensResponse>, Problem> {
    let signed_in = match grant {
        Grant::Password { username, password } => shop.sign_in(username.as_str(), password, &device).await,
        Grant::Refresh(token) => shop.refresh(&token).await,
    };
    let signed_in = signed_in.map_err(|error| match error {
        Error::InvalidCredentials | Error::InvalidRefreshToken => {
            Problem::from(error).with_member("error", json!("invalid_grant"))
        }
        error => error.into(),
    })?;
    Ok(Confidential(signed_in.tokens.into()))
}
