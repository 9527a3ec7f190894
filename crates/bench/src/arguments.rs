//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, value_parser};

/// Measures Stockroom against the limits of this machine
#[derive(Debug, Parser)]
#[command(name = "stockroom-bench", version, max_term_width = 110)]
pub(crate) struct Arguments {
    /// What to measure.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to measure.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Whole orders over HTTP, against pgbench running the same writes
    Checkout(Checkout),
    /// Reads over HTTP, against a server that answers a constant and pgbench reading the same rows
    Reads(Reads),
    /// Requests of people who have signed in, against the same without; and sign-ins, against argon2 alone
    SignIn(SignIn),
    /// Answer every request alike; what `reads` compares the service with
    #[command(hide = true)]
    Bare(Bare),
}

/// How to measure. Variables STOCKROOM__* are passed on to the service and reported.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// How often everything is measured, in turn; the medians count
    #[arg(long, default_value_t = 3, value_parser = value_parser!(u32).range(1..=99))]
    pub(crate) rounds: u32,
    /// How long each measurement takes
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u64).range(1..=600))]
    pub(crate) seconds: u64,
    /// How long each runs before it is measured, so that connections, plans and caches are warm
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = value_parser!(u64).range(0..=60))]
    pub(crate) warm_up: u64,
    /// Callers at the same time, each waiting for its answer before it sends its next request
    #[arg(long, default_value_t = 64, value_parser = value_parser!(u32).range(2..=512))]
    pub(crate) callers: u32,
    /// Write everything that was measured to this file
    #[arg(long, value_name = "PATH")]
    pub(crate) json: Option<PathBuf>,
    /// Where the temporary directory of the database is made; on a disk, or nothing is durable [default: TMPDIR or /tmp]
    #[arg(long, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
    /// Measure this program instead of a release build of the service
    #[arg(long, value_name = "PATH")]
    pub(crate) program: Option<PathBuf>,
}

/// How to measure checkout.
#[derive(Debug, Args)]
pub(crate) struct Checkout {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Leave the service out: only what PostgreSQL can do
    #[arg(long)]
    pub(crate) baselines_only: bool,
}

/// How to measure reads.
#[derive(Debug, Args)]
pub(crate) struct Reads {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Start a Redis for the service whose cache is on
    #[arg(long)]
    pub(crate) redis: bool,
}

/// How to measure signing in.
#[derive(Debug, Args)]
pub(crate) struct SignIn {
    #[command(flatten)]
    pub(crate) common: Common,
    /// People who sign in at the same time while others read
    #[arg(long, value_name = "CALLERS", default_value_t = 200, value_parser = value_parser!(u32).range(1..=256))]
    pub(crate) crowd: u32,
}

/// What to answer.
#[derive(Debug, Args)]
pub(crate) struct Bare {
    /// File with an answer of the service
    #[arg(long, value_name = "PATH")]
    pub(crate) answer: PathBuf,
    /// The route that is answered
    #[arg(long)]
    pub(crate) route: String,
    /// Threads that serve requests; one for each core when left out
    #[arg(long)]
    pub(crate) workers: Option<usize>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }
}
