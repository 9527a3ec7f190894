//! Addresses of clients.

use diesel::{prelude::*, result::OptionalExtension};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use stockroom_domain::{
    Address, AddressId, City, ClientId, Fields, FromFields, HouseNumber, Page, Resource, Street, Violations,
};

use crate::{
    Connection, Error, Result, children,
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

/// An address to insert.
#[derive(Debug, Clone, Copy)]
pub struct NewAddress<'a> {
    /// Street.
    pub street: Option<&'a Street>,
    /// House number.
    pub number: Option<&'a HouseNumber>,
    /// City.
    pub city: Option<&'a City>,
    /// Whose address it is.
    pub client_id: ClientId,
}

/// The writable columns of an address; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, AsChangeset)]
#[diesel(table_name = addresses)]
pub struct AddressChanges {
    street: Option<Option<String>>,
    number: Option<Option<String>>,
    city: Option<Option<String>>,
    client_id: Option<i64>,
}

impl AddressChanges {
    /// Reads changes strictly: an unknown or protected field is refused, null clears a nullable one.
    ///
    /// # Errors
    /// Every field that breaks a rule.
    pub fn from_json(json: Value) -> Result<Self, Violations> {
        Fields::read_strict("body", json)
    }

    /// The client that it moves to.
    pub fn client_id(&self) -> Option<ClientId> {
        self.client_id.map(ClientId)
    }
}

impl FromFields for AddressChanges {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            street: fields.nullable_change("street").map(|text| text.map(Street::into_string)),
            number: fields.nullable_change("number").map(|text| text.map(HouseNumber::into_string)),
            city: fields.nullable_change("city").map(|text| text.map(City::into_string)),
            client_id: fields.change("client_id"),
        })
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
            addresses::street.eq(new.street.map(Street::as_str)),
            addresses::number.eq(new.number.map(HouseNumber::as_str)),
            addresses::city.eq(new.city.map(City::as_str)),
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
        .set(changes)
        .returning(AddressRow::as_returning())
        .get_result(conn)
        .await
        .optional()
        .map_err(|error| of_write(error, changes.client_id))?;
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
