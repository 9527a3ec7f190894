//! The operations of the API. A handler parses, calls one use case and shapes the answer; its OpenAPI description is
//! beside it.

mod addresses;
mod api_keys;
mod audit;
mod auth;
mod bills;
mod categories;
mod checkout;
mod clients;
mod health;
mod order_details;
mod orders;
mod passwords;
mod privacy;
mod product_search;
mod products;
mod review_moderation;
mod reviews;
mod roles;
mod sessions;
mod stock;
mod token;

pub use health::probes;
use utoipa_actix_web::service_config::ServiceConfig;

/// Registers every operation. Fixed paths come before those with an id.
pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    // The router tries routes in this order: those that take most of the load need not wait for the others.
    checkout::configure(config);
    product_search::configure(config);
    products::configure(config);
    categories::configure(config);
    health::configure(config);
    auth::configure(config);
    token::configure(config);
    clients::configure(config);
    roles::configure(config);
    addresses::configure(config);
    bills::configure(config);
    orders::configure(config);
    order_details::configure(config);
    review_moderation::configure(config);
    reviews::configure(config);
    stock::configure(config);
    api_keys::configure(config);
    audit::configure(config);
    sessions::configure(config);
    passwords::configure(config);
    privacy::configure(config);
}
