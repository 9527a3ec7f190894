//! What must be true of a shop at every moment, and the check that finds where it is not.
//!
//! Each invariant is a query over whole tables (`invariants/<name>.sql`) that returns what breaks it. All of them see
//! one snapshot, so what others change meanwhile cannot look like a fault; the check locks no rows and keeps nobody
//! waiting.

use std::time::{Duration, Instant};

use diesel::{
    QueryableByName, sql_query,
    sql_types::{BigInt, Nullable, Text},
};
use diesel_async::RunQueryDsl;

use crate::{Connection, Result};

/// Something that must be true of a shop.
#[derive(Debug, Clone, Copy)]
pub struct Invariant {
    /// Its short name, which stays the same from version to version.
    pub name: &'static str,
    /// What it says.
    pub sentence: &'static str,
    /// SQL: how many rows it speaks of.
    checked: &'static str,
    /// SQL: what breaks it (`offender`, `detail`), in the order of `place`, then of `offender`.
    wrong: &'static str,
}

macro_rules! invariant {
    ($name:literal, $sentence:literal, $checked:literal) => {
        Invariant {
            name: $name,
            sentence: $sentence,
            checked: $checked,
            wrong: include_str!(concat!("invariants/", $name, ".sql")),
        }
    };
}

/// Every invariant, in the order in which they are checked.
pub const ALL: [Invariant; 16] = [
    invariant!(
        "stock-ledger",
        "The stock of a product is the sum of its movements; those of a deleted product add up to 0.",
        "SELECT count(*) FROM (SELECT id FROM products UNION SELECT product_id FROM stock_movements) AS product"
    ),
    invariant!("stock-not-negative", "No stock is below 0.", "SELECT count(*) FROM products"),
    invariant!(
        "movement-lines",
        "Movements for order lines name their line, and other movements name none.",
        "SELECT count(*) FROM stock_movements"
    ),
    invariant!(
        "open-lines",
        "The movements of a line whose order is not cancelled took its quantity of its product, and nothing else.",
        "SELECT count(*) FROM order_details JOIN orders ON orders.id = order_id WHERE status <> 4"
    ),
    invariant!(
        "cancelled-lines",
        "A cancelled order has given the stock of each line back exactly once, and no other order has.",
        "SELECT count(*) FROM order_details JOIN orders ON orders.id = order_id"
    ),
    invariant!(
        "gone-lines",
        "The movements of a line that is gone add up to 0.",
        "SELECT count(DISTINCT order_detail_id) FROM stock_movements AS moved LEFT JOIN order_details AS line \
         ON line.id = moved.order_detail_id WHERE order_detail_id IS NOT NULL AND line.id IS NULL"
    ),
    invariant!(
        "order-totals",
        "The total of a checked-out order is what its lines cost.",
        "SELECT count(*) FROM orders WHERE checked_out"
    ),
    invariant!(
        "order-bills",
        "A checked-out order has an issued bill of the same client: its total, less the discount.",
        "SELECT count(*) FROM orders WHERE checked_out"
    ),
    invariant!(
        "issued-bills",
        "An issued bill has exactly one order, which was checked out.",
        "SELECT count(*) FROM bills WHERE series IS NOT NULL"
    ),
    invariant!(
        "document-numbers",
        "Each number of a series, from its first to its last, was given to exactly one document, and no other was.",
        "SELECT (SELECT count(*) FROM bills WHERE series IS NOT NULL) + (SELECT count(*) FROM credit_notes)"
    ),
    invariant!(
        "credit-notes",
        "An order that was moved to cancelled has one credit note, no other has; of a checkout it tells what was owed.",
        "SELECT count(*) FROM orders"
    ),
    invariant!(
        "order-history",
        "The history of an order begins with its placement, goes on by legal moves and ends at its status.",
        "SELECT count(*) FROM orders"
    ),
    invariant!(
        "idempotency-keys",
        "A key has its answer, and a key of a checkout has its order, which no other key has.",
        "SELECT count(*) FROM idempotency_keys"
    ),
    invariant!(
        "product-ratings",
        "The rating of a product is that of its published reviews, their number and their sum.",
        "SELECT count(*) FROM products"
    ),
    invariant!(
        "product-search",
        "Search knows exactly the products, with their names, prices, categories and ratings.",
        "SELECT count(*) FROM products"
    ),
    invariant!(
        "references",
        "Whatever a row refers to is there.",
        "SELECT (SELECT count(*) FROM order_details) + (SELECT count(*) FROM orders) + (SELECT count(*) FROM bills) \
         + (SELECT count(*) FROM order_events) + (SELECT count(*) FROM products) + (SELECT count(*) FROM addresses) \
         + (SELECT count(*) FROM reviews)"
    ),
];

/// What the check of one invariant found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The invariant.
    pub invariant: Invariant,
    /// How many rows it speaks of.
    pub checked: i64,
    /// How many break it.
    pub wrong: i64,
    /// The first of those.
    pub offenders: Vec<Offender>,
    /// How long it took to find out.
    pub took: Duration,
}

/// What breaks an invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offender {
    /// What it is, such as `product 5` or `bill B-2026-000004`.
    pub name: String,
    /// How it breaks the invariant, such as `stock 5, movements 7`.
    pub detail: String,
}

/// Checks every invariant on one snapshot of the database, and lists at most `most` offenders of each. Takes as long
/// as reading the tables some times over does: the caller sets a `statement_timeout` to match.
///
/// # Errors
/// Only when the database fails, which includes an open transaction on this connection.
pub async fn check(conn: &mut Connection, most: i64) -> Result<Vec<Finding>> {
    let mut snapshot = conn.build_transaction().repeatable_read().read_only();
    snapshot
        .run(async |conn| {
            be_modest_in_tx(conn).await?;
            check_in_tx(conn, most).await
        })
        .await
}

/// The same as the open transaction sees it, with its own changes: whoever repairs data by hand learns before the
/// commit whether it worked. Unless it is `REPEATABLE READ`, others' commits count from one invariant to the next.
///
/// # Errors
/// Only when the database fails.
pub async fn check_in_tx(conn: &mut Connection, most: i64) -> Result<Vec<Finding>> {
    let mut findings = Vec::with_capacity(ALL.len());
    for invariant in ALL {
        findings.push(check_one_in_tx(conn, invariant, most).await?);
    }
    Ok(findings)
}

/// One processor is enough, the others belong to those who are served; sorts and hashes stay in memory.
async fn be_modest_in_tx(conn: &mut Connection) -> Result<()> {
    sql_query(
        "SELECT set_config('max_parallel_workers_per_gather', '0', true), set_config('jit', 'off', true), \
         set_config('work_mem', '64MB', true)",
    )
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct FindingRow {
    #[diesel(sql_type = BigInt)]
    checked: i64,
    #[diesel(sql_type = BigInt)]
    wrong: i64,
    #[diesel(sql_type = Nullable<Text>)]
    offender: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    detail: Option<String>,
}

async fn check_one_in_tx(conn: &mut Connection, invariant: Invariant, most: i64) -> Result<Finding> {
    let Invariant { checked, wrong, .. } = invariant;
    // There is always a row: the counts are told even when there is no offender.
    let sql = format!(
        "WITH wrong AS MATERIALIZED ({wrong}) \
         SELECT ({checked}) AS checked, (SELECT count(*) FROM wrong) AS wrong, listed.offender, listed.detail \
         FROM (VALUES (1)) AS counts \
         LEFT JOIN (SELECT * FROM wrong ORDER BY place, offender, detail LIMIT $1) AS listed ON true \
         ORDER BY listed.place, listed.offender, listed.detail"
    );
    let started = Instant::now();
    let rows: Vec<FindingRow> = sql_query(sql).bind::<BigInt, _>(most).load(conn).await?;
    let took = started.elapsed();
    let (checked, wrong) = rows.as_slice().first().map_or((0, 0), |row| (row.checked, row.wrong));
    let offender =
        |row: FindingRow| Some(Offender { name: row.offender?, detail: row.detail.unwrap_or_default() });
    let offenders = rows.into_iter().filter_map(offender).collect();
    Ok(Finding { invariant, checked, wrong, offenders, took })
}

#[cfg(test)]
mod tests {
    use stockroom_domain::{Choice, OrderStatus, StatusChange};

    use super::*;

    #[test]
    fn the_legal_moves_are_those_of_the_domain() {
        let all = || OrderStatus::ALL.iter().map(|(status, ..)| *status);
        let moves = all().flat_map(|from| all().map(move |to| (from, to)));
        let legal =
            moves.filter(|(from, to)| !matches!(from.change_to(*to), Ok(StatusChange::None) | Err(_)));
        let legal: Vec<_> = legal.map(|(from, to)| format!("({}, {})", from.number(), to.number())).collect();
        let history = ALL.iter().find(|invariant| invariant.name == "order-history").unwrap();
        assert!(history.wrong.contains(&format!("(VALUES {})", legal.join(", "))), "{legal:?}");
    }

    #[test]
    fn cancelled_is_the_status_that_the_queries_take_for_it() {
        assert_eq!(OrderStatus::Canceled.number(), 4);
    }
}
