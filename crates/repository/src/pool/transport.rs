//! What carries the protocol of a connection: a socket, or TLS over it, as negotiated with the server.
//!
//! The driver hands its sockets to a connector of TLS, and knows fewer modes than libpq. So the connector here negotiates
//! itself: it asks the server for TLS where the URL wants it, and carries on without where the URL allows that.

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio_postgres::{
    Socket,
    tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    response_timeout::{ResponseTimeout, Timed},
    tls::{SslMode, Tls},
};

type TlsSocket = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// Asks for TLS: the length of the message and the code of the request.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
/// The answers to that.
const ACCEPTED: u8 = b'S';
const REFUSED: u8 = b'N';

/// Whether one attempt to connect uses TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encryption {
    Never,
    IfOffered,
    Always,
}

/// Why there is no TLS with a server.
#[derive(Debug, thiserror::Error)]
pub(super) enum TlsError {
    #[error("{host} does not offer TLS, which sslmode={mode} needs")]
    NotOffered { host: String, mode: SslMode },
    #[error("TLS with {host} (sslmode={mode}) failed: {reason}")]
    Rejected { host: String, mode: SslMode, reason: io::Error },
}

impl TlsError {
    /// Whether a later attempt may do better. It does not when the server has no TLS, or shows a certificate that is not trusted.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::NotOffered { .. } => false,
            Self::Rejected { reason, .. } => {
                reason.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>()).is_none()
            }
        }
    }
}

/// A socket, or TLS over it.
pub(super) enum Transport {
    Plain(Socket),
    Tls(Box<TlsSocket>),
}

/// Makes the transport of one connection.
#[derive(Clone)]
pub(super) struct Negotiator {
    tls: Tls,
    encryption: Encryption,
    timeout: Option<ResponseTimeout>,
    encrypted: Arc<AtomicBool>,
}

impl Negotiator {
    pub(super) fn new(tls: &Tls, encryption: Encryption, timeout: Option<ResponseTimeout>) -> Self {
        Self { tls: tls.clone(), encryption, timeout, encrypted: Arc::default() }
    }

    /// Whether TLS was begun.
    pub(super) fn is_encrypted(&self) -> bool {
        self.encrypted.load(Ordering::Acquire)
    }
}

impl MakeTlsConnect<Socket> for Negotiator {
    type Stream = Timed<Transport>;
    type TlsConnect = Negotiation;
    type Error = Infallible;

    fn make_tls_connect(&mut self, host: &str) -> Result<Negotiation, Infallible> {
        Ok(Negotiation { negotiator: self.clone(), host: host.to_owned() })
    }
}

/// The negotiation with one host.
pub(super) struct Negotiation {
    negotiator: Negotiator,
    host: String,
}

impl TlsConnect<Socket> for Negotiation {
    type Stream = Timed<Transport>;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = BoxFuture<'static, Result<Self::Stream, Self::Error>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move {
            let timeout = self.negotiator.timeout.clone();
            Ok(Timed::new(self.negotiate(socket).await?, timeout))
        })
    }
}

impl Negotiation {
    async fn negotiate(
        self,
        mut socket: Socket,
    ) -> Result<Transport, Box<dyn std::error::Error + Send + Sync>> {
        let Negotiator { tls, encryption, encrypted, .. } = self.negotiator;
        let Some(mut connector) = tls.connector.filter(|_| encryption != Encryption::Never) else {
            return Ok(Transport::Plain(socket));
        };
        if !tls.direct {
            socket.write_all(&SSL_REQUEST).await?;
            // Not a byte more is read: what follows is the handshake's.
            match socket.read_u8().await? {
                ACCEPTED => {}
                REFUSED if encryption == Encryption::IfOffered => return Ok(Transport::Plain(socket)),
                REFUSED => return Err(TlsError::NotOffered { host: self.host, mode: tls.mode }.into()),
                _ => return Err(format!("{} cannot negotiate TLS now", self.host).into()),
            }
        }
        encrypted.store(true, Ordering::Release);
        let Ok(connect) = MakeTlsConnect::<Socket>::make_tls_connect(&mut connector, &self.host);
        let connected = connect.connect(socket).await;
        let stream =
            connected.map_err(|reason| TlsError::Rejected { host: self.host, mode: tls.mode, reason })?;
        Ok(Transport::Tls(Box::new(stream)))
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

impl TlsStream for Transport {
    fn channel_binding(&self) -> ChannelBinding {
        match self {
            Self::Plain(_) => ChannelBinding::none(),
            Self::Tls(stream) => stream.channel_binding(),
        }
    }
}
