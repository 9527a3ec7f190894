//! Use cases of bills.

use stockroom_domain::{
    Bill, BillChanges, BillId, Client, ClientId, ListOrder, NewBill, Order, Page, Permission, Resource,
};
use stockroom_repository::{self as repository, Connection, bills, clients, orders};

use crate::{Answered, Listed, Once, Result, Shop, lists, relations};

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
        let mut conn = self.pool().get().await?;
        let bill = bills::get(&mut conn, id).await?;
        self.require_own(Permission::BillsRead, Some(bill.client_id), (Resource::Bill, id.0))?;
        self.record_read(&conn, "bills", [(id.0, bill.client_id)]).await?;
        Ok(view(&mut conn, bill).await?)
    }

    /// A page of bills with clients and orders, of one client when given.
    ///
    /// # Errors
    /// Only when the database fails.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn list_bills(&self, client: Option<ClientId>, page: &Page) -> Result<Listed<BillView>> {
        let client = self.whose(Permission::BillsRead, client)?;
        let mut conn = self.pool().get().await?;
        let found = bills::list(&mut conn, client, &page.and_one_more()).await?;
        let (found, next) = lists::cut(found, page, |bill| ListOrder::BILLS.at_id(bill.id.0));
        let total = bills::total(&mut conn, client, page).await?;
        self.record_read(&conn, "bills", found.iter().map(|bill| (bill.id.0, bill.client_id))).await?;
        Ok(Listed { rows: views(&mut conn, found).await?, next, total })
    }

    /// Creates a bill.
    ///
    /// # Errors
    /// [`crate::Error::Duplicate`] when the number is taken; [`crate::Error::NotFound`] when the client does not exist.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn create_bill(&self, new: NewBill<'_>, once: Once<BillView>) -> Result<Answered> {
        self.once(once, async |conn| {
            let bill = bills::insert(conn, new).await?;
            view(conn, bill).await
        })
        .await
    }

    /// Changes a bill.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Duplicate`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn update_bill(&self, id: BillId, changes: &BillChanges) -> Result<BillView> {
        let (bill, mut conn) = self.write_then(async |conn| bills::update(conn, id, changes).await).await?;
        Ok(view(&mut conn, bill).await?)
    }

    /// Deletes a bill without an order.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Refused`] when it has an order.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn delete_bill(&self, id: BillId) -> Result<()> {
        Ok(self.write(async |conn| bills::delete(conn, id).await).await?)
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
