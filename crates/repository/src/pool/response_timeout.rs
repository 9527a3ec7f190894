//! The response timeout of a connection: how long PostgreSQL may say nothing while it owes an answer.
//!
//! `statement_timeout` is kept by the server, so it does not help when the server, or the way to it, hangs. Here the messages
//! of the protocol are counted on their way: while an answer is pending, each byte of it has to come in time. A connection on
//! which nothing is pending may be silent for ever, as one that listens for notifications is.
//!
//! It lies between the driver and the transport, which may be encrypted: it sees plain messages in either case.

use std::{
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
use tokio_postgres::tls::{ChannelBinding, TlsStream};

/// The response timeout of one connection, and what happens when it expires.
#[derive(Clone)]
pub(super) struct ResponseTimeout {
    limit: Duration,
    /// Whether the connection can be used. One that never could says nothing of connections that lead to another server.
    established: Arc<AtomicBool>,
    /// Called when an established connection is given up.
    expired: Arc<dyn Fn() + Send + Sync>,
}

impl ResponseTimeout {
    pub(super) fn new(limit: Duration, expired: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { limit, established: Arc::default(), expired }
    }

    /// From now on `expired` is called when the connection is given up.
    pub(super) fn set_established(&self) {
        self.established.store(true, Ordering::Release);
    }

    fn expire(&self) {
        if self.established.load(Ordering::Acquire) {
            (self.expired)();
        }
    }
}

/// A transport on which answers come in time.
pub(super) struct Timed<S> {
    transport: S,
    /// There is none where statements may take as long as they like.
    monitor: Option<Monitor>,
}

struct Monitor {
    timeout: ResponseTimeout,
    /// Answers that have not come to their end.
    pending: u64,
    sent: Frames,
    received: Frames,
    timer: Pin<Box<Sleep>>,
}

impl<S> Timed<S> {
    /// Before anything of the protocol is sent over the transport.
    pub(super) fn new(transport: S, timeout: Option<ResponseTimeout>) -> Self {
        Self { transport, monitor: timeout.map(Monitor::new) }
    }
}

impl Monitor {
    fn new(timeout: ResponseTimeout) -> Self {
        let timer = Box::pin(sleep(timeout.limit));
        // The startup message is answered like a query, and is the only one without a type.
        let (sent, received) = (Frames::after_untyped(), Frames::default());
        Self { timeout, pending: 1, sent, received, timer }
    }

    fn restart(&mut self) {
        self.timer.as_mut().reset(Instant::now() + self.timeout.limit);
    }

    fn on_sent(&mut self, bytes: &[u8]) {
        let was_idle = self.pending == 0;
        // Query, Sync and FunctionCall ask for an answer.
        self.pending += self.sent.count(bytes, b"QSF");
        if was_idle {
            self.restart();
        }
    }

    fn on_received(&mut self, bytes: &[u8]) {
        if self.pending > 0 && bytes.is_empty() {
            // It is closed in the middle of an answer: so may be the others.
            self.timeout.expire();
        }
        // ReadyForQuery ends every answer.
        let ended = self.received.count(bytes, b"Z");
        self.pending = self.pending.saturating_sub(ended);
        self.restart();
    }

    /// Fails when an answer is pending for too long; else the task is woken when it is.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.pending == 0 || self.timer.as_mut().poll(context).is_pending() {
            return Ok(());
        }
        self.timeout.expire();
        let text = format!("no response from PostgreSQL within {} ms", self.timeout.limit.as_millis());
        Err(io::Error::new(io::ErrorKind::TimedOut, text))
    }
}

impl<S> Timed<S> {
    fn pending<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        match self.monitor.as_mut().map_or(Ok(()), |monitor| monitor.check(context)) {
            Ok(()) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.transport).poll_read(context, buffer) {
            Poll::Pending => self.pending(context),
            Poll::Ready(Ok(())) => {
                if let Some(monitor) = &mut self.monitor {
                    monitor.on_received(&buffer.filled()[before..]);
                }
                Poll::Ready(Ok(()))
            }
            failed @ Poll::Ready(_) => failed,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.transport).poll_write(context, bytes) {
            Poll::Ready(Ok(written)) => {
                if let Some(monitor) = &mut self.monitor {
                    monitor.on_sent(&bytes[..written]);
                    monitor.check(context)?;
                }
                Poll::Ready(Ok(written))
            }
            // A server that does not read does not answer either.
            Poll::Pending => self.pending(context),
            failed @ Poll::Ready(_) => failed,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_shutdown(context)
    }
}

impl<S: TlsStream + Unpin> TlsStream for Timed<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.transport.channel_binding()
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
