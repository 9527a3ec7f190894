//! What the database tells of changes to the catalogue, whoever makes them: scripts, imports, psql. Triggers on products,
//! categories and reviews send the signals when a transaction commits, unless its connection does not want them
//! ([`Signals`]).

use diesel::sql_query;
use diesel_async::RunQueryDsl;
use futures_util::{Stream, StreamExt};
use stockroom_domain::{CategoryId, ProductId};

use crate::{Connection, Result};

const CHANNEL: &str = "stockroom_catalogue";

/// Whether the changes that a connection makes are told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Signals {
    /// They are told, as somebody's.
    #[default]
    Anonymous,
    /// They are told as those of a server, which ignores what it hears of itself: letters and digits.
    Named(String),
    /// They are not: whoever uses the connection tells the servers in another way. A commit that tells something takes a
    /// lock that all such commits share.
    Off,
}

impl Signals {
    /// The value of the setting that the triggers look at.
    pub(crate) fn setting(&self) -> &str {
        match self {
            Self::Anonymous => "on",
            Self::Named(name) => name,
            Self::Off => "off",
        }
    }
}

/// Something in the catalogue has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// This product, or a review of it.
    Product(ProductId),
    /// This category.
    Category(CategoryId),
    /// Nobody knows what.
    Everything,
}

impl Signal {
    /// The signal, and the name of who sent it.
    fn read(payload: &str) -> (Self, &str) {
        let parts = || {
            let (kind, rest) = payload.split_once(':')?;
            let (id, name) = rest.split_once(':')?;
            Some((kind, id.parse().ok()?, name))
        };
        match parts() {
            Some(("product", id, name)) => (Self::Product(ProductId(id)), name),
            Some(("category", id, name)) => (Self::Category(CategoryId(id)), name),
            _ => (Self::Everything, ""),
        }
    }
}

/// Makes this connection hear signals.
///
/// # Errors
/// Only when the database fails.
pub async fn listen(conn: &mut Connection) -> Result<()> {
    sql_query(format!("LISTEN {CHANNEL}")).execute(conn).await?;
    Ok(())
}

/// The signals that a connection hears, those that come together at once, but for those of `own` name.
pub fn signals<'a>(
    conn: &'a mut Connection,
    own: &'a str,
) -> impl Stream<Item = Result<Vec<Signal>>> + use<'a> {
    /// Signals taken together, at most.
    const MOST: usize = 1024;
    conn.notifications_stream().ready_chunks(MOST).map(move |chunk| {
        let mut signals = Vec::with_capacity(chunk.len());
        for told in chunk {
            let payload = told?.payload;
            let (signal, name) = Signal::read(&payload);
            if name != own {
                signals.push(signal);
            }
        }
        Ok(signals)
    })
}

/// Whether the connection is still there.
///
/// # Errors
/// When it is not.
pub async fn check(conn: &mut Connection) -> Result<()> {
    sql_query("SELECT 1").execute(conn).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads() {
        assert_eq!(Signal::read("product:7:"), (Signal::Product(ProductId(7)), ""));
        assert_eq!(Signal::read("category:7:me"), (Signal::Category(CategoryId(7)), "me"));
        for unknown in ["everything", "product:", "product:7", "product:x:", "order:1:me", ""] {
            assert_eq!(Signal::read(unknown), (Signal::Everything, ""), "{unknown}");
        }
    }
}
