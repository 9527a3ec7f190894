//! Makes connections: with bounds on every wait, and with the reason when there is none.

use std::{sync::Arc, time::Duration};

use diesel::{ConnectionError, ConnectionResult, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl, pooled_connection::PoolableConnection};
use futures_util::FutureExt;
use tokio::task::JoinHandle;
use tokio_postgres::{
    Client, Config, Connection, Socket,
    config::{Host, SslMode as DriverSslMode, SslNegotiation},
    error::SqlState,
};

use super::{
    hosts::{first_to_answer, one_by_one},
    response_timeout::{ResponseTimeout, Timed},
    tls::{self, SslMode, Tls},
    transport::{Encryption, Negotiator, TlsError, Transport},
};
use crate::{Error, Result};

/// A connection before it is driven.
type Driver = Connection<Socket, Timed<Transport>>;

/// What a connection has whose statements may take long, where its URL says nothing: the time to connect to each host, after how
/// long it is looked at when it is idle, and how long what was sent may go unacknowledged.
const TIME_PER_HOST: Duration = Duration::from_secs(5);
const PATIENT_KEEP_ALIVE: Duration = Duration::from_secs(10);
const PATIENT_LOSS: Duration = Duration::from_secs(30);
/// After how long an idle connection is looked at by the operating system, how often, and how many times in vain.
const KEEP_ALIVE: (Duration, Duration, u32) = (Duration::from_secs(30), Duration::from_secs(5), 3);
/// What the driver assumes when a URL says nothing.
const USUAL_KEEP_ALIVE: Duration = Duration::from_hours(2);

/// What is asked of PostgreSQL at the start, where this role and this version may.
///
/// diesel hides the SQLSTATE of most errors, so their text tells which they are. Only who is allowed to can choose its
/// language; for others the server's `lc_messages` has to be English.
///
/// While a statement runs, PostgreSQL 14 and later look each second whether the connection is still there, and give up when it
/// is not, so that work which nobody waits for ends.
const ARRANGEMENTS: &str = "SELECT \
    CASE WHEN current_setting('is_superuser') = 'on' THEN set_config('lc_messages', 'C', false) END, \
    CASE WHEN current_setting('client_connection_check_interval', true) = '0' \
         THEN set_config('client_connection_check_interval', '1s', false) END";

/// Where to connect, as whom, and with which security.
#[derive(Clone)]
pub(crate) struct Target {
    pub(super) config: Config,
    tls: Tls,
}

impl Target {
    /// Reads a URL, and the certificates that it needs. The reason when it cannot be used never has the password.
    pub(super) fn of_url(url: &str) -> Result<Self, String> {
        tls::read_url(url).map(|(config, tls)| Self { config, tls })
    }
}

/// Lets the operating system notice a peer that is gone, unless the URL says how.
pub(super) fn notice_lost_peers(config: &mut Config, response_timeout: Duration) {
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(response_timeout);
    }
    if config.get_keepalives_idle() == USUAL_KEEP_ALIVE {
        let (idle, interval, retries) = KEEP_ALIVE;
        config.keepalives_idle(idle).keepalives_interval(interval).keepalives_retries(retries);
    }
}

/// A connection that is given up when an answer of PostgreSQL is pending for longer than `response_timeout`; then `expired` is
/// called.
pub(super) async fn establish(
    target: Arc<Target>,
    response_timeout: Duration,
    expired: Arc<dyn Fn() + Send + Sync>,
) -> ConnectionResult<AsyncPgConnection> {
    let time = target.config.get_connect_timeout().copied().unwrap_or(response_timeout);
    let attempt = async |config| {
        let timeout = ResponseTimeout::new(response_timeout, Arc::clone(&expired));
        let (client, driver) = connect(config, &target.tls, Some(&timeout)).await?;
        let made = AsyncPgConnection::try_from_client_and_connection(client, driver).await?;
        let made = arranged(made).await?;
        timeout.set_established();
        Ok(made)
    };
    first_to_answer(&target.config, time, attempt).await
}

/// A connection beside the pools, with a task that drives it until it is lost or given up.
///
/// # Errors
/// [`Error::Unavailable`] when no host answers in time; [`Error::NotLetIn`].
pub(crate) async fn connect_alone(
    target: &Target,
    response_timeout: Duration,
) -> Result<(Client, JoinHandle<()>)> {
    let time = target.config.get_connect_timeout().copied().unwrap_or(response_timeout);
    let connected = first_to_answer(&target.config, time, async |config| {
        let timeout = ResponseTimeout::new(response_timeout, Arc::new(|| ()));
        let (client, driver) = connect(config, &target.tls, Some(&timeout)).await?;
        answering(client, driver).await
    });
    connected.await.map_err(unreached)
}

/// A connection on which a statement may take as long as it likes. It is made in the time that the URL has for each host, or in
/// that of its own.
///
/// # Errors
/// As for [`connect_alone`].
pub(crate) async fn connect_patiently(url: &str) -> Result<AsyncPgConnection> {
    let mut target = Target::of_url(url).map_err(Error::Unavailable)?;
    let config = &mut target.config;
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(PATIENT_LOSS);
    }
    if config.get_keepalives_idle() == USUAL_KEEP_ALIVE {
        config.keepalives_idle(PATIENT_KEEP_ALIVE);
    }
    let each = config.get_connect_timeout().copied().unwrap_or(TIME_PER_HOST);
    let hosts = u32::try_from(one_by_one(config).len()).unwrap_or(u32::MAX);
    let connected = first_to_answer(&target.config, each.saturating_mul(hosts), async |config| {
        let (client, driver) = connect(config, &target.tls, None).await?;
        AsyncPgConnection::try_from_client_and_connection(client, driver).await
    });
    connected.await.map_err(unreached)
}

/// Connects to one host, with TLS or without, as `sslmode` says.
async fn connect(
    config: Config,
    tls: &Tls,
    timeout: Option<&ResponseTimeout>,
) -> ConnectionResult<(Client, Driver)> {
    let Some(config) = negotiable(&config) else {
        let mut config = config;
        // The socket is on this machine, or the driver refuses the hosts.
        let plain = Negotiator::new(tls, Encryption::Never, None);
        return config.ssl_mode(DriverSslMode::Disable).connect(plain).await.map_err(|error| failed(&error));
    };
    let negotiator = |encryption| Negotiator::new(tls, encryption, timeout.cloned());
    let (first, second) = match tls.mode {
        SslMode::Disable => (Encryption::Never, None),
        SslMode::Allow => (Encryption::Never, Some(Encryption::Always)),
        SslMode::Prefer => (Encryption::IfOffered, Some(Encryption::Never)),
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => (Encryption::Always, None),
    };
    let attempt = negotiator(first);
    let error = match config.connect(attempt.clone()).await {
        Ok(connected) => return Ok(connected),
        Err(error) => error,
    };
    match second.filter(|second| attempt.is_encrypted() != (*second == Encryption::Always)) {
        // What the server says to the first attempt is the reason when neither works.
        Some(second) if depends_on_encryption(&error) => {
            config.connect(negotiator(second)).await.map_err(|_| failed(&error))
        }
        _ => Err(failed(&error)),
    }
}

/// Whether the other kind of connection may do better: TLS failed, or `pg_hba.conf` does not let in who comes this way. A wrong
/// password is wrong either way.
fn depends_on_encryption(error: &tokio_postgres::Error) -> bool {
    tls_error(error).is_some() || error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
}

fn tls_error(error: &tokio_postgres::Error) -> Option<&TlsError> {
    std::error::Error::source(error)?.downcast_ref()
}

async fn arranged(mut made: AsyncPgConnection) -> ConnectionResult<AsyncPgConnection> {
    if let Err(error) = sql_query(ARRANGEMENTS).execute(&mut made).await {
        if made.is_broken() {
            return Err(ConnectionError::BadConnection(error.to_string()));
        }
        tracing::debug!(%error, "the language of PostgreSQL's messages and its look at callers are not chosen");
    }
    Ok(made)
}

/// What was connected, once it has answered: whoever lets us in may have no server behind it.
async fn answering(client: Client, mut connection: Driver) -> ConnectionResult<(Client, JoinHandle<()>)> {
    tokio::select! {
        answered = client.check_connection() => answered.map_err(|error| failed(&error))?,
        ended = &mut connection => {
            let text = ended.err().map_or_else(|| "connection closed".to_owned(), |error| described(&error));
            return Err(ConnectionError::BadConnection(text));
        }
    }
    Ok((client, tokio::spawn(connection.map(drop))))
}

/// The configuration under which the driver leaves the negotiation of TLS to its connector. There is none for sockets of the
/// machine itself, which have neither TLS nor a response timeout, and for hosts that the driver refuses.
fn negotiable(config: &Config) -> Option<Config> {
    let (hosts, addresses) = (config.get_hosts(), config.get_hostaddrs());
    let mut config = match (hosts, addresses) {
        ([], []) => return None,
        // The driver wants a name to negotiate with.
        ([], [address]) => {
            let mut config = config.clone();
            config.host(address.to_string());
            config
        }
        _ if hosts.iter().any(|host| matches!(host, Host::Unix(_))) => return None,
        _ => config.clone(),
    };
    config.ssl_mode(DriverSslMode::Require).ssl_negotiation(SslNegotiation::Direct);
    Some(config)
}

/// Tells a fault that passes from a URL that nobody is let in with.
fn failed(error: &tokio_postgres::Error) -> ConnectionError {
    let text = described(error);
    let rejected = tls_error(error).is_some_and(|error| !error.is_transient());
    if rejected || lets_nobody_in(error.code()) {
        ConnectionError::InvalidConnectionUrl(text)
    } else {
        ConnectionError::BadConnection(text)
    }
}

fn described(error: &tokio_postgres::Error) -> String {
    // The driver's own text says only "error connecting to server"; its cause says why.
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}

fn unreached(error: ConnectionError) -> Error {
    match error {
        ConnectionError::InvalidConnectionUrl(text) => Error::NotLetIn(text),
        error => Error::Unavailable(error.to_string()),
    }
}

/// Whether waiting does not help: the password, the role or the name of the database is wrong.
pub(crate) fn lets_nobody_in(code: Option<&SqlState>) -> bool {
    const WRONG: [SqlState; 4] = [
        SqlState::INVALID_PASSWORD,
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        SqlState::INVALID_CATALOG_NAME,
        SqlState::INSUFFICIENT_PRIVILEGE,
    ];
    code.is_some_and(|code| WRONG.contains(code))
}
