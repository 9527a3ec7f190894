//! One connection: sends a request, reads the answer to its end.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream as Blocking},
    time::{Duration, Instant},
};

use mio::net::TcpStream;

use super::{Requests, head::Head};

/// Bytes there is room for at first, and then at least; most answers are shorter.
const CHUNK: usize = 16 * 1024;

/// A caller waiting for its answer.
pub(super) struct Caller {
    stream: TcpStream,
    request: Vec<u8>,
    /// What the one who asks calls it.
    number: usize,
    sent: usize,
    /// When it should have been sent.
    due: Instant,
    received: Vec<u8>,
    filled: usize,
    /// That of the answer, once it is there.
    head: Option<Head>,
}

/// What became of a request.
pub(super) enum Progress {
    /// The answer is not there, or not all of it.
    Waiting,
    /// It is.
    Answered { number: usize, status: u16, latency: Duration },
}

impl Caller {
    pub(super) fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = Blocking::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream: TcpStream::from_std(stream),
            request: Vec::new(),
            number: 0,
            sent: 0,
            due: Instant::now(),
            received: vec![0; CHUNK],
            filled: 0,
            head: None,
        })
    }

    /// What to watch for events.
    pub(super) fn source(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Sends another request, whose time counts from a moment that has come.
    pub(super) fn send(&mut self, requests: &mut impl Requests, due: Instant) -> io::Result<()> {
        self.number = requests.write(&mut self.request)?;
        (self.sent, self.filled, self.head) = (0, 0, None);
        self.due = due;
        self.flush()
    }

    /// Does what can be done now.
    pub(super) fn proceed(&mut self) -> io::Result<Progress> {
        self.flush()?;
        loop {
            if self.filled == self.received.len() {
                let whole = self.head.map_or(0, |head| head.end);
                self.received.resize(whole.max(self.filled + CHUNK), 0);
            }
            match self.stream.read(&mut self.received[self.filled..]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Progress::Waiting),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            if self.head.is_none() {
                self.head = Head::parse(&self.received[..self.filled])?;
            }
            // One request, one answer: once it is whole, nothing more will come.
            if let Some(Head { status, end, .. }) = self.head
                && self.filled >= end
            {
                let latency = self.due.elapsed();
                return Ok(Progress::Answered { number: self.number, status, latency });
            }
        }
    }

    /// What the one who asks calls the request that was sent last.
    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// The body of the answer that was read last.
    pub(super) fn body(&self) -> &[u8] {
        self.head.and_then(|head| self.received.get(head.start..head.end)).unwrap_or_default()
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.sent < self.request.len() {
            match self.stream.write(&self.request[self.sent..]) {
                Ok(written) => self.sent += written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
