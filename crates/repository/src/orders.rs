//! Orders. An order's lock also guards its lines.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, result::OptionalExtension};
use diesel_async::RunQueryDsl;
use stockroom_domain::{
    BillId, Choice, ClientId, DeliveryMethod, Money, NewOrder, Order, OrderChanges, OrderDate, OrderId,
    OrderStatus, Page, Refusal, Resource, ShippingAddress, StatusChange, UnknownChoice,
};

use crate::{
    Connection, Error, Result, bills, children, credit_notes,
    lists::lists,
    order_details, order_events,
    reads::{into_values, reads},
    schema::orders,
    stock::StockReason,
};

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = orders, check_for_backend(diesel::pg::Pg))]
struct OrderRow {
    id: i64,
    date: DateTime<Utc>,
    total: i64,
    delivery_method: i16,
    status: i16,
    client_id: i64,
    bill_id: i64,
    checked_out: bool,
    address_street: Option<String>,
    address_number: Option<String>,
    address_city: Option<String>,
}

impl TryFrom<OrderRow> for Order {
    type Error = UnknownChoice;

    fn try_from(row: OrderRow) -> Result<Self, UnknownChoice> {
        Ok(Self {
            id: OrderId(row.id),
            date: row.date,
            total: Money::from_minor(row.total),
            delivery_method: DeliveryMethod::from_number(row.delivery_method.into())?,
            status: OrderStatus::from_number(row.status.into())?,
            client_id: ClientId(row.client_id),
            bill_id: BillId(row.bill_id),
            address: ShippingAddress::of(row.address_street, row.address_number, row.address_city),
            checked_out: row.checked_out,
        })
    }
}

/// The columns of an order that an update can write.
#[derive(AsChangeset)]
#[diesel(table_name = orders)]
struct OrderChangeset {
    date: Option<DateTime<Utc>>,
    total: Option<i64>,
    delivery_method: Option<i16>,
    status: Option<i16>,
    client_id: Option<i64>,
    bill_id: Option<i64>,
}

impl From<&OrderChanges> for OrderChangeset {
    fn from(changes: &OrderChanges) -> Self {
        Self {
            date: changes.date.map(|OrderDate(date)| date),
            total: changes.total.map(|total| total.money().minor()),
            delivery_method: changes.delivery_method.map(DeliveryMethod::number),
            status: changes.status.map(OrderStatus::number),
            client_id: changes.client_id.map(|id| id.0),
            bill_id: changes.bill_id.map(|id| id.0),
        }
    }
}

reads!(orders, OrderRow, Order, OrderId, Resource::Order);

lists!(orders, OrderRow, Order, by client_id: ClientId);

/// The first `most` orders of each of these clients, ordered by id.
///
/// # Errors
/// Only when the database fails.
pub async fn list_of_clients(conn: &mut Connection, clients: &[ClientId], most: i64) -> Result<Vec<Order>> {
    // One parent, as items have it: a statement that the connection keeps prepared.
    if let [client] = clients {
        return list(conn, Some(*client), &Page::first(most)).await;
    }
    let clients: Vec<i64> = clients.iter().map(|id| id.0).collect();
    into_values(children::list::<OrderRow>(conn, "orders", "client_id", "true", &clients, most).await?)
}

/// The first order of each of these bills, ordered by id.
///
/// # Errors
/// Only when the database fails.
pub async fn list_of_bills(conn: &mut Connection, bills: &[BillId]) -> Result<Vec<Order>> {
    let bills: Vec<i64> = bills.iter().map(|id| id.0).collect();
    into_values(children::list::<OrderRow>(conn, "orders", "bill_id", "true", &bills, 1).await?)
}

/// Locks these orders (`FOR UPDATE`), by ascending id, and returns them in that order.
///
/// # Errors
/// [`Error::NotFound`] for the first id that has no order.
pub async fn lock_in_tx(conn: &mut Connection, ids: &[OrderId]) -> Result<Vec<Order>> {
    let keys: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows = orders::table
        .filter(orders::id.eq_any(keys))
        .order(orders::id)
        .select(OrderRow::as_select())
        .for_update()
        .load(conn)
        .await?;
    let locked: Vec<Order> = into_values(rows)?;
    match ids.iter().find(|id| locked.binary_search_by_key(*id, |order| order.id).is_err()) {
        Some(missing) => Err(not_found(*missing)),
        None => Ok(locked),
    }
}

/// Inserts an order and begins its history.
///
/// # Errors
/// [`Error::NotFound`] when the client or the bill does not exist; [`Refusal::BillOfAnotherOrder`] when the bill is
/// issued.
pub async fn insert_in_tx(conn: &mut Connection, new: NewOrder) -> Result<Order> {
    refuse_issued(conn, new.bill_id).await?;
    let row: OrderRow = diesel::insert_into(orders::table)
        .values((
            new.date.map(|OrderDate(date)| orders::date.eq(date)),
            orders::total.eq(new.total.money().minor()),
            orders::delivery_method.eq(new.delivery_method.number()),
            orders::status.eq(new.status.number()),
            orders::client_id.eq(new.client_id.0),
            orders::bill_id.eq(new.bill_id.0),
        ))
        .returning(OrderRow::as_returning())
        .get_result(conn)
        .await
        .map_err(|error| of_write(error, Some(new.client_id.0), Some(new.bill_id.0)))?;
    order_events::record(conn, OrderId(row.id), None, new.status).await?;
    Ok(row.try_into()?)
}

/// An order after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderUpdate {
    /// The order.
    pub order: Order,
    /// Whether the change has canceled it.
    pub canceled: bool,
}

/// Changes an order. A move of its status is recorded in its history; one to `CANCELED` gives the stock of its lines
/// back and issues a credit note, once. That takes a number of a series, the last lock of a transaction: whoever
/// cancels several orders in one locks all of them first.
///
/// # Errors
/// [`Error::NotFound`] when the order, its new client or its new bill does not exist;
/// [`Refusal::IllegalStatusChange`]; [`Refusal::OrderIsBilled`] when an issued bill says otherwise;
/// [`Refusal::BillOfAnotherOrder`].
pub async fn update_in_tx(conn: &mut Connection, id: OrderId, changes: &OrderChanges) -> Result<OrderUpdate> {
    if *changes == OrderChanges::default() {
        return Ok(OrderUpdate { order: get(conn, id).await?, canceled: false });
    }
    let order = lock_one_in_tx(conn, id).await?;
    if order.checked_out && changes.contradict_bill_of(&order) {
        return Err(Refusal::OrderIsBilled(id).into());
    }
    if let Some(bill) = changes.bill_id.filter(|bill| *bill != order.bill_id) {
        refuse_issued(conn, bill).await?;
    }
    let to = changes.status.unwrap_or(order.status);
    let change = order.status.change_to(to)?;
    if change == StatusChange::Cancel {
        order_details::give_back_in_tx(conn, id, StockReason::Cancel).await?;
    }
    let row: OrderRow = diesel::update(orders::table.find(id.0))
        .set(OrderChangeset::from(changes))
        .returning(OrderRow::as_returning())
        .get_result(conn)
        .await
        .map_err(|error| of_write(error, changes.client_id.map(|id| id.0), changes.bill_id.map(|id| id.0)))?;
    let after = Order::try_from(row)?;
    if change != StatusChange::None {
        order_events::record(conn, id, Some(order.status), to).await?;
    }
    if change == StatusChange::Cancel {
        credit_notes::issue_in_tx(conn, &after).await?;
    }
    Ok(OrderUpdate { order: after, canceled: change == StatusChange::Cancel })
}

/// Deletes an order with its lines and its history, and gives their stock back, unless the order was cancelled (then
/// it was given back already).
///
/// # Errors
/// [`Error::NotFound`]; [`Refusal::BilledOrderStays`].
pub async fn delete_in_tx(conn: &mut Connection, id: OrderId) -> Result<()> {
    let order = lock_one_in_tx(conn, id).await?;
    if order.checked_out {
        return Err(Refusal::BilledOrderStays(id).into());
    }
    if order.status != OrderStatus::Canceled {
        order_details::give_back_in_tx(conn, id, StockReason::OrderDelete).await?;
    }
    order_events::delete_of_order(conn, id).await?;
    diesel::delete(orders::table.find(id.0)).execute(conn).await?;
    Ok(())
}

/// Locks one order (`FOR UPDATE`).
///
/// # Errors
/// [`Error::NotFound`].
pub async fn lock_one_in_tx(conn: &mut Connection, id: OrderId) -> Result<Order> {
    lock_in_tx(conn, &[id]).await?.pop().ok_or(not_found(id))
}

async fn refuse_issued(conn: &mut Connection, bill: BillId) -> Result<()> {
    if bills::is_issued(conn, bill).await? { Err(Refusal::BillOfAnotherOrder(bill).into()) } else { Ok(()) }
}

fn of_write(error: diesel::result::Error, client: Option<i64>, bill: Option<i64>) -> Error {
    Error::of_write(
        error,
        &[
            ("orders_client_id_fkey", Resource::Client, client.unwrap_or_default()),
            ("orders_bill_id_fkey", Resource::Bill, bill.unwrap_or_default()),
        ],
    )
}
