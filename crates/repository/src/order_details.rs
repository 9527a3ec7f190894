//! Order lines and the stock they hold. The order's lock guards its lines: whoever changes a line has locked its order.

use diesel::{pg::Pg, prelude::*, result::OptionalExtension};
use diesel_async::RunQueryDsl;
use stockroom_domain::{
    ClientId, Money, NewOrderDetail, OrderDetail, OrderDetailId, OrderId, Page, ProductId, Quantity,
    Resource, Violation,
};

use crate::{
    Connection, Error, Result, children,
    lists::lists,
    products,
    reads::{into_values, reads},
    schema::{order_details, orders},
    stock::{self, StockMovement, StockReason},
};

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = order_details, check_for_backend(diesel::pg::Pg))]
struct OrderDetailRow {
    id: i64,
    quantity: i64,
    price: i64,
    order_id: i64,
    product_id: i64,
}

impl TryFrom<OrderDetailRow> for OrderDetail {
    type Error = Violation;

    fn try_from(row: OrderDetailRow) -> Result<Self, Violation> {
        Ok(Self {
            id: OrderDetailId(row.id),
            quantity: Quantity::new(row.quantity)?,
            price: Money::from_minor(row.price),
            order_id: OrderId(row.order_id),
            product_id: ProductId(row.product_id),
        })
    }
}

reads!(order_details, OrderDetailRow, OrderDetail, OrderDetailId, Resource::OrderDetail);

/// Which lines a list shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct OrderDetailFilter {
    /// Only lines of this order.
    pub order_id: Option<OrderId>,
    /// Only lines of this product.
    pub product_id: Option<ProductId>,
    /// Only lines of orders of this client.
    pub client_id: Option<ClientId>,
}

lists!(order_details, OrderDetailRow, OrderDetail, matching(filter: OrderDetailFilter));

fn matching(filter: OrderDetailFilter) -> order_details::BoxedQuery<'static, Pg> {
    let mut query = order_details::table.into_boxed();
    if let Some(order) = filter.order_id {
        query = query.filter(order_details::order_id.eq(order.0));
    }
    if let Some(product) = filter.product_id {
        query = query.filter(order_details::product_id.eq(product.0));
    }
    if let Some(client) = filter.client_id {
        let own = orders::table.filter(orders::client_id.eq(client.0)).select(orders::id);
        query = query.filter(order_details::order_id.eq_any(own));
    }
    query
}

/// The first `most` lines of each of these orders, ordered by id.
///
/// # Errors
/// Only when the database fails.
pub async fn list_of_orders(
    conn: &mut Connection,
    orders: &[OrderId],
    most: i64,
) -> Result<Vec<OrderDetail>> {
    // One parent, as items have it: a statement that the connection keeps prepared.
    if let [order] = orders {
        let filter = OrderDetailFilter { order_id: Some(*order), ..OrderDetailFilter::default() };
        return list(conn, filter, &Page::first(most)).await;
    }
    let orders: Vec<i64> = orders.iter().map(|id| id.0).collect();
    into_values(
        children::list::<OrderDetailRow>(conn, "order_details", "order_id", "true", &orders, most).await?,
    )
}

/// Inserts a line and takes its stock. The caller has locked the order and the product and checked the stock.
///
/// # Errors
/// [`Error::NotFound`] when the order or the product does not exist.
pub async fn insert_in_tx(conn: &mut Connection, new: NewOrderDetail) -> Result<OrderDetail> {
    let mut taken = StockMovement {
        product_id: new.product_id,
        delta: -new.quantity.count(),
        reason: StockReason::Sale,
        order_detail_id: None,
    };
    // The stock first: a line inserted before would hold a weaker lock on the product that the update must upgrade.
    stock::change(conn, &[taken]).await?;
    let row: OrderDetailRow = diesel::insert_into(order_details::table)
        .values((
            order_details::quantity.eq(new.quantity.count()),
            order_details::price.eq(new.price.minor()),
            order_details::order_id.eq(new.order_id.0),
            order_details::product_id.eq(new.product_id.0),
        ))
        .returning(OrderDetailRow::as_returning())
        .get_result(conn)
        .await
        .map_err(|error| of_write(error, new.order_id, new.product_id))?;
    taken.order_detail_id = Some(OrderDetailId(row.id));
    stock::record(conn, &[taken]).await?;
    Ok(row.try_into()?)
}

/// Rewrites a line and moves the stock that it holds from its old product to its new one, or the difference when the
/// product stays. The caller has locked the orders and products concerned and checked the stock.
///
/// # Errors
/// [`Error::NotFound`] when the line, order or product does not exist.
pub async fn replace_in_tx(
    conn: &mut Connection,
    old: &OrderDetail,
    new: NewOrderDetail,
) -> Result<OrderDetail> {
    let movement = |product_id, delta| StockMovement {
        product_id,
        delta,
        reason: StockReason::LineChange,
        order_detail_id: Some(old.id),
    };
    let quantity = new.quantity.count();
    let movements = if old.product_id == new.product_id {
        vec![movement(old.product_id, old.quantity.count() - quantity)]
    } else {
        vec![movement(old.product_id, old.quantity.count()), movement(new.product_id, -quantity)]
    };
    stock::apply_in_tx(conn, &movements).await?;
    let row: Option<OrderDetailRow> = diesel::update(order_details::table.find(old.id.0))
        .set((
            order_details::quantity.eq(quantity),
            order_details::price.eq(new.price.minor()),
            order_details::order_id.eq(new.order_id.0),
            order_details::product_id.eq(new.product_id.0),
        ))
        .returning(OrderDetailRow::as_returning())
        .get_result(conn)
        .await
        .optional()
        .map_err(|error| of_write(error, new.order_id, new.product_id))?;
    Ok(row.ok_or(not_found(old.id))?.try_into()?)
}

/// Deletes a line whose order the caller has locked; gives its stock back when `give_back` is set (it is not when the
/// order was cancelled: then the stock is back already).
///
/// # Errors
/// [`Error::NotFound`].
pub async fn delete_in_tx(conn: &mut Connection, line: &OrderDetail, give_back: bool) -> Result<()> {
    if give_back {
        products::lock_unread_in_tx(conn, &[line.product_id]).await?;
        stock::apply_in_tx(conn, &[returned(line, StockReason::LineDelete)]).await?;
    }
    let deleted = diesel::delete(order_details::table.find(line.id.0)).execute(conn).await?;
    if deleted == 0 { Err(not_found(line.id)) } else { Ok(()) }
}

/// The products that the lines of an order name, each once.
///
/// # Errors
/// Only when the database fails.
pub async fn list_products_of_order(conn: &mut Connection, order: OrderId) -> Result<Vec<ProductId>> {
    let lines = order_details::table.filter(order_details::order_id.eq(order.0));
    let ids: Vec<i64> = lines.select(order_details::product_id).distinct().load(conn).await?;
    Ok(ids.into_iter().map(ProductId).collect())
}

/// Gives the stock of all lines of a locked order back.
pub(crate) async fn give_back_in_tx(
    conn: &mut Connection,
    order: OrderId,
    reason: StockReason,
) -> Result<()> {
    let rows: Vec<OrderDetailRow> = order_details::table
        .filter(order_details::order_id.eq(order.0))
        .order(order_details::id)
        .select(OrderDetailRow::as_select())
        .load(conn)
        .await?;
    let lines: Vec<OrderDetail> = into_values(rows)?;
    let products: Vec<ProductId> = lines.iter().map(|line| line.product_id).collect();
    products::lock_unread_in_tx(conn, &products).await?;
    let movements: Vec<_> = lines.iter().map(|line| returned(line, reason)).collect();
    stock::apply_in_tx(conn, &movements).await
}

fn returned(line: &OrderDetail, reason: StockReason) -> StockMovement {
    StockMovement {
        product_id: line.product_id,
        delta: line.quantity.count(),
        reason,
        order_detail_id: Some(line.id),
    }
}

fn of_write(error: diesel::result::Error, order: OrderId, product: ProductId) -> Error {
    Error::of_write(
        error,
        &[
            ("order_details_order_id_fkey", Resource::Order, order.0),
            ("order_details_product_id_fkey", Resource::Product, product.0),
        ],
    )
}
