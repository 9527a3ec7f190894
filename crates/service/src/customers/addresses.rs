//! Use cases of addresses.

use stockroom_domain::{
    Address, AddressChanges, AddressId, ClientId, ListOrder, NewAddress, Page, Permission, Resource,
};
use stockroom_repository::addresses;

use crate::{Disclose, Idempotent, Listed, Need, Result, Shop, ShownRow, StoredResponse, Visible, lists};

const READ: Need = Need::or_owner(Permission::ClientsRead);
const WRITE: Need = Need::or_owner(Permission::ClientsWrite);

impl Shop {
    /// An address.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn get_address(&self, id: AddressId) -> Result<Address> {
        let mut conn = self.connection_for(READ).await?;
        let address = addresses::get(&mut conn, id).await?;
        self.require_own(Permission::ClientsRead, Some(address.client_id), (Resource::Address, id.0))?;
        self.disclose(&conn, [&address]).await?;
        Ok(address)
    }

    /// A page of addresses, of one client when given.
    ///
    /// # Errors
    /// Only when the database fails.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn list_addresses(&self, client: Option<ClientId>, page: &Page) -> Result<Listed<Address>> {
        self.authorize(READ)?;
        let client = self.scope_client_filter(Permission::ClientsRead, client)?;
        let mut conn = self.pool().get().await?;
        let found = addresses::list(&mut conn, client, &page.and_one_more()).await?;
        let (found, next) = lists::cut(found, page, |address| ListOrder::ADDRESSES.at_id(address.id.0));
        let total = addresses::total(&mut conn, client, page).await?;
        self.disclose(&conn, &found).await?;
        Ok(Listed { rows: found, next, total })
    }

    /// Creates an address.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the client does not exist.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn create_address(
        &self,
        new: NewAddress<'_>,
        request: Idempotent<Address>,
    ) -> Result<StoredResponse> {
        let create = self.unit_of_work(WRITE)?;
        self.require_own(Permission::ClientsWrite, Some(new.client_id), (Resource::Client, new.client_id.0))?;
        Ok(create.run_once(request, async |tx| addresses::insert(tx, new).await).await?)
    }

    /// Changes an address.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the address or its new client does not exist.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn update_address(&self, id: AddressId, changes: &AddressChanges) -> Result<Visible<Address>> {
        let change = self.unit_of_work(WRITE)?;
        if let Some(client) = changes.client_id {
            self.require_own(Permission::ClientsWrite, Some(client), (Resource::Client, client.0))?;
        }
        let updated = change.show(async |tx| {
            let address = addresses::lock_one_in_tx(tx, id).await?;
            self.require_own(Permission::ClientsWrite, Some(address.client_id), (Resource::Address, id.0))?;
            addresses::update(tx, id, changes).await
        });
        Ok(updated.await?)
    }

    /// Deletes an address.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn delete_address(&self, id: AddressId) -> Result<()> {
        let deleted = self.unit_of_work(WRITE)?.run(async |tx| {
            let address = addresses::lock_one_in_tx(tx, id).await?;
            self.require_own(Permission::ClientsWrite, Some(address.client_id), (Resource::Address, id.0))?;
            addresses::delete(tx, id).await
        });
        Ok(deleted.await?)
    }
}

impl Disclose for Address {
    const READ: Option<Permission> = READ.permission;

    fn row(&self) -> ShownRow {
        ShownRow::new("addresses", self.id.0, Some(self.client_id))
    }

    fn redact(self) -> Visible<Self> {
        Visible::IdOnly(self.id.0)
    }
}
