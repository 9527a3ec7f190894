//! The failures that operations share, each with an example from the table of problem codes.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::{
    IntoResponses,
    openapi::{
        ContentBuilder, Ref, RefOr, ResponseBuilder,
        header::HeaderBuilder,
        response::Response,
        schema::{ObjectBuilder, Type},
    },
};

use crate::http::problem::ProblemCode;

macro_rules! failures {
    ($($(#[$doc:meta])* $name:ident { $($code:ident $description:literal $detail:expr),+ $(,)? })+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                [$(response(ProblemCode::$code, $description, &$detail.into())),+].into()
            }
        }
    )+};
}

failures! {
    /// The item, or something the request refers to, does not exist.
    NotFound { NotFound "No such item, or something the request refers to does not exist" "Client with id 999 not found" }
    /// Fields break rules.
    Invalid { InvalidRequest "Fields break rules; `detail` lists all of them" invalid_fields() }
    /// A unique field is taken, or other items still need this one.
    Conflict {
        Duplicate "A unique field is taken, or other items still need this one"
        "Duplicate entry: client with this email already exists"
    }
    /// `If-Match` names something else than what is there.
    Outdated {
        PreconditionFailed "It was changed since the answer that `If-Match` names"
        "Product with id 1 was changed meanwhile: read it again"
    }
    /// A rule of the shop forbids it.
    RuleBroken {
        InsufficientStock "A rule of the shop forbids it"
        "Insufficient stock for product 1. Requested: 10, Available: 5"
    }
    /// What may be wrong with an `Idempotency-Key`. Another body under the same key is 422.
    KeyErrors {
        InvalidIdempotencyKey "The Idempotency-Key is invalid" "Idempotency-Key should be one value of 1 to 255 visible ASCII characters",
        IdempotencyKeyInUse "A request with this Idempotency-Key is being processed" "Another request with this Idempotency-Key is being processed",
    }
    /// Why a checkout places no order.
    CheckoutRefused {
        DiscountTooLarge "The discount is more than the lines cost, or the Idempotency-Key is invalid or missing"
        "Discount 30.0 is more than the order's total 25.0",
        InsufficientStockForOrder "Not everything is in stock (`shortages` lists all that is short), the total is another one \
                                   (`total`), or the same request is being processed"
        "Insufficient stock for product 1. Requested: 10, Available: 5",
    }
    /// What was erased stays so.
    Erased { ClientErased "The client was erased before" "Client 7 was erased" }
    /// An issued bill says otherwise.
    Billed { BillIssued "Its bill is issued" "Cannot change the lines or the total of order 9: its bill is issued" }
    /// Unknown account or wrong password.
    Unauthorized { InvalidCredentials "Unknown account or wrong password" "Invalid credentials" }
    /// The refresh token cannot be exchanged.
    Unrefreshed { InvalidToken "The refresh token is unknown, used, revoked or expired" "The refresh token is invalid, used, revoked or has expired" }
    /// The reset token lets set no password.
    Unreset { InvalidResetToken "The reset token is unknown, used or expired" "The reset token is invalid or has expired" }
    /// What may be wrong with any body.
    BodyErrors {
        Timeout "The body did not arrive in time or was cut off" "The request body was cut off",
        TooLarge "The body is too large" "The request body is larger than 1048576 bytes",
        UnsupportedMediaType "The body is not JSON" "The body should be application/json, got text/plain",
    }
    /// What may happen to any request.
    EveryError {
        RateLimited "Too many requests" "Rate limit exceeded. Maximum 100 requests per 60 seconds.",
        Internal "A fault of the service" "Internal Server Error",
        Unavailable "The database is overloaded or away" "Service temporarily unavailable",
    }
}

/// The caller has it already.
pub(crate) struct NotModified;

impl IntoResponses for NotModified {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let description = "What `If-None-Match` names is what would be shown";
        [("304".to_owned(), ResponseBuilder::new().description(description).build().into())].into()
    }
}

fn invalid_fields() -> Value {
    let msg = "Input should be greater than 0";
    json!([{"type": "greater_than", "loc": ["body", "price"], "msg": msg, "input": -1}])
}

pub(super) fn response(code: ProblemCode, description: &str, detail: &Value) -> (String, RefOr<Response>) {
    let title = if detail.is_array() { "price: Input should be greater than 0" } else { code.title() };
    let message = detail.as_str().unwrap_or(title).to_owned();
    let status = code.status().as_u16();
    let mut example = json!({
        "type": format!("urn:stockroom:problem:{}", code.as_str()),
        "title": title,
        "status": status,
        "code": code.as_str(),
        "detail": detail,
        "message": message,
        "request_id": "0b7ff1a1-5b0e-4c36-9b8c-0a2a5c2f6a7e",
    });
    let waits = matches!(code, ProblemCode::RateLimited | ProblemCode::Unavailable);
    if waits {
        example["retry_after"] = json!(1);
    }
    let content =
        ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).example(Some(example)).build();
    let mut response =
        ResponseBuilder::new().description(description).content("application/problem+json", content);
    if waits {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer);
        let header = HeaderBuilder::new().schema(Some(seconds)).description(Some("Seconds to wait")).build();
        response = response.header("Retry-After", header);
    }
    (status.to_string(), response.build().into())
}
