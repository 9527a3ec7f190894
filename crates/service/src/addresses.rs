//! Use cases of addresses.

use stockroom_domain::{
    Address, AddressChanges, AddressId, ClientId, ListOrder, NewAddress, Page, Permission, Resource,
};
use stockroom_repository::addresses;

use crate::{Answered, Listed, Once, Result, Shop, lists};

impl Shop {
    /// An address.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn get_address(&self, id: AddressId) -> Result<Address> {
        let mut conn = self.pool().get().await?;
        let address = addresses::get(&mut conn, id).await?;
        self.require_own(Permission::ClientsRead, Some(address.client_id), (Resource::Address, id.0))?;
        self.record_read(&conn, "addresses", [(id.0, address.client_id)]).await?;
        Ok(address)
    }

    /// A page of addresses, of one client when given.
    ///
    /// # Errors
    /// Only when the database fails.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn list_addresses(&self, client: Option<ClientId>, page: &Page) -> Result<Listed<Address>> {
        let client = self.whose(Permission::ClientsRead, client)?;
        let mut conn = self.pool().get().await?;
        let found = addresses::list(&mut conn, client, &page.and_one_more()).await?;
        let (found, next) = lists::cut(found, page, |address| ListOrder::ADDRESSES.at_id(address.id.0));
        let total = addresses::total(&mut conn, client, page).await?;
        let read = found.iter().map(|address| (address.id.0, address.client_id));
        self.record_read(&conn, "addresses", read).await?;
        Ok(Listed { rows: found, next, total })
    }

    /// Creates an address.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the client does not exist.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn create_address(&self, new: NewAddress<'_>, once: Once<Address>) -> Result<Answered> {
        self.require_own(Permission::ClientsWrite, Some(new.client_id), (Resource::Client, new.client_id.0))?;
        self.once(once, async |conn| addresses::insert(conn, new).await).await
    }

    /// Changes an address.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the address or its new client does not exist.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn update_address(&self, id: AddressId, changes: &AddressChanges) -> Result<Address> {
        if let Some(client) = changes.client_id {
            self.require_own(Permission::ClientsWrite, Some(client), (Resource::Client, client.0))?;
        }
        let write = self.write(async |conn| {
            let address = addresses::lock_one_in_tx(conn, id).await?;
            self.require_own(Permission::ClientsWrite, Some(address.client_id), (Resource::Address, id.0))?;
            addresses::update(conn, id, changes).await
        });
        Ok(write.await?)
    }

    /// Deletes an address.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn delete_address(&self, id: AddressId) -> Result<()> {
        let deleted = self.write(async |conn| {
            let address = addresses::lock_one_in_tx(conn, id).await?;
            self.require_own(Permission::ClientsWrite, Some(address.client_id), (Resource::Address, id.0))?;
            addresses::delete(conn, id).await
        });
        Ok(deleted.await?)
    }
}
