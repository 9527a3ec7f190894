//! Products. Stock is changed only together with its ledger (see [`crate::stock`]).

mod beyond;
mod filter;

use diesel::{pg::Pg, prelude::*, result::OptionalExtension};
use diesel_async::RunQueryDsl;
use stockroom_domain::{
    CategoryId, Money, NewProduct, Page, Product, ProductChanges, ProductId, RatingSummary, Refusal,
    Resource, Sku, Stock, Text,
};

pub use filter::ProductFilter;

use crate::{
    Connection, Error, Result,
    changesets::nullable,
    children,
    lists::totals,
    reads::{into_values, reads},
    schema::{order_details, products},
    stock::{self, StockMovement, StockReason},
};

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = products, check_for_backend(diesel::pg::Pg))]
struct ProductRow {
    id: i64,
    name: String,
    price: i64,
    stock: i64,
    category_id: i64,
    description: Option<String>,
    image_url: Option<String>,
    image: Option<String>,
    sku: Option<String>,
    active: bool,
    rating_count: i64,
    rating_sum: i64,
}

impl From<ProductRow> for Product {
    fn from(row: ProductRow) -> Self {
        Self {
            id: ProductId(row.id),
            name: row.name,
            price: Money::from_minor(row.price),
            stock: row.stock,
            category_id: CategoryId(row.category_id),
            description: row.description,
            image_url: row.image_url,
            image: row.image,
            sku: row.sku,
            active: row.active,
            rating: RatingSummary { count: row.rating_count, sum: row.rating_sum },
        }
    }
}

/// The columns of a product that an update can write.
#[derive(AsChangeset)]
#[diesel(table_name = products)]
struct ProductChangeset<'a> {
    name: Option<&'a str>,
    price: Option<i64>,
    stock: Option<i64>,
    category_id: Option<i64>,
    description: Option<Option<&'a str>>,
    image_url: Option<Option<&'a str>>,
    image: Option<Option<&'a str>>,
    sku: Option<Option<&'a str>>,
    active: Option<bool>,
}

impl<'a> From<&'a ProductChanges> for ProductChangeset<'a> {
    fn from(changes: &'a ProductChanges) -> Self {
        Self {
            name: changes.name.as_ref().map(Text::as_str),
            price: changes.price.map(|price| price.money().minor()),
            stock: changes.stock.map(Stock::count),
            category_id: changes.category_id.map(|id| id.0),
            description: nullable(changes.description.as_ref()),
            image_url: nullable(changes.image_url.as_ref()),
            image: nullable(changes.image.as_ref()),
            sku: nullable(changes.sku.as_ref()),
            active: changes.active,
        }
    }
}

reads!(products, ProductRow, Product, ProductId, Resource::Product);

/// The product with this SKU, if there is one.
///
/// # Errors
/// Only when the database fails.
pub async fn find_by_sku(conn: &mut Connection, sku: &Sku) -> Result<Option<Product>> {
    let row: Option<ProductRow> = products::table
        .filter(products::sku.eq(sku.as_str()))
        .select(ProductRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(Product::from))
}

/// A page of the products that pass the filter, in the filter's order.
///
/// # Errors
/// [`Error::KeyMismatch`] when the page begins after a key of another order.
pub async fn list(conn: &mut Connection, filter: &ProductFilter, page: &Page) -> Result<Vec<Product>> {
    let rows: Vec<ProductRow> = filter
        .query(page)?
        .offset(page.skip)
        .limit(page.limit)
        .select(ProductRow::as_select())
        .load(conn)
        .await?;
    into_values(rows)
}

totals!(products, matching(filter: &ProductFilter));

fn matching(filter: &ProductFilter) -> products::BoxedQuery<'_, Pg> {
    filter.matching()
}

/// The first `most` products that are sold of each of these categories, ordered by id.
///
/// # Errors
/// Only when the database fails.
pub async fn list_of_categories(
    conn: &mut Connection,
    categories: &[CategoryId],
    most: i64,
) -> Result<Vec<Product>> {
    // One parent, as items have it: a statement that the connection keeps prepared.
    if let [category] = categories {
        let filter = ProductFilter { category_id: Some(*category), ..ProductFilter::default() };
        return list(conn, &filter, &Page::first(most)).await;
    }
    let categories: Vec<i64> = categories.iter().map(|id| id.0).collect();
    into_values(
        children::list::<ProductRow>(conn, "products", "category_id", "active", &categories, most).await?,
    )
}

/// Whether there is any product.
///
/// # Errors
/// Only when the database fails.
pub async fn any(conn: &mut Connection) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(products::table.select(products::id))).get_result(conn).await?)
}

/// How many products that are sold have fewer pieces than this. The whole table is read, because an index on the stock
/// would make every sale dearer: ask seldom.
///
/// # Errors
/// Only when the database fails.
pub async fn count_low_stock(conn: &mut Connection, below: i64) -> Result<i32> {
    let low = products::table.filter(products::active).filter(products::stock.lt(below));
    let count: i64 = low.count().get_result(conn).await?;
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}

/// Locks these products (`FOR UPDATE`), by ascending id, and returns them in that order.
///
/// # Errors
/// [`Error::NotFound`] for the first id that has no product.
pub async fn lock_in_tx(conn: &mut Connection, ids: &[ProductId]) -> Result<Vec<Product>> {
    let keys: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows = products::table
        .filter(products::id.eq_any(keys))
        .order(products::id)
        .select(ProductRow::as_select())
        .for_update()
        .load(conn)
        .await?;
    let locked: Vec<Product> = into_values(rows)?;
    match ids.iter().find(|id| locked.binary_search_by_key(*id, |product| product.id).is_err()) {
        Some(missing) => Err(not_found(*missing)),
        None => Ok(locked),
    }
}

/// Locks these products like [`lock_in_tx`] without reading them: a row may hold a picture of a megabyte.
pub(crate) async fn lock_unread_in_tx(conn: &mut Connection, ids: &[ProductId]) -> Result<()> {
    let keys: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let locked = products::table.filter(products::id.eq_any(keys)).order(products::id).select(products::id);
    locked.for_update().load::<i64>(conn).await?;
    Ok(())
}

/// Locks these products, by ascending id, for reviews of them (`FOR NO KEY UPDATE`): their ratings may change, but whoever
/// refers to them need not wait. Ids without a product are left out.
pub(crate) async fn lock_ratings_in_tx(conn: &mut Connection, ids: &[ProductId]) -> Result<()> {
    let keys: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let locked = products::table.filter(products::id.eq_any(keys)).order(products::id).select(products::id);
    locked.for_no_key_update().load::<i64>(conn).await?;
    Ok(())
}

/// Those of these products that somebody else has locked now. Takes no lock that outlasts the statement.
///
/// # Errors
/// Only when the database fails.
pub async fn list_locked(conn: &mut Connection, ids: &[ProductId]) -> Result<Vec<ProductId>> {
    let keys: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let named = products::table.filter(products::id.eq_any(keys));
    let free: Vec<i64> = named.clone().select(products::id).for_update().skip_locked().load(conn).await?;
    let known: Vec<i64> = named.select(products::id).load(conn).await?;
    Ok(known.into_iter().filter(|id| !free.contains(id)).map(ProductId).collect())
}

/// Locks one product (`FOR UPDATE`).
///
/// # Errors
/// [`Error::NotFound`].
pub async fn lock_one_in_tx(conn: &mut Connection, id: ProductId) -> Result<Product> {
    lock_in_tx(conn, &[id]).await?.pop().ok_or(not_found(id))
}

/// Inserts a product and records its first stock.
///
/// # Errors
/// [`Error::NotFound`] when the category does not exist; [`Error::Duplicate`] when the SKU is taken.
pub async fn insert_in_tx(conn: &mut Connection, new: NewProduct<'_>) -> Result<Product> {
    let row: ProductRow = diesel::insert_into(products::table)
        .values((
            products::name.eq(new.name.as_str()),
            products::price.eq(new.price.money().minor()),
            products::stock.eq(new.stock.count()),
            products::category_id.eq(new.category_id.0),
            products::description.eq(new.description.map(Text::as_str)),
            products::image_url.eq(new.image_url.map(Text::as_str)),
            products::image.eq(new.image.map(Text::as_str)),
            products::sku.eq(new.sku.map(Text::as_str)),
            products::active.eq(new.active),
        ))
        .returning(ProductRow::as_returning())
        .get_result(conn)
        .await
        .map_err(|error| of_write(error, Some(new.category_id.0)))?;
    stock::record(conn, &[movement(ProductId(row.id), row.stock, StockReason::Initial)]).await?;
    Ok(row.into())
}

/// Changes a product. A new stock is recorded as an adjustment by the difference.
///
/// # Errors
/// [`Error::NotFound`] when the product or its new category does not exist; [`Error::Duplicate`] when the new SKU is
/// taken; [`Refusal::StockChanged`] when the stock is not the expected one.
pub async fn update_in_tx(conn: &mut Connection, id: ProductId, changes: &ProductChanges) -> Result<Product> {
    if *changes == ProductChanges::default() {
        return get(conn, id).await;
    }
    if changes.stock.is_some() || changes.expected_stock.is_some() {
        let available = lock_one_in_tx(conn, id).await?.stock;
        let expected = changes.expected_stock.map(Stock::count);
        if let Some(expected) = expected.filter(|expected| *expected != available) {
            return Err(Refusal::StockChanged { product: id, expected, available }.into());
        }
        if !changes.sets_any() {
            return get(conn, id).await;
        }
        let delta = changes.stock.map_or(0, |stock| stock.count() - available);
        stock::record(conn, &[movement(id, delta, StockReason::Adjustment)]).await?;
    }
    let row: Option<ProductRow> = diesel::update(products::table.find(id.0))
        .set(ProductChangeset::from(changes))
        .returning(ProductRow::as_returning())
        .get_result(conn)
        .await
        .optional()
        .map_err(|error| of_write(error, changes.category_id.map(|id| id.0)))?;
    row.map(Product::from).ok_or(not_found(id))
}

/// Adds pieces to a product's stock (or takes some, when negative) and returns the product.
///
/// # Errors
/// [`Error::NotFound`]; [`Refusal::InsufficientStock`] when more is taken than there is.
pub async fn adjust_stock_in_tx(conn: &mut Connection, id: ProductId, delta: i64) -> Result<Product> {
    let mut product = lock_one_in_tx(conn, id).await?;
    let requested = delta.saturating_neg();
    if requested > product.stock {
        return Err(Refusal::InsufficientStock { product: id, requested, available: product.stock }.into());
    }
    stock::apply_in_tx(conn, &[movement(id, delta, StockReason::Adjustment)]).await?;
    product.stock += delta;
    Ok(product)
}

/// Deletes a product with its reviews. Its ledger stays and is closed with a movement that brings the sum to 0.
///
/// # Errors
/// [`Error::NotFound`]; [`Refusal::ProductHasSales`] when an order line names it.
pub async fn delete_in_tx(conn: &mut Connection, id: ProductId) -> Result<()> {
    let product = lock_one_in_tx(conn, id).await?;
    let sold = diesel::dsl::exists(order_details::table.filter(order_details::product_id.eq(id.0)));
    if diesel::select(sold).get_result(conn).await? {
        return Err(Refusal::ProductHasSales(id).into());
    }
    stock::record(conn, &[movement(id, -product.stock, StockReason::ProductDelete)]).await?;
    diesel::delete(products::table.find(id.0))
        .execute(conn)
        .await
        .map_err(|error| Error::of_delete(error, Refusal::ProductHasSales(id)))?;
    Ok(())
}

fn movement(product_id: ProductId, delta: i64, reason: StockReason) -> StockMovement {
    StockMovement { product_id, delta, reason, order_detail_id: None }
}

fn of_write(error: diesel::result::Error, category: Option<i64>) -> Error {
    Error::of_write(error, &[("products_category_id_fkey", Resource::Category, category.unwrap_or_default())])
}
