//! Runs the service: port, database, migrations, HTTP, and everything backwards when asked to stop.

use std::{
    net::SocketAddr,
    num::NonZeroUsize,
    path::PathBuf,
    time::{Duration, Instant},
};

use stockroom_domain::{Moderation, PageLimits};
use stockroom_service::{
    AuthSettings, CacheSettings, CatalogueSettings, CheckoutSettings, LanguageError, Pool, ReviewSettings,
    Shop, ShopSettings, demo, search_in,
};

use crate::{
    banner::banner,
    configuration::{Auth, AuthMode, Cache, Configuration, ReviewModeration},
    database::Database,
    failure::Failure,
    limits, listener,
    operations::Operators,
    output, sign_in,
    stopping::StopSignals,
    telemetry,
};

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

    let mut database = Database::open(configuration, data_dir.clone()).await?;
    let pool = database.pool()?;
    tokio::select! {
        prepared = prepare(configuration, &database, &pool) => prepared?,
        () = signals.politely() => {
            database.close().await?;
            return Err(Failure::run("interrupted before the service was up"));
        }
    }
    let shop = compose(configuration, &pool)?;
    // The shop has one of its own.
    pool.close();
    operators.watch(&shop)?;
    let settings =
        stockroom_web::Settings { telemetry: operators.telemetry(), ..web_settings(configuration) };
    let server = stockroom_web::server(listener, shop.clone(), &settings)
        .map_err(|error| Failure::run(format!("cannot start the HTTP server: {error}")))?;
    if configuration.auth.mode == AuthMode::Open {
        tracing::warn!(
            %address,
            "AUTH.MODE IS OPEN: nobody has to sign in, everybody who reaches this address can read, change and delete \
             everything"
        );
    }
    let addresses = (address, operators.address());
    output::print(&banner(configuration, environment, addresses, &database, started.elapsed()))?;

    let handle = server.handle();
    let mut server = tokio::spawn(server);
    let ended = tokio::select! {
        ended = &mut server => Some(match ended {
            Ok(Err(error)) => Failure::run(format!("the HTTP server failed: {error}")),
            Ok(Ok(())) | Err(_) => Failure::run("the HTTP server ended by itself"),
        }),
        failure = database.keep_running(configuration, data_dir) => Some(failure),
        () = shop.keep_house() => None,
        () = signals.politely() => None,
    };
    // Requests in flight may end, for as long as the configuration allows; then what waits is placed, also for callers
    // that are gone.
    tokio::select! {
        () = async { handle.stop(true).await; shop.drain().await } => {}
        () = signals.at_once() => {}
    }
    shop.close();
    database.close().await?;
    match ended {
        None => {
            tracing::info!("stopped");
            Ok(())
        }
        Some(failure) => Err(failure),
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

/// Brings the database to the newest version and products into the language of searches, and fills an empty shop, if
/// that is wanted.
async fn prepare(configuration: &Configuration, database: &Database, pool: &Pool) -> Result<(), Failure> {
    for migration in database.migrate().await? {
        tracing::info!(migration, "migrated the database");
    }
    let language = &configuration.search.language;
    let indexed = search_in(pool, language).await.map_err(|error| match error {
        LanguageError::Unknown { .. } => Failure::usage(format!("search.language: {error}")),
        LanguageError::Failed(_) => Failure::run(format!("cannot index the products: {error}")),
    })?;
    if indexed > 0 {
        tracing::info!(products = indexed, language, "indexed the products in another language");
    }
    if configuration.demo.catalogue {
        let seeded = demo::seed(pool).await;
        let seeded = seeded.map_err(|error| Failure::run(format!("cannot fill the shop: {error}")))?;
        if seeded {
            tracing::info!("filled the empty shop with the demo catalogue");
        }
    }
    Ok(())
}

fn compose(configuration: &Configuration, pool: &Pool) -> Result<Shop, Failure> {
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
        redis_url: (redis.enabled && !redis.url.is_empty()).then(|| redis.url.clone()),
        limits: limits::limit_settings(configuration),
        auth: AuthSettings {
            account_limit: limits::account_limit(rate_limit),
            ..sign_in::auth_settings(auth)?
        },
        mail: sign_in::mail_settings(mail)?,
    };
    Shop::start(pool, settings).map_err(|error| match error {
        stockroom_service::Error::InvalidRedisUrl(_) => {
            Failure::usage("redis.url is not a URL of a Redis server")
        }
        error => Failure::run(format!("cannot start the shop: {error}")),
    })
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

fn web_settings(configuration: &Configuration) -> stockroom_web::Settings {
    let Configuration { server, auth, checkout, cors, rate_limit, .. } = configuration;
    stockroom_web::Settings {
        cors_origins: cors.origins.clone(),
        body_limit: server.body_limit_bytes,
        request_timeout: Duration::from_secs(server.request_timeout_seconds),
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
