//! What the service prints once it is ready: where everything is, and how to stop it.

use std::{fmt::Write as _, net::SocketAddr, time::Duration};

use crate::{
    configuration::{AuthMode, Configuration, masked},
    database::Database,
    listener::local_url,
};

/// The banner of a service that listens on `address`, and for operators on another one, if it does.
pub(crate) fn banner(
    configuration: &Configuration,
    environment: &str,
    (address, operations): (SocketAddr, Option<SocketAddr>),
    database: &Database,
    start_time: Duration,
) -> String {
    let url = local_url(&configuration.server.host, address.port());
    let redis = &configuration.redis;
    let redis = match (redis.enabled, redis.url.is_empty()) {
        (false, _) => "switched off".to_owned(),
        (true, true) => "none configured".to_owned(),
        (true, false) => masked(&redis.url),
    };
    let shop = database.shown_url();
    let database = match database.server() {
        Some(server) => format!("private PostgreSQL {} in {}", server.version(), server.data_dir().display()),
        None => "PostgreSQL".to_owned(),
    };
    let access = match configuration.auth.mode {
        AuthMode::Enforced => "callers sign in, or have an API key".to_owned(),
        AuthMode::Open => "OPEN: nobody has to sign in (auth.mode)".to_owned(),
    };
    let operations = match operations {
        Some(address) => {
            format!("{}/metrics, /log, /offenders", local_url(&configuration.operations.host, address.port()))
        }
        None => "switched off".to_owned(),
    };
    let lines = [
        ("API", url.clone()),
        ("Access", access),
        ("Swagger UI", format!("{url}/docs")),
        ("ReDoc", format!("{url}/redoc")),
        ("OpenAPI", format!("{url}/openapi.json")),
        ("Health", format!("{url}/health_check")),
        ("Database", database),
        ("", format!("psql '{shop}'")),
        ("Redis", redis),
        ("Operations", operations),
        ("Stop", "stop with Ctrl-C".to_owned()),
    ];
    let version = env!("CARGO_PKG_VERSION");
    let mut text = format!(
        "\nStockroom {version} ({environment}) listens on {address}, ready after {:.1} s\n\n",
        start_time.as_secs_f64()
    );
    for (label, value) in lines {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {label:<12}{value}");
    }
    text
}
