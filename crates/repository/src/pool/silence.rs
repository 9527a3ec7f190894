//! A connection whose server is asked something and says nothing is given up after a while.
//!
//! `statement_timeout` is kept by the server, so it does not help when the server, or the way to it, hangs. Here the messages
//! of the protocol are counted on their way: while an answer is owed, each byte of it has to come in time. A connection on
//! which nothing is owed may be silent for ever.
//!
//! The driver lets only TLS wrap its sockets, so this poses as TLS that needs no handshake.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};
use tokio_postgres::{
    Socket,
    tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream},
};

/// How the error begins that a connection ends with.
const SILENT: &str = "PostgreSQL said nothing for";

/// Makes sockets that do not wait for ever.
#[derive(Clone)]
pub(super) struct Impatience {
    patience: Duration,
    /// Whether the connection can be used. One that never could says nothing of connections that lead to another server.
    made: Arc<AtomicBool>,
    /// Told when a connection is given up.
    given_up: Arc<dyn Fn() + Send + Sync>,
}

impl Impatience {
    pub(super) fn new(patience: Duration, given_up: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { patience, made: Arc::default(), given_up }
    }

    /// From now on it is told when the connection is given up.
    pub(super) fn is_made(&self) {
        self.made.store(true, Ordering::Release);
    }
}

impl MakeTlsConnect<Socket> for Impatience {
    type Stream = Watched;
    type TlsConnect = Self;
    type Error = Infallible;

    fn make_tls_connect(&mut self, _: &str) -> Result<Self, Infallible> {
        Ok(self.clone())
    }
}

impl TlsConnect<Socket> for Impatience {
    type Stream = Watched;
    type Error = Infallible;
    type Future = Ready<Result<Watched, Infallible>>;

    fn connect(self, socket: Socket) -> Self::Future {
        let timer = Box::pin(sleep(self.patience));
        // The startup message is answered like a query, and is the only one without a type.
        let (sent, received) = (Frames::after_untyped(), Frames::default());
        ready(Ok(Watched { socket, settings: self, owed: 1, sent, received, timer }))
    }
}

/// A socket on which answers come in time.
pub(super) struct Watched {
    socket: Socket,
    settings: Impatience,
    /// Answers that have not come to their end.
    owed: u64,
    sent: Frames,
    received: Frames,
    timer: Pin<Box<Sleep>>,
}

impl Watched {
    fn wait_again(&mut self) {
        self.timer.as_mut().reset(Instant::now() + self.settings.patience);
    }

    fn give_up(&self) {
        if self.settings.made.load(Ordering::Acquire) {
            (self.settings.given_up)();
        }
    }

    /// Fails when an answer is owed for too long; else the task is woken when it is.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.owed == 0 || self.timer.as_mut().poll(context).is_pending() {
            return Ok(());
        }
        self.give_up();
        let text = format!("{SILENT} {} ms", self.settings.patience.as_millis());
        Err(io::Error::new(io::ErrorKind::TimedOut, text))
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.socket).poll_read(context, buffer) {
            Poll::Pending => match self.check(context) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            },
            Poll::Ready(Ok(())) => {
                if self.owed > 0 && buffer.filled().len() == before {
                    // It is closed in the middle of an answer: so may be the others.
                    self.give_up();
                }
                // ReadyForQuery ends every answer.
                let ended = self.received.count(&buffer.filled()[before..], b"Z");
                self.owed = self.owed.saturating_sub(ended);
                self.wait_again();
                Poll::Ready(Ok(()))
            }
            failed @ Poll::Ready(_) => failed,
        }
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.socket).poll_write(context, bytes) {
            Poll::Ready(Ok(written)) => {
                let nothing_owed = self.owed == 0;
                // Query, Sync and FunctionCall ask for an answer.
                self.owed += self.sent.count(&bytes[..written], b"QSF");
                if nothing_owed {
                    self.wait_again();
                }
                self.check(context)?;
                Poll::Ready(Ok(written))
            }
            // A server that does not read does not answer either.
            Poll::Pending => match self.check(context) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            },
            failed @ Poll::Ready(_) => failed,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

impl TlsStream for Watched {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

/// Finds the messages in a stream of bytes: a type, and a length that counts itself.
#[derive(Debug, Default)]
struct Frames {
    /// What is known of the head of a message.
    head: [u8; 5],
    known: usize,
    /// Bytes until the next head.
    rest: u64,
}

impl Frames {
    /// The first message has no type.
    fn after_untyped() -> Self {
        Self { known: 1, ..Self::default() }
    }

    /// How many messages of these types begin in these bytes.
    fn count(&mut self, mut bytes: &[u8], types: &[u8]) -> u64 {
        let mut found = 0;
        while !bytes.is_empty() {
            if self.rest > 0 {
                let skipped = usize::try_from(self.rest).map_or(bytes.len(), |rest| rest.min(bytes.len()));
                self.rest -= skipped as u64;
                bytes = &bytes[skipped..];
                continue;
            }
            self.head[self.known] = bytes[0];
            self.known += 1;
            bytes = &bytes[1..];
            if self.known == self.head.len() {
                let [kind, length @ ..] = self.head;
                self.rest = u64::from(u32::from_be_bytes(length)).saturating_sub(4);
                self.known = 0;
                found += u64::from(types.contains(&kind));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).expect("it is short");
        [&[kind][..], &length.to_be_bytes(), body].concat()
    }

    #[test]
    fn messages_are_found_however_they_are_cut() {
        let stream = [message(b'D', b"ZZZZZZ"), message(b'C', b""), message(b'Z', b"I")].concat();
        for at in 0..=stream.len() {
            let mut frames = Frames::default();
            let found = frames.count(&stream[..at], b"Z") + frames.count(&stream[at..], b"Z");
            assert_eq!(found, 1, "cut at {at}");
            assert_eq!(frames.count(&message(b'Z', b"I"), b"Z"), 1);
        }
    }

    #[test]
    fn the_startup_message_has_no_type() {
        let mut frames = Frames::after_untyped();
        assert_eq!(frames.count(&[&[0, 0, 0, 8, 0, 3, 0, 0][..], &message(b'S', b"")].concat(), b"QSF"), 1);
    }
}
