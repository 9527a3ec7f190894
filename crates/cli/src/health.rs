//! Asks a running service whether it is healthy, for machines that have no HTTP client, such as containers.

use std::{
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

use url::Url;

use crate::{configuration::Server, failure::Failure, listener::local_url, output};

const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes; a health check is far shorter.
const LONGEST_ANSWER: u64 = 64 * 1024;
const PATH: &str = "/health_check";

/// Prints `healthy` or fails. A service that is busy is healthy; one without its database is not. Without a URL it asks the configured port on this machine.
pub(crate) fn check(server: &Server, url: Option<&str>) -> Result<(), Failure> {
    let url = url.map_or_else(|| local_url(&server.host, server.port) + PATH, ToOwned::to_owned);
    let parsed = Url::parse(&url).ok().filter(|url| url.scheme() == "http" && url.has_host());
    let parsed = parsed
        .ok_or_else(|| Failure::usage(format!("{url} is not a URL such as http://127.0.0.1:8000{PATH}")))?;
    let answer = ask(&parsed).map_err(|error| Failure::run(format!("no answer from {url}: {error}")))?;
    match database_status(&answer).as_deref() {
        Some("up") => output::print("healthy"),
        Some(status) => Err(Failure::run(format!("the database is {status}, says {url}"))),
        None => Err(Failure::run(format!("{url} is not a health check of Stockroom"))),
    }
}

/// The whole answer.
fn ask(url: &Url) -> io::Result<String> {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(80);
    let address = (host.trim_matches(['[', ']']), port).to_socket_addrs()?.next();
    let address = address.ok_or_else(|| io::Error::other("the host has no address"))?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(LONGEST_ANSWER).read_to_string(&mut answer)?;
    Ok(answer)
}

/// What the body of a health check says about the database.
fn database_status(answer: &str) -> Option<String> {
    let (_, body) = answer.split_once("\r\n\r\n")?;
    let health: serde_json::Value = serde_json::from_str(body).ok()?;
    health["checks"]["database"]["status"].as_str().map(ToOwned::to_owned)
}
