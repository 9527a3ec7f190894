//! Measures checkout, reads and signing in, each in one run against what can be had at best on the same machine: from
//! `PostgreSQL` with the same statements, from the HTTP server with the same answers, and from argon2 alone. And measures
//! how long people wait who use a whole shop, all at the same time.
//!
//! Everything it needs it starts itself, in a temporary directory, and stops again: a durable `PostgreSQL`, the service
//! as a process of its own, and `pgbench`. `docs/performance.md` tells what the figures mean.

mod arguments;
mod bare;
mod checkout;
mod client;
mod failure;
mod generator;
mod interrupt;
mod latencies;
mod machine;
mod measurement;
mod mixed;
mod pgbench;
mod postgres;
mod processes;
mod reads;
mod redis;
mod report;
mod service;
mod sign_in;
mod target;
mod trials;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;

use arguments::{Arguments, Command};
use failure::Failure;
use report::Report;

/// The one of the service, so that the bare server has no worse one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    let (report, json) = match &arguments.command {
        Command::Checkout(options) => {
            interrupt::listen()?;
            (checkout::run(options)?, &options.common.json)
        }
        Command::Reads(options) => {
            interrupt::listen()?;
            (reads::run(options)?, &options.common.json)
        }
        Command::SignIn(options) => {
            interrupt::listen()?;
            (sign_in::run(options)?, &options.common.json)
        }
        Command::Mixed(options) => {
            interrupt::listen()?;
            (mixed::run(options)?, &options.common.json)
        }
        Command::Bare(options) => return bare::serve(options).map(|()| true),
    };
    print(&report)?;
    if let Some(path) = json {
        report.save(path)?;
    }
    Ok(report.is_correct)
}

fn print(report: &Report) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(report.text.as_bytes()).and_then(|()| stdout.flush()).map_err(Failure::output)
}
