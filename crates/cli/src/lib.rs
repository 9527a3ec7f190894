//! The `stockroom` program: configuration, telemetry, composition, subcommands and shutdown.
//!
//! It knows no queries, and no HTTP bodies but those that `replay` sends. A command that fails prints one sentence on standard error and exits with
//! 1, or with 2 when the command line or the configuration is at fault.

mod admin;
mod arguments;
mod audit;
mod banner;
mod check;
pub mod configuration;
mod data_dir;
mod database;
mod failure;
mod health;
mod import;
mod keys;
mod limits;
mod listener;
mod migrate;
mod operations;
mod output;
mod preparing;
mod replay;
mod serve;
mod sign_in;
mod stopping;
mod telemetry;

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use clap::Parser;

use arguments::{Admin, Arguments, Audit, Command, Import, SigningKey};
use configuration::{Loaded, Sources};
use failure::Failure;

/// Runs the program with the arguments and variables of this process.
pub fn run() -> ExitCode {
    match execute(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("stockroom: {}", failure.sentence());
            failure.exit_code()
        }
    }
}

fn execute(arguments: Arguments) -> Result<(), Failure> {
    if let Some(Command::Openapi) = arguments.command {
        return output::print(&stockroom_web::openapi_json());
    }
    let variables = variables();
    let loaded = configuration::load(&Sources {
        environment: arguments.environment(),
        directory: arguments.config_dir().map(PathBuf::from),
        variables: &variables,
    })?;
    let Loaded { configuration, environment, layers } = loaded;
    let data_dir = data_dir::choose(&configuration.embedded, &variables);
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => block_on(serve::serve(&configuration, data_dir, &environment)),
        Command::Migrate { status } => block_on(migrate::migrate(&configuration, data_dir, status)),
        Command::Import { source: Import::Retail { file } } => {
            block_on(import::retail(&configuration, data_dir, &file))
        }
        Command::Replay(options) => block_on(replay::replay(&configuration, data_dir, options)),
        Command::Audit { action: Audit::Export(filter) } => {
            block_on(audit::export(&configuration, data_dir, filter.into()))
        }
        Command::SigningKey { action: SigningKey::Rotate } => {
            block_on(sign_in::rotate(&configuration, data_dir))
        }
        Command::Check { limit } => block_on(check::check(&configuration, data_dir, limit)),
        Command::Admin { action: Admin::Create(asked) } => {
            block_on(admin::create(&configuration, data_dir, asked))
        }
        Command::Key(asked) => block_on(keys::keys(&configuration, data_dir, asked)),
        Command::Health { url } => health::check(&configuration.server, url.as_deref()),
        Command::Config => {
            let text = toml::to_string(&configuration.masked())
                .map_err(|error| Failure::run(format!("cannot print the configuration: {error}")))?;
            output::print(&format!("# Environment {environment}: {}.\n\n{text}", layers.join(", ")))
        }
        // Answered above: it needs no configuration.
        Command::Openapi => Ok(()),
    }
}

/// The variables of this process; what is not Unicode is shown as well as it can be.
fn variables() -> BTreeMap<String, String> {
    let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    std::env::vars_os().map(|(name, value)| (lossy(name), lossy(value))).collect()
}

fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::run(format!("cannot start the runtime: {error}")))?
        .block_on(work)
}
