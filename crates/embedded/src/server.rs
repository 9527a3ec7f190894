//! Starts, offers and stops the private server.
//!
//! Holding a [`Server`] means holding the lock of its data directory and a server that has accepted a
//! connection; letting it go stops the server before the lock is released.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use crate::{
    Error, Settings,
    account::Account,
    binaries::Binaries,
    cluster,
    layout::Layout,
    leftover::{self, Leftover},
    lock::Lock,
    postmaster::Postmaster,
    session::{Failure, Session, quote_name, quote_text},
    socket,
};

const POLL: Duration = Duration::from_millis(10);
/// Longest wait for a sign of life from a starting server.
const PROBE: Duration = Duration::from_secs(5);
/// Longest wait for the answer to one statement.
const PATIENCE: Duration = Duration::from_mins(1);
/// The database every cluster has from the beginning.
const MAINTENANCE: &str = "postgres";
/// Reported for a moment after a killed server, until the last of its processes has ended.
const STILL_ENDING: &str = "pre-existing shared memory block";

/// A running private server. Dropping it stops the server.
#[derive(Debug)]
pub struct Server {
    // Fields are dropped in this order: the lock goes last.
    postmaster: Option<Postmaster>,
    socket_dir: PathBuf,
    bin_dir: PathBuf,
    version: String,
    layout: Layout,
    _lock: Lock,
}

impl Server {
    /// Starts the server of a data directory, creating the cluster first if there is none, and returns when it
    /// accepts connections. A server left running by a killed owner is taken over; one that runs with other
    /// settings is restarted. Waits at most [`Settings::start_timeout`] for the server, and once for `initdb`.
    ///
    /// # Errors
    /// Without usable binaries or permissions, on a data directory that is locked, foreign or of another major
    /// version, and if the server does not start.
    pub fn start(settings: &Settings) -> Result<Self, Error> {
        let layout = Layout::open(&settings.data_dir)?;
        let account = Account::choose(&layout.cluster())?;
        layout.admit(&account)?;
        let lock = Lock::take(&layout)?;
        cluster::remove_partial(&layout);
        let made_by = cluster::major(&layout)?;
        let binaries = Binaries::find(settings.bin_dir.as_deref(), made_by, &layout.root, &account)?;
        if made_by.is_none() {
            tracing::info!(data_dir = %layout.root.display(), "creating the database cluster");
            cluster::create(&layout, &binaries, &account, settings.durability)?;
        }

        let deadline = Instant::now() + settings.start_timeout;
        let cluster = layout.cluster();
        let found = leftover::find(&cluster, &account, settings, deadline)?;
        let mut server = Self {
            postmaster: None,
            socket_dir: PathBuf::new(),
            bin_dir: binaries.dir.clone(),
            version: String::new(),
            layout,
            _lock: lock,
        };
        match found {
            None => return Err(server.timeout(settings)),
            Some(Leftover::Usable { pid, socket_dir }) => {
                tracing::info!("taking over the PostgreSQL that an earlier run left running");
                server.socket_dir = socket_dir;
                server.postmaster = Some(Postmaster::adopt(pid, cluster));
                server.wait_until_ready(settings, deadline)?;
                return Ok(server);
            }
            Some(Leftover::Unusable { pid }) => Postmaster::adopt(pid, cluster).stop()?,
            Some(Leftover::None) => {}
        }
        server.socket_dir = socket::prepare(&server.layout, &account)?;
        server.launch(settings, &binaries, &account, deadline)?;
        Ok(server)
    }

    /// URL of a database, for any `PostgreSQL` client that knows Unix sockets. The database need not exist.
    pub fn url(&self, database: &str) -> String {
        socket::url(&self.socket_dir, database)
    }

    /// Creates a database if it is missing; true if it was.
    ///
    /// # Errors
    /// If the server does not answer or refuses the name.
    pub fn create_database(&self, name: &str) -> Result<bool, Error> {
        self.create_if_missing(name).map_err(|failure| Error::CreateDatabase {
            database: name.to_owned(),
            reason: failure.to_string(),
        })
    }

    /// Whether the server still runs. It does not once something else than this value has ended it.
    pub fn is_running(&mut self) -> bool {
        self.postmaster.as_mut().is_some_and(Postmaster::is_running)
    }

    /// Version of the running server, such as `15.4`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Directory of the server binaries, where the client programs of the same version usually are too.
    pub fn bin_dir(&self) -> &Path {
        &self.bin_dir
    }

    /// Process id of the running server, parent of all its processes; `None` once it was found ended.
    pub fn pid(&self) -> Option<u32> {
        self.postmaster.as_ref().map(Postmaster::pid)
    }

    /// The data directory, by its absolute path.
    pub fn data_dir(&self) -> &Path {
        &self.layout.root
    }

    /// Ends all sessions and stops the server: within 30 s orderly, else at once, leaving the rest to recovery.
    ///
    /// # Errors
    /// If the server outlives both.
    pub fn stop(mut self) -> Result<(), Error> {
        self.shut_down()
    }

    fn shut_down(&mut self) -> Result<(), Error> {
        let Some(mut postmaster) = self.postmaster.take() else { return Ok(()) };
        postmaster.stop()?;
        socket::clean(&self.socket_dir, &self.layout);
        tracing::info!("PostgreSQL stopped");
        Ok(())
    }

    fn launch(
        &mut self,
        settings: &Settings,
        binaries: &Binaries,
        account: &Account,
        deadline: Instant,
    ) -> Result<(), Error> {
        let cluster = self.layout.cluster();
        let program = binaries.program("postgres");
        let log = self.layout.log();
        loop {
            // Appending: a server that is still ending must not overwrite what the new one says.
            let output = OpenOptions::new().create(true).append(true).mode(0o600).open(&log);
            let output = output.and_then(|file| file.set_len(0).map(|()| file)).map_err(Error::at(&log))?;
            let errors = output.try_clone().map_err(Error::at(&log))?;
            let mut command = account.command(&program, &cluster);
            command
                .args(settings.server_arguments(&cluster, &self.socket_dir))
                .stdout(Stdio::from(output))
                .stderr(Stdio::from(errors));
            let postmaster = Postmaster::launch(command, cluster.clone()).map_err(Error::at(&program))?;
            self.postmaster = Some(postmaster);
            match self.wait_until_ready(settings, deadline) {
                Err(Error::StartFailed { tail, .. })
                    if tail.contains(STILL_ENDING) && Instant::now() < deadline =>
                {
                    thread::sleep(POLL);
                }
                result => return result,
            }
        }
    }

    fn wait_until_ready(&mut self, settings: &Settings, deadline: Instant) -> Result<(), Error> {
        loop {
            if let Ok(version) = self.ask_version() {
                tracing::info!(%version, "PostgreSQL accepts connections");
                self.version = version;
                return Ok(());
            }
            if !self.postmaster.as_mut().is_some_and(Postmaster::is_running) {
                self.postmaster = None;
                return Err(Error::StartFailed { log: self.layout.log(), tail: self.log_tail() });
            }
            if Instant::now() >= deadline {
                return Err(self.timeout(settings));
            }
            thread::sleep(POLL);
        }
    }

    fn ask_version(&self) -> Result<String, Failure> {
        let mut session = Session::open(&self.socket_dir, MAINTENANCE, PROBE)?;
        let version = session.query("SHOW server_version")?.unwrap_or_default();
        // Distributions append a name of their own.
        Ok(version.split(' ').next().unwrap_or_default().to_owned())
    }

    fn create_if_missing(&self, name: &str) -> Result<bool, Failure> {
        let mut session = Session::open(&self.socket_dir, MAINTENANCE, PATIENCE)?;
        let existing = format!("SELECT 1 FROM pg_catalog.pg_database WHERE datname = {}", quote_text(name));
        if session.query(&existing)?.is_some() {
            return Ok(false);
        }
        session.query(&format!("CREATE DATABASE {}", quote_name(name)))?;
        Ok(true)
    }

    fn timeout(&self, settings: &Settings) -> Error {
        let seconds = settings.start_timeout.as_secs();
        Error::StartTimeout { seconds, log: self.layout.log(), tail: self.log_tail() }
    }

    fn log_tail(&self) -> String {
        let log = fs::read(self.layout.log()).unwrap_or_default();
        cluster::last_lines(&String::from_utf8_lossy(&log))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.shut_down() {
            tracing::warn!(%error, "PostgreSQL is left running");
        }
    }
}
