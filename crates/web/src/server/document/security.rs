//! What an operation needs its caller to be, as the document tells it: how to prove who one is, and the permission.

use stockroom_domain::Permission;
use utoipa::openapi::{
    Components, OpenApi, RefOr,
    path::{Operation, PathItem},
    security::{
        ApiKey, ApiKeyValue, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Password, Scopes,
        SecurityRequirement, SecurityScheme,
    },
};

use crate::schema::{NEEDS, UNKNOWN};

const SIGN_IN: &str = "sign_in";
const TOKEN: &str = "access_token";
const KEY: &str = "api_key";
/// Describes how callers prove who they are, and says so of every operation that needs it.
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
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        if description(operation, "401") != Some(UNKNOWN) {
            continue;
        }
        let permission = description(operation, "403")
            .and_then(|text| Some(text.strip_prefix(NEEDS)?.split('`').nth(1)?.to_owned()));
        let schemes: &[&str] = if permission.is_some() { &[SIGN_IN, TOKEN, KEY] } else { &[SIGN_IN, TOKEN] };
        let requirement = |scheme: &&str| SecurityRequirement::new(*scheme, permission.iter().cloned());
        operation.security = Some(schemes.iter().map(requirement).collect());
    }
}

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = path;
    [get, put, post, delete, patch].into_iter().flatten()
}

fn description<'a>(operation: &'a Operation, status: &str) -> Option<&'a str> {
    match operation.responses.responses.get(status)? {
        RefOr::T(response) => Some(&response.description),
        RefOr::Ref(_) => None,
    }
}
