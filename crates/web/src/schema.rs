//! The vocabulary of the OpenAPI document: what operations say of their parameters and failures, and schemas that cannot be
//! derived. It describes what [`crate::http`] reads and answers, and knows no resource.

mod needs;
mod parameters;
mod partial;
mod responses;

pub(crate) use needs::{Needs, take_need};
pub(crate) use parameters::{IdParam, IfMatchParam, IfNoneMatchParam, KeyParam, PageParams};
pub(crate) use partial::{DeliveryMethodInput, DeliveryMethodNumber, OrderStatusInput, OrderStatusNumber};
pub(crate) use partial::{
    PaymentTypeInput, PaymentTypeNumber, expected_stock, partial_requests, patch_schema, update_schema,
    with_property,
};
pub(crate) use responses::{
    Billed, BodyErrors, CheckoutRefused, Conflict, Erased, EveryError, Invalid, KeyErrors, NotFound,
    NotModified, Outdated, RuleBroken, Unauthorized, Unrefreshed, Unreset,
};
