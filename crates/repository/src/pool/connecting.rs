//! Makes connections: with bounds on every wait, and with the reason when there is none.

use std::{sync::Arc, time::Duration};

use diesel::{ConnectionError, ConnectionResult, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::FutureExt;
use tokio::task::JoinHandle;
use tokio_postgres::{
    Client, Config, NoTls,
    config::{Host, SslMode, SslNegotiation},
    error::SqlState,
};

use super::silence::Impatience;

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

/// Divides the time for connecting among the hosts of a URL: one that is gone without a word leaves the next ones theirs.
pub(super) fn share(config: &mut Config, connect: Duration) {
    let hosts = config.get_hosts().len().max(config.get_hostaddrs().len()).max(1);
    config.connect_timeout(connect / u32::try_from(hosts).unwrap_or(u32::MAX));
}

/// A connection that is given up when PostgreSQL owes an answer for longer than `patience`.
pub(super) async fn establish(
    config: Result<Config, tokio_postgres::Error>,
    patience: Duration,
    given_up: Arc<dyn Fn() + Send + Sync>,
) -> ConnectionResult<AsyncPgConnection> {
    let config = config.map_err(|error| failed(&error))?;
    let mut made = if let Some(config) = watchable(&config) {
        let impatience = Impatience::new(&config, patience, given_up);
        let (client, connection) = config.connect(impatience).await.map_err(|error| failed(&error))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await?
    } else {
        let (client, connection) = config.connect(NoTls).await.map_err(|error| failed(&error))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await?
    };
    if let Err(error) = sql_query(ARRANGEMENTS).execute(&mut made).await {
        tracing::debug!(%error, "the language of PostgreSQL's messages and its look at callers are not chosen");
    }
    Ok(made)
}

/// A connection beside the pools, with a task that drives it until it is lost or given up.
pub(crate) async fn connect_alone(
    config: &Config,
    patience: Duration,
) -> Result<(Client, JoinHandle<()>), tokio_postgres::Error> {
    if let Some(config) = watchable(config) {
        let (client, connection) =
            config.connect(Impatience::new(&config, patience, Arc::new(|| ()))).await?;
        return Ok((client, tokio::spawn(connection.map(drop))));
    }
    let (client, connection) = config.connect(NoTls).await?;
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
    // The driver's own text says only "error connecting to server"; its cause says why.
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    let text = format!("{error}{cause}");
    if lets_nobody_in(error.code()) {
        ConnectionError::InvalidConnectionUrl(text)
    } else {
        ConnectionError::BadConnection(text)
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
