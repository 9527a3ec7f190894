//! The command line.

use std::{ffi::OsString, path::PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Parser, Subcommand, value_parser};
use stockroom_domain::OrderDate;
use stockroom_domain::{AuditAction, ClientId, Moment, Role};
use stockroom_service::AuditFilter;

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
  stockroom admin create --email you@shop.example
                                             make the first administrator
  stockroom key create --name Warehouse --scopes orders:read,stock:write --expires 90d
                                             make an API key for a script
  stockroom audit export --actor script:reprice
                                             print what a script has changed, one JSON document a line
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
    /// Make accounts of those who work for the shop
    Admin {
        /// What to do.
        #[command(subcommand)]
        action: Admin,
    },
    /// Make, list and revoke API keys
    #[command(subcommand)]
    Key(Key),
    /// Read the log of who has changed what
    Audit {
        /// What to do with it.
        #[command(subcommand)]
        action: Audit,
    },
    /// Deal with the keys that sign access tokens
    SigningKey {
        /// What to do with them.
        #[command(subcommand)]
        action: SigningKey,
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

/// What to do with the keys that sign access tokens.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum SigningKey {
    /// Make a new key, which signs soon; older ones verify until what they have signed is expired
    Rotate,
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

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Make an account; its password is asked for, or read from a file
    Create(CreateAccount),
}

/// An account to make.
#[derive(Debug, Args)]
pub(crate) struct CreateAccount {
    /// The e-mail address that it signs in with
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: String,
    /// First name
    #[arg(long, value_name = "NAME", default_value = "Shop")]
    pub(crate) name: String,
    /// Last name
    #[arg(long, value_name = "NAME", default_value = "Administrator")]
    pub(crate) lastname: String,
    /// What it may do: operator or admin
    #[arg(long, value_name = "ROLE", default_value = "admin")]
    pub(crate) role: Role,
    /// File whose first line is the password; - for standard input [default: asked for]
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

/// What to do with API keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key and print it, now and never again
    Create(CreateKey),
    /// List all keys: id, how it begins, name, scopes, end, last use
    List,
    /// End a key for good
    Revoke {
        /// Its id, as `key list` shows it
        #[arg(value_name = "ID")]
        id: i64,
    },
}

/// A key to make.
#[derive(Debug, Args)]
pub(crate) struct CreateKey {
    /// What people call it
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// What it permits, such as orders:read,stock:write
    #[arg(long, value_name = "SCOPE,...", value_delimiter = ',', required = true)]
    pub(crate) scopes: Vec<String>,
    /// When it ends by itself: a number of days (90d), a date or a timestamp [default: never]
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    pub(crate) expires: Option<DateTime<Utc>>,
    /// How often it may be used in a minute [default: counts for the address that it is used from]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub(crate) calls_per_minute: Option<u32>,
}

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Print its entries, newest first, one JSON document a line
    Export(EntryFilter),
}

/// Which entries are printed.
#[derive(Debug, Args)]
pub(crate) struct EntryFilter {
    /// Only what was written at this moment (RFC 3339) or later
    #[arg(long, value_name = "TIME", value_parser = Moment::parse)]
    since: Option<Moment>,
    /// Only what was written before this moment (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = Moment::parse)]
    until: Option<Moment>,
    /// Only what NAME has done, such as admin:7 or script:reprice
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Only this: create, update, delete, truncate, read, export, erase or forget
    #[arg(long)]
    action: Option<AuditAction>,
    /// Only what was done to this table
    #[arg(long, value_name = "TABLE")]
    resource: Option<String>,
    /// Only what was done to the row with this id
    #[arg(long, value_name = "ID")]
    resource_id: Option<i64>,
    /// Only what concerns the client with this id
    #[arg(long, value_name = "ID")]
    client_id: Option<i64>,
}

impl From<EntryFilter> for AuditFilter {
    fn from(filter: EntryFilter) -> Self {
        Self {
            actor: filter.actor,
            action: filter.action,
            resource: filter.resource,
            resource_id: filter.resource_id,
            client_id: filter.client_id.map(ClientId),
            since: filter.since.map(|Moment(since)| since),
            until: filter.until.map(|Moment(until)| until),
        }
    }
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
    /// API key with the scope orders:write, for a service that wants to know who asks; other users of this machine see
    /// it in the list of processes, unlike the variable
    #[arg(long, value_name = "KEY", env = "STOCKROOM_API_KEY", hide_env_values = true)]
    pub(crate) api_key: Option<String>,
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

/// A number of days from now, or a date or timestamp to come.
fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse().ok());
    let moment = match days {
        Some(days) => TimeDelta::try_days(days).and_then(|days| Utc::now().checked_add_signed(days)),
        None => OrderDate::parse(text).ok().map(|date| date.0),
    };
    match moment {
        Some(moment) if moment > Utc::now() => Ok(moment),
        Some(_) => Err("it is past".to_owned()),
        None => Err("it is a number of days such as 90d, a date or a timestamp".to_owned()),
    }
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
    fn moments() {
        assert!(moment("90d").unwrap() > Utc::now() + TimeDelta::days(89));
        assert_eq!(moment("2999-12-31").unwrap().to_rfc3339(), "2999-12-31T00:00:00+00:00");
        assert_eq!(moment("2001-01-01").unwrap_err(), "it is past");
        for wrong in ["soon", "0d", "-5d", "99999999999999d", "d", ""] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_empty_environment_is_the_default_one() {
        assert_eq!(Arguments::parse_from(["stockroom", "--env", ""]).environment(), "development");
    }
}
