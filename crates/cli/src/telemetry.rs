//! The log: what is told, how, and that a panic is one line of it like everything else.

use std::{
    io::{self, IsTerminal},
    panic,
};

use tracing_subscriber::{EnvFilter, fmt};

use crate::{
    configuration::{Log, LogFormat},
    failure::Failure,
};

/// Starts logging to standard error, for the rest of the process.
pub(crate) fn start(log: &Log) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::usage(format!("cannot start logging: {error}"));
    let filter = EnvFilter::try_new(&log.level).map_err(|error| failed(&error))?;
    let terminal = io::stderr().is_terminal();
    let builder = fmt().with_env_filter(filter).with_writer(io::stderr);
    let json = match log.format {
        LogFormat::Auto => !terminal,
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    if json {
        builder.json().flatten_event(true).try_init().map_err(|error| failed(&error))?;
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
