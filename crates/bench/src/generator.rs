//! Places orders over HTTP as fast as they are answered, on one thread and with as little work as possible.
//!
//! Each caller has a connection that stays open and sends its next order as soon as the last is answered. Nothing is
//! allocated per order; the answer is read no further than its status and its length.

mod caller;
mod request;

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token};

use crate::{failure::Failure, interrupt, latencies::Latencies, workload::Workload};

use caller::{Caller, Progress};
use request::Orders;

/// What an order that was placed is answered with.
const CREATED: u16 = 201;
/// Longest wait for anything to happen before a signal is looked for.
const ATTENTION: Duration = Duration::from_millis(100);

/// Callers that are connected and place orders.
pub(crate) struct Generator {
    poll: Poll,
    callers: Vec<Caller>,
    orders: Orders,
    address: SocketAddr,
}

/// What was answered in a time.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Of the orders that were placed.
    pub(crate) latencies: Latencies,
    /// Other answers, by status, and connections lost.
    pub(crate) refused: BTreeMap<String, u64>,
    /// The first of them.
    pub(crate) first_refusal: Option<String>,
}

impl Generator {
    /// Connects all callers; each sends its first order at once.
    pub(crate) fn start(address: SocketAddr, callers: u32, workload: Workload) -> Result<Self, Failure> {
        let poll = Poll::new().map_err(Failure::because("cannot wait for connections"))?;
        let mut generator = Self { poll, callers: Vec::new(), orders: Orders::new(workload), address };
        for _ in 0..callers {
            let caller = generator.connect(generator.callers.len())?;
            generator.callers.push(caller);
        }
        Ok(generator)
    }

    /// Goes on for a time and tells what was answered meanwhile.
    pub(crate) fn drive(&mut self, time: Duration) -> Result<Outcome, Failure> {
        let mut outcome =
            Outcome { latencies: Latencies::new()?, refused: BTreeMap::new(), first_refusal: None };
        let mut events = Events::with_capacity(self.callers.len());
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(outcome);
            }
            interrupt::check()?;
            match self.poll.poll(&mut events, Some(left.min(ATTENTION))) {
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

    /// Reads what has come for a caller and lets it go on.
    fn attend(&mut self, index: usize, outcome: &mut Outcome) -> Result<(), Failure> {
        let Some(caller) = self.callers.get_mut(index) else { return Ok(()) };
        let lost = match caller.proceed() {
            Ok(Progress::Waiting) => return Ok(()),
            Ok(Progress::Answered { status, latency }) => {
                if status == CREATED {
                    outcome.latencies.record(latency);
                } else {
                    outcome.refuse(status.to_string(), || caller.answer());
                }
                caller.send(&mut self.orders).err()
            }
            Err(error) => Some(error),
        };
        if let Some(error) = lost {
            outcome.refuse("connection lost".to_owned(), || error.to_string());
            self.callers[index] = self.connect(index)?;
        }
        Ok(())
    }

    fn connect(&mut self, index: usize) -> Result<Caller, Failure> {
        let failed = "cannot connect to the service";
        let mut caller = Caller::connect(self.address).map_err(Failure::because(failed))?;
        self.poll
            .registry()
            .register(caller.source(), Token(index), Interest::READABLE | Interest::WRITABLE)
            .and_then(|()| caller.send(&mut self.orders))
            .map_err(Failure::because(failed))?;
        Ok(caller)
    }
}

impl Outcome {
    fn refuse(&mut self, what: String, told: impl FnOnce() -> String) {
        if self.first_refusal.is_none() {
            self.first_refusal = Some(format!("{what}: {}", told()));
        }
        *self.refused.entry(what).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Read, Write},
        net::{TcpListener, TcpStream},
        thread,
    };

    use super::*;

    /// Answers every request of a connection, the third of each with 409, in two pieces; closes after the fifth.
    fn serve(stream: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut stream = stream;
        for number in 1..=5 {
            let mut length = 0;
            let mut line = String::new();
            while reader.read_line(&mut line)? > 2 {
                if let Some(value) = line.strip_prefix("Content-Length: ") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            let order: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(order["lines"].as_array().unwrap().len(), 3);
            let status = if number == 3 { "409 Conflict" } else { "201 Created" };
            write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 4\r\n\r\nno")?;
            stream.flush()?;
            thread::yield_now();
            write!(stream, "pe")?;
        }
        Ok(())
    }

    #[test]
    fn answers_are_counted_by_status_and_lost_connections_are_made_again() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                thread::spawn(move || serve(stream.unwrap()));
            }
        });
        let mut generator = Generator::start(address, 4, Workload::ThreeHot).unwrap();
        let outcome = generator.drive(Duration::from_millis(300)).unwrap();
        let (placed, refused) = (outcome.latencies.count(), outcome.refused["409"]);
        assert!(placed > 20, "{outcome:?}");
        // Four of five are placed; each caller may be in the middle of its five.
        assert!(placed.abs_diff(refused * 4) <= 4 * 4, "{placed} placed, {refused} refused");
        assert!(outcome.refused["connection lost"] >= refused - 4, "{outcome:?}");
        assert_eq!(outcome.first_refusal.as_deref(), Some("409: nope"));
    }
}
