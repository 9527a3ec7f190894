//! Addresses of clients.

use diesel::{prelude::*, result::OptionalExtension};
use diesel_async::RunQueryDsl;
use stockroom_domain::{Address, AddressChanges, AddressId, ClientId, NewAddress, Page, Resource, Text};

use crate::{
    Connection, Error, Result,
    changesets::nullable,
    children,
    lists::lists,
    reads::{into_values, reads},
    schema::addresses,
};

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = addresses, check_for_backend(diesel::pg::Pg))]
struct AddressRow {
    id: i64,
    street: Option<String>,
    number: Option<String>,
    city: Option<String>,
    client_id: i64,
}

impl From<AddressRow> for Address {
    fn from(row: AddressRow) -> Self {
        Self {
            id: AddressId(row.id),
            street: row.street,
            number: row.number,
            city: row.city,
            client_id: ClientId(row.client_id),
        }
    }
}

/// The columns of an address that an update can write.
#[derive(AsChangeset)]
#[diesel(table_name = addresses)]
struct AddressChangeset<'a> {
    street: Option<Option<&'a str>>,
    number: Option<Option<&'a str>>,
    city: Option<Option<&'a str>>,
    client_id: Option<i64>,
}

impl<'a> From<&'a AddressChanges> for AddressChangeset<'a> {
    fn from(changes: &'a AddressChanges) -> Self {
        Self {
            street: nullable(changes.street.as_ref()),
            number: nullable(changes.number.as_ref()),
            city: nullable(changes.city.as_ref()),
            client_id: changes.client_id.map(|id| id.0),
        }
    }
}

reads!(addresses, AddressRow, Address, AddressId, Resource::Address);

lists!(addresses, AddressRow, Address, by client_id: ClientId);

/// The first `most` addresses of each of these clients, ordered by id.
///
/// # Errors
/// Only when the database fails.
pub async fn list_of_clients(conn: &mut Connection, clients: &[ClientId], most: i64) -> Result<Vec<Address>> {
    // One parent, as items have it: a statement that the connection keeps prepared.
    if let [client] = clients {
        return list(conn, Some(*client), &Page::first(most)).await;
    }
    let clients: Vec<i64> = clients.iter().map(|id| id.0).collect();
    into_values(children::list::<AddressRow>(conn, "addresses", "client_id", "true", &clients, most).await?)
}

/// Locks one address (`FOR UPDATE`) and returns it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn lock_one_in_tx(conn: &mut Connection, id: AddressId) -> Result<Address> {
    let locked = addresses::table.find(id.0).select(AddressRow::as_select()).for_update().first(conn).await;
    locked.optional()?.map(Address::from).ok_or(not_found(id))
}

/// Inserts an address.
///
/// # Errors
/// [`Error::NotFound`] when the client does not exist.
pub async fn insert(conn: &mut Connection, new: NewAddress<'_>) -> Result<Address> {
    let row: AddressRow = diesel::insert_into(addresses::table)
        .values((
            addresses::street.eq(new.street.map(Text::as_str)),
            addresses::number.eq(new.number.map(Text::as_str)),
            addresses::city.eq(new.city.map(Text::as_str)),
            addresses::client_id.eq(new.client_id.0),
        ))
        .returning(AddressRow::as_returning())
        .get_result(conn)
        .await
        .map_err(|error| of_write(error, Some(new.client_id.0)))?;
    Ok(row.into())
}

/// Changes an address.
///
/// # Errors
/// [`Error::NotFound`] when the address or its new client does not exist.
pub async fn update(conn: &mut Connection, id: AddressId, changes: &AddressChanges) -> Result<Address> {
    if *changes == AddressChanges::default() {
        return get(conn, id).await;
    }
    let row = diesel::update(addresses::table.find(id.0))
        .set(AddressChangeset::from(changes))
        .returning(AddressRow::as_returning())
        .get_result(conn)
        .await
        .optional()
        .map_err(|error| of_write(error, changes.client_id.map(|id| id.0)))?;
    row.map(Address::from).ok_or(not_found(id))
}

/// Deletes an address.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn delete(conn: &mut Connection, id: AddressId) -> Result<()> {
    let deleted = diesel::delete(addresses::table.find(id.0)).execute(conn).await?;
    if deleted == 0 { Err(not_found(id)) } else { Ok(()) }
}

/// Deletes all addresses of a client.
///
/// # Errors
/// Only when the database fails.
pub async fn delete_of_client(conn: &mut Connection, client: ClientId) -> Result<()> {
    diesel::delete(addresses::table.filter(addresses::client_id.eq(client.0))).execute(conn).await?;
    Ok(())
}

fn of_write(error: diesel::result::Error, client: Option<i64>) -> Error {
    Error::of_write(error, &[("addresses_client_id_fkey", Resource::Client, client.unwrap_or_default())])
}
