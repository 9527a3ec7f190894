//! The command line.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand, value_parser};

const EXAMPLES: &str = "\
Examples:
  stockroom                                  run the service with a private PostgreSQL
  DATABASE_URL=postgres://app:secret@db/shop STOCKROOM_ENV=production stockroom
                                             run it on a PostgreSQL server of your own
  API_PORT=9000 stockroom serve              listen on another port
  stockroom migrate --status                 list the migrations that are not run yet
  stockroom import retail sales.csv.gz       fill the shop from invoice lines
  stockroom replay sales.csv.gz              sell them again, as traffic against a running service
  stockroom check                            look for data that contradicts itself
  stockroom config --env production          show what would be in force in production

Every setting is explained in config/base.toml. A variable STOCKROOM__SECTION__KEY sets one, such as
STOCKROOM__SERVER__PORT=9000.";

/// An e-commerce backend over PostgreSQL
#[derive(Debug, Parser)]
#[command(name = "stockroom", version, after_help = EXAMPLES, max_term_width = 110)]
pub(crate) struct Arguments {
    /// Environment: development (the default), production, or any NAME with a file NAME.toml
    #[arg(long = "env", global = true, value_name = "NAME", env = "STOCKROOM_ENV")]
    env: Option<String>,
    /// Directory of configuration files [default: config, if there is one]
    #[arg(long, global = true, value_name = "DIR", env = "STOCKROOM_CONFIG_DIR")]
    config_dir: Option<OsString>,
    /// What to do; `serve` if not given.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the service (the default)
    Serve,
    /// Bring the database to the newest version
    Migrate {
        /// Only list the migrations that are not run yet
        #[arg(long)]
        status: bool,
    },
    /// Fill the shop from a file
    Import {
        /// What the file holds.
        #[command(subcommand)]
        source: Import,
    },
    /// Import invoice lines, then send them as orders to a running service on the same database; exit with 1 if its
    /// answers do not add up
    Replay(Replay),
    /// Check the data for what must always be true of it; exit with 1 if something is not
    Check {
        /// List at most N offenders of each invariant
        #[arg(long, value_name = "N", default_value_t = 10)]
        limit: u32,
    },
    /// Print the OpenAPI document as JSON
    Openapi,
    /// Print the configuration in force as TOML, without passwords
    Config,
    /// Ask a running service whether it is healthy; exit with 1 if it is not
    Health {
        /// Address to ask [default: the configured port on this machine]
        #[arg(long, value_name = "URL")]
        url: Option<String>,
    },
}

/// What a file to import holds.
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Products, categories and clients from invoice lines ("Online Retail" columns)
    Retail {
        /// CSV file, plain or compressed with gzip
        #[arg(value_name = "FILE.csv[.gz]")]
        file: PathBuf,
    },
}

/// What to replay, and how.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// CSV file ("Online Retail" columns), plain or compressed with gzip
    #[arg(value_name = "FILE.csv[.gz]")]
    pub(crate) file: PathBuf,
    /// Address of the service [default: the configured port on this machine]
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Requests at the same time
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = value_parser!(u16).range(1..=1024))]
    pub(crate) concurrency: u16,
    /// Stop after the first N invoices of the file
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Do not import the file first: its products and clients are there
    #[arg(long)]
    pub(crate) no_import: bool,
    /// Name of the run: what was sold under a name before is not sold again [default: a new one]
    #[arg(long, value_name = "NAME", value_parser = run_name)]
    pub(crate) run: Option<String>,
}

/// The name begins the keys of all requests, and ends at their first `-`.
fn run_name(text: &str) -> Result<String, &'static str> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    if (1..=64).contains(&text.len()) && text.bytes().all(known) {
        Ok(text.to_owned())
    } else {
        Err("a name is made of 1 to 64 letters, digits, _ and .")
    }
}

impl Arguments {
    /// The environment asked for; an empty variable counts as unset.
    pub(crate) fn environment(&self) -> &str {
        self.env.as_deref().filter(|name| !name.is_empty()).unwrap_or("development")
    }

    /// The directory asked for.
    pub(crate) fn config_dir(&self) -> Option<&OsString> {
        self.config_dir.as_ref().filter(|dir| !dir.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn global_options_may_follow_the_command() {
        let arguments = Arguments::parse_from(["stockroom", "migrate", "--status", "--env", "staging"]);
        assert_eq!(arguments.environment(), "staging");
        assert!(matches!(arguments.command, Some(Command::Migrate { status: true })));
    }

    #[test]
    fn names_of_runs() {
        for good in ["a", "2026_11.21", "19abcdef"] {
            assert_eq!(run_name(good).as_deref(), Ok(good));
        }
        for bad in ["", "a-b", "a b", "é", &"a".repeat(65)] {
            assert!(run_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_empty_environment_is_the_default_one() {
        assert_eq!(Arguments::parse_from(["stockroom", "--env", ""]).environment(), "development");
    }
}
