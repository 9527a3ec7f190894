//! What an operation says of whom it refuses.

use std::{collections::BTreeMap, marker::PhantomData};

use utoipa::{
    IntoResponses,
    openapi::{RefOr, response::Response},
};

use super::responses::response;
use crate::http::{
    extract::{Need, Others},
    problem::ProblemCode,
};

/// What the description of a 403 begins with; the permission follows.
pub(crate) const NEEDS: &str = "The caller does not have the permission ";
const OF_OTHERS: &str = " (needed for what belongs to others)";
/// The description of the 401 of those who are not known.
pub(crate) const UNKNOWN: &str = "Nobody is signed in, or the token or key is not valid (any longer)";

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
