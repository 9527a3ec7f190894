//! One connection: sends a request, reads the answer to its end.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream as Blocking},
    time::{Duration, Instant},
};

use mio::net::TcpStream;

use super::request::Orders;

/// Bytes read at once; answers are shorter.
const CHUNK: usize = 16 * 1024;
/// Header fields of an answer at most.
const FIELDS: usize = 32;

/// A caller waiting for its answer.
pub(super) struct Caller {
    stream: TcpStream,
    request: Vec<u8>,
    sent: usize,
    sent_at: Instant,
    received: Vec<u8>,
    filled: usize,
    /// Where the body of the answer begins and ends, once its head is there.
    body: (usize, usize),
}

/// What became of a request.
pub(super) enum Progress {
    /// The answer is not there, or not all of it.
    Waiting,
    /// It is.
    Answered { status: u16, latency: Duration },
}

impl Caller {
    pub(super) fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = Blocking::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream: TcpStream::from_std(stream),
            request: Vec::new(),
            sent: 0,
            sent_at: Instant::now(),
            received: vec![0; CHUNK],
            filled: 0,
            body: (0, 0),
        })
    }

    /// What to watch for events.
    pub(super) fn source(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Sends another order.
    pub(super) fn send(&mut self, orders: &mut Orders) -> io::Result<()> {
        orders.write(&mut self.request)?;
        (self.sent, self.filled, self.body) = (0, 0, (0, 0));
        self.sent_at = Instant::now();
        self.flush()
    }

    /// Does what can be done now.
    pub(super) fn proceed(&mut self) -> io::Result<Progress> {
        self.flush()?;
        loop {
            if self.filled == self.received.len() {
                self.received.resize(self.filled + CHUNK, 0);
            }
            match self.stream.read(&mut self.received[self.filled..]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Progress::Waiting),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            // One request, one answer: once it is whole, nothing more will come.
            if let Some(status) = self.parse()? {
                return Ok(Progress::Answered { status, latency: self.sent_at.elapsed() });
            }
        }
    }

    /// The body of the answer that was read last.
    pub(super) fn answer(&self) -> String {
        let (start, end) = self.body;
        String::from_utf8_lossy(self.received.get(start..end).unwrap_or_default()).into_owned()
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

    /// The status, once the answer is whole.
    fn parse(&mut self) -> io::Result<Option<u16>> {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS];
        let mut answer = httparse::Response::new(&mut fields);
        let parsed = answer.parse(&self.received[..self.filled]).map_err(io::Error::other)?;
        let httparse::Status::Complete(head) = parsed else { return Ok(None) };
        let length = answer.headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-length"));
        let length = length.and_then(|field| std::str::from_utf8(field.value).ok()?.trim().parse().ok());
        let length: usize = length.ok_or_else(|| io::Error::other("an answer without a length"))?;
        let status = answer.code;
        self.body = (head, head + length);
        Ok(status.filter(|_| self.filled >= head + length))
    }
}
