//! What has to be known to decide a group of orders, read under the locks of their products.

use std::{
    collections::{HashMap, HashSet},
    vec,
};

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Bytea, Nullable, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use stockroom_domain::{ClientId, Money, OrderId, ProductId, Shelf, ShelfProduct, ShippingAddress};

use super::{Outcome, Placement, StoredOrder};
use crate::{
    Connection, Result,
    idempotency::{RequestIdentity, RequestKey},
    schema::{addresses, clients, products},
    statement::statement,
};

/// What the decisions are made on.
pub(super) struct Known {
    pub(super) shelf: Shelf,
    pub(super) clients: HashSet<i64>,
    pub(super) addresses: HashMap<i64, (ClientId, Option<ShippingAddress>)>,
    pub(super) stamps: Stamps,
    answers: Answers,
}

/// Fingerprints and stored orders, by key, operation and caller.
type Answers = HashMap<RequestIdentity, (Vec<u8>, StoredOrder)>;

/// The time and the identities for what is written, enough for every order of the group and every line.
pub(super) struct Stamps {
    pub(super) now: DateTime<Utc>,
    pub(super) orders: vec::IntoIter<i64>,
    pub(super) bills: vec::IntoIter<i64>,
    pub(super) lines: vec::IntoIter<i64>,
}

statement! {
    TakeStamps -> (Timestamptz, Array<BigInt>, Array<BigInt>, Array<BigInt>) {
        "SELECT now(), ARRAY(SELECT nextval('orders_id_seq') FROM generate_series(1, "
        orders: BigInt as i64,
        ")), ARRAY(SELECT nextval('bills_id_seq') FROM generate_series(1, "
        bills: BigInt as i64,
        ")), ARRAY(SELECT nextval('order_details_id_seq') FROM generate_series(1, "
        lines: BigInt as i64,
        "))"
    }
}

impl Known {
    /// What was answered to a request before, if it was.
    pub(super) fn answered(&self, request: &RequestKey) -> Option<Outcome> {
        let (fingerprint, stored) = self.answers.get(&request.identity())?;
        Some(if *fingerprint == request.fingerprint {
            Outcome::Replayed(stored.clone())
        } else {
            Outcome::KeyReused
        })
    }
}

/// Locks the products of a group (`FOR UPDATE`, by ascending id), then reads the rest.
pub(super) async fn read(conn: &Connection, group: &[Placement<'_>]) -> Result<Known> {
    let lines = || group.iter().flat_map(|placement| &placement.checkout.lines);
    let shelf = lock_products(conn, distinct(lines().map(|line| line.product_id.0))).await?;
    let buyers = distinct(group.iter().map(|placement| placement.checkout.client_id.0));
    let destinations = distinct(group.iter().filter_map(|placement| Some(placement.checkout.address_id?.0)));
    let requests: Vec<&RequestKey> = group.iter().map(|placement| placement.request).collect();
    // Sent together, answered together.
    let (clients, addresses, answers, stamps) = tokio::try_join!(
        read_clients(conn, buyers),
        read_addresses(conn, destinations),
        read_answers(conn, &requests),
        take_stamps(conn, group.len(), lines().count()),
    )?;
    Ok(Known { shelf, clients, addresses, stamps, answers })
}

fn distinct(ids: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut ids: Vec<i64> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

async fn lock_products(mut conn: &Connection, ids: Vec<i64>) -> Result<Shelf> {
    let rows: Vec<(i64, String, Option<String>, i64, i64, bool)> = products::table
        .filter(products::id.eq_any(ids))
        .order(products::id)
        .select((
            products::id,
            products::name,
            products::sku,
            products::price,
            products::stock,
            products::active,
        ))
        .for_update()
        .load(&mut conn)
        .await?;
    let product = |(id, name, sku, price, stock, active)| {
        let (id, price) = (ProductId(id), Money::from_minor(price));
        ShelfProduct { id, name, sku, price, stock, active }
    };
    Ok(rows.into_iter().map(product).collect())
}

/// Keeps the clients from being deleted or erased meanwhile, with the lock that the foreign keys will take anyway. Whoever
/// was erased is as good as gone.
async fn read_clients(mut conn: &Connection, ids: Vec<i64>) -> Result<HashSet<i64>> {
    let clients = clients::table.filter(clients::id.eq_any(ids)).filter(clients::erased_at.is_null());
    let found: Vec<i64> =
        clients.order(clients::id).select(clients::id).for_key_share().load(&mut conn).await?;
    Ok(found.into_iter().collect())
}

async fn read_addresses(
    mut conn: &Connection,
    ids: Vec<i64>,
) -> Result<HashMap<i64, (ClientId, Option<ShippingAddress>)>> {
    type Row = (i64, i64, Option<String>, Option<String>, Option<String>);
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = addresses::table
        .filter(addresses::id.eq_any(ids))
        .select((addresses::id, addresses::client_id, addresses::street, addresses::number, addresses::city))
        .load(&mut conn)
        .await?;
    let address = |(id, client, street, number, city)| {
        (id, (ClientId(client), ShippingAddress::of(street, number, city)))
    };
    Ok(rows.into_iter().map(address).collect())
}

statement! {
    ReadAnswers -> (Text, Text, Text, Bytea, Text, Nullable<Text>, Nullable<BigInt>) {
        "SELECT key, operation, caller, fingerprint, answer, \
             (SELECT bill_number FROM bills JOIN orders ON orders.bill_id = bills.id WHERE orders.id = order_id), order_id \
         FROM idempotency_keys WHERE key = ANY("
        keys: Array<Text> as Vec<String>,
        ")"
    }
}

async fn read_answers(mut conn: &Connection, requests: &[&RequestKey]) -> Result<Answers> {
    type Row = (String, String, String, Vec<u8>, String, Option<String>, Option<i64>);
    let keys = requests.iter().map(|request| request.key.clone()).collect();
    let rows: Vec<Row> = ReadAnswers { keys }.load(&mut conn).await?;
    let stored = |(key, operation, caller, fingerprint, body, bill_number, order): Row| {
        let (bill_number, order_id) = (bill_number.unwrap_or_default(), OrderId(order.unwrap_or_default()));
        ((key, operation, caller), (fingerprint, StoredOrder { body, bill_number, order_id }))
    };
    Ok(rows.into_iter().map(stored).collect())
}

async fn take_stamps(mut conn: &Connection, orders: usize, lines: usize) -> Result<Stamps> {
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let (orders, lines) = (count(orders), count(lines));
    let taken: (DateTime<Utc>, Vec<i64>, Vec<i64>, Vec<i64>) =
        TakeStamps { orders, bills: orders, lines }.get_result(&mut conn).await?;
    let (now, orders, bills, lines) = taken;
    Ok(Stamps { now, orders: orders.into_iter(), bills: bills.into_iter(), lines: lines.into_iter() })
}
