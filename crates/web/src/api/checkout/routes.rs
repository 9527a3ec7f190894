//! Checkout: a whole order in one request.

use actix_web::{post, web::Data};
use stockroom_domain::Checkout;
use stockroom_service::{CheckoutAnswer, Disclose, StoredResponse};
use utoipa_actix_web::service_config::ServiceConfig;

use super::bodies::{CheckoutRequest, CheckoutResponse};
use crate::{
    http::{
        answer::{Created, render},
        extract::{Access, Keyed, OrOwner, to},
        problem::{Problem, ProblemCode},
    },
    schema::{BodyErrors, CheckoutRefused, EveryError, Invalid, KeyErrors, KeyParam, Needs, NotFound},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(check_out);
}

/// What a checkout has to keep to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CheckoutRules {
    /// Whether it needs an `Idempotency-Key`.
    pub(crate) key_required: bool,
}

/// Places a whole order
///
/// Takes the stock of every line, issues the bill and answers with the full order: all of it, or nothing. The server sets
/// the prices. With an `Idempotency-Key` it is safe to send again, whatever became of the first answer.
#[utoipa::path(
    tag = "orders", operation_id = "checkOut", params(KeyParam), request_body = CheckoutRequest,
    responses(
        (status = 201, description = "Placed", body = CheckoutResponse),
        KeyErrors, CheckoutRefused, NotFound, BodyErrors, Invalid, Needs<OrOwner<to::OrdersWrite>>, EveryError
    )
)]
#[post("/checkout")]
async fn check_out(
    shop: Access<OrOwner<to::OrdersWrite>>,
    rules: Data<CheckoutRules>,
    Keyed { key, body }: Keyed<Checkout>,
) -> Result<Created, Problem> {
    if rules.key_required && key.is_none() {
        return Err(Problem::new(ProblemCode::MissingIdempotencyKey, "Idempotency-Key is required"));
    }
    let response = match shop.checkout(body, key).await? {
        CheckoutAnswer::Placed { order, replayed } => {
            let body = render(&CheckoutResponse::from(&*order));
            StoredResponse { row: order.row(), body, replayed }
        }
        CheckoutAnswer::Rendered(response) => response,
    };
    Ok(Created(response))
}
