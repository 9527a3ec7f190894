//! What an operation needs its caller to be, as the document tells it: how to prove who one is, and the permission.

use stockroom_domain::Permission;
use utoipa::openapi::{
    Components, OpenApi,
    path::Operation,
    security::{
        ApiKey, ApiKeyValue, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Password, Scopes,
        SecurityRequirement, SecurityScheme,
    },
};

use stockroom_service::{Bypass, Need};

const SIGN_IN: &str = "sign_in";
const TOKEN: &str = "access_token";
const KEY: &str = "api_key";
/// Describes how callers prove who they are.
pub(super) fn describe(document: &mut OpenApi) {
    let components = document.components.get_or_insert_with(Components::new);
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The `access_token` that `POST /auth/login` answers"));
    let key = ApiKeyValue::with_description("X-API-Key", "An API key, `sk_live_...`");
    let scopes = Permission::ALL.iter().map(|permission| (permission.name(), "as the role has it"));
    let sign_in = Flow::Password(Password::new("/auth/token", scopes.collect::<Scopes>()));
    let sign_in = OAuth2::with_description([sign_in], "E-mail address and password of an account");
    components.add_security_scheme(SIGN_IN, SecurityScheme::OAuth2(sign_in));
    components.add_security_scheme(TOKEN, SecurityScheme::Http(token.build()));
    components.add_security_scheme(KEY, SecurityScheme::ApiKey(ApiKey::Header(key)));
}

/// Says of an operation how its callers may prove who they are. Keys have permissions and no account.
pub(super) fn require(operation: &mut Operation, need: Need) {
    if need.bypass == Bypass::Anyone {
        return;
    }
    let schemes: &[&str] = if need.permission.is_some() { &[SIGN_IN, TOKEN, KEY] } else { &[SIGN_IN, TOKEN] };
    let scopes = || need.permission.iter().map(|permission| permission.name());
    operation.security =
        Some(schemes.iter().map(|scheme| SecurityRequirement::new(*scheme, scopes())).collect());
}
