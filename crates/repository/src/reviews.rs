//! Reviews of products.

use diesel::{prelude::*, result::OptionalExtension};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use stockroom_domain::{
    ClientId, Comment, Fields, FromFields, Page, ProductId, Rating, Resource, Review, ReviewId, Violations,
};

use crate::{
    Connection, Error, Result, children,
    lists::lists,
    reads::{into_values, reads},
    schema::reviews,
};

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = reviews, check_for_backend(diesel::pg::Pg))]
struct ReviewRow {
    id: i64,
    rating: f64,
    comment: Option<String>,
    product_id: i64,
    client_id: Option<i64>,
}

impl From<ReviewRow> for Review {
    fn from(row: ReviewRow) -> Self {
        Self {
            id: ReviewId(row.id),
            rating: row.rating,
            comment: row.comment,
            product_id: ProductId(row.product_id),
            client_id: row.client_id.map(ClientId),
        }
    }
}

/// A review to insert.
#[derive(Debug, Clone, Copy)]
pub struct NewReview<'a> {
    /// Stars.
    pub rating: Rating,
    /// What the client says.
    pub comment: Option<&'a Comment>,
    /// The product reviewed.
    pub product_id: ProductId,
    /// Who wrote it, where known.
    pub client_id: Option<ClientId>,
}

/// The writable columns of a review; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, AsChangeset)]
#[diesel(table_name = reviews)]
pub struct ReviewChanges {
    rating: Option<f64>,
    comment: Option<Option<String>>,
    product_id: Option<i64>,
    client_id: Option<Option<i64>>,
}

impl ReviewChanges {
    /// Reads changes strictly: an unknown or protected field is refused, null clears a nullable one.
    ///
    /// # Errors
    /// Every field that breaks a rule.
    pub fn from_json(json: Value) -> Result<Self, Violations> {
        Fields::read_strict("body", json)
    }
}

impl FromFields for ReviewChanges {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            rating: fields.change("rating").map(Rating::stars),
            comment: fields.nullable_change("comment").map(|text| text.map(Comment::into_string)),
            product_id: fields.change("product_id"),
            client_id: fields.nullable_change("client_id"),
        })
    }
}

reads!(reviews, ReviewRow, Review, ReviewId, Resource::Review);

lists!(reviews, ReviewRow, Review, by product_id: ProductId);

/// The first `most` reviews of each of these products, ordered by id.
///
/// # Errors
/// Only when the database fails.
pub async fn list_of_products(
    conn: &mut Connection,
    products: &[ProductId],
    most: i64,
) -> Result<Vec<Review>> {
    // One parent, as items have it: a statement that the connection keeps prepared.
    if let [product] = products {
        return list(conn, Some(*product), &Page::first(most)).await;
    }
    let products: Vec<i64> = products.iter().map(|id| id.0).collect();
    into_values(children::list::<ReviewRow>(conn, "reviews", "product_id", "true", &products, most).await?)
}

/// The products that a client has reviewed, each once.
///
/// # Errors
/// Only when the database fails.
pub async fn list_products_of_client(conn: &mut Connection, client: ClientId) -> Result<Vec<ProductId>> {
    let written = reviews::table.filter(reviews::client_id.eq(client.0));
    let ids: Vec<i64> = written.select(reviews::product_id).distinct().load(conn).await?;
    Ok(ids.into_iter().map(ProductId).collect())
}

/// Locks one review (`FOR UPDATE`) and returns it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn lock_one_in_tx(conn: &mut Connection, id: ReviewId) -> Result<Review> {
    let locked = reviews::table.find(id.0).select(ReviewRow::as_select()).for_update().first(conn).await;
    locked.optional()?.map(Review::from).ok_or(not_found(id))
}

/// Inserts a review.
///
/// # Errors
/// [`Error::NotFound`] when the product or the client does not exist.
pub async fn insert(conn: &mut Connection, new: NewReview<'_>) -> Result<Review> {
    let row: ReviewRow = diesel::insert_into(reviews::table)
        .values((
            reviews::rating.eq(new.rating.stars()),
            reviews::comment.eq(new.comment.map(Comment::as_str)),
            reviews::product_id.eq(new.product_id.0),
            reviews::client_id.eq(new.client_id.map(|id| id.0)),
        ))
        .returning(ReviewRow::as_returning())
        .get_result(conn)
        .await
        .map_err(|error| of_write(error, Some(new.product_id.0), new.client_id.map(|id| id.0)))?;
    Ok(row.into())
}

/// Changes a review.
///
/// # Errors
/// [`Error::NotFound`] when the review, its new product or its new client does not exist.
pub async fn update(conn: &mut Connection, id: ReviewId, changes: &ReviewChanges) -> Result<Review> {
    if *changes == ReviewChanges::default() {
        return get(conn, id).await;
    }
    let row = diesel::update(reviews::table.find(id.0))
        .set(changes)
        .returning(ReviewRow::as_returning())
        .get_result(conn)
        .await
        .optional()
        .map_err(|error| of_write(error, changes.product_id, changes.client_id.flatten()))?;
    row.map(Review::from).ok_or(not_found(id))
}

/// Deletes a review.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn delete(conn: &mut Connection, id: ReviewId) -> Result<()> {
    let deleted = diesel::delete(reviews::table.find(id.0)).execute(conn).await?;
    if deleted == 0 { Err(not_found(id)) } else { Ok(()) }
}

fn of_write(error: diesel::result::Error, product: Option<i64>, client: Option<i64>) -> Error {
    Error::of_write(
        error,
        &[
            ("reviews_product_id_fkey", Resource::Product, product.unwrap_or_default()),
            ("reviews_client_id_fkey", Resource::Client, client.unwrap_or_default()),
        ],
    )
}
