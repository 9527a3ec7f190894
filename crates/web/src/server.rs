//! Puts routes and middleware together into a server.

pub(crate) mod document;
pub mod operations;
mod pages;

use std::{net::TcpListener, num::NonZeroUsize, rc::Rc, thread::available_parallelism, time::Duration};

use actix_web::{
    App, HttpServer,
    dev::Server,
    middleware::from_fn,
    web::{self, Data},
};
use socket2::SockRef;
use stockroom_service::Shop;
use utoipa_actix_web::AppExt;

use self::{document::Assembled, pages::Pages};
use crate::{
    api::{self, checkout::routes::CheckoutRules},
    http::{
        admission::Admission,
        bounds::Bounds,
        caller::Doors,
        client_address::{
            Proxies,
            proxies::{ForwardedHeader, TrustedProxy},
        },
        extract::BodyLimits,
        fallback::fallback,
        limits::{EndpointLimits, RateLimit},
        lingering,
        middleware::{self, AllowedOrigins, Edge, Lag, RateLimits},
        route_table::RouteTable,
        telemetry::Telemetry,
    },
};

/// How the service behaves towards its clients.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Origins whose scripts may read answers; `*` for all.
    pub cors_origins: Vec<String>,
    /// Bytes of a request body at most.
    pub body_limit: usize,
    /// How long the body of a request may take to arrive.
    pub request_timeout: Duration,
    /// How long all else may take, and how much is served at once.
    pub bounds: Bounds,
    /// How long requests in flight may go on after the server was told to stop.
    pub shutdown_timeout: Duration,
    /// Threads that serve requests; one for each core when `None`.
    pub workers: Option<usize>,
    /// Whether everybody may do what the contract's clients do, which know no tokens.
    pub open: bool,
    /// Whether a checkout needs an `Idempotency-Key`.
    pub checkout_key_required: bool,
    /// The limit for each client address, if any.
    pub rate_limit: Option<RateLimit>,
    /// The limits of single endpoints for each client address.
    pub endpoint_limits: EndpointLimits,
    /// Proxies that are believed whom they speak for.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// The header in which they tell it. The other one is passed on as the client wrote it, so it is ignored.
    pub forwarded_header: ForwardedHeader,
    /// What is seen of requests.
    pub telemetry: Telemetry,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cors_origins: vec!["*".to_owned()],
            body_limit: 1024 * 1024,
            request_timeout: Duration::from_secs(30),
            bounds: Bounds::default(),
            shutdown_timeout: Duration::from_secs(30),
            workers: None,
            open: false,
            checkout_key_required: false,
            rate_limit: None,
            endpoint_limits: EndpointLimits::NONE,
            trusted_proxies: Vec::new(),
            telemetry: Telemetry::default(),
            forwarded_header: ForwardedHeader::default(),
        }
    }
}

/// A server that answers requests to `shop` on `listener` as soon as it is awaited. It does not listen to signals.
///
/// # Errors
/// When the listener cannot be used.
pub fn server(listener: TcpListener, shop: Shop, settings: &Settings) -> std::io::Result<Server> {
    let shop = Data::new(shop);
    let Assembled { document, operations } = document::assemble();
    let routes = Data::new(RouteTable::new(operations.into_iter().chain(pages::operations())));
    let pages = Data::new(Pages::new(&document));
    let body_limits = Data::new(BodyLimits { bytes: settings.body_limit, time: settings.request_timeout });
    let bounds = settings.bounds;
    let admission = Data::new(Admission::new(bounds.admission));
    let limits = Data::new(RateLimits::new(settings.rate_limit, &settings.endpoint_limits));
    let proxies = Data::new(Proxies::new(&settings.trusted_proxies, settings.forwarded_header));
    let doors = Data::new(if settings.open { Doors::Open } else { Doors::Guarded });
    let checkout_rules = Data::new(CheckoutRules { key_required: settings.checkout_key_required });
    let origins = settings.cors_origins.clone();
    let edge = Edge {
        origins: AllowedOrigins(origins.clone()),
        telemetry: settings.telemetry.clone(),
        routes: routes.clone(),
        response_time: bounds.response,
        body_time: settings.request_timeout,
    };
    let application = move || {
        let (app, _) = App::new().into_utoipa_app().configure(api::configure).split_for_parts();
        app.app_data(shop.clone())
            .app_data(Rc::new(edge.clone()))
            .app_data(admission.clone())
            .app_data(Lag::watch())
            .app_data(limits.clone())
            .app_data(doors.clone())
            .app_data(proxies.clone())
            .app_data(checkout_rules.clone())
            .app_data(routes.clone())
            .app_data(pages.clone())
            .app_data(body_limits.clone())
            .configure(pages::pages)
            .default_service(web::to(fallback))
            .wrap(from_fn(middleware::admit))
            .wrap(middleware::cors(&origins))
            .wrap(from_fn(middleware::edge))
    };
    // Accepted sockets take it over: the system resets a connection whose client takes nothing.
    #[cfg(target_os = "linux")]
    SockRef::from(&listener).set_tcp_user_timeout(Some(bounds.untaken))?;
    let workers = settings.workers.unwrap_or_else(|| available_parallelism().map_or(1, NonZeroUsize::get));
    let server = HttpServer::new(application)
        .disable_signals()
        .client_request_timeout(bounds.head)
        // Who hangs up is noticed while the answer is being made, not when it is written.
        .h1_allow_half_closed(false)
        .keep_alive(bounds.keep_alive)
        .on_connect(lingering::watch(bounds.keep_alive + bounds.head))
        .max_connections(bounds.connections.div_ceil(workers.max(1)))
        .workers(workers)
        .shutdown_timeout(settings.shutdown_timeout.as_secs());
    Ok(server.listen(listener)?.run())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_is_about_a_registered_operation() {
        let operations = document::assemble().operations.into_iter().chain(pages::operations());
        assert_eq!(RouteTable::new(operations).unused_policies(), []);
    }
}
