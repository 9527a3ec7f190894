//! Sends requests at a steady rate, whether those before are answered or not: people who visit a shop do not wait for each
//! other.
//!
//! The time of a request counts from the moment it was due. A server that stands still for a while is charged for all
//! requests that were due meanwhile, those included that waited for a free connection.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token};

use super::{
    ATTENTION, Outcome, Requests,
    caller::{Caller, Progress},
};
use crate::{arguments::Common, failure::Failure, interrupt, measurement::Measured, processes::Watched};

/// Requests under way at most; more wait to be sent.
const CONNECTIONS: usize = 64;

/// A rate of requests, and the connections that they take.
pub(crate) struct Steady<R> {
    poll: Poll,
    callers: Vec<Caller>,
    /// Those that wait for no answer.
    free: Vec<usize>,
    requests: R,
    address: SocketAddr,
    /// Between one request and the next.
    gap: Duration,
    next: Instant,
}

/// Measures who answers at an address, asked so often in a second.
pub(crate) fn measure(
    requests: impl Requests,
    address: SocketAddr,
    watched: &Watched,
    per_second: u32,
    &Common { warm_up, seconds, .. }: &Common,
) -> Result<Measured, Failure> {
    let mut steady = Steady::start(address, per_second, requests)?;
    let warm_up = steady.drive(Duration::from_secs(warm_up))?;
    let before = watched.sample()?;
    let outcome = steady.drive(Duration::from_secs(seconds))?;
    let connections = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
    outcome.after(warm_up).measured(connections, &before, watched)
}

impl<R: Requests> Steady<R> {
    /// Connects; the first request is due once that is done.
    pub(crate) fn start(address: SocketAddr, per_second: u32, requests: R) -> Result<Self, Failure> {
        let poll = Poll::new().map_err(Failure::because("cannot wait for connections"))?;
        let gap = Duration::from_secs(1) / per_second.max(1);
        let mut steady = Self {
            poll,
            callers: Vec::new(),
            free: (0..CONNECTIONS).collect(),
            requests,
            address,
            gap,
            next: Instant::now(),
        };
        for index in 0..CONNECTIONS {
            let caller = steady.connect(index)?;
            steady.callers.push(caller);
        }
        steady.next = Instant::now();
        Ok(steady)
    }

    /// Goes on for a time and tells what was answered meanwhile.
    pub(crate) fn drive(&mut self, time: Duration) -> Result<Outcome, Failure> {
        let mut outcome = Outcome::new()?;
        let mut events = Events::with_capacity(CONNECTIONS);
        let end = Instant::now() + time;
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(outcome);
            }
            interrupt::check()?;
            self.send_due(now, &mut outcome)?;
            // Where all connections are taken, an answer comes before anything can be sent.
            let until = if self.free.is_empty() { end } else { self.next.min(end) };
            let wait = until.saturating_duration_since(Instant::now()).min(ATTENTION);
            match self.poll.poll(&mut events, Some(wait)) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    return Err(Failure::because("cannot wait for answers")(error));
                }
                _ => {}
            }
            for event in &events {
                self.attend(event.token().0, &mut outcome)?;
            }
        }
    }

    fn send_due(&mut self, now: Instant, outcome: &mut Outcome) -> Result<(), Failure> {
        while self.next <= now
            && let Some(index) = self.free.pop()
        {
            let due = self.next;
            self.next += self.gap;
            let sent =
                self.callers.get_mut(index).map_or(Ok(()), |caller| caller.send(&mut self.requests, due));
            if let Err(error) = sent {
                self.lose(index, &error, outcome)?;
            }
        }
        Ok(())
    }

    fn attend(&mut self, index: usize, outcome: &mut Outcome) -> Result<(), Failure> {
        let Some(caller) = self.callers.get_mut(index) else { return Ok(()) };
        match caller.proceed() {
            Ok(Progress::Waiting) => Ok(()),
            Ok(Progress::Answered { number, status, latency }) => {
                outcome.note(&mut self.requests, number, status, latency, caller.body());
                self.free.push(index);
                Ok(())
            }
            // Whoever has nothing to say for long is hung up on.
            Err(_) if self.free.contains(&index) => {
                self.callers[index] = self.connect(index)?;
                Ok(())
            }
            Err(error) => self.lose(index, &error, outcome),
        }
    }

    /// Counts a connection that was lost, and makes another one, which is free.
    fn lose(&mut self, index: usize, error: &io::Error, outcome: &mut Outcome) -> Result<(), Failure> {
        outcome.refuse("connection lost", || error.to_string());
        self.callers[index] = self.connect(index)?;
        self.free.push(index);
        Ok(())
    }

    fn connect(&mut self, index: usize) -> Result<Caller, Failure> {
        let failed = "cannot connect to the service";
        let mut caller = Caller::connect(self.address).map_err(Failure::because(failed))?;
        self.poll
            .registry()
            .register(caller.source(), Token(index), Interest::READABLE | Interest::WRITABLE)
            .map_err(Failure::because(failed))?;
        Ok(caller)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        borrow::Cow,
        io::{BufRead, BufReader, Write},
        net::{TcpListener, TcpStream},
        thread,
    };

    use super::*;
    use crate::client::write_request;

    struct Anything;

    impl Requests for Anything {
        fn write(&mut self, request: &mut Vec<u8>) -> io::Result<usize> {
            request.clear();
            write_request(request, "/", &[])?;
            Ok(0)
        }

        fn refusal(&mut self, _: usize, status: u16, _: &[u8]) -> Option<Cow<'static, str>> {
            (status != 200).then(|| status.to_string().into())
        }
    }

    /// Answers every request of a connection after a while.
    fn serve(stream: TcpStream, pause: Duration) -> io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut stream = stream;
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 {
            if line == "\r\n" {
                thread::sleep(pause);
                write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
            }
            line.clear();
        }
        Ok(())
    }

    /// Asks a server that does this with each connection.
    fn drive(per_second: u32, serve: impl Fn(TcpStream) + Copy + Send + 'static) -> Outcome {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                thread::spawn(move || serve(stream.unwrap()));
            }
        });
        Steady::start(address, per_second, Anything).unwrap().drive(Duration::from_millis(500)).unwrap()
    }

    #[test]
    fn no_more_is_sent_than_is_due() {
        let started = Instant::now();
        let Outcome { latencies, refused, .. } = drive(200, |stream| _ = serve(stream, Duration::ZERO));
        let due = 1 + started.elapsed().as_millis() / 5;
        let answered = u128::from(latencies.count());
        assert!((1..=due).contains(&answered), "{answered} of {due}");
        assert!(refused.is_empty(), "{refused:?}");
    }

    #[test]
    fn a_server_that_hangs_up_is_asked_again_and_again() {
        let Outcome { latencies, refused, .. } = drive(200, drop);
        assert_eq!(latencies.count(), 0);
        assert!(refused.keys().all(|what| what == "connection lost"), "{refused:?}");
    }

    #[test]
    fn what_waits_for_a_connection_is_late() {
        // 64 connections, each taken for 100 ms, serve 640 of the 2,000 a second.
        let outcome = drive(2_000, |stream| _ = serve(stream, Duration::from_millis(100)));
        let latency = outcome.latencies.percentiles();
        assert!(latency.max > 200.0, "{latency:?}");
    }
}
