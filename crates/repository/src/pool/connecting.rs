//! Makes connections: with bounds on every wait, and with the reason when there is none.

use std::{sync::Arc, time::Duration};

use diesel::{ConnectionError, ConnectionResult, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl, pooled_connection::PoolableConnection};
use futures_util::FutureExt;
use tokio::task::JoinHandle;
use tokio_postgres::{
    Client, Config, Connection, NoTls, Socket,
    config::{Host, SslMode, SslNegotiation},
    error::SqlState,
    tls::TlsStream,
};

use super::{
    hosts::{first_to_answer, one_by_one},
    silence::Impatience,
};
use crate::{Error, Result};

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

/// Lets the operating system notice a peer that is gone, unless the URL says how.
pub(super) fn notice_lost_peers(config: &mut Config, patience: Duration) {
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(patience);
    }
    if config.get_keepalives_idle() == USUAL_KEEP_ALIVE {
        let (idle, interval, retries) = KEEP_ALIVE;
        config.keepalives_idle(idle).keepalives_interval(interval).keepalives_retries(retries);
    }
}

/// A connection that is given up when PostgreSQL owes an answer for longer than `patience`.
pub(super) async fn establish(
    config: Result<Config, tokio_postgres::Error>,
    patience: Duration,
    given_up: Arc<dyn Fn() + Send + Sync>,
) -> ConnectionResult<AsyncPgConnection> {
    let config = config.map_err(|error| failed(&error))?;
    let time = config.get_connect_timeout().copied().unwrap_or(patience);
    let attempt = |config| watched(config, Impatience::new(patience, Arc::clone(&given_up)));
    first_to_answer(&config, time, attempt).await
}

async fn watched(config: Config, impatience: Impatience) -> ConnectionResult<AsyncPgConnection> {
    let Some(config) = watchable(&config) else {
        return arranged(unwatched(config).await?).await;
    };
    let connected = config.connect(impatience.clone()).await;
    let (client, connection) = connected.map_err(|error| failed(&error))?;
    let made = AsyncPgConnection::try_from_client_and_connection(client, connection).await?;
    let made = arranged(made).await?;
    impatience.is_made();
    Ok(made)
}

/// A connection beside the pools, with a task that drives it until it is lost or given up.
///
/// # Errors
/// [`Error::Unavailable`] when no host answers in time; [`Error::NotLetIn`].
pub(crate) async fn connect_alone(config: &Config, patience: Duration) -> Result<(Client, JoinHandle<()>)> {
    let time = config.get_connect_timeout().copied().unwrap_or(patience);
    let connected = first_to_answer(config, time, |config| async move {
        if let Some(config) = watchable(&config) {
            answering(config.connect(Impatience::new(patience, Arc::new(|| ()))).await).await
        } else {
            answering(config.connect(NoTls).await).await
        }
    });
    connected.await.map_err(unreached)
}

/// A connection on which a statement may take as long as it likes. It is made in the time that the URL has for each host, or in
/// that of its own.
///
/// # Errors
/// As for [`connect_alone`].
pub(crate) async fn connect_patiently(url: &str) -> Result<AsyncPgConnection> {
    let mut config: Config = url.parse().map_err(|error| unreached(failed(&error)))?;
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(PATIENT_LOSS);
    }
    if config.get_keepalives_idle() == USUAL_KEEP_ALIVE {
        config.keepalives_idle(PATIENT_KEEP_ALIVE);
    }
    let each = config.get_connect_timeout().copied().unwrap_or(TIME_PER_HOST);
    let hosts = u32::try_from(one_by_one(&config).len()).unwrap_or(u32::MAX);
    let connected = first_to_answer(&config, each.saturating_mul(hosts), unwatched);
    connected.await.map_err(unreached)
}

async fn unwatched(config: Config) -> ConnectionResult<AsyncPgConnection> {
    let (client, connection) = config.connect(NoTls).await.map_err(|error| failed(&error))?;
    AsyncPgConnection::try_from_client_and_connection(client, connection).await
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
async fn answering<S: TlsStream + Unpin + Send + 'static>(
    connected: Result<(Client, Connection<Socket, S>), tokio_postgres::Error>,
) -> ConnectionResult<(Client, JoinHandle<()>)> {
    let (client, mut connection) = connected.map_err(|error| failed(&error))?;
    tokio::select! {
        answered = client.check_connection() => answered.map_err(|error| failed(&error))?,
        ended = &mut connection => {
            let text = ended.err().map_or_else(|| "connection closed".to_owned(), |error| described(&error));
            return Err(ConnectionError::BadConnection(text));
        }
    }
    Ok((client, tokio::spawn(connection.map(drop))))
}

/// The configuration under which sockets can be watched. Those of the machine itself cannot, and what asks for TLS is left
/// to the driver, which refuses it.
fn watchable(config: &Config) -> Option<Config> {
    let local = config.get_hosts().iter().any(|host| matches!(host, Host::Unix(_)));
    if local || config.get_hosts().is_empty() || config.get_ssl_mode() == SslMode::Require {
        return None;
    }
    let mut config = config.clone();
    config.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct);
    Some(config)
}

/// Tells a fault that passes from a URL that nobody is let in with.
fn failed(error: &tokio_postgres::Error) -> ConnectionError {
    let text = described(error);
    if lets_nobody_in(error.code()) {
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
