//! People: each sends a request, waits for the answer, thinks for a while, and sends the next.
//!
//! The time of a request counts from the moment its user is done thinking, whenever it is really sent. How often people ask
//! depends on how fast they are answered, but little, as long as they think for much longer than they wait.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use fastrand::Rng;
use mio::{Events, Interest, Poll, Token};

use super::{
    ATTENTION, Outcome, Requests,
    caller::{Caller, Progress},
};
use crate::{failure::Failure, interrupt};

/// People who are connected, each with requests of their own.
pub(crate) struct Users<R> {
    poll: Poll,
    all: Vec<User<R>>,
    /// Who thinks, and until when.
    thinking: BinaryHeap<Reverse<(Instant, usize)>>,
    address: SocketAddr,
    /// How long they think, on average.
    think: Duration,
    random: Rng,
}

/// One of them.
struct User<R> {
    caller: Caller,
    requests: R,
    /// Whether a request is under way.
    is_waiting: bool,
}

impl<R: Requests> Users<R> {
    /// Connects everybody. They begin one by one while others would think once.
    pub(crate) fn start(
        address: SocketAddr,
        think: Duration,
        requests: impl IntoIterator<Item = R>,
        random: Rng,
    ) -> Result<Self, Failure> {
        let poll = Poll::new().map_err(Failure::because("cannot wait for connections"))?;
        let thinking = BinaryHeap::new();
        let mut users = Self { poll, all: Vec::new(), thinking, address, think, random };
        for requests in requests {
            let caller = users.connect(users.all.len())?;
            users.all.push(User { caller, requests, is_waiting: false });
        }
        let now = Instant::now();
        for index in 0..users.all.len() {
            let due = now + think.mul_f64(users.random.f64());
            users.thinking.push(Reverse((due, index)));
        }
        Ok(users)
    }

    /// Goes on for a time and adds what was answered meanwhile, each to the outcome with the number of its request.
    pub(crate) fn drive(&mut self, time: Duration, outcomes: &mut [Outcome]) -> Result<(), Failure> {
        let mut events = Events::with_capacity(self.all.len().max(1));
        let end = Instant::now() + time;
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(());
            }
            interrupt::check()?;
            self.send_due(now, outcomes)?;
            let next = self.thinking.peek().map_or(end, |Reverse((due, _))| end.min(*due));
            let wait = next.saturating_duration_since(Instant::now()).min(ATTENTION);
            match self.poll.poll(&mut events, Some(wait)) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    return Err(Failure::because("cannot wait for answers")(error));
                }
                _ => {}
            }
            for event in &events {
                self.attend(event.token().0, outcomes)?;
            }
        }
    }

    /// Lets everybody go on who is done thinking.
    fn send_due(&mut self, now: Instant, outcomes: &mut [Outcome]) -> Result<(), Failure> {
        while let Some(Reverse((due, index))) = self.thinking.peek().copied()
            && due <= now
        {
            self.thinking.pop();
            let Some(user) = self.all.get_mut(index) else { continue };
            user.is_waiting = true;
            if let Err(error) = user.caller.send(&mut user.requests, due) {
                self.lose(index, &error, outcomes)?;
            }
        }
        Ok(())
    }

    /// Reads what has come for a user.
    fn attend(&mut self, index: usize, outcomes: &mut [Outcome]) -> Result<(), Failure> {
        let Some(user) = self.all.get_mut(index) else { return Ok(()) };
        match user.caller.proceed() {
            Ok(Progress::Waiting) => Ok(()),
            Ok(Progress::Answered { number, status, latency }) => {
                if let Some(outcome) = outcomes.get_mut(number) {
                    outcome.note(&mut user.requests, number, status, latency, user.caller.body());
                }
                self.let_think(index);
                Ok(())
            }
            // Whoever has nothing to say for long is hung up on.
            Err(_) if !user.is_waiting => {
                let caller = self.connect(index)?;
                self.all[index].caller = caller;
                Ok(())
            }
            Err(error) => self.lose(index, &error, outcomes),
        }
    }

    fn let_think(&mut self, index: usize) {
        self.all[index].is_waiting = false;
        // Between half of the mean and one and a half of it.
        let due = Instant::now() + self.think.mul_f64(0.5 + self.random.f64());
        self.thinking.push(Reverse((due, index)));
    }

    /// Counts a connection that was lost, and makes another one.
    fn lose(&mut self, index: usize, error: &io::Error, outcomes: &mut [Outcome]) -> Result<(), Failure> {
        let number = self.all[index].caller.number();
        if let Some(outcome) = outcomes.get_mut(number) {
            outcome.refuse("connection lost", || error.to_string());
        }
        let caller = self.connect(index)?;
        self.all[index].caller = caller;
        self.let_think(index);
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

    const TIME: Duration = Duration::from_millis(400);

    /// One kind of requests and another in turn.
    struct Alternating(usize);

    impl Requests for Alternating {
        fn write(&mut self, request: &mut Vec<u8>) -> io::Result<usize> {
            self.0 = 1 - self.0;
            request.clear();
            write_request(request, &format!("/{}", self.0), &[])?;
            Ok(self.0)
        }

        fn refusal(&mut self, _: usize, status: u16, _: &[u8]) -> Option<Cow<'static, str>> {
            (status != 200).then(|| status.to_string().into())
        }
    }

    /// Answers requests of a connection, each after a while, until there have been so many.
    fn serve(stream: &TcpStream, pause: Duration, requests: usize) -> io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut stream = stream;
        let mut line = String::new();
        for _ in 0..requests {
            while line != "\r\n" {
                line.clear();
                if reader.read_line(&mut line)? == 0 {
                    return Ok(());
                }
            }
            line.clear();
            thread::sleep(pause);
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
        }
        Ok(())
    }

    fn listen() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    fn outcomes() -> [Outcome; 2] {
        [(); 2].map(|()| Outcome::new().unwrap())
    }

    fn start(address: SocketAddr, users: usize, think: Duration) -> Users<Alternating> {
        Users::start(address, think, (0..users).map(|_| Alternating(0)), Rng::with_seed(7)).unwrap()
    }

    /// Four users of a server that does this with each connection, and how long they used it.
    fn drive(
        think: Duration,
        serve: impl Fn(&TcpStream) + Copy + Send + 'static,
    ) -> ([Outcome; 2], Duration) {
        let (listener, address) = listen();
        thread::spawn(move || {
            for stream in listener.incoming() {
                thread::spawn(move || serve(&stream.unwrap()));
            }
        });
        let (mut outcomes, started) = (outcomes(), Instant::now());
        start(address, 4, think).drive(TIME, &mut outcomes).unwrap();
        (outcomes, started.elapsed())
    }

    fn most(users: u128, time: Duration, each: Duration) -> u128 {
        users * (1 + time.as_micros() / each.as_micros())
    }

    #[test]
    fn users_think_between_their_requests() {
        let think = Duration::from_millis(40);
        let (outcomes, time) = drive(think, |stream| _ = serve(stream, Duration::ZERO, usize::MAX));
        let answered = outcomes.each_ref().map(|outcome| outcome.latencies.count());
        let most = most(4, time, think / 2);
        assert!(answered[1] > 4 && u128::from(answered[0] + answered[1]) <= most, "{answered:?} of {most}");
        assert!(answered[1] - answered[0] <= 4, "each kind is counted by itself: {answered:?}");
        assert!(outcomes.iter().all(|outcome| outcome.refused.is_empty()), "{outcomes:?}");
    }

    #[test]
    fn who_does_not_think_asks_again_at_once_and_not_before_the_answer() {
        let pause = Duration::from_millis(10);
        let (outcomes, time) =
            drive(Duration::ZERO, |stream| _ = serve(stream, Duration::from_millis(10), usize::MAX));
        let answered = u128::from(outcomes[0].latencies.count() + outcomes[1].latencies.count());
        assert!((12..=most(4, time, pause)).contains(&answered), "{answered}");
        assert!(outcomes[0].latencies.percentiles().p50 >= 10.0, "{outcomes:?}");
    }

    #[test]
    fn a_request_is_late_from_the_moment_that_its_user_would_have_sent_it() {
        let (listener, address) = listen();
        thread::spawn(move || serve(&listener.accept().unwrap().0, Duration::ZERO, usize::MAX));
        let mut users = start(address, 1, Duration::ZERO);
        users.thinking.clear();
        users.thinking.push(Reverse((Instant::now().checked_sub(TIME).unwrap(), 0)));
        let mut outcomes = outcomes();
        while outcomes[1].latencies.count() == 0 {
            users.drive(Duration::from_millis(10), &mut outcomes).unwrap();
        }
        assert!(outcomes[1].latencies.percentiles().max >= 400.0, "{outcomes:?}");
    }

    #[test]
    fn who_is_hung_up_on_in_the_middle_of_a_request_says_so_and_asks_again() {
        let (outcomes, _) = drive(Duration::from_millis(10), |_| {});
        assert!(outcomes.iter().all(|outcome| outcome.latencies.count() == 0), "{outcomes:?}");
        assert!(outcomes.iter().all(|outcome| outcome.refused["connection lost"] > 0), "{outcomes:?}");
    }

    #[test]
    fn who_is_hung_up_on_while_thinking_connects_again_and_tells_nobody() {
        let (listener, address) = listen();
        let mut users = start(address, 1, Duration::ZERO);
        users.think = Duration::from_hours(1);
        let served = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            serve(&stream, Duration::ZERO, 1).unwrap();
            (listener, stream)
        });
        let mut outcomes = outcomes();
        while outcomes[1].latencies.count() == 0 {
            users.drive(Duration::from_millis(10), &mut outcomes).unwrap();
        }
        let (listener, stream) = served.join().unwrap();
        drop(stream);
        users.drive(Duration::from_millis(50), &mut outcomes).unwrap();
        assert!(outcomes.iter().all(|outcome| outcome.refused.is_empty()), "{outcomes:?}");
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_ok(), "nobody has connected again");
    }
}
