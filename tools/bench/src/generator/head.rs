//! Reads of an answer's head what the generator has to know: the status, and where the body begins and ends.

use std::io;

use memchr::memchr;

const LENGTH: &[u8] = b"content-length:";
/// Where the status stands in `HTTP/1.1 200 OK`.
const STATUS: std::ops::Range<usize> = 9..12;

/// An answer's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    /// Where the body begins.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
}

impl Head {
    /// The head, once all of it is there.
    pub(super) fn parse(received: &[u8]) -> io::Result<Option<Self>> {
        let Some(first) = memchr(b'\n', received) else { return Ok(None) };
        let status = received.get(STATUS).filter(|_| received.starts_with(b"HTTP/1.1 "));
        let status: u16 =
            status.and_then(number).ok_or_else(|| io::Error::other("an answer without a status"))?;
        let mut length = None;
        let mut start = first + 1;
        loop {
            let rest = &received[start..];
            let Some(end) = memchr(b'\n', rest) else { return Ok(None) };
            let line = rest[..end].trim_ascii_end();
            start += end + 1;
            if line.is_empty() {
                break;
            }
            if line.get(..LENGTH.len()).is_some_and(|name| name.eq_ignore_ascii_case(LENGTH)) {
                length = number(line[LENGTH.len()..].trim_ascii());
            }
        }
        let length = match status {
            // They have no body, whatever length they tell.
            204 | 304 => Some(0),
            _ => length,
        };
        let length: usize = length.ok_or_else(|| io::Error::other("an answer without a length"))?;
        Ok(Some(Self { status, start, end: start.saturating_add(length) }))
    }
}

fn number<T: std::str::FromStr>(digits: &[u8]) -> Option<T> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_found_whatever_the_case_of_its_name() {
        let answer = b"HTTP/1.1 200 OK\r\nETag: \"1\"\r\nCONTENT-length:  12 \r\n\r\n";
        let length = answer.len();
        let head = Head { status: 200, start: length, end: length + 12 };
        assert_eq!(Head::parse(answer).unwrap(), Some(head));
        (0..length).for_each(|cut| assert_eq!(Head::parse(&answer[..cut]).unwrap(), None, "{cut}"));
    }

    #[test]
    fn not_modified_has_no_body() {
        let answer = b"HTTP/1.1 304 Not Modified\r\ncontent-length: 12\r\n\r\n";
        let length = answer.len();
        assert_eq!(Head::parse(answer).unwrap(), Some(Head { status: 304, start: length, end: length }));
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        for wrong in [
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
            "HTTP/1.1 OK\r\n\r\n",
            "SSH-2.0-OpenSSH_9.2p1\r\n",
        ] {
            assert!(Head::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
