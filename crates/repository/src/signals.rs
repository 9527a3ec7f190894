//! What the database tells of changes to the catalogue, whoever makes them: scripts, imports, psql. Triggers on products,
//! categories and reviews send the signals when a transaction commits, unless its connection does not want them
//! ([`Signals`]).

use diesel::{sql_query, sql_types::Text};
use diesel_async::RunQueryDsl;
use futures_util::{Stream, StreamExt};
use stockroom_domain::{CategoryId, ProductId};

use crate::{Connection, Result};

const CHANNEL: &str = "stockroom_catalogue";

diesel::define_sql_function!(
    /// Sends a signal when the transaction commits.
    fn pg_notify(channel: Text, payload: Text)
);

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

/// Tells servers that these products have changed, for a connection whose triggers do not: one statement for many.
///
/// # Errors
/// Only when the database fails.
pub async fn tell_in_tx(conn: &mut Connection, products: &[ProductId], name: &str) -> Result<()> {
    /// Products in one signal at most: PostgreSQL takes 8,000 bytes.
    const MOST: usize = 300;
    for some in products.chunks(MOST) {
        let ids: Vec<String> = some.iter().map(ToString::to_string).collect();
        let payload = format!("product:{}:{name}", ids.join(","));
        diesel::select(pg_notify(CHANNEL, payload)).execute(conn).await?;
    }
    Ok(())
}

/// Tells servers that whatever they keep may have changed.
///
/// # Errors
/// Only when the database fails.
pub async fn tell_everything_in_tx(conn: &mut Connection) -> Result<()> {
    diesel::select(pg_notify(CHANNEL, "everything")).execute(conn).await?;
    Ok(())
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
    /// The signals of a payload, and the name of who sent them.
    fn read(payload: &str) -> (Vec<Self>, &str) {
        let parts = || {
            let (kind, rest) = payload.split_once(':')?;
            let (ids, name) = rest.split_once(':')?;
            let signal = match kind {
                "product" => |id| Self::Product(ProductId(id)),
                "category" => |id| Self::Category(CategoryId(id)),
                _ => return None,
            };
            let signals: Option<Vec<Self>> = ids.split(',').map(|id| id.parse().ok().map(signal)).collect();
            Some((signals?, name))
        };
        parts().unwrap_or_else(|| (vec![Self::Everything], ""))
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
            let (told, name) = Signal::read(&payload);
            if name != own {
                signals.extend(told);
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
        let product = |id| Signal::Product(ProductId(id));
        assert_eq!(Signal::read("product:7:"), (vec![product(7)], ""));
        assert_eq!(Signal::read("product:7,8:me"), (vec![product(7), product(8)], "me"));
        assert_eq!(Signal::read("category:7:me"), (vec![Signal::Category(CategoryId(7))], "me"));
        for unknown in ["everything", "product:", "product:7", "product:x:", "product:7,:", "order:1:me", ""]
        {
            assert_eq!(Signal::read(unknown), (vec![Signal::Everything], ""), "{unknown}");
        }
    }
}
