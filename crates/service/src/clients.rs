//! Use cases of clients.

use stockroom_domain::{
    Address, Client, ClientChanges, ClientId, ListOrder, Order, Page, Password, Permission, Resource,
};
use stockroom_repository::{self as repository, Connection, addresses, clients, orders, reviews, sessions};

use crate::{Answer, Answered, Listed, NESTED_ROWS, NewAccount, Once, Result, Shop, lists, relations};

/// A client with addresses and, where they were asked for, orders.
#[derive(Debug, Clone)]
pub struct ClientView {
    /// The client.
    pub client: Client,
    /// The first addresses.
    pub addresses: Vec<Address>,
    /// The first orders.
    pub orders: Option<Vec<Order>>,
}

impl Shop {
    /// A client with addresses and orders.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn get_client(&self, id: ClientId) -> Result<ClientView> {
        self.require_own(Permission::ClientsRead, Some(id), (Resource::Client, id.0))?;
        let mut conn = self.pool().get().await?;
        let client = clients::get(&mut conn, id).await?;
        self.record_read(&conn, "clients", [(id.0, id)]).await?;
        Ok(view(&mut conn, client).await?)
    }

    /// A page of clients with addresses, and orders when asked for.
    ///
    /// # Errors
    /// Only when the database fails.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn list_clients(&self, page: &Page, with_orders: bool) -> Result<Listed<ClientView>> {
        let mut conn = self.pool().get().await?;
        let found = clients::list(&mut conn, &page.and_one_more()).await?;
        let (found, next) = lists::cut(found, page, |client| ListOrder::CLIENTS.at_id(client.id.0));
        let total = clients::total(&mut conn, page).await?;
        self.record_read(&conn, "clients", found.iter().map(|client| (client.id.0, client.id))).await?;
        Ok(Listed { rows: views(&mut conn, found, with_orders).await?, next, total })
    }

    /// Creates a client, never as an administrator.
    ///
    /// # Errors
    /// [`crate::Error::Duplicate`] when the e-mail address is taken.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn create_client(&self, account: NewAccount, once: Once<ClientView>) -> Result<Answered> {
        let hash = self.hash_of(&account).await?;
        self.once(once, async |conn| {
            let client = clients::insert(conn, account.as_new(hash.as_deref())).await?;
            Ok(ClientView { client, addresses: Vec::new(), orders: Some(Vec::new()) })
        })
        .await
    }

    /// Changes a client, and the password when given, which ends all sessions but the one that asks.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Duplicate`] when the e-mail address is taken.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn update_client(
        &self,
        id: ClientId,
        mut changes: ClientChanges,
        password: Option<Password>,
    ) -> Result<ClientView> {
        self.require_own(Permission::ClientsWrite, Some(id), (Resource::Client, id.0))?;
        // With a new password nobody stays signed in who knew the old one, but whoever asks.
        let renewed = password.is_some();
        let staying = self.caller.session().map(|(_, session)| session);
        if let Some(password) = password {
            changes = changes.with_password_hash(self.parts.passwords.hash(password).await?);
        }
        let write = self.write_then(async |conn| {
            let client = clients::lock_one_in_tx(conn, id).await?;
            if changes.change_sign_in_of(&client) {
                self.require_may_take_over(&client)?;
            }
            let client = clients::update(conn, id, &changes).await?;
            let ended =
                if renewed { sessions::revoke_all_in_tx(conn, id, staying).await? } else { Vec::new() };
            Ok((client, ended))
        });
        let ((client, ended), mut conn) = write.await?;
        self.parts.auth.forget(&ended);
        Ok(view(&mut conn, client).await?)
    }

    /// Deletes a client without orders and bills, with all addresses. Clients who delete themselves are erased, whatever
    /// they have bought.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Refused`] when there are orders or bills, or the client was erased
    /// before.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn delete_client(&self, id: ClientId) -> Result<()> {
        if !self.caller.may(Permission::ClientsWrite) {
            self.require_own(Permission::ClientsWrite, Some(id), (Resource::Client, id.0))?;
            let answer = |_| Answer { location: None, body: String::new() };
            self.erase_client(id, Once { key: None, answer }).await?;
            return Ok(());
        }
        // Rows of other tables go with it or change: a transaction, so that losing against another one is run again.
        let touched = self.parts.catalogue.touched();
        let deleted = self.write(async |conn| {
            // Its reviews lose their author, and until then it writes no more of them.
            self.require_may_take_over(&clients::lock_one_in_tx(conn, id).await?)?;
            touched.products(reviews::list_products_of_client(conn, id).await?);
            let ended = sessions::revoke_all_in_tx(conn, id, None).await?;
            clients::delete(conn, id).await?;
            Ok(ended)
        });
        let deleted = deleted.await;
        self.parts.auth.forget(&touched.settle(deleted).await?);
        Ok(())
    }
}

pub(crate) async fn view(conn: &mut Connection, client: Client) -> repository::Result<ClientView> {
    let addresses = addresses::list_of_clients(conn, &[client.id], NESTED_ROWS).await?;
    let orders = orders::list_of_clients(conn, &[client.id], NESTED_ROWS).await?;
    Ok(ClientView { client, addresses, orders: Some(orders) })
}

async fn views(
    conn: &mut Connection,
    found: Vec<Client>,
    with_orders: bool,
) -> repository::Result<Vec<ClientView>> {
    let ids = relations::keys(&found, |client| client.id);
    let addresses = addresses::list_of_clients(conn, &ids, NESTED_ROWS).await?;
    let mut addresses = relations::by_parent(addresses, |address| address.client_id);
    let mut orders = if with_orders {
        let orders = orders::list_of_clients(conn, &ids, NESTED_ROWS).await?;
        Some(relations::by_parent(orders, |order| order.client_id))
    } else {
        None
    };
    let view = |client: Client| ClientView {
        addresses: addresses.remove(&client.id).unwrap_or_default(),
        orders: orders.as_mut().map(|orders| orders.remove(&client.id).unwrap_or_default()),
        client,
    };
    Ok(found.into_iter().map(view).collect())
}
