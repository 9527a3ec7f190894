//! A way to PostgreSQL or Redis on which a test lets things go wrong: connections are cut, or nothing arrives any more, or it
//! takes its time.

use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    time::sleep,
};
use tokio_postgres::config::{Config, Host};

/// How PostgreSQL ends an answer, outside a transaction.
const READY: &[u8] = b"Z\0\0\0\x05I";

/// What becomes of what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It arrives.
    Passes,
    /// All connections are reset, and so are new ones.
    IsCut,
    /// Connections are made and stay, and nothing arrives. Those that had to do with it stay so for ever.
    Swallows,
    /// Whoever connects to PostgreSQL is let in, and then nothing arrives any more. So it is for those that are connected already,
    /// from their next answer on.
    LetsIn,
    /// It arrives so much later.
    IsSlow(Duration),
    /// It arrives, but for the next answer: after so many bytes of it the connection is closed.
    BreaksAfter(usize),
}

/// A TCP port that leads to a server. It is there for as long as the test runs.
pub struct Proxy {
    address: SocketAddr,
    way: Arc<watch::Sender<Way>>,
    open: Arc<AtomicUsize>,
    sent: Arc<AtomicUsize>,
}

#[derive(Clone)]
enum Target {
    Socket(PathBuf),
    Port(u16),
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Target {
    async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Socket(path) => Box::new(UnixStream::connect(path).await?),
            Self::Port(port) => Box::new(TcpStream::connect(("127.0.0.1", *port)).await?),
        })
    }
}

impl Proxy {
    /// A way to the PostgreSQL that has this database.
    pub async fn to_database(database_url: &str) -> Self {
        let config: Config = database_url.parse().expect("a URL");
        let [Host::Unix(directory)] = config.get_hosts() else { panic!("not on a socket: {database_url}") };
        Self::to(Target::Socket(directory.join(".s.PGSQL.5432"))).await
    }

    /// A way to a server of this machine.
    pub async fn to_port(port: u16) -> Self {
        Self::to(Target::Port(port)).await
    }

    async fn to(target: Target) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let way = Arc::new(watch::Sender::new(Way::Passes));
        let (open, sent) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let carrier =
            Carrier { way: way.subscribe(), set: Arc::downgrade(&way), sent: Arc::clone(&sent), target };
        let counted = Arc::clone(&open);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (carrier, counted) = (carrier.clone(), Arc::clone(&counted));
                tokio::spawn(async move {
                    counted.fetch_add(1, Ordering::SeqCst);
                    // A connection that ends with an error has ended.
                    let _ = carrier.carry(near).await;
                    counted.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, way, open, sent }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on this becomes of what is sent.
    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
    }

    /// What becomes of what is sent.
    pub fn way(&self) -> Way {
        *self.way.borrow()
    }

    /// Connections that are open.
    pub fn connections(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// How often something was sent to the server.
    pub fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }
}

#[derive(Clone)]
struct Carrier {
    way: watch::Receiver<Way>,
    set: Weak<watch::Sender<Way>>,
    sent: Arc<AtomicUsize>,
    target: Target,
}

impl Carrier {
    async fn carry(mut self, mut near: TcpStream) -> io::Result<()> {
        // Closing resets the connection, as a server does that is gone.
        near.set_zero_linger()?;
        let way = *self.way.borrow_and_update();
        match way {
            Way::IsCut => return Ok(()),
            Way::Swallows => return self.swallow(near).await,
            _ => {}
        }
        let mut far = self.target.connect().await?;
        let (mut sent, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
        // What comes unasked is no answer.
        let mut asked = false;
        loop {
            tokio::select! {
                biased;
                changed = self.way.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    let way = *self.way.borrow_and_update();
                    match way {
                        Way::IsCut => return Ok(()),
                        // The server does not learn of it either.
                        Way::Swallows => return self.swallow(near).await,
                        _ => {}
                    }
                }
                length = near.read(&mut sent) => {
                    let length = length?;
                    if length == 0 {
                        return Ok(());
                    }
                    self.dawdle().await;
                    self.sent.fetch_add(1, Ordering::SeqCst);
                    asked = true;
                    far.write_all(&sent[..length]).await?;
                }
                length = far.read(&mut answered) => {
                    let length = length?;
                    if length == 0 {
                        return Ok(());
                    }
                    self.dawdle().await;
                    let breaks = if std::mem::take(&mut asked) { self.breaks() } else { None };
                    if let Some(shown) = breaks {
                        near.write_all(&answered[..length.min(shown)]).await?;
                        near.shutdown().await?;
                        // What was shown must arrive: a reset would drop what lies in the buffers.
                        while near.read(&mut sent).await? > 0 {}
                        return Ok(());
                    }
                    near.write_all(&answered[..length]).await?;
                    let way = *self.way.borrow();
                    if way == Way::LetsIn && answered[..length].ends_with(READY) {
                        return self.swallow(near).await;
                    }
                }
            }
        }
    }

    /// Where to break, for the one that is first to ask.
    fn breaks(&self) -> Option<usize> {
        let mut after = None;
        self.set.upgrade()?.send_if_modified(|way| {
            if let Way::BreaksAfter(bytes) = *way {
                after = Some(bytes);
                *way = Way::Passes;
            }
            after.is_some()
        });
        after
    }

    async fn dawdle(&self) {
        let way = *self.way.borrow();
        if let Way::IsSlow(time) = way {
            sleep(time).await;
        }
    }

    /// Reads until the other side gives up, or the way is cut.
    async fn swallow(mut self, mut near: TcpStream) -> io::Result<()> {
        let mut bytes = vec![0; 65_536];
        loop {
            tokio::select! {
                length = near.read(&mut bytes) => if length? == 0 { return Ok(()) },
                changed = self.way.changed() => {
                    if changed.is_err() || *self.way.borrow_and_update() == Way::IsCut {
                        return Ok(());
                    }
                }
            }
        }
    }
}
