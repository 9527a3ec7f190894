//! Measures checkout in one run against what `PostgreSQL` itself can do on the same machine with the same writes.
//!
//! Everything it needs it starts itself, in a temporary directory, and stops again: a durable `PostgreSQL`, the service
//! as a process of its own, and `pgbench`. `docs/performance.md` tells what the figures mean.

mod arguments;
mod baselines;
mod check;
mod checkout;
mod contender;
mod failure;
mod generator;
mod interrupt;
mod latencies;
mod machine;
mod measurement;
mod pgbench;
mod postgres;
mod processes;
mod report;
mod service;
mod targets;
mod workload;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;

use arguments::{Arguments, Command};
use failure::Failure;

fn main() -> ExitCode {
    match execute(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("stockroom-bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Whether what was measured was also correct.
fn execute(arguments: &Arguments) -> Result<bool, Failure> {
    interrupt::listen()?;
    match &arguments.command {
        Command::Checkout(options) => {
            let report = checkout::run(options)?;
            let mut stdout = io::stdout().lock();
            let text = report.text();
            stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Failure::output)?;
            if let Some(path) = &options.json {
                report.save(path)?;
            }
            Ok(report.is_correct())
        }
    }
}
