//! Sends requests over HTTP as fast as they are answered, on one thread and with as little work as possible.
//!
//! Each caller has a connection that stays open and sends its next request as soon as the last is answered: one write
//! and one read each, if the answer comes in one piece. Nothing is allocated per request; of the answer's head the
//! status and the length are read.

mod caller;
mod head;
pub(crate) mod steady;
pub(crate) mod users;

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token};

use crate::{
    arguments::Common,
    failure::Failure,
    interrupt,
    latencies::Latencies,
    measurement::{Measured, rate},
    processes::{Sample, Watched},
};

use caller::{Caller, Progress};

/// Longest wait for anything to happen before a signal is looked for.
const ATTENTION: Duration = Duration::from_millis(100);
/// Of an answer that is shown.
const SHOWN: usize = 1_000;

/// What callers ask for, and whether they get it.
pub(crate) trait Requests {
    /// Replaces what the buffer holds by another request, and says what to call it when it is answered.
    fn write(&mut self, request: &mut Vec<u8>) -> io::Result<usize>;

    /// What an answer is instead of the one that was asked for; nothing if it is that one.
    fn refusal(&mut self, number: usize, status: u16, body: &[u8]) -> Option<Cow<'static, str>>;
}

/// Callers that are connected and send requests.
pub(crate) struct Generator<R> {
    poll: Poll,
    callers: Vec<Caller>,
    requests: R,
    address: SocketAddr,
}

/// What was answered in a time.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Of the answers that were asked for.
    pub(crate) latencies: Latencies,
    /// Other answers, by status, and connections lost.
    pub(crate) refused: BTreeMap<String, u64>,
    /// The first of them.
    pub(crate) first_refusal: Option<String>,
}

/// Measures who answers at an address.
pub(crate) fn measure(
    requests: impl Requests,
    address: SocketAddr,
    watched: &Watched,
    callers: u32,
    &Common { warm_up, seconds, .. }: &Common,
) -> Result<Measured, Failure> {
    let mut generator = Generator::start(address, callers, requests)?;
    let warm_up = generator.drive(Duration::from_secs(warm_up))?;
    let before = watched.sample()?;
    let outcome = generator.drive(Duration::from_secs(seconds))?;
    outcome.after(warm_up).measured(callers, &before, watched)
}

impl<R: Requests> Generator<R> {
    /// Connects all callers; each sends its first request at once.
    pub(crate) fn start(address: SocketAddr, callers: u32, requests: R) -> Result<Self, Failure> {
        let poll = Poll::new().map_err(Failure::because("cannot wait for connections"))?;
        let mut generator = Self { poll, callers: Vec::new(), requests, address };
        for _ in 0..callers {
            let caller = generator.connect(generator.callers.len())?;
            generator.callers.push(caller);
        }
        Ok(generator)
    }

    /// Goes on for a time and tells what was answered meanwhile.
    pub(crate) fn drive(&mut self, time: Duration) -> Result<Outcome, Failure> {
        let mut outcome = Outcome::new()?;
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
            Ok(Progress::Answered { number, status, latency }) => {
                outcome.note(&mut self.requests, number, status, latency, caller.body());
                caller.send(&mut self.requests, Instant::now()).err()
            }
            Err(error) => Some(error),
        };
        if let Some(error) = lost {
            outcome.refuse("connection lost", || error.to_string());
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
            .and_then(|()| caller.send(&mut self.requests, Instant::now()))
            .map_err(Failure::because(failed))?;
        Ok(caller)
    }
}

impl Outcome {
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self { latencies: Latencies::new()?, refused: BTreeMap::new(), first_refusal: None })
    }

    /// With the first refusal of what came before it.
    pub(crate) fn after(self, warm_up: Self) -> Self {
        Self { first_refusal: warm_up.first_refusal.or(self.first_refusal), ..self }
    }

    /// Adds what somebody else was answered meanwhile.
    pub(crate) fn add(&mut self, other: &Self) {
        self.latencies.add(&other.latencies);
        for (what, count) in &other.refused {
            *self.refused.entry(what.clone()).or_default() += count;
        }
        if self.first_refusal.is_none() {
            self.first_refusal.clone_from(&other.first_refusal);
        }
    }

    /// What it comes to, when it began with this sample and ends now.
    pub(crate) fn measured(
        self,
        callers: u32,
        before: &Sample,
        watched: &Watched,
    ) -> Result<Measured, Failure> {
        let after = watched.sample()?;
        let seconds = before.seconds_until(&after);
        let count = self.latencies.count();
        Ok(Measured {
            callers,
            seconds,
            count,
            per_second: rate(count, Duration::from_secs_f64(seconds)),
            latency: self.latencies.percentiles(),
            refused: self.refused,
            first_refusal: self.first_refusal,
            cores: before.until(&after),
            memory: watched.memory()?,
        })
    }

    /// What it comes to as a part of all that was answered in the same time.
    pub(crate) fn part_of(self, all: &Measured) -> Measured {
        let count = self.latencies.count();
        Measured {
            count,
            per_second: rate(count, Duration::from_secs_f64(all.seconds)),
            latency: self.latencies.percentiles(),
            refused: self.refused,
            first_refusal: self.first_refusal,
            ..*all
        }
    }

    /// Counts an answer.
    fn note(
        &mut self,
        requests: &mut impl Requests,
        number: usize,
        status: u16,
        latency: Duration,
        body: &[u8],
    ) {
        match requests.refusal(number, status, body) {
            None => self.latencies.record(latency),
            Some(what) => self.refuse(&what, || String::from_utf8_lossy(body).into_owned()),
        }
    }

    fn refuse(&mut self, what: &str, told: impl FnOnce() -> String) {
        if self.first_refusal.is_none() {
            let told: String = told().chars().take(SHOWN).collect();
            self.first_refusal = Some(format!("{what}: {told}"));
        }
        match self.refused.get_mut(what) {
            Some(count) => *count += 1,
            None => _ = self.refused.insert(what.to_owned(), 1),
        }
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
    use crate::checkout::{orders::Orders, workload::Workload};

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
        let mut generator = Generator::start(address, 4, Orders::new(Workload::ThreeHot, 1_000)).unwrap();
        let outcome = generator.drive(Duration::from_millis(300)).unwrap();
        let (placed, refused) = (outcome.latencies.count(), outcome.refused["409"]);
        assert!(placed > 20, "{outcome:?}");
        // Four of five are placed; each caller may be in the middle of its five.
        assert!(placed.abs_diff(refused * 4) <= 4 * 4, "{placed} placed, {refused} refused");
        assert!(outcome.refused["connection lost"] >= refused - 4, "{outcome:?}");
        assert_eq!(outcome.first_refusal.as_deref(), Some("409: nope"));
    }
}
