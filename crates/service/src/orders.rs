//! Use cases of orders. Cancelling and deleting give stock back exactly once: both lock the order first.

pub(crate) mod lines;

use stockroom_domain::{
    Client, ClientId, CreditNote, ListOrder, NewOrder, Order, OrderChanges, OrderDetail, OrderEvent, OrderId,
    OrderStatus, Page, Permission, Product, Resource,
};
use stockroom_repository::{
    self as repository, Connection, clients, credit_notes, order_details, order_events,
    orders::{self, OrderUpdate},
    products,
};

use crate::{
    Disclose, Idempotent, Listed, NESTED_ROWS, Need, Result, Shop, ShownRow, StoredResponse, Visible, lists,
    relations, unit_of_work::Tx,
};

const READ: Need = Need::or_owner(Permission::OrdersRead);
const WRITE: Need = Need::to(Permission::OrdersWrite);

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
        let mut conn = self.connection_for(READ).await?;
        let order = orders::get(&mut conn, id).await?;
        self.require_own(Permission::OrdersRead, Some(order.client_id), (Resource::Order, id.0))?;
        self.disclose(&conn, [&order]).await?;
        Ok(view(&mut conn, order).await?)
    }

    /// A page of orders with clients and lines, of one client when given.
    ///
    /// # Errors
    /// Only when the database fails.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn list_orders(&self, client: Option<ClientId>, page: &Page) -> Result<Listed<OrderView>> {
        self.authorize(READ)?;
        let client = self.scope_client_filter(Permission::OrdersRead, client)?;
        let mut conn = self.pool().get().await?;
        let found = orders::list(&mut conn, client, &page.and_one_more()).await?;
        let (found, next) = lists::cut(found, page, |order| ListOrder::ORDERS.at_id(order.id.0));
        let total = orders::total(&mut conn, client, page).await?;
        self.disclose(&conn, &found).await?;
        Ok(Listed { rows: views(&mut conn, found).await?, next, total })
    }

    /// Creates an order without lines.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the client or the bill does not exist.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn create_order(
        &self,
        new: NewOrder,
        request: Idempotent<OrderView>,
    ) -> Result<StoredResponse> {
        let created = self.unit_of_work(WRITE)?.run_once(request, async |tx| {
            let order = orders::insert_in_tx(tx, new).await?;
            tx.count(|| metrics::counter!("stockroom_orders_placed_total", "way" => "order").increment(1));
            view(tx, order).await
        });
        Ok(created.await?)
    }

    /// Cancels an order, once: gives its stock back and issues a credit note. An order that is cancelled already is
    /// shown as it is.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Refused`] when it was delivered.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn cancel_order(
        &self,
        id: OrderId,
        request: Idempotent<CanceledOrder>,
    ) -> Result<StoredResponse> {
        let changes = OrderChanges::default().with_status(OrderStatus::Canceled);
        let cancel = self.unit_of_work(Need::or_owner(Permission::OrdersWrite))?;
        let canceled = cancel.run_once(request, async |tx| {
            if !self.caller.may(Permission::OrdersWrite) {
                let order = orders::lock_one_in_tx(tx, id).await?;
                self.require_own(Permission::OrdersWrite, Some(order.client_id), (Resource::Order, id.0))?;
            }
            let order = change_in_tx(tx, id, &changes).await?;
            let credit_note = credit_notes::find_of_order(tx, id).await?;
            Ok(CanceledOrder { order: view(tx, order).await?, credit_note })
        });
        Ok(canceled.await?)
    }

    /// The history of an order: its placement and every move of its status.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn list_order_events(&self, id: OrderId) -> Result<Vec<OrderEvent>> {
        let mut conn = self.connection_for(READ).await?;
        let order = orders::get(&mut conn, id).await?;
        self.require_own(Permission::OrdersRead, Some(order.client_id), (Resource::Order, id.0))?;
        Ok(order_events::list_of_order(&mut conn, id).await?)
    }

    /// Changes an order; a move to `CANCELED` gives its stock back.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Refused`] when the status cannot change that way.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn update_order(&self, id: OrderId, changes: &OrderChanges) -> Result<Visible<OrderView>> {
        let updated = self.unit_of_work(WRITE)?.show(async |tx| {
            let order = change_in_tx(tx, id, changes).await?;
            view(tx, order).await
        });
        Ok(updated.await?)
    }

    /// Deletes an order with its lines and gives its stock back, unless it was cancelled.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn delete_order(&self, id: OrderId) -> Result<()> {
        let deleted = self.unit_of_work(WRITE)?.run(async |tx| {
            orders::lock_one_in_tx(tx, id).await?;
            let products = order_details::list_products_of_order(tx, id).await?;
            tx.invalidate().products(products);
            orders::delete_in_tx(tx, id).await
        });
        Ok(deleted.await?)
    }
}

impl Disclose for Order {
    const READ: Option<Permission> = READ.permission;

    fn row(&self) -> ShownRow {
        ShownRow::new("orders", self.id.0, Some(self.client_id))
    }
}

impl Disclose for OrderView {
    const READ: Option<Permission> = READ.permission;

    fn row(&self) -> ShownRow {
        self.order.row()
    }

    fn redact(self) -> Visible<Self> {
        Visible::Shown(self.without_person())
    }
}

impl Disclose for CanceledOrder {
    const READ: Option<Permission> = READ.permission;

    fn row(&self) -> ShownRow {
        self.order.row()
    }

    fn redact(self) -> Visible<Self> {
        Visible::Shown(Self { order: self.order.without_person(), ..self })
    }
}

impl OrderView {
    fn without_person(self) -> Self {
        Self { order: without_address(self.order), client: None, ..self }
    }
}

/// An order without where it is shipped to.
pub(crate) fn without_address(mut order: Order) -> Order {
    order.address = None;
    order
}

/// Changes an order. One that becomes canceled gives its stock back, which is counted and makes its products stale.
async fn change_in_tx(tx: &mut Tx<'_>, id: OrderId, changes: &OrderChanges) -> repository::Result<Order> {
    let OrderUpdate { order, canceled } = orders::update_in_tx(tx, id, changes).await?;
    if canceled {
        let products = order_details::list_products_of_order(tx, id).await?;
        tx.invalidate().products(products);
        tx.count(|| metrics::counter!("stockroom_orders_canceled_total").increment(1));
    }
    Ok(order)
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
