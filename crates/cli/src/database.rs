//! The database a command works on: the configured one, or a private PostgreSQL that lives as long as the command.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use stockroom_embedded as embedded;
use stockroom_repository::Error;
use stockroom_service::{ActorSetting, Pool, PoolSettings, migrations};

use crate::{
    configuration::{self, Configuration, masked},
    failure::Failure,
    stopping::StopSignals,
};

/// The shop's database on a private server.
const NAME: &str = "stockroom";

/// The database of a command.
pub(crate) struct Database {
    settings: PoolSettings,
    server: Option<embedded::Server>,
}

/// How much longer than a statement may take PostgreSQL may say nothing, before the connection is given up.
const SLACK: Duration = Duration::from_secs(2);
/// How often the private server is looked at.
const WATCH: Duration = Duration::from_millis(500);
/// A private server that ends within this time after it was started again is given up.
const STABLE: Duration = Duration::from_secs(10);

impl Database {
    /// Reaches the configured database, or starts a private one.
    pub(crate) async fn open(
        configuration: &Configuration,
        data_dir: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        let database = Self::locate(configuration, data_dir).await?;
        // Migrations wait for a connection as long as the operating system does; this waits as configured.
        match database.pool()?.get().await {
            Ok(_) => Ok(database),
            Err(error) => Err(database.unreached(&error)),
        }
    }

    /// The configured database, which may be away, or a private one that is started.
    pub(crate) async fn locate(
        configuration: &Configuration,
        data_dir: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        let configured = &configuration.database;
        let (url, server) = if configured.url.is_empty() {
            let (server, url) = start(configuration, data_dir).await?;
            (url, Some(server))
        } else {
            (configured.url.clone(), None)
        };
        Ok(Self { settings: pool_settings(url, configured, &configuration.log), server })
    }

    /// That no connection can be had.
    pub(crate) fn unreached(&self, error: &Error) -> Failure {
        let (url, reason) = (self.shown_url(), self.reason(error));
        Failure::run(format!("cannot connect to the database {url}: {reason}"))
    }

    /// A pool of connections as configured, for the service itself.
    pub(crate) fn pool(&self) -> Result<Pool, Failure> {
        self.pool_with(PoolSettings { actor: ActorSetting::Service, ..self.settings.clone() })
    }

    /// A pool for a command: what is changed on it, the audit log has under its name.
    pub(crate) fn command_pool(&self, command: &str) -> Result<Pool, Failure> {
        self.pool_with(self.settings.clone().with_actor(command))
    }

    /// A pool whose statements may take `longest`, for work that nobody waits for. What is changed on it, the audit log
    /// has under the name of this command.
    pub(crate) fn patient_pool(&self, longest: Duration, command: &str) -> Result<Pool, Failure> {
        let idle_in_transaction = longest;
        let settings = self.settings.clone().with_actor(command);
        let response_timeout = longest + SLACK;
        self.pool_with(PoolSettings { statement: longest, idle_in_transaction, response_timeout, ..settings })
    }

    fn pool_with(&self, settings: PoolSettings) -> Result<Pool, Failure> {
        Pool::new(settings).map_err(|error| {
            let (url, reason) = (self.shown_url(), self.reason(&error));
            Failure::usage(format!("database.url is {url}, which cannot be used: {reason}"))
        })
    }

    /// Why no connection could be had, without the pool's own words around it.
    pub(crate) fn reason(&self, error: &Error) -> String {
        let (Error::Unavailable(text) | Error::NotLetIn(text)) = error else { return error.to_string() };
        if text.starts_with("Timeout occurred") {
            return format!("no answer within {} s", self.settings.connect.as_secs());
        }
        let text = text.strip_prefix("Error occurred while creating a new object: ").unwrap_or(text);
        text.strip_prefix("error connecting to server: ").unwrap_or(text).to_owned()
    }

    /// Runs the pending migrations and returns their names.
    pub(crate) async fn migrate(&self) -> Result<Vec<String>, Failure> {
        self.try_to_migrate().await.map_err(|error| Failure::run(error.to_string()))
    }

    /// The same, for whoever tries again.
    pub(crate) async fn try_to_migrate(&self) -> Result<Vec<String>, Error> {
        migrations::run(&self.settings.url).await
    }

    /// Names of the pending migrations.
    pub(crate) async fn pending_migrations(&self) -> Result<Vec<String>, Failure> {
        migrations::pending(&self.settings.url).await.map_err(|error| Failure::run(error.to_string()))
    }

    /// Its address, without password.
    pub(crate) fn shown_url(&self) -> String {
        masked(&self.settings.url)
    }

    /// The private server, if it is one.
    pub(crate) fn server(&self) -> Option<&embedded::Server> {
        self.server.as_ref()
    }

    /// Watches the private server and starts it again when something else has ended it. Returns only when it cannot
    /// be started again, or ends again at once, and says why.
    pub(crate) async fn keep_running(
        &mut self,
        configuration: &Configuration,
        data_dir: Option<PathBuf>,
    ) -> Failure {
        let mut restarted: Option<Instant> = None;
        loop {
            tokio::time::sleep(WATCH).await;
            let Some(server) = &mut self.server else { continue };
            if server.is_running() {
                continue;
            }
            if restarted.is_some_and(|at| at.elapsed() < STABLE) {
                return Failure::run("the private PostgreSQL ended again right after it was started again");
            }
            tracing::error!("the private PostgreSQL was ended by something else; starting it again");
            // It holds the lock of the data directory until it is dropped.
            self.server = None;
            match start(configuration, data_dir.clone()).await {
                Ok((server, _)) => self.server = Some(server),
                Err(failure) => return failure,
            }
            restarted = Some(Instant::now());
        }
    }

    /// Stops the private server. Without this, dropping does, but blocks the thread.
    pub(crate) async fn close(self) -> Result<(), Failure> {
        let Some(server) = self.server else { return Ok(()) };
        blocking(move || server.stop()).await
    }
}

/// Does one piece of work on the database; a signal ends it early. Either way a private server is stopped.
pub(crate) async fn work_on<T>(
    configuration: &Configuration,
    data_dir: Option<PathBuf>,
    work: impl AsyncFnOnce(&Database) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut signals = StopSignals::listen()?;
    let database = Database::open(configuration, data_dir).await?;
    let done = tokio::select! {
        done = work(&database) => done,
        () = signals.politely() => Err(Failure::run("interrupted")),
    };
    let closed = database.close().await;
    let value = done?;
    closed.map(|()| value)
}

fn pool_settings(
    url: String,
    configured: &configuration::Database,
    log: &configuration::Log,
) -> PoolSettings {
    PoolSettings {
        size: configured.pool_size,
        wait: Duration::from_secs(configured.pool_wait_seconds),
        connect: Duration::from_secs(configured.connect_timeout_seconds),
        statement: Duration::from_secs(configured.statement_timeout_seconds),
        lock: Duration::from_secs(configured.lock_timeout_seconds),
        idle_in_transaction: Duration::from_secs(configured.idle_in_transaction_timeout_seconds),
        slow_statement: (log.slow_query_milliseconds > 0)
            .then(|| Duration::from_millis(log.slow_query_milliseconds)),
        response_timeout: Duration::from_secs(configured.statement_timeout_seconds) + SLACK,
        ..PoolSettings::new(url)
    }
}

async fn start(
    configuration: &Configuration,
    data_dir: Option<PathBuf>,
) -> Result<(embedded::Server, String), Failure> {
    let data_dir = data_dir.ok_or_else(|| {
        Failure::run(
            "this user has no home directory to keep the data of the private PostgreSQL in: set embedded.data_dir",
        )
    })?;
    let embedded = &configuration.embedded;
    let settings = embedded::Settings {
        bin_dir: (!embedded.bin_dir.is_empty()).then(|| PathBuf::from(&embedded.bin_dir)),
        max_connections: embedded.max_connections,
        ..embedded::Settings::new(data_dir)
    };
    blocking(move || {
        let server = embedded::Server::start(&settings)?;
        server.create_database(NAME)?;
        let url = server.url(NAME);
        Ok((server, url))
    })
    .await
}

/// Runs what blocks where it may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, embedded::Error> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failure::run(format!("the private PostgreSQL was given up: {error}")))?
        .map_err(|error| explained(&error))
}

/// The server's own sentence, with the setting that it cannot know of.
fn explained(error: &embedded::Error) -> Failure {
    use embedded::Error as E;
    let hint = match error {
        E::BinariesNotFound { .. } | E::TooOld { .. } => {
            " (embedded.bin_dir), or set DATABASE_URL to use a PostgreSQL server of your own"
        }
        E::Locked { .. } => {
            " (embedded.data_dir), or set DATABASE_URL to the database address that one printed at its start"
        }
        E::WrongMajor { .. } | E::NotOurs { .. } | E::Unreachable { .. } | E::PermissionDenied { .. } => {
            " (embedded.data_dir)"
        }
        _ => "",
    };
    Failure::run(format!("{error}{hint}"))
}
