//! Clients that take their time.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use stockroom_tests::App;
use stockroom_web::{Bounds, Settings};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// A connection of a client that writes its requests by hand.
pub(super) struct Socket(TcpStream);

impl Socket {
    pub(super) async fn connect(app: &App) -> Self {
        Self(TcpStream::connect(app.base().trim_start_matches("http://")).await.unwrap())
    }

    pub(super) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// What is answered first; empty when the connection is closed.
    pub(super) async fn read_head(&mut self) -> String {
        let mut bytes = vec![0; 4096];
        let length = self.0.read(&mut bytes).await.unwrap_or_default();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }
}

/// Opens many connections that begin with this and go on a byte at a time, and sees that others are served and that all of them
/// are closed in time.
async fn dawdle(beginning: &str) {
    const LIMIT: Duration = Duration::from_secs(2);
    let bounds = Bounds { head: LIMIT, ..Bounds::default() };
    let app = App::start_with(Settings { bounds, request_timeout: LIMIT, ..App::open() }).await;
    let begun = Instant::now();
    let slow = join_all((0..500).map(|_| async {
        let mut socket = Socket::connect(&app).await;
        socket.send(beginning).await;
        socket
    }));
    let slow = slow.await;
    for _ in 0..20 {
        app.actor().get("/categories").await.expect(200);
    }
    let closed = join_all(slow.into_iter().map(|socket| async {
        let (mut read, mut write) = socket.0.into_split();
        let mut ticks = tokio::time::interval(Duration::from_millis(250));
        let dripping = async {
            while write.write_all(b"a").await.is_ok() {
                ticks.tick().await;
            }
        };
        let mut bytes = [0; 4096];
        let answered = async { while read.read(&mut bytes).await.is_ok_and(|length| length > 0) {} };
        tokio::select! {
            () = dripping => {}
            () = answered => {}
        }
    }));
    timeout(LIMIT + Duration::from_secs(15), closed).await.expect("all are closed");
    assert!(begun.elapsed() >= LIMIT);
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_come_a_byte_at_a_time_stop_nobody_and_do_not_stay() {
    dawdle("GET /categories HTTP/1.1\r\nX-Slow: ").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_come_a_byte_at_a_time_stop_nobody_and_do_not_stay() {
    dawdle("POST /categories HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_whose_second_head_never_ends_does_not_stay() {
    let second = Duration::from_secs(1);
    let bounds = Bounds { head: second, keep_alive: second, ..Bounds::default() };
    let app = App::start_with(Settings { bounds, ..App::open() }).await;
    let begun = Instant::now();
    let mut socket = Socket::connect(&app).await;
    socket.send("GET /livez HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    assert!(socket.read_head().await.starts_with("HTTP/1.1 200 "));
    socket.send("G").await;

    let answered = timeout(Duration::from_secs(15), socket.read_head()).await.expect("it is closed");

    assert_eq!(answered, "");
    assert!(begun.elapsed() >= 2 * second, "idle connections are kept for a while");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_take_its_answer_is_cut_off() {
    let bounds = Bounds { untaken: Duration::from_secs(1), connections: 1, ..Bounds::default() };
    let app = App::start_with(Settings { bounds, workers: Some(1), ..App::open() }).await;
    let mut greedy = Socket::connect(&app).await;
    // Much more than the buffers of the system hold.
    greedy.send(&"GET /redoc/redoc.standalone.js HTTP/1.1\r\nHost: shop\r\n\r\n".repeat(64)).await;
    greedy.0.peek(&mut [0]).await.unwrap();

    // It has the only connection, and would keep it for longer than this.
    let served = timeout(Bounds::default().keep_alive / 2, app.actor().get("/livez")).await;

    served.expect("the connection is given to others").expect(200);
    drop(greedy);
}
