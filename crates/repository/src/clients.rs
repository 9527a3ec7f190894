//! Clients. Password hashes are read only by [`find_credentials`].

use chrono::{DateTime, Utc};
use diesel::{dsl::now, prelude::*, result::OptionalExtension};
use diesel_async::RunQueryDsl;
use stockroom_domain::{
    Client, ClientChanges, ClientId, Email, NewClient, Page, Refusal, Resource, Role, Telephone, Text,
    UnknownName,
};

use crate::{Connection, Error, Result, lists::lists, reads::reads, schema::clients};

#[derive(Queryable, Selectable)]
#[diesel(table_name = clients, check_for_backend(diesel::pg::Pg))]
struct ClientRow {
    id: i64,
    name: String,
    lastname: String,
    email: String,
    telephone: Option<String>,
    role: String,
    erased_at: Option<DateTime<Utc>>,
}

impl TryFrom<ClientRow> for Client {
    type Error = UnknownName;

    fn try_from(row: ClientRow) -> Result<Self, UnknownName> {
        Ok(Self {
            id: ClientId(row.id),
            name: row.name,
            lastname: row.lastname,
            email: row.email,
            telephone: row.telephone,
            role: row.role.parse()?,
            erased: row.erased_at.is_some(),
        })
    }
}

/// The columns of a client that an update can write. The role is not among them.
#[derive(AsChangeset)]
#[diesel(table_name = clients)]
struct ClientChangeset<'a> {
    name: Option<&'a str>,
    lastname: Option<&'a str>,
    email: Option<&'a str>,
    telephone: Option<Option<&'a str>>,
    password_hash: Option<&'a str>,
}

impl<'a> From<&'a ClientChanges> for ClientChangeset<'a> {
    fn from(changes: &'a ClientChanges) -> Self {
        Self {
            name: changes.name.as_ref().map(Text::as_str),
            lastname: changes.lastname.as_ref().map(Text::as_str),
            email: changes.email.as_ref().map(Email::as_str),
            telephone: changes.telephone.as_ref().map(|number| number.as_ref().map(Telephone::as_str)),
            password_hash: changes.password_hash.as_deref(),
        }
    }
}

reads!(clients, ClientRow, Client, ClientId, Resource::Client);

lists!(clients, ClientRow, Client);

/// The client with this e-mail address, regardless of case, with the password hash; none that was erased.
///
/// # Errors
/// Only when the database fails.
pub async fn find_credentials(
    conn: &mut Connection,
    email: &str,
) -> Result<Option<(Client, Option<String>)>> {
    diesel::define_sql_function!(fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text);
    let found: Option<(ClientRow, Option<String>)> = clients::table
        .filter(lower(clients::email).eq(lower(email)))
        .filter(clients::erased_at.is_null())
        .select((ClientRow::as_select(), clients::password_hash))
        .first(conn)
        .await
        .optional()?;
    found.map(|(row, hash)| Ok((row.try_into()?, hash))).transpose()
}

/// Inserts a client, never as an administrator.
///
/// # Errors
/// [`Error::Duplicate`] when the e-mail address is taken.
pub async fn insert(conn: &mut Connection, new: NewClient<'_>) -> Result<Client> {
    let row: ClientRow = diesel::insert_into(clients::table)
        .values((
            clients::name.eq(new.name.as_str()),
            clients::lastname.eq(new.lastname.as_str()),
            clients::email.eq(new.email.as_str()),
            clients::telephone.eq(new.telephone.map(Telephone::as_str)),
            clients::password_hash.eq(new.password_hash),
        ))
        .returning(ClientRow::as_returning())
        .get_result(conn)
        .await?;
    Ok(row.try_into()?)
}

/// Locks a client (`FOR UPDATE`) and returns it: nobody else can refer to it until the transaction ends.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn lock_one_in_tx(conn: &mut Connection, id: ClientId) -> Result<Client> {
    let locked = clients::table.find(id.0).select(ClientRow::as_select()).for_update().first(conn).await;
    Ok(locked.optional()?.ok_or(not_found(id))?.try_into()?)
}

/// Locks a client and reads the password hash: nobody else changes it, or begins a session, until the transaction ends.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn lock_password_in_tx(conn: &mut Connection, id: ClientId) -> Result<Option<String>> {
    let locked =
        clients::table.find(id.0).select(clients::password_hash).for_no_key_update().first(conn).await;
    locked.optional()?.ok_or(not_found(id))
}

/// The password hash of a client.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get_password_hash(conn: &mut Connection, id: ClientId) -> Result<Option<String>> {
    let hash = clients::table.find(id.0).select(clients::password_hash).first(conn).await;
    hash.optional()?.ok_or(not_found(id))
}

/// Gives a client a role. It is no field of [`ClientChanges`]: no request that changes a client can do this.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn set_role_in_tx(conn: &mut Connection, id: ClientId, role: Role) -> Result<Client> {
    let row = diesel::update(clients::table.find(id.0))
        .set(clients::role.eq(role.name()))
        .returning(ClientRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.ok_or(not_found(id))?.try_into()?)
}

/// Changes a client.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Duplicate`] when the new e-mail address is taken.
pub async fn update(conn: &mut Connection, id: ClientId, changes: &ClientChanges) -> Result<Client> {
    if *changes == ClientChanges::default() {
        return get(conn, id).await;
    }
    let row = diesel::update(clients::table.find(id.0))
        .set(ClientChangeset::from(changes))
        .returning(ClientRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.ok_or(not_found(id))?.try_into()?)
}

/// Takes from a client whatever tells who it is, its role, and the means to sign in. The caller has locked it.
///
/// # Errors
/// [`Error::NotFound`]; [`Refusal::ClientErased`] when it was done before.
pub(crate) async fn anonymise_in_tx(conn: &mut Connection, id: ClientId) -> Result<Client> {
    let nothing = None::<String>;
    let row = diesel::update(clients::table.find(id.0))
        .set((
            clients::name.eq("Erased"),
            clients::lastname.eq("Erased"),
            clients::email.eq(format!("erased-{id}@erased.invalid")),
            clients::telephone.eq(&nothing),
            clients::password_hash.eq(&nothing),
            clients::external_number.eq(&nothing),
            clients::role.eq(Role::Client.name()),
            clients::erased_at.eq(now),
        ))
        .returning(ClientRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.ok_or(not_found(id))?.try_into()?)
}

/// Deletes a client with all addresses; its reviews stay without an author.
///
/// # Errors
/// [`Error::NotFound`]; [`Refusal::ClientHasOrdersOrBills`].
pub async fn delete(conn: &mut Connection, id: ClientId) -> Result<()> {
    let deleted = diesel::delete(clients::table.find(id.0))
        .execute(conn)
        .await
        .map_err(|error| Error::of_delete(error, Refusal::ClientHasOrdersOrBills(id)))?;
    if deleted == 0 { Err(not_found(id)) } else { Ok(()) }
}
