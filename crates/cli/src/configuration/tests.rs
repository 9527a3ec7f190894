//! The configuration's promises: which layer wins, what is refused and in which words, and what is never shown.

use std::{collections::BTreeMap, fs, path::Path};

use tempfile::TempDir;

use super::*;

/// An environment and the variables of a process.
struct Case<'a> {
    environment: &'a str,
    files: &'a [(&'a str, &'a str)],
    variables: &'a [(&'a str, &'a str)],
}

const PLAIN: Case<'_> = Case { environment: "development", files: &[], variables: &[] };

impl Case<'_> {
    fn load(&self) -> Result<Configuration, Failure> {
        let directory = TempDir::new().unwrap();
        for (name, text) in self.files {
            fs::write(directory.path().join(name), text).unwrap();
        }
        self.load_from(directory.path())
    }

    fn load_from(&self, directory: &Path) -> Result<Configuration, Failure> {
        let variables = self.variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let variables: BTreeMap<String, String> = variables.collect();
        let directory = Some(directory.to_owned());
        let loaded = load(&Sources { environment: self.environment, directory, variables: &variables });
        loaded.map(|loaded| loaded.configuration)
    }
}

fn with(variables: &[(&str, &str)]) -> Configuration {
    Case { variables, ..PLAIN }.load().unwrap()
}

#[track_caller]
fn check_refused(case: &Case<'_>, parts: &[&str]) {
    let sentence = case.load().unwrap_err().sentence();
    for part in parts {
        assert!(sentence.contains(part), "{sentence:?} does not say {part:?}");
    }
}

#[track_caller]
fn check_variable_refused(name: &str, value: &str, parts: &[&str]) {
    check_refused(&Case { variables: &[(name, value)], ..PLAIN }, parts);
}

#[test]
fn nothing_at_all_is_a_development_run_on_a_private_server() {
    let configuration = PLAIN.load().unwrap();
    assert_eq!(configuration.server.host, "127.0.0.1");
    assert_eq!(configuration.server.port, 8000);
    assert_eq!(configuration.database.url, "");
    assert_eq!(configuration.redis.url, "");
    assert_eq!(configuration.rate_limit.calls, 100_000);
    assert!(configuration.demo.catalogue);
}

#[test]
fn reviews_are_moderated_after_unless_it_is_asked_for_before() {
    assert_eq!(PLAIN.load().unwrap().reviews.moderation, ReviewModeration::After);
    let before = with(&[("STOCKROOM__REVIEWS__MODERATION", "before")]);
    assert_eq!(before.reviews.moderation, ReviewModeration::Before);
}

#[test]
fn production_needs_no_file() {
    let configuration = Case { environment: "production", ..PLAIN }.load().unwrap();
    assert_eq!(configuration.server.host, "0.0.0.0");
    assert_eq!(configuration.rate_limit.calls, 100);
    assert_eq!(configuration.cors.origins, Vec::<String>::new());
    assert_eq!(configuration.log.format, LogFormat::Json);
    assert!(!configuration.demo.catalogue);
}

#[test]
fn each_layer_wins_over_those_below() {
    let files =
        [("base.toml", "[server]\nport = 1\nworkers = 3"), ("development.toml", "[server]\nport = 2")];
    let configuration = Case { files: &files, ..PLAIN }.load().unwrap();
    assert_eq!((configuration.server.port, configuration.server.workers), (2, 3));

    let variables = [("API_PORT", "3")];
    assert_eq!(Case { files: &files, variables: &variables, ..PLAIN }.load().unwrap().server.port, 3);

    let variables = [("API_PORT", "3"), ("STOCKROOM__SERVER__PORT", "4")];
    assert_eq!(Case { files: &files, variables: &variables, ..PLAIN }.load().unwrap().server.port, 4);
}

#[test]
fn a_file_stands_in_for_the_built_in_environment_of_its_name() {
    let files = [("development.toml", "")];
    assert_eq!(Case { files: &files, ..PLAIN }.load().unwrap().rate_limit.calls, 100);
}

#[test]
fn an_environment_of_ones_own_is_a_file() {
    let files = [("staging.toml", "[log]\nlevel = \"info,stockroom_web=debug\"")];
    let configuration = Case { environment: "staging", files: &files, ..PLAIN }.load().unwrap();
    assert_eq!(configuration.log.level, "info,stockroom_web=debug");
    check_refused(
        &Case { environment: "staging", ..PLAIN },
        &["unknown environment staging", "staging.toml"],
    );
    check_refused(&Case { environment: "../base", ..PLAIN }, &["letters"]);
}

#[test]
fn a_directory_asked_for_must_exist() {
    let sentence = PLAIN.load_from(Path::new("no/such/place")).unwrap_err().sentence();
    assert_eq!(sentence, "configuration directory no/such/place does not exist");
}

#[test]
fn the_old_variables_keep_working() {
    let configuration = with(&[
        ("DATABASE_URL", "postgresql+psycopg2://app:secret@db/shop"),
        ("POSTGRES_HOST", "elsewhere"),
        ("POSTGRES_PORT", "not used beside DATABASE_URL"),
        ("DB_POOL_SIZE", "50"),
        ("DB_POOL_TIMEOUT", "30"),
        ("REDIS_URL", "redis://cache:6379/1"),
        ("REDIS_ENABLED", "True"),
        ("REDIS_CACHE_TTL", "300"),
        ("RATE_LIMIT_ENABLED", "false"),
        ("RATE_LIMIT_CALLS", "7"),
        ("RATE_LIMIT_PERIOD", "8"),
        ("PAGINATION_MAX_LIMIT", "500"),
        ("CORS_ORIGINS", "https://a.example, http://localhost:3000,"),
        ("API_HOST", "0.0.0.0"),
        ("API_PORT", " 9000 "),
        ("LOG_LEVEL", "WARNING"),
    ]);
    assert_eq!(configuration.database.url, "postgresql://app:secret@db/shop");
    assert_eq!((configuration.database.pool_size, configuration.database.pool_wait_seconds), (50, 30));
    let redis =
        Redis { enabled: true, url: "redis://cache:6379/1".to_owned(), root_certificate: String::new() };
    assert_eq!(configuration.redis, redis);
    let rate_limit = RateLimit { enabled: false, calls: 7, period_seconds: 8, ..with(&[]).rate_limit };
    assert_eq!(configuration.rate_limit, rate_limit);
    assert_eq!(configuration.pagination.max_limit, 500);
    assert_eq!(configuration.cors.origins, ["https://a.example", "http://localhost:3000"]);
    assert_eq!((configuration.server.host.as_str(), configuration.server.port), ("0.0.0.0", 9000));
    assert_eq!(configuration.log.level, "warn");
}

#[test]
fn a_url_is_made_of_its_parts_with_everything_strange_encoded() {
    let parts = [
        ("POSTGRES_HOST", "db"),
        ("POSTGRES_PORT", "5433"),
        ("POSTGRES_DB", "shop/1"),
        ("POSTGRES_USER", "app@x"),
        ("POSTGRES_PASSWORD", "p@ss:w/rd%41 #?"),
    ];
    let url = with(&parts).database.url;
    assert_eq!(url, "postgres://app%40x:p%40ss%3Aw%2Frd%2541%20%23%3F@db:5433/shop%2F1");

    assert_eq!(
        with(&[("POSTGRES_PASSWORD", "x")]).database.url,
        "postgres://postgres:x@localhost:5432/postgres"
    );
    let socket = with(&[("POSTGRES_HOST", "/run/postgresql")]).database.url;
    assert_eq!(socket, "postgres://postgres@%2Frun%2Fpostgresql:5432/postgres");
    let redis = with(&[("REDIS_HOST", "cache"), ("REDIS_PASSWORD", "a/b"), ("REDIS_DB", "2")]).redis.url;
    assert_eq!(redis, "redis://:a%2Fb@cache:6379/2");
    check_variable_refused("POSTGRES_PORT", "many", &["POSTGRES_PORT is not a port number"]);
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let empty = ["DATABASE_URL", "POSTGRES_HOST", "API_PORT", "REDIS_PASSWORD", "STOCKROOM__SERVER__PORT"];
    assert_eq!(with(&empty.map(|name| (name, ""))), PLAIN.load().unwrap());
}

#[test]
fn the_old_maximum_lowers_the_default_with_it_but_a_contradiction_of_ones_own_is_refused() {
    assert_eq!(
        with(&[("PAGINATION_MAX_LIMIT", "50")]).pagination,
        Pagination { default_limit: 50, max_limit: 50, max_skip: 100_000 }
    );
    check_variable_refused(
        "STOCKROOM__PAGINATION__MAX_LIMIT",
        "50",
        &["pagination.max_limit (50)", "pagination.default_limit (100)"],
    );
}

#[test]
fn unknown_keys_are_refused_with_their_name_and_place() {
    let files = [("development.toml", "[server]\nprot = 1")];
    let case = Case { files: &files, ..PLAIN };
    check_refused(
        &case,
        &["unknown configuration key server.prot in ", "development.toml: [server] has", "port"],
    );
    let files = [("base.toml", "port = 1")];
    check_refused(&Case { files: &files, ..PLAIN }, &["key port in", "base.toml: sections are", "server"]);
    let parts = ["key server.prot in environment variable STOCKROOM__SERVER__PROT"];
    check_variable_refused("STOCKROOM__SERVER__PROT", "1", &parts);
    check_variable_refused("STOCKROOM__SEVER__PORT", "1", &["key sever in", "STOCKROOM__SEVER__PORT"]);
    check_variable_refused("STOCKROOM__PORT", "1", &["key port in", "STOCKROOM__PORT"]);
}

#[test]
fn wrong_types_are_refused_with_their_key_and_place() {
    check_variable_refused("API_PORT", "http", &["`server.port`", "API_PORT", "\"http\"", "integer"]);
    check_variable_refused("API_PORT", "70000", &["`server.port` in environment variable API_PORT", "70000"]);
    check_variable_refused("STOCKROOM__DATABASE__POOL_SIZE", "-1", &["database.pool_size"]);
    check_variable_refused("REDIS_ENABLED", "maybe", &["`redis.enabled`", "REDIS_ENABLED", "boolean"]);
    check_variable_refused(
        "STOCKROOM__LOG__FORMAT",
        "xml",
        &["\"xml\" is none of auto, text, json for key `log.format` in environment variable"],
    );
    check_variable_refused(
        "STOCKROOM__REVIEWS__MODERATION",
        "never",
        &["\"never\" is none of after, before for key `reviews.moderation` in environment variable"],
    );
    check_variable_refused(
        "STOCKROOM__RATE_LIMIT__TRUSTED_PROXIES",
        "proxy",
        &[
            "\"proxy\" is neither an address nor a network",
            "rate_limit.trusted_proxies",
            "variable STOCKROOM",
        ],
    );
    check_variable_refused(
        "STOCKROOM__RATE_LIMIT__FORWARDED_HEADER",
        "via",
        &["\"via\" is none of x-forwarded-for, forwarded for key `rate_limit.forwarded_header`"],
    );
    check_variable_refused(
        "STOCKROOM__RATE_LIMIT__PROFILE",
        "lax",
        &["\"lax\" is none of usual, strict for key `rate_limit.profile`"],
    );
    check_variable_refused(
        "STOCKROOM__RATE_LIMIT__LOGIN",
        "ten",
        &["\"ten\" is no limit: write calls/seconds", "`rate_limit.login` in environment variable STOCKROOM"],
    );
    check_variable_refused(
        "STOCKROOM__SERVER",
        "x",
        &["server in environment variable STOCKROOM__SERVER is a section"],
    );
    let files = [("base.toml", "[server]\nport = \"http\"")];
    check_refused(&Case { files: &files, ..PLAIN }, &["`server.port`", "base.toml", "integer"]);
}

#[test]
fn values_out_of_range_are_refused_with_their_key() {
    for (variable, value, part) in [
        ("API_HOST", " ", "server.host must not be empty"),
        ("DB_POOL_SIZE", "0", "database.pool_size is 0, but must be from 1"),
        ("DB_POOL_SIZE", "100", "embedded.max_connections (100) must exceed database.pool_size (100)"),
        ("STOCKROOM__DATABASE__LOCK_TIMEOUT_SECONDS", "0", "database.lock_timeout_seconds"),
        ("DATABASE_URL", "mysql://db", "database.url must be"),
        ("REDIS_URL", "cache:6379", "redis.url must be"),
        (
            "STOCKROOM__SEARCH__LANGUAGE",
            "English; x",
            "search.language is \"English; x\", but must be a name",
        ),
        ("PAGINATION_MAX_LIMIT", "0", "pagination.default_limit must be at least 1"),
        ("STOCKROOM__PAGINATION__MAX_SKIP", "-1", "pagination.max_skip is -1, but must be from 0"),
        ("CORS_ORIGINS", "https://shop.example/", "cors.origins holds \"https://shop.example/\""),
        ("RATE_LIMIT_CALLS", "0", "rate_limit.calls"),
        ("STOCKROOM__RATE_LIMIT__LOGIN", "10/0", "the period of rate_limit.login is 0, but must be from 1"),
        ("STOCKROOM__RATE_LIMIT__REDIS_BUDGET_MILLISECONDS", "0", "rate_limit.redis_budget_milliseconds"),
        ("LOG_LEVEL", "verbose", "log.level is \"verbose\""),
    ] {
        check_variable_refused(variable, value, &[part]);
    }
    assert_eq!(with(&[("API_PORT", "0")]).server.port, 0, "any free port");
}

#[test]
fn a_malformed_file_is_told_in_one_line_that_shows_none_of_it() {
    let files = [("base.toml", "[database]\nurl = \"postgres://app:secret@db")];
    let sentence = Case { files: &files, ..PLAIN }.load().unwrap_err().sentence();
    assert!(sentence.contains("base.toml is malformed: TOML parse error at line 2"), "{sentence}");
    assert!(!sentence.contains("secret"), "{sentence}");
}

#[test]
fn passwords_are_never_shown() {
    for (url, shown) in [
        ("", ""),
        ("postgres://app:secret@db:5432/shop", "postgres://app:***@db:5432/shop"),
        ("postgres://app@db/shop?password=secret&x=1", "postgres://app@db/shop?password=***&x=1"),
        ("redis://:secret@cache/0", "redis://:***@cache/0"),
        ("postgres://app:secret@a:1,b:2/shop", "***"),
        ("postgres://stockroom@%2Ftmp%2Frun:5432/shop", "postgres://stockroom@%2Ftmp%2Frun:5432/shop"),
    ] {
        assert_eq!(masked(url), shown);
    }
    let configuration =
        with(&[("DATABASE_URL", "postgres://app:secret@db/shop"), ("REDIS_URL", "redis://:secret@cache")]);
    let text = toml::to_string(&configuration.masked()).unwrap();
    assert!(text.contains("app:***@db") && !text.contains("secret"), "{text}");
}

#[test]
fn what_is_printed_can_be_read_back() {
    let configuration = PLAIN.load().unwrap();
    let text = toml::to_string(&configuration.masked()).unwrap();
    assert_eq!(toml::from_str::<Configuration>(&text).unwrap(), configuration);
}

#[test]
fn keys_and_mail_are_read_and_their_secrets_are_not_shown() {
    // 32 zero bytes.
    let secret = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let keys = format!("new:EdDSA:{secret}, old:HS256:{secret}");
    let configuration = with(&[
        ("STOCKROOM__AUTH__KEYS", &keys),
        ("STOCKROOM__MAIL__TRANSPORT", "smtp"),
        ("STOCKROOM__MAIL__SMTP_URL", "smtps://shop:hunter2@mail.example"),
        ("STOCKROOM__MAIL__FROM", "The shop <shop@example.com>"),
    ]);
    assert_eq!(configuration.auth.keys.len(), 2);
    let masked = configuration.masked();
    assert_eq!(masked.auth.keys, ["new:EdDSA:***", "old:HS256:***"]);
    assert_eq!(masked.mail.smtp_url, "smtps://shop:***@mail.example");
    let shown = format!("{configuration:?}");
    assert!(!shown.contains("hunter2") && !shown.contains(secret), "{shown}");
}

#[test]
fn what_nobody_could_sign_in_with_is_refused_without_its_secret() {
    check_variable_refused("STOCKROOM__AUTH__ALGORITHM", "none", &["auth.algorithm", "EdDSA or HS256"]);
    check_variable_refused(
        "STOCKROOM__AUTH__KEYS",
        "a:HS256:c2hvcnQ=",
        &["auth.keys[0]", "at least 32 bytes"],
    );
    check_variable_refused("STOCKROOM__AUTH__ARGON2_MEMORY_KIB", "7", &["auth.argon2_memory_kib", "from 8"]);
    check_variable_refused("STOCKROOM__AUTH__ACCESS_TOKEN_SECONDS", "0", &["auth.access_token_seconds"]);
    check_variable_refused("STOCKROOM__MAIL__TRANSPORT", "smtp", &["mail.smtp_url must be set"]);
    check_variable_refused("STOCKROOM__MAIL__TRANSPORT", "pigeon", &["none of log, smtp, none"]);
    check_variable_refused(
        "STOCKROOM__MAIL__RESET_URL",
        "https://shop.example",
        &["mail.reset_url", "{token}"],
    );
    let refused = Case { variables: &[("STOCKROOM__AUTH__KEYS", "a:HS256:c2hvcnQ=")], ..PLAIN };
    assert!(!refused.load().unwrap_err().sentence().contains("c2hvcnQ"));
}

#[test]
fn operators_are_served_in_production_and_elsewhere_when_they_ask_for_it() {
    assert!(!PLAIN.load().unwrap().operations.enabled);
    let production = Case { environment: "production", ..PLAIN }.load().unwrap().operations;
    assert!(production.enabled);
    assert_eq!((production.host.as_str(), production.port), ("0.0.0.0", 9464));
    let asked = with(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:secret@collector:4318")]);
    assert_eq!(asked.tracing.otlp_endpoint, "http://me:secret@collector:4318");
    assert_eq!(asked.masked().tracing.otlp_endpoint, "http://me:***@collector:4318/");
}

#[test]
fn what_operators_cannot_mean_is_refused_by_its_name() {
    for (name, value, sentence) in [
        ("STOCKROOM__TRACING__SAMPLE_RATIO", "1.5", "tracing.sample_ratio is 1.5, but must be from 0 to 1"),
        (
            "STOCKROOM__TRACING__OTLP_ENDPOINT",
            "collector:4318",
            "tracing.otlp_endpoint must be empty or a URL",
        ),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector", "https is not spoken"),
        ("STOCKROOM__LOG__SLOW_QUERY_MILLISECONDS", "-1", "log.slow_query_milliseconds"),
        ("STOCKROOM__OPERATIONS__LOW_STOCK", "-1", "operations.low_stock is -1, but must be from 0 to"),
    ] {
        check_variable_refused(name, value, &[sentence]);
    }
}
