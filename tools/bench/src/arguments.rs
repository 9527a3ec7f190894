//! The command line.

use std::path::PathBuf;

use clap::{Arg, Args, Parser, Subcommand, value_parser};

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
    /// People who use a whole shop: lists, items, health checks, creates and orders, all at the same time
    #[command(mut_arg("callers", users), mut_arg("seconds", lasting), mut_arg("warm_up", warming))]
    #[command(mut_arg("rounds", rounds))]
    Mixed(Mixed),
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
    /// Products of the shop, and orders that were placed before
    #[arg(long, default_value_t = 10_000, value_parser = value_parser!(u64).range(200..=1_000_000))]
    pub(crate) products: u64,
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
    /// Products of the catalogue that is searched
    #[arg(long, value_name = "PRODUCTS", default_value_t = 100_000, value_parser = value_parser!(u64).range(1_000..=1_000_000))]
    pub(crate) catalogue: u64,
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

/// How to measure a shop in use.
#[derive(Debug, Args)]
pub(crate) struct Mixed {
    #[command(flatten)]
    pub(crate) common: Common,
    /// How long users think between an answer and their next request, on average; 0 is not at all
    #[arg(long, value_name = "MEAN", default_value_t = 200, value_parser = value_parser!(u64).range(0..=60_000))]
    pub(crate) think_milliseconds: u64,
    /// Half as many users more, for ten minutes, to see that memory does not grow
    #[arg(long)]
    pub(crate) soak: bool,
}

fn users(callers: Arg) -> Arg {
    soaking(callers, "400", "600")
        .long("users")
        .value_name("USERS")
        .value_parser(value_parser!(u32).range(1..=10_000))
        .help("People at the same time, each with a connection of their own")
}

fn lasting(seconds: Arg) -> Arg {
    soaking(seconds, "60", "600")
}

fn warming(warm_up: Arg) -> Arg {
    // The cache has to be full, and what allocates has to have its size.
    warm_up.default_value("30")
}

fn rounds(rounds: Arg) -> Arg {
    soaking(rounds, "3", "1")
}

/// With a default, and another one when it is to soak.
fn soaking(argument: Arg, default: &'static str, soaking: &'static str) -> Arg {
    argument.default_value(default).default_value_if("soak", "true", soaking)
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

    /// Users, rounds, seconds and seconds of warm-up.
    #[track_caller]
    fn check(line: &str, expected: (u32, u32, u64, u64)) {
        let parsed = Arguments::try_parse_from(line.split(' ')).unwrap();
        let Command::Mixed(Mixed { common, .. }) = parsed.command else { panic!("{line}") };
        assert_eq!((common.callers, common.rounds, common.seconds, common.warm_up), expected, "{line}");
    }

    #[test]
    fn a_soak_has_defaults_of_its_own() {
        check("bench mixed", (400, 3, 60, 30));
        check("bench mixed --users 40 --seconds 1", (40, 3, 1, 30));
        check("bench mixed --soak", (600, 1, 600, 30));
        check("bench mixed --soak --users 9 --seconds 60", (9, 1, 60, 30));
    }
}
