//! Use cases of bills.

use stockroom_domain::{
    Bill, BillChanges, BillId, Client, ClientId, ListOrder, NewBill, Order, Page, Permission, Resource,
};
use stockroom_repository::{self as repository, Connection, bills, clients, orders};

use crate::{
    Disclose, Idempotent, Listed, Need, Result, Shop, ShownRow, StoredResponse, Visible, lists,
    orders::without_address, relations,
};

const READ: Need = Need::or_owner(Permission::BillsRead);
const WRITE: Need = Need::to(Permission::BillsWrite);

/// A bill with its client and its order.
#[derive(Debug, Clone)]
pub struct BillView {
    /// The bill.
    pub bill: Bill,
    /// Who owes it.
    pub client: Option<Client>,
    /// The order it is for, where there is one.
    pub order: Option<Order>,
}

impl Shop {
    /// A bill with its client and order.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn get_bill(&self, id: BillId) -> Result<BillView> {
        let mut conn = self.connection_for(READ).await?;
        let bill = bills::get(&mut conn, id).await?;
        self.require_own(Permission::BillsRead, Some(bill.client_id), (Resource::Bill, id.0))?;
        self.disclose(&conn, [&bill]).await?;
        Ok(view(&mut conn, bill).await?)
    }

    /// A page of bills with clients and orders, of one client when given.
    ///
    /// # Errors
    /// Only when the database fails.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn list_bills(&self, client: Option<ClientId>, page: &Page) -> Result<Listed<BillView>> {
        self.authorize(READ)?;
        let client = self.scope_client_filter(Permission::BillsRead, client)?;
        let mut conn = self.pool().get().await?;
        let found = bills::list(&mut conn, client, &page.and_one_more()).await?;
        let (found, next) = lists::cut(found, page, |bill| ListOrder::BILLS.at_id(bill.id.0));
        let total = bills::total(&mut conn, client, page).await?;
        self.disclose(&conn, &found).await?;
        Ok(Listed { rows: views(&mut conn, found).await?, next, total })
    }

    /// Creates a bill.
    ///
    /// # Errors
    /// [`crate::Error::Duplicate`] when the number is taken; [`crate::Error::NotFound`] when the client does not exist.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn create_bill(
        &self,
        new: NewBill<'_>,
        request: Idempotent<BillView>,
    ) -> Result<StoredResponse> {
        let created = self.unit_of_work(WRITE)?.run_once(request, async |tx| {
            let bill = bills::insert(tx, new).await?;
            view(tx, bill).await
        });
        Ok(created.await?)
    }

    /// Changes a bill.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Duplicate`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn update_bill(&self, id: BillId, changes: &BillChanges) -> Result<Visible<BillView>> {
        let updated = self.unit_of_work(WRITE)?.show(async |tx| {
            let bill = bills::update(tx, id, changes).await?;
            view(tx, bill).await
        });
        Ok(updated.await?)
    }

    /// Deletes a bill without an order.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Refused`] when it has an order.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn delete_bill(&self, id: BillId) -> Result<()> {
        Ok(self.unit_of_work(WRITE)?.run(async |tx| bills::delete(tx, id).await).await?)
    }
}

impl Disclose for Bill {
    const READ: Option<Permission> = READ.permission;

    fn row(&self) -> ShownRow {
        ShownRow::new("bills", self.id.0, Some(self.client_id))
    }
}

impl Disclose for BillView {
    const READ: Option<Permission> = READ.permission;

    fn row(&self) -> ShownRow {
        self.bill.row()
    }

    fn redact(self) -> Visible<Self> {
        let order = self.order.map(without_address);
        Visible::Shown(Self { client: None, order, ..self })
    }
}

async fn view(conn: &mut Connection, bill: Bill) -> repository::Result<BillView> {
    let missing = repository::Error::NotFound { resource: Resource::Bill, id: bill.id.0 };
    views(conn, vec![bill]).await?.pop().ok_or(missing)
}

async fn views(conn: &mut Connection, found: Vec<Bill>) -> repository::Result<Vec<BillView>> {
    let clients = clients::list_by_ids(conn, &relations::keys(&found, |bill| bill.client_id)).await?;
    let clients = relations::by_key(clients, |client| client.id);
    let orders = orders::list_of_bills(conn, &relations::keys(&found, |bill| bill.id)).await?;
    let orders = relations::by_key(orders, |order| order.bill_id);
    let view = |bill: Bill| BillView {
        client: clients.get(&bill.client_id).cloned(),
        order: orders.get(&bill.id).cloned(),
        bill,
    };
    Ok(found.into_iter().map(view).collect())
}
