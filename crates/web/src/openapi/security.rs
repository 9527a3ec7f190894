//! What an operation needs its caller to be, as the document tells it: how to prove who one is, and the permission.

use std::{collections::BTreeMap, marker::PhantomData};

use stockroom_domain::Permission;
use utoipa::{
    IntoResponses,
    openapi::{
        Components, OpenApi, RefOr,
        path::{Operation, PathItem},
        response::Response,
        security::{
            ApiKey, ApiKeyValue, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Password, Scopes,
            SecurityRequirement, SecurityScheme,
        },
    },
};

use super::responses::response;
use crate::{
    extract::{Need, Others},
    problem::ProblemCode,
};

const SIGN_IN: &str = "sign_in";
const TOKEN: &str = "access_token";
const KEY: &str = "api_key";
/// What the description of a 403 begins with; the permission follows.
const NEEDS: &str = "The caller does not have the permission ";
const OF_OTHERS: &str = " (needed for what belongs to others)";
/// The description of the 401 of those who are not known.
const UNKNOWN: &str = "Nobody is signed in, or the token or key is not valid (any longer)";

/// The refusals of whoever is not what an operation needs.
pub(crate) struct Needs<N>(PhantomData<N>);

impl<N: Need> IntoResponses for Needs<N> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let unknown = response(ProblemCode::NotSignedIn, UNKNOWN, &"Sign in to do this".into());
        let forbidden = N::PERMISSION.map(|permission| {
            let who = if N::OTHERS == Others::Accounts { OF_OTHERS } else { "" };
            let detail = format!("This needs the permission {permission}");
            let description = format!("{NEEDS}`{permission}`{who}");
            response(ProblemCode::NotPermitted, &description, &detail.into())
        });
        [unknown].into_iter().chain(forbidden).collect()
    }
}

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
