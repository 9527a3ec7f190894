//! Stock and its ledger. Every change of a product's stock is made here, together with its `stock_movements` row, so
//! the sum of a product's movements always equals its stock.

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{Array, BigInt},
};
use diesel_async::RunQueryDsl;
use stockroom_domain::{OrderDetailId, ProductId};

use crate::{
    Connection, Error, Result,
    schema::{products, stock_movements},
};

/// Ledger rows per statement: four parameters each, of the 65,535 that PostgreSQL takes.
const ROWS_PER_STATEMENT: usize = 10_000;

/// Why stock changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockReason {
    /// The product was created with stock.
    Initial,
    /// Somebody set or corrected the stock.
    Adjustment,
    /// An import set the stock.
    Import,
    /// An order line took it.
    Sale,
    /// An order line changed its quantity or product.
    LineChange,
    /// An order line was deleted.
    LineDelete,
    /// The order was cancelled.
    Cancel,
    /// The order was deleted.
    OrderDelete,
    /// The product was deleted: the closing movement.
    ProductDelete,
}

impl StockReason {
    /// The reason as the ledger keeps it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Adjustment => "adjustment",
            Self::Import => "import",
            Self::Sale => "sale",
            Self::LineChange => "line_change",
            Self::LineDelete => "line_delete",
            Self::Cancel => "cancel",
            Self::OrderDelete => "order_delete",
            Self::ProductDelete => "product_delete",
        }
    }
}

/// One change of one product's stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockMovement {
    /// The product.
    pub product_id: ProductId,
    /// Pieces: positive comes in, negative goes out.
    pub delta: i64,
    /// Why.
    pub reason: StockReason,
    /// The order line it belongs to.
    pub order_detail_id: Option<OrderDetailId>,
}

/// Changes stock and writes the ledger. The caller has locked the products (see [`crate::products::lock_in_tx`]) and
/// checked that there is enough.
///
/// # Errors
/// [`Error::Database`] when stock would become negative: the last line of defence, not the way to check.
pub async fn apply_in_tx(conn: &mut Connection, movements: &[StockMovement]) -> Result<()> {
    change(conn, movements).await?;
    record(conn, movements).await
}

/// Changes stock only: whoever calls this records the movements in the same transaction.
pub(crate) async fn change(conn: &mut Connection, movements: &[StockMovement]) -> Result<()> {
    let (ids, deltas): (Vec<i64>, Vec<i64>) =
        movements.iter().map(|change| (change.product_id.0, change.delta)).unzip();
    match movements {
        [] => return Ok(()),
        [one] => {
            let product = products::table.find(one.product_id.0);
            diesel::update(product).set(products::stock.eq(products::stock + one.delta)).execute(conn).await
        }
        _ => {
            sql_query(
                "UPDATE products SET stock = stock + change.delta FROM ( \
                     SELECT product_id, sum(delta)::bigint AS delta \
                     FROM unnest($1, $2) AS movement (product_id, delta) GROUP BY product_id \
                 ) AS change WHERE products.id = change.product_id",
            )
            .bind::<Array<BigInt>, _>(ids)
            .bind::<Array<BigInt>, _>(deltas)
            .execute(conn)
            .await
        }
    }
    .map(drop)
    .map_err(Error::from)
}

/// Writes the ledger rows of changes made by [`change`] or by an insert.
pub(crate) async fn record(conn: &mut Connection, movements: &[StockMovement]) -> Result<()> {
    for movements in movements.chunks(ROWS_PER_STATEMENT) {
        insert(conn, movements).await?;
    }
    Ok(())
}

async fn insert(conn: &mut Connection, movements: &[StockMovement]) -> Result<()> {
    let rows: Vec<_> = movements
        .iter()
        .filter(|movement| movement.delta != 0)
        .map(|movement| {
            (
                stock_movements::product_id.eq(movement.product_id.0),
                stock_movements::delta.eq(movement.delta),
                stock_movements::reason.eq(movement.reason.as_str()),
                stock_movements::order_detail_id.eq(movement.order_detail_id.map(|id| id.0)),
            )
        })
        .collect();
    match <[_; 1]>::try_from(rows) {
        // A single row is a statement that the connection keeps prepared.
        Ok([row]) => diesel::insert_into(stock_movements::table).values(row).execute(conn).await?,
        Err(rows) if rows.is_empty() => 0,
        Err(rows) => diesel::insert_into(stock_movements::table).values(rows).execute(conn).await?,
    };
    Ok(())
}

/// The sum of a product's movements.
///
/// # Errors
/// Only when the database fails.
pub async fn sum_of_movements(conn: &mut Connection, product: ProductId) -> Result<i64> {
    #[derive(QueryableByName)]
    struct Sum {
        #[diesel(sql_type = BigInt)]
        sum: i64,
    }
    let sum: Sum =
        sql_query("SELECT coalesce(sum(delta), 0)::bigint AS sum FROM stock_movements WHERE product_id = $1")
            .bind::<BigInt, _>(product.0)
            .get_result(conn)
            .await?;
    Ok(sum.sum)
}
