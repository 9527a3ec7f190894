//! The log: what is told, how, and that a panic is one line of it like everything else. Beside it, where they are wanted, the
//! traces.

mod export;
mod level;

use std::{
    fmt::Display,
    io::{self, IsTerminal},
    panic,
    sync::Arc,
};

use tracing::{Metadata, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, FilterFn, ParseError},
    fmt,
    layer::SubscriberExt,
    reload,
    util::SubscriberInitExt,
};

pub(crate) use export::Exporting;
pub(crate) use level::LogLevel;

use crate::{
    configuration::{Configuration, Log, LogFormat},
    failure::Failure,
};

/// What no level turns on by itself. At debug the driver logs the values of every statement, personal data and password
/// hashes among them; and whatever a stranger sends that is not HTTP would be an error of ours.
const QUIET: &str = "tokio_postgres=info,actix_http::h1::dispatcher=off";
/// Spans of this target are for traces alone.
const TRACES: &str = "stockroom::trace";
/// Where the spans of requests are.
const REQUESTS: &str = "stockroom_web";

/// Starts logging to standard error, for the rest of the process.
pub(crate) fn start(log: &Log) -> Result<(), Failure> {
    start_with(log, None).map(drop)
}

/// The log of the service, whose level can be changed, and its traces, as long as this is kept.
pub(crate) struct Telemetry {
    pub(crate) level: Arc<LogLevel>,
    pub(crate) exporting: Option<Arc<Exporting>>,
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        // Others may still have a share in it, so its end is not that of the last of them.
        if let Some(exporting) = &self.exporting {
            exporting.end();
        }
    }
}

/// Starts logging to standard error, for the rest of the process, and exporting traces if that is wanted.
pub(crate) fn start_service(configuration: &Configuration) -> Result<Telemetry, Failure> {
    let exporting = Exporting::start(&configuration.tracing)?.map(Arc::new);
    let level = start_with(&configuration.log, exporting.as_deref())?;
    Ok(Telemetry { level: Arc::new(level), exporting })
}

fn start_with(log: &Log, exporting: Option<&Exporting>) -> Result<LogLevel, Failure> {
    let failed = |error: &dyn Display| Failure::usage(format!("cannot start logging: {error}"));
    let (filter, handle) = reload::Layer::new(filter(&log.level).map_err(|error| failed(&error))?);
    let level = LogLevel::new(log.level.clone(), handle);
    let terminal = io::stderr().is_terminal();
    let json = match log.format {
        LogFormat::Auto => !terminal,
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    let told = filter.and(not_for_traces());
    // A log that nobody reads any more must not end the service: what cannot be written is dropped in silence.
    let lines = fmt::layer().with_writer(io::stderr).log_internal_errors(false);
    let lines = if json {
        lines.json().flatten_event(true).with_span_list(false).boxed()
    } else {
        lines.with_ansi(terminal).boxed()
    };
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(told));
    // A layer that is `None` would have every span made, also those that no filter lets through.
    let started = match exporting {
        Some(exporting) => subscriber.with(exporting.layer().with_filter(for_traces())).try_init(),
        None => subscriber.try_init(),
    };
    started.map_err(|error| failed(&error))?;
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let reason = info.payload_as_str().unwrap_or("no reason given").replace('\n', " ");
        tracing::error!(%place, %reason, "a part of the program panicked");
    }));
    Ok(level)
}

/// The log shows requests, whose ids are on its lines; what they are made of is for traces.
fn not_for_traces() -> FilterFn {
    FilterFn::new(is_told as fn(&Metadata<'_>) -> bool).with_max_level_hint(LevelFilter::TRACE)
}

fn is_told(metadata: &Metadata<'_>) -> bool {
    metadata.target() != TRACES
}

/// Traces have spans alone: no line of the log.
fn for_traces() -> FilterFn {
    FilterFn::new(is_traced as fn(&Metadata<'_>) -> bool).with_max_level_hint(LevelFilter::TRACE)
}

fn is_traced(metadata: &Metadata<'_>) -> bool {
    let request = metadata.name() == "request" && metadata.target().starts_with(REQUESTS);
    metadata.is_span() && (metadata.target() == TRACES || request)
}

/// The filter for a level or directives; those that name a quiet part still turn it on.
fn filter(level: &str) -> Result<EnvFilter, ParseError> {
    EnvFilter::try_new(format!("{QUIET},{level}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_statements_are_logged_only_when_asked_for_by_name() {
        assert!(filter("debug").unwrap().to_string().contains("tokio_postgres=info"));
        let by_name = filter("info,tokio_postgres=debug").unwrap().to_string();
        assert!(
            by_name.contains("tokio_postgres=debug") && !by_name.contains("tokio_postgres=info"),
            "{by_name}"
        );
    }
}
