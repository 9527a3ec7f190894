//! What the values of log, traces and metrics must fulfil.

use tracing_subscriber::EnvFilter;
use url::Url;

use super::{A_DAY, demand, within};
use crate::{
    configuration::sections::{Log, Operations, Tracing},
    failure::Failure,
};

pub(super) fn check(log: &Log, tracing: &Tracing, operations: &Operations) -> Result<(), Failure> {
    if let Some(fault) = level_fault(&log.level) {
        return Err(Failure::usage(format!("log.level is {:?}, {fault}", log.level)));
    }
    within("log.slow_query_milliseconds", log.slow_query_milliseconds, 0, 1000 * A_DAY)?;
    within("log.slow_request_milliseconds", log.slow_request_milliseconds, 0, 1000 * A_DAY)?;
    let endpoint = &tracing.otlp_endpoint;
    let known = Url::parse(endpoint).is_ok_and(|url| url.scheme() == "http" && url.has_host());
    demand(
        known || endpoint.is_empty(),
        "tracing.otlp_endpoint must be empty or a URL such as http://127.0.0.1:4318 (https is not spoken)",
    )?;
    within("tracing.sample_ratio", tracing.sample_ratio, 0.0, 1.0)?;
    demand(!operations.host.is_empty(), "operations.host must not be empty")?;
    within("operations.low_stock", operations.low_stock, 0, 1_000_000_000)
}

/// What is wrong with a level of the log, or directives; `None` when nothing is.
pub(crate) fn level_fault(level: &str) -> Option<String> {
    let words = ["off", "error", "warn", "info", "debug", "trace"];
    // A single unknown word would be taken for the name of a module, and switch everything else off.
    let meant = level.contains(['=', ',']) || words.contains(&level.to_lowercase().as_str());
    let fine = meant && EnvFilter::try_new(level).is_ok();
    (!fine).then(|| format!("but must be one of {}, or directives", words.join(", ")))
}
