//! Who sends a request, as it was found out before it was routed.

use actix_web::{HttpMessage, HttpRequest, http::header::HeaderName, web::Data};
use stockroom_domain::Permissions;
use stockroom_service::{Caller, Error, Identity};

/// The header of API keys; they are taken as bearer tokens too.
pub(crate) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Whether callers have to say who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doors {
    /// Everybody may do what the contract's clients do; they know no tokens.
    Open,
    /// Everybody may do what they have proven to be allowed to.
    Guarded,
}

impl Doors {
    /// A caller with what these doors permit to everybody.
    pub(crate) fn caller(self, identity: Identity, permissions: Permissions) -> Caller {
        match self {
            Self::Open => Caller::new(identity, permissions).in_the_open(),
            Self::Guarded => Caller::new(identity, permissions),
        }
    }
}

/// Who sends a request, and why what it brought proves nothing.
pub(crate) struct Asking {
    pub(crate) caller: Caller,
    pub(crate) failure: Option<Error>,
}

/// Who asks, and why what was brought to prove it proves nothing.
pub(crate) fn asking(request: &HttpRequest) -> (Caller, Option<Error>) {
    if let Some(Asking { caller, failure }) = request.extensions().get::<Asking>() {
        return (caller.clone(), failure.clone());
    }
    let doors = request.app_data::<Data<Doors>>().map_or(Doors::Guarded, |doors| ***doors);
    (doors.caller(Identity::Nobody, Permissions::default()), None)
}
