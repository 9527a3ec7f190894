//! A way to PostgreSQL that breaks at the worst moment: while a transaction is committed.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
};
use tokio_postgres::config::{Config, Host};

/// When a connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// PostgreSQL is not told to commit.
    BeforeCommit,
    /// It is told, and whoever told it is gone before it could.
    DuringCommit,
    /// It has committed, and cannot tell.
    AfterCommit,
}

/// A way to the database of a test, over which connections can break.
pub struct Wire {
    url: String,
    breaks: Arc<Mutex<VecDeque<Break>>>,
}

impl Wire {
    /// A way to the database with this URL. It is there for as long as the test runs.
    pub async fn to(database_url: &str) -> Self {
        let config: Config = database_url.parse().expect("a URL");
        let [Host::Unix(directory)] = config.get_hosts() else { panic!("not on a socket: {database_url}") };
        let socket = directory.join(".s.PGSQL.5432");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let (user, name) = (config.get_user().expect("a user"), config.get_dbname().expect("a name"));
        let url = format!("postgres://{user}@{address}/{name}");
        let breaks = Arc::default();
        tokio::spawn(accept(listener, socket, Arc::clone(&breaks)));
        Self { url, breaks }
    }

    /// The URL of the database at the other end.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Lets the connections of the next commits break, one for each.
    pub fn breaks(&self, at: impl IntoIterator<Item = Break>) {
        self.breaks.lock().expect("nobody panics").extend(at);
    }

    /// Whether all of them have happened.
    pub fn is_quiet(&self) -> bool {
        self.breaks.lock().expect("nobody panics").is_empty()
    }
}

async fn accept(listener: TcpListener, socket: PathBuf, breaks: Arc<Mutex<VecDeque<Break>>>) {
    while let Ok((near, _)) = listener.accept().await {
        let far = UnixStream::connect(&socket).await.expect("PostgreSQL accepts connections");
        // A connection that ends with an error has ended.
        tokio::spawn(carry(near, far, Arc::clone(&breaks)));
    }
}

/// Carries bytes both ways until one end closes, or it is time to break.
async fn carry(
    mut near: TcpStream,
    mut far: UnixStream,
    breaks: Arc<Mutex<VecDeque<Break>>>,
) -> std::io::Result<()> {
    let (mut sent, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            length = near.read(&mut sent) => {
                let message = &sent[..length?];
                // The commit is a message of its own.
                let commits = message.windows(7).any(|word| word == b"COMMIT\0");
                let breaks = if commits { breaks.lock().expect("nobody panics").pop_front() } else { None };
                match breaks {
                    _ if message.is_empty() => return Ok(()),
                    None => far.write_all(message).await?,
                    Some(Break::BeforeCommit) => return Ok(()),
                    Some(Break::DuringCommit) => return far.write_all(message).await,
                    Some(Break::AfterCommit) => {
                        far.write_all(message).await?;
                        return far.read(&mut answered).await.map(drop);
                    }
                }
            }
            length = far.read(&mut answered) => match length? {
                0 => return Ok(()),
                length => near.write_all(&answered[..length]).await?,
            },
        }
    }
}
