//! The history of orders: their placement and every move of their status.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use stockroom_domain::{Choice, OrderEvent, OrderEventId, OrderId, OrderStatus, UnknownChoice};

use crate::{Connection, Result, reads::into_values, schema::order_events};

#[derive(Queryable, Selectable)]
#[diesel(table_name = order_events, check_for_backend(diesel::pg::Pg))]
struct OrderEventRow {
    id: i64,
    from_status: Option<i16>,
    to_status: i16,
    at: DateTime<Utc>,
}

impl TryFrom<OrderEventRow> for OrderEvent {
    type Error = UnknownChoice;

    fn try_from(row: OrderEventRow) -> Result<Self, UnknownChoice> {
        let status = |number: i16| OrderStatus::from_number(number.into());
        Ok(Self {
            id: OrderEventId(row.id),
            from: row.from_status.map(status).transpose()?,
            to: status(row.to_status)?,
            at: row.at,
        })
    }
}

/// The history of an order, from its placement on. It has few events: no move can be repeated.
///
/// # Errors
/// Only when the database fails.
pub async fn list_of_order(conn: &mut Connection, order: OrderId) -> Result<Vec<OrderEvent>> {
    let rows = order_events::table
        .filter(order_events::order_id.eq(order.0))
        .order(order_events::id)
        .select(OrderEventRow::as_select())
        .load(conn)
        .await?;
    into_values(rows)
}

/// The histories of these orders, each event with its order, ordered by both.
///
/// # Errors
/// Only when the database fails.
pub async fn list_of_orders(conn: &mut Connection, orders: &[OrderId]) -> Result<Vec<(OrderId, OrderEvent)>> {
    let ids: Vec<i64> = orders.iter().map(|order| order.0).collect();
    let rows: Vec<(i64, OrderEventRow)> = order_events::table
        .filter(order_events::order_id.eq_any(ids))
        .order((order_events::order_id, order_events::id))
        .select((order_events::order_id, OrderEventRow::as_select()))
        .load(conn)
        .await?;
    rows.into_iter().map(|(order, row)| Ok((OrderId(order), row.try_into()?))).collect()
}

/// Records the placement of an order (without `from`) or a move of its status. The caller has locked the order.
pub(crate) async fn record(
    conn: &mut Connection,
    order: OrderId,
    from: Option<OrderStatus>,
    to: OrderStatus,
) -> Result<()> {
    diesel::insert_into(order_events::table)
        .values((
            order_events::order_id.eq(order.0),
            order_events::from_status.eq(from.map(OrderStatus::number)),
            order_events::to_status.eq(to.number()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes the history of an order that is deleted.
pub(crate) async fn delete_of_order(conn: &mut Connection, order: OrderId) -> Result<()> {
    diesel::delete(order_events::table.filter(order_events::order_id.eq(order.0))).execute(conn).await?;
    Ok(())
}
