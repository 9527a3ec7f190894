//! Numbers of documents, without gaps. The row of a series is the last lock of a transaction (see the crate's lock
//! order): a rollback gives the numbers back, and nobody waits for them longer than a commit takes.

use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use stockroom_domain::Series;

use crate::{Connection, Result, statement::statement};

statement! {
    TakeNumbers -> BigInt {
        "INSERT INTO document_series AS taken (series, last_number) VALUES (" series: Text as String, ", "
        first: BigInt as i64, ") ON CONFLICT (series) DO UPDATE SET last_number = taken.last_number + "
        count: BigInt as i64, " RETURNING last_number"
    }
}

/// Takes the next `count` numbers of a series and returns the first of them. Locks the series until the transaction
/// ends.
///
/// # Errors
/// Only when the database fails.
pub(crate) async fn take_in_tx(mut conn: &Connection, series: Series, count: i64) -> Result<i64> {
    let take = TakeNumbers { series: series.to_string(), first: count, count };
    let last: i64 = take.get_result(&mut conn).await?;
    Ok(last - count + 1)
}
