//! Use cases of clients.

use stockroom_domain::{
    Address, Client, ClientChanges, ClientId, ListOrder, Order, Page, Password, Permission, Resource,
};
use stockroom_repository::{self as repository, Connection, addresses, clients, orders, reviews, sessions};

use crate::{
    Disclose, Idempotent, Listed, NESTED_ROWS, Need, NewAccount, Result, Shop, ShownRow, StoredResponse,
    Visible, lists, relations,
};

const READ: Need = Need::or_owner(Permission::ClientsRead);
const WRITE: Need = Need::or_owner(Permission::ClientsWrite);

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
        self.authorize(READ)?;
        self.require_own(Permission::ClientsRead, Some(id), (Resource::Client, id.0))?;
        let mut conn = self.pool().get().await?;
        let client = clients::get(&mut conn, id).await?;
        self.disclose(&conn, [&client]).await?;
        Ok(view(&mut conn, client).await?)
    }

    /// A page of clients with addresses, and orders when asked for.
    ///
    /// # Errors
    /// Only when the database fails.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn list_clients(&self, page: &Page, with_orders: bool) -> Result<Listed<ClientView>> {
        let mut conn = self.connection_for(Need::to(Permission::ClientsRead)).await?;
        let found = clients::list(&mut conn, &page.and_one_more()).await?;
        let (found, next) = lists::cut(found, page, |client| ListOrder::CLIENTS.at_id(client.id.0));
        let total = clients::total(&mut conn, page).await?;
        self.disclose(&conn, &found).await?;
        Ok(Listed { rows: views(&mut conn, found, with_orders).await?, next, total })
    }

    /// Creates a client, never as an administrator.
    ///
    /// # Errors
    /// [`crate::Error::Duplicate`] when the e-mail address is taken.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn create_client(
        &self,
        account: NewAccount,
        request: Idempotent<ClientView>,
    ) -> Result<StoredResponse> {
        let create = self.unit_of_work(Need::to(Permission::ClientsWrite))?;
        let hash = self.hash_of(&account).await?;
        let created = create.run_once(request, async |tx| {
            let client = clients::insert(tx, account.as_new(hash.as_deref())).await?;
            Ok(ClientView { client, addresses: Vec::new(), orders: Some(Vec::new()) })
        });
        Ok(created.await?)
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
    ) -> Result<Visible<ClientView>> {
        let change = self.unit_of_work(WRITE)?;
        self.require_own(Permission::ClientsWrite, Some(id), (Resource::Client, id.0))?;
        // With a new password nobody stays signed in who knew the old one, but whoever asks.
        let renewed = password.is_some();
        let staying = self.caller.session().map(|(_, session)| session);
        if let Some(password) = password {
            changes = changes.with_password_hash(self.parts.passwords.hash(password).await?);
        }
        let updated = change.show(async |tx| {
            let client = clients::lock_one_in_tx(tx, id).await?;
            if changes.change_sign_in_of(&client) {
                self.require_may_take_over(&client)?;
            }
            let client = clients::update(tx, id, &changes).await?;
            if renewed {
                let ended = sessions::revoke_all_in_tx(tx, id, staying).await?;
                tx.invalidate().sessions(&ended);
            }
            view(tx, client).await
        });
        Ok(updated.await?)
    }

    /// Deletes a client without orders and bills, with all addresses. Clients who delete themselves are erased, whatever
    /// they have bought.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Refused`] when there are orders or bills, or the client was erased
    /// before.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn delete_client(&self, id: ClientId) -> Result<()> {
        self.authorize(WRITE)?;
        if !self.caller.may(Permission::ClientsWrite) {
            self.require_own(Permission::ClientsWrite, Some(id), (Resource::Client, id.0))?;
            self.erase_client(id, Idempotent { key: None, render: |_| String::new() }).await?;
            return Ok(());
        }
        // Rows of other tables go with it or change: a transaction, so that losing against another one is run again.
        let deleted = self.unit_of_work(WRITE)?.run(async |tx| {
            // Its reviews lose their author, and until then it writes no more of them.
            self.require_may_take_over(&clients::lock_one_in_tx(tx, id).await?)?;
            let reviewed = reviews::list_products_of_client(tx, id).await?;
            tx.invalidate().products(reviewed);
            let ended = sessions::revoke_all_in_tx(tx, id, None).await?;
            tx.invalidate().sessions(&ended);
            clients::delete(tx, id).await
        });
        Ok(deleted.await?)
    }
}

impl Disclose for Client {
    const READ: Option<Permission> = READ.permission;

    fn row(&self) -> ShownRow {
        ShownRow::new("clients", self.id.0, Some(self.id))
    }

    fn redact(self) -> Visible<Self> {
        Visible::IdOnly(self.id.0)
    }
}

impl Disclose for ClientView {
    const READ: Option<Permission> = READ.permission;

    fn row(&self) -> ShownRow {
        self.client.row()
    }

    fn redact(self) -> Visible<Self> {
        Visible::IdOnly(self.client.id.0)
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
