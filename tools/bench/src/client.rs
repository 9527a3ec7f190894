//! A client that asks one thing after the other, for what comes before a measurement: looking at answers, filling
//! caches, following links.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde::{Deserialize, Serialize};

/// Longest wait for any part of an answer.
const PATIENCE: Duration = Duration::from_secs(30);
const CHUNK: usize = 64 * 1024;
/// Header fields of an answer at most.
const FIELDS: usize = 64;

/// A connection that stays open.
pub(crate) struct Client {
    stream: TcpStream,
    request: Vec<u8>,
    received: Vec<u8>,
}

/// An answer as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names and values.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, request: Vec::new(), received: vec![0; CHUNK] })
    }

    /// Gets a target, such as `/products?limit=20`, with further header fields.
    pub(crate) fn get(&mut self, target: &str, fields: &[(&str, &str)]) -> io::Result<Answer> {
        self.request.clear();
        write_request(&mut self.request, target, fields)?;
        self.ask()
    }

    /// Posts JSON to a target.
    pub(crate) fn post(&mut self, target: &str, body: &str) -> io::Result<Answer> {
        self.request.clear();
        write_post(&mut self.request, target, &[], body)?;
        self.ask()
    }

    /// Sends the request that was written, and reads its answer.
    fn ask(&mut self) -> io::Result<Answer> {
        self.stream.write_all(&self.request)?;
        let mut filled = 0;
        loop {
            if filled == self.received.len() {
                self.received.resize(filled + CHUNK, 0);
            }
            match self.stream.read(&mut self.received[filled..])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => filled += read,
            }
            if let Some(answer) = parse(&self.received[..filled])? {
                return Ok(answer);
            }
        }
    }
}

impl Answer {
    /// The value of a header field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let same = |field: &&(String, String)| field.0.eq_ignore_ascii_case(name);
        self.fields.iter().find(same).map(|(_, value)| value.as_str())
    }

    /// Whether it has the same status, body and header fields as another, with values of the same lengths.
    pub(crate) fn looks_like(&self, other: &Self) -> bool {
        let shape = |answer: &Self| {
            let fields = answer.fields.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.len()));
            let mut shape: Vec<_> = fields.collect();
            shape.sort();
            shape
        };
        (self.status, &self.body) == (other.status, &other.body) && shape(self) == shape(other)
    }
}

/// Writes a request as the generator sends it too.
pub(crate) fn write_request(request: &mut Vec<u8>, target: &str, fields: &[(&str, &str)]) -> io::Result<()> {
    write!(request, "GET {target} HTTP/1.1\r\nHost: stockroom\r\n")?;
    for (name, value) in fields {
        write!(request, "{name}: {value}\r\n")?;
    }
    request.write_all(b"\r\n")
}

/// Writes a request with a body of JSON.
pub(crate) fn write_post(
    request: &mut Vec<u8>,
    target: &str,
    fields: &[(&str, &str)],
    body: &str,
) -> io::Result<()> {
    write!(request, "POST {target} HTTP/1.1\r\nHost: stockroom\r\nContent-Type: application/json\r\n")?;
    for (name, value) in fields {
        write!(request, "{name}: {value}\r\n")?;
    }
    let length = body.len();
    write!(request, "Content-Length: {length}\r\n\r\n{body}")
}

/// The answer, once it is whole.
fn parse(received: &[u8]) -> io::Result<Option<Answer>> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut answer = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(head) = answer.parse(received).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let status = answer.code.unwrap_or_default();
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let fields = answer.headers.iter().map(|field| (field.name.to_owned(), text(field.value)));
    let mut answer = Answer { status, fields: fields.collect(), body: String::new() };
    let length = match status {
        204 | 304 => Some(0),
        _ => answer.field("content-length").and_then(|length| length.parse::<usize>().ok()),
    };
    let length = length.ok_or_else(|| io::Error::other("an answer without a length"))?;
    let Some(body) = received.get(head..head.saturating_add(length)) else { return Ok(None) };
    answer.body = text(body);
    Ok(Some(answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_when_it_is_whole() {
        let received = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nETag: \"7\"\r\n\r\nnope";
        let answer = parse(received).unwrap().unwrap();
        assert_eq!((answer.status, answer.body.as_str(), answer.field("etag")), (200, "nope", Some("\"7\"")));
        assert_eq!(answer.field("link"), None);
        assert_eq!(parse(&received[..received.len() - 1]).unwrap(), None);
    }

    #[test]
    fn not_modified_has_no_body_whatever_its_length() {
        let answer = parse(b"HTTP/1.1 304 Not Modified\r\ncontent-length: 300\r\n\r\n").unwrap().unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (304, ""));
    }

    #[test]
    fn answers_look_alike_whatever_the_order_and_the_values_of_their_fields() {
        let answer = |text: &str| parse(text.as_bytes()).unwrap().unwrap();
        let one = answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Time: 10ms\r\n\r\n[]");
        let other = answer("HTTP/1.1 200 OK\r\nx-time: 20ms\r\ncontent-length: 2\r\n\r\n[]");
        assert!(one.looks_like(&other));
        let longer = answer("HTTP/1.1 200 OK\r\nx-time: 110ms\r\ncontent-length: 2\r\n\r\n[]");
        assert!(!one.looks_like(&longer));
        let body = answer("HTTP/1.1 200 OK\r\nx-time: 20ms\r\ncontent-length: 2\r\n\r\n{}");
        assert!(!one.looks_like(&body));
    }

    #[test]
    fn a_request_is_written_with_its_fields() {
        let mut request = Vec::new();
        write_request(&mut request, "/products/7", &[("If-None-Match", "\"7\"")]).unwrap();
        let expected = "GET /products/7 HTTP/1.1\r\nHost: stockroom\r\nIf-None-Match: \"7\"\r\n\r\n";
        assert_eq!(String::from_utf8(request).unwrap(), expected);

        let mut request = Vec::new();
        write_post(&mut request, "/auth/login", &[("X-API-Key", "sk")], "{}").unwrap();
        let request = String::from_utf8(request).unwrap();
        assert!(request.starts_with("POST /auth/login HTTP/1.1\r\n"), "{request}");
        assert!(request.ends_with("\r\nContent-Length: 2\r\n\r\n{}"), "{request}");
    }
}
