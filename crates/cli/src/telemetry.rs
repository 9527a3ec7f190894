//! The log: what is told, how, and that a panic is one line of it like everything else.

use std::{
    io::{self, IsTerminal},
    panic,
};

use tracing_subscriber::{EnvFilter, filter::ParseError, fmt};

use crate::{
    configuration::{Log, LogFormat},
    failure::Failure,
};

/// What no level turns on by itself. At debug the driver logs the values of every statement, personal data and password
/// hashes among them; and whatever a stranger sends that is not HTTP would be an error of ours.
const QUIET: &str = "tokio_postgres=info,actix_http::h1::dispatcher=off";

/// Starts logging to standard error, for the rest of the process.
pub(crate) fn start(log: &Log) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::usage(format!("cannot start logging: {error}"));
    let filter = filter(&log.level).map_err(|error| failed(&error))?;
    let terminal = io::stderr().is_terminal();
    // A log that nobody reads any more must not end the service: what cannot be written is dropped in silence.
    let builder = fmt().with_env_filter(filter).with_writer(io::stderr).log_internal_errors(false);
    let json = match log.format {
        LogFormat::Auto => !terminal,
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    if json {
        builder
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .try_init()
            .map_err(|error| failed(&error))?;
    } else {
        builder.with_ansi(terminal).try_init().map_err(|error| failed(&error))?;
    }
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let reason = info.payload_as_str().unwrap_or("no reason given").replace('\n', " ");
        tracing::error!(%place, %reason, "a part of the program panicked");
    }));
    Ok(())
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
