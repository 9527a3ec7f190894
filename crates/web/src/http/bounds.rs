//! How long a client may take, how much it may send, and how many are served at once. What is beyond is answered, or closed,
//! so that no client costs another one its answer.

use std::time::Duration;

/// The bounds of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How long the head of the first request of a connection may take to arrive.
    pub head: Duration,
    /// How long a request may take to be answered, once its body is there.
    pub response: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long a client may leave bytes of its answer untaken before its connection is reset.
    pub untaken: Duration,
    /// Connections at most, of all clients together. More wait to be accepted.
    pub connections: usize,
    /// How many requests are served at once.
    pub admission: AdmissionSettings,
}

/// How many requests are served at once, and how long others wait for their turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdmissionSettings {
    /// Requests that are worked on at once; one whose body is still on its way is not.
    pub in_flight: usize,
    /// Requests that may wait for their turn; one more is refused at once.
    pub waiting: usize,
    /// How long a request waits for its turn at most.
    pub patience: Duration,
    /// How long one waits at most while the queue has not been empty for longer than `patience`.
    pub impatience: Duration,
    /// Requests of those who work for the shop, and of programs with API keys, that are worked on at once when all places of
    /// the public are taken.
    pub operators: usize,
    /// How late a thread may come to its work before requests are refused; `None` is however late.
    pub lag: Option<Duration>,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            response: Duration::from_secs(30),
            keep_alive: Duration::from_secs(75),
            untaken: Duration::from_secs(30),
            connections: 8192,
            admission: AdmissionSettings::default(),
        }
    }
}

impl Default for AdmissionSettings {
    fn default() -> Self {
        Self {
            in_flight: 512,
            waiting: 1024,
            patience: Duration::from_millis(100),
            impatience: Duration::from_millis(10),
            operators: 32,
            lag: None,
        }
    }
}
