//! A network that loses answers, and a service that is busy or wrong, between the program and the real service.

use std::{
    collections::VecDeque,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use crate::{Shop, Told, lines};

/// What happens to a POST on its way.
enum Trouble {
    /// None.
    Passed,
    /// The service does it, and its answer never arrives.
    AnswerLost,
    /// Somebody else answers this instead of the service.
    Answered(&'static str),
    /// The service does it, and its answer is changed.
    Changed(&'static str, &'static str),
}

use Trouble::{AnswerLost, Answered, Changed, Passed};

/// The address of a way to the service on which these troubles befall the first POSTs, in this order.
fn way_to(service: &str, troubles: impl IntoIterator<Item = Trouble>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let service = service.trim_start_matches("http://").to_owned();
    let troubles: Arc<Mutex<VecDeque<_>>> = Arc::new(Mutex::new(troubles.into_iter().collect()));
    // Both kinds of threads end with the test's process, or when the program hangs up.
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (service, troubles) = (service.clone(), Arc::clone(&troubles));
            thread::spawn(move || carry(stream.unwrap(), &service, &troubles));
        }
    });
    address
}

fn carry(mut program: TcpStream, service: &str, troubles: &Mutex<VecDeque<Trouble>>) {
    while let Some(request) = message(&mut program) {
        let trouble = if request.starts_with(b"POST") { troubles.lock().unwrap().pop_front() } else { None };
        let answer = match trouble {
            Some(Answered(answer)) => answer.to_owned(),
            Some(AnswerLost) => {
                forward(service, &request);
                return;
            }
            Some(Changed(from, to)) => {
                assert_eq!(from.len(), to.len(), "the length is told before");
                let answer = forward(service, &request);
                assert!(answer.contains(from), "{answer}");
                answer.replace(from, to)
            }
            Some(Passed) | None => forward(service, &request),
        };
        program.write_all(answer.as_bytes()).unwrap();
    }
}

fn forward(service: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(service).unwrap();
    stream.write_all(request).unwrap();
    String::from_utf8(message(&mut stream).unwrap()).unwrap()
}

/// A whole request or answer; none when the connection is closed before its end.
fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let fields = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
            let length = fields.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            if bytes.len() >= head + 4 + length {
                return Some(bytes);
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 22\r\n\r\n{\"code\":\"unavailable\"}";
const BROKEN: &str =
    "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 19\r\n\r\n{\"code\":\"internal\"}";

async fn replay(troubles: impl IntoIterator<Item = Trouble>) -> (Shop, Told) {
    let shop =
        Shop::with_log(&lines(["1,85123A,6,2.55,17850", "2,85123A,4,2.55,13047", "C3,85123A,-6,2.55,17850"]))
            .await;
    let way = way_to(shop.app.base(), troubles);
    let told = shop.replay_at(&way, &["--concurrency", "1", "--run", "a"]).await;
    (shop, told)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_lost_is_asked_for_again_and_sold_once() {
    let (shop, told) = replay([AnswerLost, AnswerLost, Answered(BUSY)]).await;

    assert_eq!(
        (told.good().row("Orders placed"), told.row("by an earlier attempt")),
        ("1".into(), "1".into())
    );
    assert_eq!((told.row("Attempts repeated"), told.row("refused")), ("3".into(), "0".into()));
    assert_eq!(told.row("sold"), "25.50 25.50 25.50 0.00");
    assert_eq!(shop.orders().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_whose_answer_was_lost_is_one() {
    let (shop, told) = replay([Passed, Passed, AnswerLost]).await;

    assert_eq!(
        (told.good().row("Orders cancelled"), told.row("by an earlier attempt")),
        ("0".into(), "1".into())
    );
    assert_eq!(told.row("net"), "10.20 10.20 10.20 0.00");
    assert_eq!(shop.count("SELECT count(*) FROM credit_notes").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stays_busy_refuses() {
    let (shop, told) = replay(std::iter::repeat_with(|| Answered(BUSY)).take(9)).await;

    assert_eq!((told.good().row("unavailable"), told.row("Attempts repeated")), ("1".into(), "8".into()));
    assert_eq!(told.row("without a matching order"), "1");
    assert_eq!(shop.orders().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_understood_ends_with_1() {
    let (shop, told) = replay([Answered(BROKEN)]).await;

    let fault = "stockroom: run a: not understood: the answer 500 to a-1-1: {\"code\":\"internal\"}";
    assert_eq!(told.fault(), fault);
    assert_eq!((told.row("Orders placed"), told.row("Attempts repeated")), ("1".into(), "0".into()));
    assert_eq!(shop.orders().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_total_ends_with_1() {
    let (_, told) = replay([Changed("\"total\":15.3,", "\"total\":15.4,")]).await;

    let fault = told.fault();
    assert!(fault.ends_with("totals differ: order 1 is 15.4 and should be 15.3"), "{fault}");
    assert_eq!(told.row("sold"), "25.60 25.50 25.50 0.10");
}
