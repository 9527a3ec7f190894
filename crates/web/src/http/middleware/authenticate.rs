//! Finds out who sends a request, by what it brings to prove that. What proves nothing is remembered as such: whoever may
//! do something anyway does it.

use std::time::Duration;

use actix_web::{HttpMessage, dev::ServiceRequest, http::header::AUTHORIZATION, web::Data};
use stockroom_domain::Permissions;
use stockroom_limits::{Policy, Subject};
use stockroom_service::{Error, Identity, Origin, Shop};

use super::rate_limit::{KeyInUse, RateLimits};
use crate::http::{
    caller::{API_KEY, Asking, Doors},
    client_address::client_address,
    request_id::RequestId,
};

/// API keys that are none, tried from one address in a while at most: a key is looked up before its request is counted. From
/// then on, until the while is over, only keys that are remembered count as keys there.
const GUESSES: Policy = Policy::new("unknown-keys", 60, Duration::from_mins(1));

/// Finds out who sends a request, where it brings an API key; the key, when it is a good one.
pub(super) async fn by_key(request: &ServiceRequest, brought: Option<&str>) -> Option<KeyInUse> {
    let key = brought.filter(|text| Shop::is_api_key(text))?;
    let shop = request.app_data::<Data<Shop>>()?;
    let limiter = shop.limiter();
    let counted = request.app_data::<Data<RateLimits>>().is_some_and(|limits| limits.are_on());
    let address = client_address(request.request()).filter(|_| counted).map(Subject::address);
    if let Some(address) = address.filter(|address| limiter.is_used_up(&GUESSES, *address))
        && !shop.remembers_key(key)
    {
        let refused = limiter.check(&GUESSES, address).await;
        remember(request, Err(Error::Throttled(Box::new(refused))));
        return None;
    }
    match shop.authenticate_key(key).await {
        Ok(key) => {
            remember(request, Ok((Identity::Key(key.id), key.permissions)));
            Some(KeyInUse { id: key.id, calls_per_minute: key.calls_per_minute })
        }
        Err(error) => {
            if let (Error::InvalidToken, Some(address)) = (&error, address) {
                limiter.check(&GUESSES, address).await;
            }
            remember(request, Err(error));
            None
        }
    }
}

/// Finds out who sends a request, where it brings an access token. `session_check` is whether its session must go on.
pub(super) async fn by_token(request: &ServiceRequest, brought: Option<&str>, session_check: bool) {
    let Some(token) = brought.filter(|text| !Shop::is_api_key(text)) else { return };
    let Some(shop) = request.app_data::<Data<Shop>>() else { return };
    let proven = shop.authenticate(token, session_check).await;
    remember(request, proven.map(|identity| (identity, role_of(identity))));
}

fn role_of(identity: Identity) -> Permissions {
    match identity {
        Identity::Account { role, .. } => role.permissions(),
        Identity::Nobody | Identity::Key(_) => Permissions::default(),
    }
}

fn remember(request: &ServiceRequest, proven: Result<(Identity, Permissions), Error>) {
    let doors = request.app_data::<Data<Doors>>().map_or(Doors::Guarded, |doors| ***doors);
    let asking = match proven {
        Ok((identity, permissions)) => {
            let caller = doors.caller(identity, permissions);
            let caller = if caller.is_audited() { caller.from_origin(origin(request)) } else { caller };
            Asking { caller, failure: None }
        }
        Err(failure) => {
            Asking { caller: doors.caller(Identity::Nobody, Permissions::default()), failure: Some(failure) }
        }
    };
    request.extensions_mut().insert(asking);
}

fn origin(request: &ServiceRequest) -> Origin {
    let request_id =
        request.extensions().get::<RequestId>().map(|id| id.text().to_owned()).unwrap_or_default();
    Origin { request_id, address: client_address(request.request()) }
}

/// What a request brings to prove who sends it. Anything but a bearer token, such as the `Basic` of a proxy, is none of
/// ours.
pub(super) fn credentials(request: &ServiceRequest) -> Option<&str> {
    let headers = request.headers();
    if let Some(key) = headers.get(API_KEY) {
        return Some(key.to_str().unwrap_or_default().trim());
    }
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
