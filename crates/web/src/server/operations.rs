//! The small HTTP server of operators, on a port of its own that customers do not reach: metrics, the level of the log, the
//! addresses that give trouble, and the probes, which are answered here also when customers take all connections of the
//! other port. It does not know who asks.

use std::{
    future::{Ready, ready},
    net::TcpListener,
    sync::Arc,
    time::Duration,
};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::Server,
    http::header::{ALLOW, CACHE_CONTROL, ContentType},
    web::{self, Bytes, Data, PayloadConfig},
};

use stockroom_service::Shop;

use crate::{api::health::routes::probes, http::telemetry::Offenders};

/// The longest directives that are read.
const LONGEST_LEVEL: usize = 4096;
/// Addresses that are shown.
const SHOWN: usize = 20;
/// What Prometheus expects of its text format.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What operators can see and do.
pub trait Operations: Send + Sync {
    /// All metrics, as Prometheus reads them.
    fn metrics(&self) -> String;

    /// The level of the log, or its directives.
    fn log_level(&self) -> String;

    /// Changes it, until it is changed again or the process ends.
    ///
    /// # Errors
    /// A sentence, when it cannot be read; nothing is changed then.
    fn set_log_level(&self, level: &str) -> Result<(), String>;
}

/// What the handlers share.
struct Shared {
    operations: Arc<dyn Operations>,
    offenders: Arc<Offenders>,
}

/// A server that answers operators of `shop` on `listener` as soon as it is awaited.
///
/// # Errors
/// When the listener cannot be used.
pub fn server(
    listener: TcpListener,
    shop: Shop,
    operations: Arc<dyn Operations>,
    offenders: Arc<Offenders>,
) -> std::io::Result<Server> {
    let shared = Data::new(Shared { operations, offenders });
    let shop = Data::new(shop);
    let application = move || {
        App::new()
            .app_data(shared.clone())
            .app_data(shop.clone())
            .configure(probes)
            .app_data(PayloadConfig::new(LONGEST_LEVEL))
            .service(
                web::resource("/metrics")
                    .get(metrics)
                    .head(metrics)
                    .default_service(web::to(|| not_allowed("GET, HEAD"))),
            )
            .service(
                web::resource("/log")
                    .get(log_level)
                    .put(set_log_level)
                    .default_service(web::to(|| not_allowed("GET, PUT"))),
            )
            .service(
                web::resource("/offenders")
                    .get(offenders_now)
                    .default_service(web::to(|| not_allowed("GET"))),
            )
            .default_service(web::to(unknown))
    };
    let server = HttpServer::new(application)
        .disable_signals()
        .workers(1)
        .client_request_timeout(Duration::from_secs(10))
        .shutdown_timeout(1);
    Ok(server.listen(listener)?.run())
}

async fn metrics(shared: Data<Shared>) -> HttpResponse {
    let text = shared.operations.metrics();
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).content_type(METRICS_TYPE).body(text)
}

async fn log_level(shared: Data<Shared>) -> HttpResponse {
    plain(HttpResponse::Ok(), shared.operations.log_level())
}

async fn set_log_level(shared: Data<Shared>, body: Bytes) -> HttpResponse {
    let Ok(level) = std::str::from_utf8(&body) else {
        return plain(HttpResponse::UnprocessableEntity(), "the body is not UTF-8 text");
    };
    let before = shared.operations.log_level();
    match shared.operations.set_log_level(level.trim()) {
        Ok(()) => {
            let after = shared.operations.log_level();
            tracing::warn!(before, after, "the level of the log was changed");
            plain(HttpResponse::Ok(), after)
        }
        Err(sentence) => plain(HttpResponse::UnprocessableEntity(), sentence),
    }
}

async fn offenders_now(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(shared.offenders.worst(SHOWN))
}

async fn unknown() -> HttpResponse {
    plain(HttpResponse::NotFound(), "there are /metrics, /log, /offenders, /livez and /readyz")
}

fn not_allowed(allowed: &'static str) -> Ready<HttpResponse> {
    let mut answer = HttpResponse::MethodNotAllowed();
    answer.insert_header((ALLOW, allowed));
    ready(plain(answer, format!("allowed are {allowed}")))
}

fn plain(mut answer: actix_web::HttpResponseBuilder, text: impl Into<String>) -> HttpResponse {
    answer.insert_header((CACHE_CONTROL, "no-store"));
    answer.insert_header(ContentType::plaintext()).body(text.into() + "\n")
}
