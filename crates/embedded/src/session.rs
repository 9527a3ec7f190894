//! One connection to the server, just enough to see that it answers and to create a database.
//!
//! Speaks version 3 of the `PostgreSQL` protocol over the Unix socket: a start-up without password and simple
//! queries of one value. It saves starting a client program for every question, and needs none installed.

use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use crate::socket;

/// The superuser of every cluster this crate makes.
pub(crate) const USER: &str = "stockroom";

const PROTOCOL_VERSION: u32 = 3 << 16;
/// Far above any answer to the questions asked here; guards against something that is no server.
const LONGEST_MESSAGE: usize = 1 << 20;

/// Why the server gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Nothing answers at the socket.
    #[error("{0}")]
    Connection(#[from] io::Error),
    /// The server answers, and says no: also while it starts up or shuts down.
    #[error("{0}")]
    Refused(String),
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct Session {
    stream: UnixStream,
}

impl Session {
    /// Connects to a database; each answer may take as long as `patience`.
    pub(crate) fn open(socket_dir: &Path, database: &str, patience: Duration) -> Result<Self, Failure> {
        let stream = UnixStream::connect(socket::file(socket_dir))?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        let mut session = Self { stream };

        let mut startup = PROTOCOL_VERSION.to_be_bytes().to_vec();
        startup.extend(format!("user\0{USER}\0database\0{database}\0\0").bytes());
        session.send(None, &startup)?;
        session.answer()?;
        Ok(session)
    }

    /// Runs one statement; the first column of its first row, if it has one.
    pub(crate) fn query(&mut self, sql: &str) -> Result<Option<String>, Failure> {
        let mut body = sql.as_bytes().to_vec();
        body.push(0);
        self.send(Some(b'Q'), &body)?;
        self.answer()
    }

    fn send(&mut self, kind: Option<u8>, body: &[u8]) -> io::Result<()> {
        let length = u32::try_from(body.len() + 4).map_err(io::Error::other)?;
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend(length.to_be_bytes());
        message.extend(body);
        self.stream.write_all(&message)
    }

    /// Reads until the server is ready for the next statement.
    fn answer(&mut self) -> Result<Option<String>, Failure> {
        let mut value = None;
        let mut refusal = None;
        loop {
            let (kind, body) = match self.receive() {
                Ok(message) => message,
                // A refused start-up ends with the connection.
                Err(error) => return Err(refusal.map_or(Failure::Connection(error), Failure::Refused)),
            };
            match kind {
                b'D' if value.is_none() => value = first_column(&body),
                b'E' => refusal = Some(error_message(&body)),
                b'R' if body != [0; 4] => return Err(Failure::Refused("it asks for a password".to_owned())),
                b'Z' => return refusal.map_or(Ok(value), |message| Err(Failure::Refused(message))),
                _ => {}
            }
        }
    }

    fn receive(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut kind = [0];
        let mut length = [0; 4];
        self.stream.read_exact(&mut kind)?;
        self.stream.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
        if !(4..=LONGEST_MESSAGE).contains(&length) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not a PostgreSQL server"));
        }
        let mut body = vec![0; length - 4];
        self.stream.read_exact(&mut body)?;
        Ok((kind[0], body))
    }
}

/// Value of the first column of a `DataRow`: the number of columns, then length and bytes of each.
fn first_column(row: &[u8]) -> Option<String> {
    let (length, rest) = row.get(2..)?.split_first_chunk()?;
    // A null has length -1.
    let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
    Some(String::from_utf8_lossy(rest.get(..length)?).into_owned())
}

/// The text of an `ErrorResponse`: fields of a letter and a string, each closed by a zero.
fn error_message(body: &[u8]) -> String {
    let mut fields = body.split(|byte| *byte == 0);
    let message = fields.find_map(|field| field.strip_prefix(b"M")).unwrap_or_default();
    String::from_utf8_lossy(message).into_owned()
}

/// Quotes a name for use in a statement.
pub(crate) fn quote_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Quotes a string for use in a statement.
pub(crate) fn quote_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_column_of_a_row_is_read() {
        assert_eq!(first_column(b"\0\x02\0\0\0\x02on\0\0\0\x01x"), Some("on".to_owned()));
        assert_eq!(first_column(b"\0\x01\xff\xff\xff\xff"), None, "a null has no value");
        assert_eq!(first_column(b"\0\x01\0\0\0\x09on"), None, "a cut row has no value");
    }

    #[test]
    fn the_text_of_an_error_is_found_among_its_fields() {
        assert_eq!(error_message(b"SFATAL\0C57P03\0Mstarting up\0\0"), "starting up");
    }
}
