//! Use cases of order lines: each locks the order, then the products, checks price and stock, and moves the stock.

use stockroom_domain::{
    Amount, ListOrder, Money, NewOrderDetail, Order, OrderDetail, OrderDetailChanges, OrderDetailId, OrderId,
    OrderStatus, Page, Permission, Product, ProductId, Quantity, Refusal, Resource,
};
use stockroom_repository::{
    self as repository, Connection,
    order_details::{self, OrderDetailFilter},
    orders, products,
};

use crate::{
    Disclose, Idempotent, Listed, Need, Result, Shop, ShownRow, StoredResponse, Visible, lists,
    orders::without_address, relations, unit_of_work::Tx,
};

const READ: Need = Need::or_owner(Permission::OrdersRead);
const WRITE: Need = Need::to(Permission::OrdersWrite);

/// A line to add to an order.
#[derive(Debug, Clone, Copy)]
pub struct NewLine {
    /// Pieces.
    pub quantity: Quantity,
    /// What the client takes for the price; the product's price when not given.
    pub price: Option<Amount>,
    /// The order.
    pub order_id: OrderId,
    /// The product.
    pub product_id: ProductId,
}

/// A line with its order and product.
#[derive(Debug, Clone)]
pub struct LineView {
    /// The line.
    pub line: OrderDetail,
    /// The order it belongs to.
    pub order: Option<Order>,
    /// The product sold.
    pub product: Option<Product>,
}

impl Shop {
    /// A line with its order and product.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn get_order_detail(&self, id: OrderDetailId) -> Result<LineView> {
        let mut conn = self.connection_for(READ).await?;
        let line = order_details::get(&mut conn, id).await?;
        let view = view(&mut conn, line).await?;
        self.require_own(Permission::OrdersRead, view.row().person, (Resource::OrderDetail, id.0))?;
        self.disclose(&conn, [&view]).await?;
        Ok(view)
    }

    /// A page of lines with orders and products.
    ///
    /// # Errors
    /// Only when the database fails.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn list_order_details(
        &self,
        mut filter: OrderDetailFilter,
        page: &Page,
    ) -> Result<Listed<LineView>> {
        self.authorize(READ)?;
        filter.client_id = self.scope_client_filter(Permission::OrdersRead, filter.client_id)?;
        let mut conn = self.pool().get().await?;
        let found = order_details::list(&mut conn, filter, &page.and_one_more()).await?;
        let (found, next) = lists::cut(found, page, |line| ListOrder::ORDER_DETAILS.at_id(line.id.0));
        let total = order_details::total(&mut conn, filter, page).await?;
        let rows = views(&mut conn, found).await?;
        self.disclose(&conn, &rows).await?;
        Ok(Listed { rows, next, total })
    }

    /// Adds a line to an order and takes its stock.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the order or product does not exist; [`crate::Error::Refused`] when the order is cancelled,
    /// the price is another one or the stock does not suffice.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn create_order_detail(
        &self,
        new: NewLine,
        request: Idempotent<LineView>,
    ) -> Result<StoredResponse> {
        let create = self.unit_of_work(WRITE)?.invalidating(|stale| stale.product(new.product_id));
        let created = create.run_once(request, async |tx| {
            let order = lock_open_order(tx, new.order_id).await?;
            let mut product = products::lock_one_in_tx(tx, new.product_id).await?;
            require_sold(&product)?;
            let requested = new.quantity.count();
            if requested > product.stock {
                return Err(insufficient(&product, requested).into());
            }
            let price = agreed_price(&product, new.price)?;
            let row = NewOrderDetail {
                quantity: new.quantity,
                price,
                order_id: new.order_id,
                product_id: new.product_id,
            };
            let line = order_details::insert_in_tx(tx, row).await?;
            product.stock -= requested;
            Ok(LineView { line, order: Some(order), product: Some(product) })
        });
        Ok(created.await?)
    }

    /// Changes a line and moves the stock that it holds.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the line, its new order or its new product does not exist; [`crate::Error::Refused`] when an
    /// order concerned is cancelled, a changed price is another one or the stock does not suffice.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn update_order_detail(
        &self,
        id: OrderDetailId,
        changes: OrderDetailChanges,
    ) -> Result<Visible<LineView>> {
        let updated = self.unit_of_work(WRITE)?.show(async |tx| {
            let line = change_line_in_tx(tx, id, changes).await?;
            view(tx, line).await
        });
        Ok(updated.await?)
    }

    /// Deletes a line and gives its stock back, unless its order was cancelled (then it is back already).
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn delete_order_detail(&self, id: OrderDetailId) -> Result<()> {
        let deleted = self.unit_of_work(WRITE)?.run(async |tx| {
            let line = order_details::get(tx, id).await?;
            let order = lock_order_of(tx, &line).await?;
            let line = unmoved(tx, id, order.id).await?;
            tx.invalidate().product(line.product_id);
            if order.checked_out {
                return Err(Refusal::OrderIsBilled(order.id).into());
            }
            order_details::delete_in_tx(tx, &line, order.status != OrderStatus::Canceled).await
        });
        Ok(deleted.await?)
    }
}

impl Disclose for LineView {
    const READ: Option<Permission> = READ.permission;

    fn row(&self) -> ShownRow {
        ShownRow::new("order_details", self.line.id.0, self.order.as_ref().map(|order| order.client_id))
    }

    fn redact(self) -> Visible<Self> {
        Visible::Shown(Self { order: self.order.map(without_address), ..self })
    }
}

async fn change_line_in_tx(
    tx: &mut Tx<'_>,
    id: OrderDetailId,
    changes: OrderDetailChanges,
) -> repository::Result<OrderDetail> {
    let seen = order_details::get(tx, id).await?;
    let to_order = changes.order_id.unwrap_or(seen.order_id);
    let orders =
        orders::lock_in_tx(tx, &[seen.order_id, to_order]).await.map_err(|error| vanished(error, &seen))?;
    let old = unmoved(tx, id, seen.order_id).await?;
    let to_product = changes.product_id.unwrap_or(old.product_id);
    let quantity = changes.quantity.unwrap_or(old.quantity);
    let price = changes.price.map_or(old.price, Amount::money);
    let wanted = OrderDetail { quantity, price, order_id: to_order, product_id: to_product, ..old.clone() };
    if wanted == old {
        return Ok(old);
    }
    tx.invalidate().products([old.product_id, to_product]);
    orders.iter().try_for_each(require_open)?;
    let products = products::lock_in_tx(tx, &[old.product_id, to_product]).await?;
    let missing = repository::Error::NotFound { resource: Resource::Product, id: to_product.0 };
    let product = products.iter().find(|product| product.id == to_product).ok_or(missing)?;
    if to_product != old.product_id {
        require_sold(product)?;
    }
    let price = price_after_change(&old, product, changes.price)?;
    require_stock_for_change(&old, product, quantity.count())?;
    let row = NewOrderDetail { quantity, price, order_id: to_order, product_id: to_product };
    order_details::replace_in_tx(tx, &old, row).await
}

/// The price of a changed line: checked when it is another one, filled from a new product when not given.
fn price_after_change(old: &OrderDetail, product: &Product, given: Option<Amount>) -> Result<Money, Refusal> {
    // Clients put whole objects back: the old price in a request is no wish for that price.
    let changed = given.filter(|price| price.money() != old.price);
    if changed.is_none() && product.id == old.product_id {
        return Ok(old.price);
    }
    agreed_price(product, changed)
}

fn require_stock_for_change(old: &OrderDetail, product: &Product, quantity: i64) -> Result<(), Refusal> {
    if product.id != old.product_id {
        return if quantity > product.stock { Err(insufficient(product, quantity)) } else { Ok(()) };
    }
    let additional = quantity - old.quantity.count();
    if additional > product.stock {
        let (product, available) = (product.id, product.stock);
        return Err(Refusal::InsufficientAdditionalStock { product, additional, available });
    }
    Ok(())
}

fn insufficient(product: &Product, requested: i64) -> Refusal {
    Refusal::InsufficientStock { product: product.id, requested, available: product.stock }
}

/// The price of a line: the product's, or what the client says when it agrees with that.
fn agreed_price(product: &Product, given: Option<Amount>) -> Result<Money, Refusal> {
    match given.map(Amount::money) {
        None => Ok(product.price),
        Some(price) if price.agrees_with(product.price) => Ok(price),
        Some(got) => Err(Refusal::PriceMismatch { expected: product.price, got }),
    }
}

async fn lock_open_order(conn: &mut Connection, id: OrderId) -> repository::Result<Order> {
    let order = orders::lock_one_in_tx(conn, id).await?;
    require_open(&order)?;
    Ok(order)
}

/// An order's lines can be changed unless it was cancelled, or its bill is issued.
fn require_open(order: &Order) -> Result<(), Refusal> {
    match order.status {
        OrderStatus::Canceled => Err(Refusal::OrderIsCanceled(order.id)),
        _ if order.checked_out => Err(Refusal::OrderIsBilled(order.id)),
        _ => Ok(()),
    }
}

/// What is no longer sold is as good as not there.
fn require_sold(product: &Product) -> repository::Result<()> {
    let missing = repository::Error::NotFound { resource: Resource::Product, id: product.id.0 };
    if product.active { Ok(()) } else { Err(missing) }
}

async fn lock_order_of(conn: &mut Connection, line: &OrderDetail) -> repository::Result<Order> {
    orders::lock_one_in_tx(conn, line.order_id).await.map_err(|error| vanished(error, line))
}

/// When the order of a line is gone, so is the line: run again, the transaction does not find it.
fn vanished(error: repository::Error, line: &OrderDetail) -> repository::Error {
    match error {
        repository::Error::NotFound { resource: Resource::Order, id } if id == line.order_id.0 => {
            repository::Error::Conflict(None)
        }
        error => error,
    }
}

/// The line as it is under the lock of its order. When it was moved to another order before the lock was taken, the
/// transaction is run again.
async fn unmoved(
    conn: &mut Connection,
    id: OrderDetailId,
    order: OrderId,
) -> repository::Result<OrderDetail> {
    let line = order_details::get(conn, id).await?;
    if line.order_id == order { Ok(line) } else { Err(repository::Error::Conflict(None)) }
}

async fn view(conn: &mut Connection, line: OrderDetail) -> repository::Result<LineView> {
    let missing = repository::Error::NotFound { resource: Resource::OrderDetail, id: line.id.0 };
    views(conn, vec![line]).await?.pop().ok_or(missing)
}

async fn views(conn: &mut Connection, found: Vec<OrderDetail>) -> repository::Result<Vec<LineView>> {
    let orders = orders::list_by_ids(conn, &relations::keys(&found, |line| line.order_id)).await?;
    let orders = relations::by_key(orders, |order| order.id);
    let products = products::list_by_ids(conn, &relations::keys(&found, |line| line.product_id)).await?;
    let products = relations::by_key(products, |product| product.id);
    let view = |line: OrderDetail| LineView {
        order: orders.get(&line.order_id).cloned(),
        product: products.get(&line.product_id).cloned(),
        line,
    };
    Ok(found.into_iter().map(view).collect())
}
