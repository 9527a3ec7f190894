//! The operations of the API, a folder for each resource: `routes` has the handlers with their OpenAPI descriptions beside
//! them, `bodies` what requests and answers look like on the wire. A handler parses, calls one use case and shapes the
//! answer. Leaves (`*Fields`) are flat; answers add related leaves, one level deep.

pub(crate) mod addresses;
pub(crate) mod api_keys;
pub(crate) mod audit;
pub(crate) mod auth;
pub(crate) mod bills;
pub(crate) mod categories;
pub(crate) mod checkout;
pub(crate) mod clients;
pub(crate) mod health;
pub(crate) mod order_details;
pub(crate) mod orders;
pub(crate) mod passwords;
pub(crate) mod privacy;
pub(crate) mod product_search;
pub(crate) mod products;
pub(crate) mod reviews;
pub(crate) mod sessions;

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers every operation. Fixed paths come before those with an id.
pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    // The router tries routes in this order: those that take most of the load need not wait for the others.
    checkout::routes::configure(config);
    product_search::routes::configure(config);
    products::routes::configure(config);
    categories::routes::configure(config);
    health::routes::configure(config);
    auth::routes::configure(config);
    auth::token::configure(config);
    clients::routes::configure(config);
    clients::roles::configure(config);
    addresses::routes::configure(config);
    bills::routes::configure(config);
    orders::routes::configure(config);
    order_details::routes::configure(config);
    reviews::moderation::configure(config);
    reviews::routes::configure(config);
    products::stock::configure(config);
    api_keys::routes::configure(config);
    audit::routes::configure(config);
    sessions::routes::configure(config);
    passwords::routes::configure(config);
    privacy::routes::configure(config);
}
