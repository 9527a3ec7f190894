//! Runs the service: port, HTTP, database, migrations, and everything backwards when asked to stop. It answers that it is
//! not ready until its database is there.

use std::{
    io,
    net::SocketAddr,
    num::NonZeroUsize,
    path::PathBuf,
    time::{Duration, Instant},
};

use stockroom_domain::{Moderation, PageLimits};
use stockroom_service::{
    AuthSettings, CacheSettings, CatalogueSettings, CheckoutSettings, Lifecycle, Pool, RedisError,
    RedisSettings, ReviewSettings, Shop, ShopSettings,
};
use stockroom_web::{AdmissionSettings, Bounds, ServerHandle};
use tokio::task::JoinError;

use crate::{
    banner::banner,
    configuration::{Auth, AuthMode, Cache, Configuration, Redis, ReviewModeration, Server, masked},
    database::Database,
    failure::Failure,
    limits, listener,
    operations::Operators,
    output,
    preparing::prepare,
    sign_in,
    stopping::StopSignals,
    telemetry,
};

/// What the lanes have to end in, however late it is.
const DRAIN_AT_LEAST: Duration = Duration::from_millis(500);

/// Runs the service until it is asked to stop.
pub(crate) async fn serve(
    configuration: &Configuration,
    data_dir: Option<PathBuf>,
    environment: &str,
) -> Result<(), Failure> {
    let started = Instant::now();
    let telemetry = telemetry::start_service(configuration)?;
    let mut signals = StopSignals::listen()?;
    let listener = listener::bind(&configuration.server).await?;
    let operators = Operators::prepare(configuration, &telemetry).await?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::run(format!("cannot tell which port was taken: {error}")))?;

    refuse_strangers(&configuration.auth, address)?;

    let mut database = Database::locate(configuration, data_dir.clone()).await?;
    let pool = database.pool()?;
    let lifecycle = Lifecycle::starting();
    let shop = compose(configuration, &pool, lifecycle.clone())?;
    operators.watch(&shop)?;
    let settings =
        stockroom_web::Settings { telemetry: operators.telemetry(), ..web_settings(configuration) };
    let server = stockroom_web::server(listener, shop.clone(), &settings)
        .map_err(|error| Failure::run(format!("cannot start the HTTP server: {error}")))?;
    let handle = server.handle();
    let mut server = tokio::spawn(server);
    // Whoever asks meanwhile is told that it is not ready.
    let prepared = tokio::select! {
        prepared = prepare(configuration, &database, &pool) => prepared.map(|()| true),
        ended = &mut server => Err(ended_by_itself(ended)),
        () = signals.politely() => Ok(false),
    };
    // The shop has one of its own.
    pool.close();
    if !matches!(prepared, Ok(true)) {
        lifecycle.stop();
        handle.stop(false).await;
        shop.close().await;
        database.close().await?;
        return prepared.map(|_| tracing::info!("stopped before the service was up"));
    }
    lifecycle.serve();
    if configuration.auth.mode == AuthMode::Open {
        tracing::warn!(
            %address,
            "AUTH.MODE IS OPEN: nobody has to sign in, everybody who reaches this address can read, change and delete \
             everything"
        );
    }
    let addresses = (address, operators.address());
    output::print(&banner(configuration, environment, addresses, &database, started.elapsed()))?;

    let ended = tokio::select! {
        ended = &mut server => Some(ended_by_itself(ended)),
        failure = database.keep_running(configuration, data_dir) => Some(failure),
        () = shop.keep_house() => None,
        () = signals.politely() => None,
    };
    lifecycle.stop();
    let notice = match ended {
        None => Duration::from_secs(configuration.server.shutdown_delay_seconds),
        Some(_) => Duration::ZERO,
    };
    let most = Duration::from_secs(configuration.server.shutdown_timeout_seconds);
    tokio::select! {
        () = wind_down(notice, most, &handle, &shop) => {}
        () = signals.at_once() => {}
    }
    shop.close().await;
    database.close().await?;
    match ended {
        None => {
            tracing::info!("stopped");
            Ok(())
        }
        Some(failure) => Err(failure),
    }
}

/// Gives who sends requests here the time to notice that no more should come. Then writes, also those of callers that are gone,
/// and requests in flight may end, and what waits is placed, all within the time that the configuration allows: a database
/// that hangs holds up nobody.
async fn wind_down(notice: Duration, most: Duration, handle: &ServerHandle, shop: &Shop) {
    tokio::time::sleep(notice).await;
    let end = tokio::time::Instant::now() + most;
    // Writes of callers that are gone belong to no connection, so the server would not wait for them.
    handle.pause().await;
    if tokio::time::timeout_at(end, shop.lifecycle().end_writes()).await.is_err() {
        tracing::warn!("writes that did not end in time are given up");
    }
    if tokio::time::timeout_at(end, handle.stop(true)).await.is_err() {
        tracing::warn!("requests that did not end in time are given up");
    }
    // Also when nothing is left of it: lanes without work only have to be told.
    let end = end.max(tokio::time::Instant::now() + DRAIN_AT_LEAST);
    if tokio::time::timeout_at(end, shop.drain()).await.is_err() {
        tracing::warn!("orders that were not placed in time are given up");
    }
}

fn ended_by_itself(ended: Result<io::Result<()>, JoinError>) -> Failure {
    match ended {
        Ok(Err(error)) => Failure::run(format!("the HTTP server failed: {error}")),
        Ok(Ok(())) | Err(_) => Failure::run("the HTTP server ended by itself"),
    }
}

/// Where nobody has to say who they are, nobody else may come in.
fn refuse_strangers(auth: &Auth, address: SocketAddr) -> Result<(), Failure> {
    let open = auth.mode == AuthMode::Open;
    if open && !address.ip().is_loopback() && !auth.open_to_other_machines {
        return Err(Failure::usage(format!(
            "auth.mode is open: everybody who reaches {address} could do everything. Set auth.mode = \"enforced\", listen \
             on 127.0.0.1, or allow it with auth.open_to_other_machines = true"
        )));
    }
    Ok(())
}

fn compose(configuration: &Configuration, pool: &Pool, lifecycle: Lifecycle) -> Result<Shop, Failure> {
    let Configuration { pagination: pages, checkout, reviews, redis, auth, mail, rate_limit, .. } =
        configuration;
    let settings = ShopSettings {
        page_limits: PageLimits {
            default: pages.default_limit,
            max: pages.max_limit,
            max_skip: pages.max_skip,
        },
        checkout: CheckoutSettings {
            lanes: NonZeroUsize::new(checkout.lanes).unwrap_or_else(CheckoutSettings::best_lanes),
            group: checkout.group_orders,
            queue: checkout.queue_orders,
        },
        reviews: ReviewSettings {
            moderation: match reviews.moderation {
                ReviewModeration::After => Moderation::After,
                ReviewModeration::Before => Moderation::Before,
            },
        },
        catalogue: catalogue_settings(&configuration.cache),
        redis: redis_settings(redis)?,
        limits: limits::limit_settings(configuration),
        auth: AuthSettings {
            account_limit: limits::account_limit(rate_limit),
            ..sign_in::auth_settings(auth)?
        },
        mail: sign_in::mail_settings(mail)?,
        lifecycle,
    };
    Shop::start(pool, settings).map_err(|error| Failure::run(format!("cannot start the shop: {error}")))
}

/// Redis, if it is used; refuses a URL or a certificate that cannot be used.
fn redis_settings(redis: &Redis) -> Result<Option<RedisSettings>, Failure> {
    if !redis.enabled || redis.url.is_empty() {
        return Ok(None);
    }
    let root_certificate =
        (!redis.root_certificate.is_empty()).then(|| PathBuf::from(&redis.root_certificate));
    let settings = RedisSettings { url: redis.url.clone(), root_certificate };
    settings.validate().map_err(|error| match error {
        RedisError::InvalidUrl(reason) => Failure::usage(format!(
            "redis.url ({}) is not a URL of a Redis server: {reason}",
            masked(&redis.url)
        )),
        RedisError::RootCertificate { path, reason } => {
            Failure::usage(format!("redis.root_certificate ({}) cannot be used: {reason}", path.display()))
        }
    })?;
    Ok(Some(settings))
}

fn catalogue_settings(cache: &Cache) -> CatalogueSettings {
    CatalogueSettings {
        cache: cache.enabled.then(|| CacheSettings {
            capacity: cache.capacity_megabytes * 1024 * 1024,
            stale: Duration::from_secs(cache.stale_seconds),
            budget: Duration::from_millis(cache.redis_budget_milliseconds),
            prefix: cache.redis_prefix.clone(),
            ..CacheSettings::default()
        }),
        ttl: Duration::from_secs(cache.ttl_seconds),
        category_ttl: Duration::from_secs(cache.category_ttl_seconds),
    }
}

fn bounds(server: &Server) -> Bounds {
    Bounds {
        head: Duration::from_secs(server.head_timeout_seconds),
        response: Duration::from_secs(server.response_timeout_seconds),
        keep_alive: Duration::from_secs(server.keep_alive_seconds),
        untaken: Duration::from_secs(server.untaken_timeout_seconds),
        connections: server.max_connections,
        admission: AdmissionSettings {
            in_flight: server.max_in_flight,
            waiting: server.max_waiting,
            patience: Duration::from_millis(server.queue_milliseconds),
            impatience: Duration::from_millis(server.standing_queue_milliseconds),
            operators: server.operators_in_flight,
            lag: (server.max_lag_milliseconds > 0)
                .then(|| Duration::from_millis(server.max_lag_milliseconds)),
        },
    }
}

fn web_settings(configuration: &Configuration) -> stockroom_web::Settings {
    let Configuration { server, auth, checkout, cors, rate_limit, .. } = configuration;
    stockroom_web::Settings {
        cors_origins: cors.origins.clone(),
        body_limit: server.body_limit_bytes,
        request_timeout: Duration::from_secs(server.request_timeout_seconds),
        bounds: bounds(server),
        shutdown_timeout: Duration::from_secs(server.shutdown_timeout_seconds),
        workers: (server.workers > 0).then_some(server.workers),
        open: auth.mode == AuthMode::Open,
        checkout_key_required: checkout.idempotency_key_required,
        rate_limit: limits::request_limit(rate_limit),
        endpoint_limits: limits::endpoint_limits(rate_limit),
        trusted_proxies: rate_limit.trusted_proxies.clone(),
        forwarded_header: rate_limit.forwarded_header,
        ..stockroom_web::Settings::default()
    }
}
