//! Filling a shop from another system: set-based upserts, a handful of statements however long the lists are.
//!
//! Running the same import twice changes nothing the second time, not even a sequence. What the shop knows better than
//! the other system stays: the stock of a product that exists (it has been sold from since) and every existing client.
//! All locks are taken in the crate's lock order.

use std::collections::{BTreeSet, HashMap};

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{Array, BigInt, Text},
};
use diesel_async::RunQueryDsl;
use stockroom_domain::{
    CategoryName, ClientId, Email, Money, PersonName, Price, ProductId, ProductName, Sku, Stock,
};

use crate::{
    Connection, Error, Result,
    schema::{categories, clients, products},
    stock::{self, StockMovement, StockReason},
};

/// A client's number in the system it comes from: 1 to 64 characters, unique.
pub type ExternalNumber = stockroom_domain::Text<1, 64>;

/// A product of another system, known by its SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedProduct {
    /// Unique stock keeping unit.
    pub sku: Sku,
    /// Name.
    pub name: ProductName,
    /// Price of one piece.
    pub price: Price,
    /// Pieces in stock, if the product is new.
    pub stock: Stock,
    /// Name of its category, which is created when there is none.
    pub category: CategoryName,
}

/// A client of another system, known by its number there. It cannot sign in: it has no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedClient {
    /// Its number in the other system.
    pub external_number: ExternalNumber,
    /// First name.
    pub name: PersonName,
    /// Last name.
    pub lastname: PersonName,
    /// Unique e-mail address.
    pub email: Email,
}

/// What an import of products changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProductCounts {
    /// Categories that were created.
    pub categories: usize,
    /// Products that are new.
    pub inserted: usize,
    /// Products with a new name, price or category.
    pub updated: usize,
    /// Products that were as imported already.
    pub unchanged: usize,
}

/// What an import of clients changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClientCounts {
    /// Clients that are new.
    pub inserted: usize,
    /// Clients that exist already.
    pub unchanged: usize,
    /// Clients left out, because another client has their e-mail address.
    pub email_taken: usize,
}

/// Tells whether the shop has neither a category nor a product, and makes everybody else who asks wait until this
/// transaction ends: of two servers that start at once, only one fills the empty shop.
///
/// # Errors
/// Only when the database fails.
pub async fn claim_empty_shop_in_tx(conn: &mut Connection) -> Result<bool> {
    const ADVISORY_LOCK: i64 = 0x7374_6f63_6b66_696c;
    sql_query("SELECT pg_advisory_xact_lock($1)").bind::<BigInt, _>(ADVISORY_LOCK).execute(conn).await?;
    let any_category = diesel::dsl::exists(categories::table.select(categories::id));
    let any_product = diesel::dsl::exists(products::table.select(products::id));
    Ok(diesel::select(diesel::dsl::not(any_category.or(any_product))).get_result(conn).await?)
}

/// Inserts the products whose SKU is new, with their stock and its ledger, and brings name, price and category of the
/// others up to date. The stock of a product that exists is left alone: sales since the last import have lowered it.
/// Each SKU may be given once.
///
/// # Errors
/// [`Error::Conflict`] when a category vanished meanwhile; otherwise only when the database fails.
pub async fn products_in_tx(conn: &mut Connection, wanted: &[ImportedProduct]) -> Result<ProductCounts> {
    let (created, category_ids) = category_ids(conn, wanted).await?;
    let categories: Vec<i64> = wanted
        .iter()
        .map(|product| category_ids.get(product.category.as_str()).copied().ok_or(Error::Conflict(None)))
        .collect::<Result<_>>()?;
    let updated = update_products(conn, wanted, &categories).await?;
    let inserted = insert_products(conn, wanted, &categories).await?;
    Ok(ProductCounts {
        categories: created,
        inserted,
        updated,
        unchanged: wanted.len().saturating_sub(inserted + updated),
    })
}

/// Creates the categories that are missing; returns how many, and the ids of all by name. They cannot be deleted
/// before the transaction ends.
async fn category_ids(
    conn: &mut Connection,
    wanted: &[ImportedProduct],
) -> Result<(usize, HashMap<String, i64>)> {
    // Sorted, so that two imports insert in the same order and cannot deadlock.
    let names: BTreeSet<&str> = wanted.iter().map(|product| product.category.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let created = sql_query(
        "INSERT INTO categories (name) \
         SELECT wanted.name FROM unnest($1) AS wanted (name) \
         WHERE NOT EXISTS (SELECT FROM categories WHERE categories.name = wanted.name) \
         ON CONFLICT (name) DO NOTHING",
    )
    .bind::<Array<Text>, _>(&names)
    .execute(conn)
    .await?;
    let ids: Vec<(String, i64)> = categories::table
        .filter(categories::name.eq_any(&names))
        .order(categories::id)
        .select((categories::name, categories::id))
        .for_key_share()
        .load(conn)
        .await?;
    Ok((created, ids.into_iter().collect()))
}

/// Updates what differs; the rows are locked by ascending id first.
async fn update_products(
    conn: &mut Connection,
    wanted: &[ImportedProduct],
    categories: &[i64],
) -> Result<usize> {
    let (skus, names, prices) = columns(wanted);
    let updated = sql_query(
        "WITH changed AS MATERIALIZED ( \
             SELECT products.id, wanted.name, wanted.price, wanted.category_id \
             FROM unnest($1, $2, $3, $4) AS wanted (sku, name, price, category_id) \
             JOIN products ON products.sku = wanted.sku \
             WHERE (products.name, products.price, products.category_id) \
                 IS DISTINCT FROM (wanted.name, wanted.price, wanted.category_id) \
             ORDER BY products.id FOR UPDATE OF products \
         ) \
         UPDATE products SET name = changed.name, price = changed.price, category_id = changed.category_id \
         FROM changed WHERE products.id = changed.id",
    )
    .bind::<Array<Text>, _>(skus)
    .bind::<Array<Text>, _>(names)
    .bind::<Array<BigInt>, _>(prices)
    .bind::<Array<BigInt>, _>(categories)
    .execute(conn)
    .await?;
    Ok(updated)
}

/// Inserts what is missing and records its stock.
async fn insert_products(
    conn: &mut Connection,
    wanted: &[ImportedProduct],
    categories: &[i64],
) -> Result<usize> {
    #[derive(QueryableByName)]
    struct Inserted {
        #[diesel(sql_type = BigInt)]
        id: i64,
        #[diesel(sql_type = BigInt)]
        stock: i64,
    }

    let (skus, names, prices) = columns(wanted);
    let stocks: Vec<i64> = wanted.iter().map(|product| product.stock.count()).collect();
    let inserted: Vec<Inserted> = sql_query(
        "INSERT INTO products (sku, name, price, category_id, stock) \
         SELECT * FROM unnest($1, $2, $3, $4, $5) AS wanted (sku, name, price, category_id, stock) \
         WHERE NOT EXISTS (SELECT FROM products WHERE products.sku = wanted.sku) \
         ORDER BY wanted.sku \
         ON CONFLICT (sku) DO NOTHING \
         RETURNING id, stock",
    )
    .bind::<Array<Text>, _>(skus)
    .bind::<Array<Text>, _>(names)
    .bind::<Array<BigInt>, _>(prices)
    .bind::<Array<BigInt>, _>(categories)
    .bind::<Array<BigInt>, _>(stocks)
    .load(conn)
    .await?;
    let movements: Vec<StockMovement> = inserted
        .iter()
        .map(|row| StockMovement {
            product_id: ProductId(row.id),
            delta: row.stock,
            reason: StockReason::Import,
            order_detail_id: None,
        })
        .collect();
    stock::record(conn, &movements).await?;
    Ok(inserted.len())
}

fn columns(wanted: &[ImportedProduct]) -> (Vec<&str>, Vec<&str>, Vec<i64>) {
    (
        wanted.iter().map(|product| product.sku.as_str()).collect(),
        wanted.iter().map(|product| product.name.as_str()).collect(),
        wanted.iter().map(|product| product.price.money().minor()).collect(),
    )
}

/// Inserts the clients whose external number is new. Existing clients are left alone, and so is whoever has the e-mail
/// address of an imported one.
///
/// # Errors
/// Only when the database fails.
pub async fn clients_in_tx(conn: &mut Connection, wanted: &[ImportedClient]) -> Result<ClientCounts> {
    let numbers: Vec<&str> = wanted.iter().map(|client| client.external_number.as_str()).collect();
    let names: Vec<&str> = wanted.iter().map(|client| client.name.as_str()).collect();
    let lastnames: Vec<&str> = wanted.iter().map(|client| client.lastname.as_str()).collect();
    let emails: Vec<&str> = wanted.iter().map(|client| client.email.as_str()).collect();
    let inserted = sql_query(
        "INSERT INTO clients (external_number, name, lastname, email) \
         SELECT * FROM unnest($1, $2, $3, $4) AS wanted (external_number, name, lastname, email) \
         WHERE NOT EXISTS (SELECT FROM clients WHERE clients.external_number = wanted.external_number) \
           AND NOT EXISTS (SELECT FROM clients WHERE lower(clients.email) = lower(wanted.email)) \
         ORDER BY wanted.external_number \
         ON CONFLICT DO NOTHING",
    )
    .bind::<Array<Text>, _>(&numbers)
    .bind::<Array<Text>, _>(names)
    .bind::<Array<Text>, _>(lastnames)
    .bind::<Array<Text>, _>(emails)
    .execute(conn)
    .await?;
    let known: i64 =
        clients::table.filter(clients::external_number.eq_any(&numbers)).count().get_result(conn).await?;
    let known = usize::try_from(known).unwrap_or(wanted.len());
    Ok(ClientCounts {
        inserted,
        unchanged: known.saturating_sub(inserted),
        email_taken: wanted.len().saturating_sub(known),
    })
}

/// The products with these SKUs, each with its price; SKUs without a product are left out.
///
/// # Errors
/// Only when the database fails.
pub async fn products_by_sku(
    conn: &mut Connection,
    skus: &[&str],
) -> Result<HashMap<String, (ProductId, Money)>> {
    let rows: Vec<(String, i64, i64)> = products::table
        .filter(products::sku.eq_any(skus))
        .select((products::sku.assume_not_null(), products::id, products::price))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(sku, id, price)| (sku, (ProductId(id), Money::from_minor(price)))).collect())
}

/// The clients with these external numbers; numbers without a client are left out.
///
/// # Errors
/// Only when the database fails.
pub async fn clients_by_number(conn: &mut Connection, numbers: &[&str]) -> Result<HashMap<String, ClientId>> {
    let rows: Vec<(String, i64)> = clients::table
        .filter(clients::external_number.eq_any(numbers))
        .select((clients::external_number.assume_not_null(), clients::id))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(number, id)| (number, ClientId(id))).collect())
}
