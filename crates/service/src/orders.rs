//! Use cases of orders. Cancelling and deleting give stock back exactly once: both lock the order first.

use stockroom_domain::{
    Client, ClientId, CreditNote, ListOrder, NewOrder, Order, OrderChanges, OrderDetail, OrderEvent, OrderId,
    OrderStatus, Page, Permission, Product, Resource,
};
use stockroom_repository::{
    self as repository, Connection, clients, credit_notes, order_details, order_events, orders, products,
};

use crate::{Answered, Listed, NESTED_ROWS, Once, Result, Shop, lists, relations};

/// An order with its client and lines.
#[derive(Debug, Clone)]
pub struct OrderView {
    /// The order.
    pub order: Order,
    /// Who placed it.
    pub client: Option<Client>,
    /// Its first lines.
    pub lines: Vec<OrderLine>,
}

/// A line with the product sold.
#[derive(Debug, Clone)]
pub struct OrderLine {
    /// The line.
    pub line: OrderDetail,
    /// The product sold.
    pub product: Option<Product>,
}

/// An order that is cancelled.
#[derive(Debug, Clone)]
pub struct CanceledOrder {
    /// The order.
    pub order: OrderView,
    /// What is owed back; none for orders that were never anything but cancelled.
    pub credit_note: Option<CreditNote>,
}

impl Shop {
    /// An order with its client and lines.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn get_order(&self, id: OrderId) -> Result<OrderView> {
        let mut conn = self.pool().get().await?;
        let order = orders::get(&mut conn, id).await?;
        self.require_own(Permission::OrdersRead, Some(order.client_id), (Resource::Order, id.0))?;
        self.record_read(&conn, "orders", [(id.0, order.client_id)]).await?;
        Ok(view(&mut conn, order).await?)
    }

    /// A page of orders with clients and lines, of one client when given.
    ///
    /// # Errors
    /// Only when the database fails.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn list_orders(&self, client: Option<ClientId>, page: &Page) -> Result<Listed<OrderView>> {
        let client = self.whose(Permission::OrdersRead, client)?;
        let mut conn = self.pool().get().await?;
        let found = orders::list(&mut conn, client, &page.and_one_more()).await?;
        let (found, next) = lists::cut(found, page, |order| ListOrder::ORDERS.at_id(order.id.0));
        let total = orders::total(&mut conn, client, page).await?;
        self.record_read(&conn, "orders", found.iter().map(|order| (order.id.0, order.client_id))).await?;
        Ok(Listed { rows: views(&mut conn, found).await?, next, total })
    }

    /// Creates an order without lines.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the client or the bill does not exist.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn create_order(&self, new: NewOrder, once: Once<OrderView>) -> Result<Answered> {
        let created = self.once(once, async |conn| {
            let order = orders::insert_in_tx(conn, new).await?;
            view(conn, order).await
        });
        let created = created.await?;
        if !created.replayed {
            metrics::counter!("stockroom_orders_placed_total", "way" => "order").increment(1);
        }
        Ok(created)
    }

    /// Cancels an order, once: gives its stock back and issues a credit note. An order that is cancelled already is
    /// shown as it is.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Refused`] when it was delivered.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn cancel_order(&self, id: OrderId, once: Once<CanceledOrder>) -> Result<Answered> {
        let changes = OrderChanges::default().with_status(OrderStatus::Canceled);
        let touched = self.parts.catalogue.touched();
        let canceled = self.once(once, async |conn| {
            if !self.caller.may(Permission::OrdersWrite) {
                let order = orders::lock_one_in_tx(conn, id).await?;
                self.require_own(Permission::OrdersWrite, Some(order.client_id), (Resource::Order, id.0))?;
            }
            let order = orders::update_in_tx(conn, id, &changes).await?;
            touched.products(order_details::list_products_of_order(conn, id).await?);
            let credit_note = credit_notes::find_of_order(conn, id).await?;
            Ok(CanceledOrder { order: view(conn, order).await?, credit_note })
        });
        let canceled = canceled.await;
        touched.settle(canceled).await
    }

    /// The history of an order: its placement and every move of its status.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn list_order_events(&self, id: OrderId) -> Result<Vec<OrderEvent>> {
        let mut conn = self.pool().get().await?;
        let order = orders::get(&mut conn, id).await?;
        self.require_own(Permission::OrdersRead, Some(order.client_id), (Resource::Order, id.0))?;
        Ok(order_events::list_of_order(&mut conn, id).await?)
    }

    /// Changes an order; a move to `CANCELED` gives its stock back.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Refused`] when the status cannot change that way.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn update_order(&self, id: OrderId, changes: &OrderChanges) -> Result<OrderView> {
        let touched = self.parts.catalogue.touched();
        let write = self.write_then(async |conn| {
            let order = orders::update_in_tx(conn, id, changes).await?;
            if order.status == OrderStatus::Canceled {
                touched.products(order_details::list_products_of_order(conn, id).await?);
            }
            Ok(order)
        });
        let written = write.await;
        let (order, mut conn) = touched.settle(written).await?;
        Ok(view(&mut conn, order).await?)
    }

    /// Deletes an order with its lines and gives its stock back, unless it was cancelled.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn delete_order(&self, id: OrderId) -> Result<()> {
        let touched = self.parts.catalogue.touched();
        let deleted = self.write(async |conn| {
            orders::lock_one_in_tx(conn, id).await?;
            touched.products(order_details::list_products_of_order(conn, id).await?);
            orders::delete_in_tx(conn, id).await
        });
        let deleted = deleted.await;
        touched.settle(deleted).await
    }
}

async fn view(conn: &mut Connection, order: Order) -> repository::Result<OrderView> {
    let missing = repository::Error::NotFound { resource: Resource::Order, id: order.id.0 };
    views(conn, vec![order]).await?.pop().ok_or(missing)
}

async fn views(conn: &mut Connection, found: Vec<Order>) -> repository::Result<Vec<OrderView>> {
    let clients = clients::list_by_ids(conn, &relations::keys(&found, |order| order.client_id)).await?;
    let clients = relations::by_key(clients, |client| client.id);
    let ids = relations::keys(&found, |order| order.id);
    let lines = order_details::list_of_orders(conn, &ids, NESTED_ROWS).await?;
    let products = products::list_by_ids(conn, &relations::keys(&lines, |line| line.product_id)).await?;
    let products = relations::by_key(products, |product| product.id);
    let mut lines = relations::by_parent(lines, |line| line.order_id);
    let line = |line: OrderDetail| OrderLine { product: products.get(&line.product_id).cloned(), line };
    let view = |order: Order| OrderView {
        client: clients.get(&order.client_id).cloned(),
        lines: lines.remove(&order.id).unwrap_or_default().into_iter().map(line).collect(),
        order,
    };
    Ok(found.into_iter().map(view).collect())
}
