//! Erasing a person: whatever tells who it was goes, what the shop's books need stays. It cannot be undone.

use diesel::{prelude::*, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use stockroom_domain::{AuditAction, Client, ClientId, ProductId, Refusal, SessionId};

use crate::{
    Connection, Error, Result, addresses,
    audit::{self, Actor, NewEntry},
    clients, password_resets,
    schema::{orders, reviews},
    sessions,
    statement::statement,
};

/// What an erased person has left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// The client without a name.
    pub client: Client,
    /// Products that showed what was erased.
    pub products: Vec<ProductId>,
    /// Where the client was signed in.
    pub sessions: Vec<SessionId>,
}

/// Erases a client: name, addresses, where orders went, the words of reviews, every way to sign in, kept answers, and the
/// values in the audit log, which says who has done it. Orders, bills, their numbers and the stars of reviews stay.
///
/// # Errors
/// [`Error::NotFound`]; [`Refusal::ClientErased`] when it was done before.
pub async fn erase_in_tx(conn: &mut Connection, id: ClientId, by: &Actor) -> Result<Erased> {
    // Orders come before clients in the order of locks.
    let placed = orders::table.filter(orders::client_id.eq(id.0)).order(orders::id).select(orders::id);
    let locked: Vec<i64> = placed.for_no_key_update().load(conn).await?;
    // Who writes anything about this client from here on waits, and is refused.
    if clients::lock_one_in_tx(conn, id).await?.erased {
        return Err(Refusal::ClientErased(id).into());
    }
    lock_placed_meanwhile(conn, id, &locked).await?;
    let nothing = None::<String>;
    diesel::update(orders::table.filter(orders::client_id.eq(id.0)))
        .set((
            orders::address_street.eq(&nothing),
            orders::address_number.eq(&nothing),
            orders::address_city.eq(&nothing),
        ))
        .execute(conn)
        .await?;
    // As long as the addresses and reviews tell whose they are.
    ForgetAnswers { client: id.0 }.execute(conn).await?;
    addresses::delete_of_client(conn, id).await?;
    let products: Vec<i64> = diesel::update(reviews::table.filter(reviews::client_id.eq(id.0)))
        .set((reviews::comment.eq(&nothing), reviews::client_id.eq(None::<i64>)))
        .returning(reviews::product_id)
        .get_results(conn)
        .await?;
    password_resets::delete_of_client(conn, id).await?;
    let sessions = sessions::delete_of_client_in_tx(conn, id).await?;
    let client = clients::anonymise_in_tx(conn, id).await?;
    audit::act_in_tx(conn, by).await?;
    let entry = NewEntry::of(AuditAction::Erase, "clients", id.0);
    audit::record(conn, by, NewEntry { client_id: Some(id), ..entry }).await?;
    // Last: also what was logged of these changes.
    audit::forget_in_tx(conn, id).await?;
    Ok(Erased { client, products: products.into_iter().map(ProductId).collect(), sessions })
}

/// Locks the orders that were placed between the two locks. To wait for one, under the lock of the client, would be a
/// deadlock with whoever has it and waits for a checkout of the same client: rather all is done again.
async fn lock_placed_meanwhile(conn: &mut Connection, id: ClientId, locked: &[i64]) -> Result<()> {
    let placed: Vec<i64> =
        orders::table.filter(orders::client_id.eq(id.0)).select(orders::id).load(conn).await?;
    let meanwhile: Vec<i64> =
        placed.into_iter().filter(|order| locked.binary_search(order).is_err()).collect();
    if meanwhile.is_empty() {
        return Ok(());
    }
    let free: Vec<i64> = orders::table
        .filter(orders::id.eq_any(&meanwhile))
        .select(orders::id)
        .for_no_key_update()
        .skip_locked()
        .load(conn)
        .await?;
    if free.len() == meanwhile.len() { Ok(()) } else { Err(Error::Conflict(None)) }
}

// Stored answers are found by the person whom they concern, by the caller whom they were given to, and by the row that they
// show, which may have become this client's later.
statement! {
    ForgetAnswers -> () {
        "WITH of_client (id) AS (SELECT "
        client: BigInt as i64,
        "), owned (resource, id) AS ( \
             SELECT 'addresses', addresses.id FROM addresses JOIN of_client ON client_id = of_client.id \
             UNION ALL SELECT 'orders', orders.id FROM orders JOIN of_client ON client_id = of_client.id \
             UNION ALL SELECT 'bills', bills.id FROM bills JOIN of_client ON client_id = of_client.id \
             UNION ALL SELECT 'reviews', reviews.id FROM reviews JOIN of_client ON client_id = of_client.id \
         ) \
         DELETE FROM idempotency_keys USING of_client \
         WHERE idempotency_keys.client_id = of_client.id \
             OR caller IN ('client:' || of_client.id, 'operator:' || of_client.id, 'admin:' || of_client.id) \
             OR (resource, resource_id) IN (SELECT resource, id FROM owned)"
    }
}
