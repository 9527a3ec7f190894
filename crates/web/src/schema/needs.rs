//! What an operation needs of its caller, and the refusals that follow from it. The need goes along as an extension of the
//! 401; the assembled document turns it into a security requirement, so that the type in `responses(...)` is where it comes
//! from.

use std::{collections::BTreeMap, marker::PhantomData};

use serde_json::{Value, json};
use stockroom_domain::Permission;
use stockroom_service::{Bypass, Need};
use utoipa::{
    IntoResponses,
    openapi::{RefOr, extensions::Extensions, path::Operation, response::Response},
};

use super::responses::response;
use crate::http::{extract::Needed, problem::ProblemCode};

const EXTENSION: &str = "x-need";
const UNAUTHORIZED: &str = "401";
const OF_OTHERS: &str = " (needed for what belongs to others)";

/// The refusals of whoever is not what an operation needs.
pub(crate) struct Needs<N>(PhantomData<N>);

impl<N: Needed> IntoResponses for Needs<N> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refusals(N::NEED)
    }
}

fn refusals(need: Need) -> BTreeMap<String, RefOr<Response>> {
    let unknown = "Nobody is signed in, or the token or key is not valid (any longer)";
    let (status, mut unknown) = response(ProblemCode::NotSignedIn, unknown, &"Sign in to do this".into());
    if let RefOr::T(unknown) = &mut unknown {
        unknown.extensions = Some(Extensions::from_iter([(EXTENSION, to_value(need))]));
    }
    let forbidden = need.permission.map(|permission| {
        let who = if need.bypass == Bypass::Accounts { OF_OTHERS } else { "" };
        let detail = format!("This needs the permission {permission}");
        let description = format!("The caller does not have the permission `{permission}`{who}");
        response(ProblemCode::NotPermitted, &description, &detail.into())
    });
    [(status, unknown)].into_iter().chain(forbidden).collect()
}

/// Takes out of an operation what it needs of its caller; nothing when it has no [`Needs`].
pub(crate) fn take_need(operation: &mut Operation) -> Need {
    let Some(RefOr::T(unknown)) = operation.responses.responses.get_mut(UNAUTHORIZED) else {
        return Need::ANYONE;
    };
    let taken = unknown.extensions.as_mut().and_then(|extensions| extensions.remove(EXTENSION));
    if unknown.extensions.as_ref().is_some_and(|extensions| extensions.is_empty()) {
        unknown.extensions = None;
    }
    taken.map_or(Need::ANYONE, |value| from_value(&value))
}

fn to_value(need: Need) -> Value {
    let permission = need.permission.map(Permission::name);
    json!({ "permission": permission, "accounts": need.bypass == Bypass::Accounts })
}

fn from_value(value: &Value) -> Need {
    let permission = value["permission"].as_str().and_then(|name| name.parse().ok());
    let bypass = if value["accounts"] == true { Bypass::Accounts } else { Bypass::Nobody };
    Need { permission, bypass }
}

#[cfg(test)]
mod tests {
    use utoipa::openapi::{path::OperationBuilder, response::ResponsesBuilder};

    use super::*;

    #[test]
    fn what_an_operation_needs_is_read_off_its_responses_and_leaves_no_trace() {
        let all = Permission::ALL.iter().map(|permission| Need::to(*permission));
        for need in all
            .clone()
            .chain(all.map(|need| Need { bypass: Bypass::Accounts, ..need }))
            .chain([Need::SIGNED_IN])
        {
            let responses = ResponsesBuilder::new().responses_from_iter(refusals(need)).build();
            let mut operation = OperationBuilder::new().responses(responses).build();
            assert_eq!(take_need(&mut operation), need);
            assert!(!serde_json::to_string(&operation).unwrap().contains(EXTENSION));
            assert_eq!(take_need(&mut operation), Need::ANYONE);
        }
    }
}
