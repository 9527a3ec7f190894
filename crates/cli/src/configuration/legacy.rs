//! The variables of the service that Stockroom replaces, so that a deployment of it needs no change, and one that
//! OpenTelemetry has for all programs.

use std::collections::BTreeMap;

use url::Url;

use super::{sections::Pagination, source::Layer};
use crate::failure::Failure;

const PAGE_LIMIT: &str = "PAGINATION_MAX_LIMIT";
const DATABASE_URL: &str = "database.url";
const REDIS_URL: &str = "redis.url";
const LOG_LEVEL: &str = "log.level";

/// Variables whose value is that of a key.
const RENAMED: [(&str, &str); 15] = [
    ("DATABASE_URL", DATABASE_URL),
    ("DB_POOL_SIZE", "database.pool_size"),
    ("DB_POOL_TIMEOUT", "database.pool_wait_seconds"),
    ("REDIS_URL", REDIS_URL),
    ("REDIS_ENABLED", "redis.enabled"),
    ("REDIS_CACHE_TTL", "cache.ttl_seconds"),
    ("RATE_LIMIT_ENABLED", "rate_limit.enabled"),
    ("RATE_LIMIT_CALLS", "rate_limit.calls"),
    ("RATE_LIMIT_PERIOD", "rate_limit.period_seconds"),
    (PAGE_LIMIT, "pagination.max_limit"),
    ("CORS_ORIGINS", "cors.origins"),
    ("API_HOST", "server.host"),
    ("API_PORT", "server.port"),
    ("LOG_LEVEL", LOG_LEVEL),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "tracing.otlp_endpoint"),
];

/// Variables that are the parts of a URL.
struct Parts {
    key: &'static str,
    scheme: &'static str,
    prefix: &'static str,
    port: u16,
    user: &'static str,
    name: &'static str,
}

const POSTGRES: Parts = Parts {
    key: DATABASE_URL,
    scheme: "postgres",
    prefix: "POSTGRES",
    port: 5432,
    user: "postgres",
    name: "postgres",
};
const REDIS: Parts =
    Parts { key: REDIS_URL, scheme: "redis", prefix: "REDIS", port: 6379, user: "", name: "0" };

/// The layers of these variables: the parts of URLs below, whole URLs and everything else above.
pub(super) fn layers(variables: &BTreeMap<String, String>) -> Result<Vec<Layer>, Failure> {
    let renamed = RENAMED.into_iter().filter_map(|(variable, key)| {
        let value = translated(key, set(variables, variable)?);
        Some((variable.to_owned(), key.to_owned(), value))
    });
    let renamed: Vec<_> = renamed.collect();
    let mut composed = Vec::new();
    for parts in [POSTGRES, REDIS] {
        // Parts beside a whole URL are leftovers; wrong ones among them should not hurt.
        if !renamed.iter().any(|(_, key, _)| key == parts.key) {
            composed.extend(parts.compose(variables)?);
        }
    }
    Ok([composed, renamed].iter().filter_map(|layer| Layer::of_variables(layer)).collect())
}

/// The old service capped a list that was not asked for at the maximum; there was no separate default.
pub(super) fn fit_default_limit(pagination: &mut Pagination, variables: &BTreeMap<String, String>) {
    if set(variables, PAGE_LIMIT).is_some() {
        pagination.default_limit = pagination.default_limit.min(pagination.max_limit);
    }
}

fn set<'a>(variables: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

/// Spellings that only the old service's language knows.
fn translated(key: &str, value: &str) -> String {
    match key {
        // `postgresql+psycopg2://...` names a driver.
        DATABASE_URL => match value.split_once("://") {
            Some((scheme, rest)) if scheme.starts_with("postgresql+") => format!("postgresql://{rest}"),
            _ => value.to_owned(),
        },
        LOG_LEVEL => match value.to_lowercase().as_str() {
            "warning" => "warn".to_owned(),
            "critical" | "fatal" => "error".to_owned(),
            _ => value.to_owned(),
        },
        _ => value.to_owned(),
    }
}

impl Parts {
    /// The URL of the parts that are set, as a variable; `None` if no part is.
    fn compose(
        &self,
        variables: &BTreeMap<String, String>,
    ) -> Result<Option<(String, String, String)>, Failure> {
        let variable = |part: &str| format!("{}_{part}", self.prefix);
        let given = |part: &str| set(variables, &variable(part));
        let named: Vec<_> = ["HOST", "PORT", "DB", "USER", "PASSWORD"]
            .into_iter()
            .filter(|name| given(name).is_some())
            // Redis users are newer than the old service.
            .filter(|name| *name != "USER" || !self.user.is_empty())
            .map(variable)
            .collect();
        if named.is_empty() {
            return Ok(None);
        }
        let invalid = |part: &str, reason: &str| {
            Failure::usage(format!("environment variable {} {reason}", variable(part)))
        };
        let port = given("PORT").map_or(Ok(self.port), str::parse);
        let port = port.map_err(|_| invalid("PORT", "is not a port number"))?;
        let host = given("HOST").unwrap_or("localhost");
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let mut url = Url::parse(&format!("{}://{}", self.scheme, encoded_host(&host)))
            .map_err(|_| invalid("HOST", "is not the name or address of a host"))?;
        let user = if self.user.is_empty() { "" } else { given("USER").unwrap_or(self.user) };
        let password = given("PASSWORD").map(literal);
        let complete = url
            .set_port(Some(port))
            .and_then(|()| url.set_username(&literal(user)))
            .and_then(|()| url.set_password(password.as_deref()));
        complete.map_err(|()| invalid("HOST", "is not the name or address of a host"))?;
        url.path_segments_mut()
            .map_err(|()| invalid("DB", "is not the name of a database"))?
            .push(given("DB").unwrap_or(self.name));
        Ok(Some((named.join(", "), self.key.to_owned(), url.into())))
    }
}

/// The URL crate encodes everything but percent signs, which it takes for encoded already.
fn literal(text: &str) -> String {
    text.replace('%', "%25")
}

/// `POSTGRES_HOST` may be the directory of a Unix socket.
fn encoded_host(host: &str) -> String {
    literal(host).replace('/', "%2F")
}
