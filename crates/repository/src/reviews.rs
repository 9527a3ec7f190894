//! Reviews of products. Triggers keep the ratings of products and of the search table, in the same transaction, so whoever
//! writes a review locks its product first.

mod filter;

use diesel::{dsl::exists, pg::Pg, prelude::*, result::OptionalExtension, sql_query, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use stockroom_domain::{
    Choice, ClientId, Moderation, NewReview, OrderStatus, Page, ProductId, Rating, Refusal, Resource, Review,
    ReviewChanges, ReviewId, ReviewStatus, Text, Violation,
};

pub use filter::ReviewFilter;

use crate::{
    Connection, Error, Result,
    changesets::nullable,
    children,
    lists::lists,
    products,
    reads::{into_values, reads},
    schema::{clients, order_details, orders, reviews},
};

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = reviews, check_for_backend(diesel::pg::Pg))]
struct ReviewRow {
    id: i64,
    rating: f64,
    comment: Option<String>,
    product_id: i64,
    client_id: Option<i64>,
    status: String,
    verified_purchase: bool,
}

impl TryFrom<ReviewRow> for Review {
    type Error = Violation;

    fn try_from(row: ReviewRow) -> Result<Self, Violation> {
        Ok(Self {
            id: ReviewId(row.id),
            rating: row.rating,
            comment: row.comment,
            product_id: ProductId(row.product_id),
            client_id: row.client_id.map(ClientId),
            status: ReviewStatus::named(&row.status)?,
            verified_purchase: row.verified_purchase,
        })
    }
}

/// The columns of a review that an update by its author can write.
#[derive(AsChangeset)]
#[diesel(table_name = reviews)]
struct ReviewChangeset<'a> {
    rating: Option<f64>,
    comment: Option<Option<&'a str>>,
    product_id: Option<i64>,
    client_id: Option<Option<i64>>,
}

impl<'a> From<&'a ReviewChanges> for ReviewChangeset<'a> {
    fn from(changes: &'a ReviewChanges) -> Self {
        Self {
            rating: changes.rating.map(Rating::stars),
            comment: nullable(changes.comment.as_ref()),
            product_id: changes.product_id.map(|id| id.0),
            client_id: changes.client_id.map(|client| client.map(|id| id.0)),
        }
    }
}

reads!(reviews, ReviewRow, Review, ReviewId, Resource::Review);

lists!(reviews, ReviewRow, Review, matching(filter: ReviewFilter));

fn matching(filter: ReviewFilter) -> reviews::BoxedQuery<'static, Pg> {
    filter.matching()
}

/// The first `most` published reviews of each of these products, ordered by id.
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
        let filter = ReviewFilter { product_id: Some(*product), status: Some(ReviewStatus::Published) };
        return list(conn, filter, &Page::first(most)).await;
    }
    let products: Vec<i64> = products.iter().map(|id| id.0).collect();
    let published = "status = 'published'";
    into_values(children::list::<ReviewRow>(conn, "reviews", "product_id", published, &products, most).await?)
}

/// All reviews that a client has written, of every status, ordered by id.
///
/// # Errors
/// Only when the database fails.
pub async fn list_of_client(conn: &mut Connection, client: ClientId) -> Result<Vec<Review>> {
    let written = reviews::table.filter(reviews::client_id.eq(client.0)).order(reviews::id);
    into_values(written.select(ReviewRow::as_select()).load(conn).await?)
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

/// Inserts a review with this status. It is a verified purchase when its client has an order of the product that is not
/// cancelled.
///
/// # Errors
/// [`Error::NotFound`] when the product or the client does not exist; [`Refusal::AlreadyReviewed`].
pub async fn insert_in_tx(conn: &mut Connection, new: NewReview<'_>, status: ReviewStatus) -> Result<Review> {
    products::lock_ratings_in_tx(conn, &[new.product_id]).await?;
    if new.one_per_client {
        refuse_second(conn, new.client_id, new.product_id, None).await?;
    }
    let verified = has_ordered(conn, new.client_id, new.product_id).await?;
    let row: ReviewRow = diesel::insert_into(reviews::table)
        .values((
            reviews::rating.eq(new.rating.stars()),
            reviews::comment.eq(new.comment.map(Text::as_str)),
            reviews::product_id.eq(new.product_id.0),
            reviews::client_id.eq(new.client_id.map(|id| id.0)),
            reviews::status.eq(status.name()),
            reviews::verified_purchase.eq(verified),
            reviews::one_per_client.eq(new.one_per_client),
        ))
        .returning(ReviewRow::as_returning())
        .get_result(conn)
        .await
        .map_err(|error| of_write(error, Some(new.product_id.0), new.client_id.map(|id| id.0)))?;
    Ok(row.try_into()?)
}

/// Changes a review as its author does, and returns it as it was before and as it is now. What says something else, or says
/// it of another product, is moderated again where that is done before; a purchase by another client, or of another
/// product, is verified again.
///
/// # Errors
/// [`Error::NotFound`] when the review, its new product or its new client does not exist; [`Refusal::AlreadyReviewed`].
pub async fn update_in_tx(
    conn: &mut Connection,
    id: ReviewId,
    changes: &ReviewChanges,
    moderation: Moderation,
) -> Result<(Review, Review)> {
    let (before, one_per_client) = lock_in_tx(conn, id, changes).await?;
    if *changes == ReviewChanges::default() {
        return Ok((before.clone(), before));
    }
    let product = changes.product_id.unwrap_or(before.product_id);
    let client = changes.client_id.unwrap_or(before.client_id);
    let is_moved = (product, client) != (before.product_id, before.client_id);
    if is_moved && one_per_client {
        refuse_second(conn, client, product, Some(id)).await?;
    }
    let verified =
        if is_moved { has_ordered(conn, client, product).await? } else { before.verified_purchase };
    let says_else = product != before.product_id
        || changes.rating.is_some_and(|rating| rating.stars().to_bits() != before.rating.to_bits())
        || nullable(changes.comment.as_ref()).is_some_and(|comment| comment != before.comment.as_deref());
    let status = if says_else { moderation.of_changed(before.status) } else { before.status };
    let set = ReviewChangeset::from(changes);
    let (new_product, new_client) = (set.product_id, set.client_id.flatten());
    let row: ReviewRow = diesel::update(reviews::table.find(id.0))
        .set((set, reviews::status.eq(status.name()), reviews::verified_purchase.eq(verified)))
        .returning(ReviewRow::as_returning())
        .get_result(conn)
        .await
        .map_err(|error| of_write(error, new_product, new_client))?;
    Ok((before, row.try_into()?))
}

/// Moderates a review: gives it this status.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn set_status_in_tx(conn: &mut Connection, id: ReviewId, status: ReviewStatus) -> Result<Review> {
    let (review, _) = lock_in_tx(conn, id, &ReviewChanges::default()).await?;
    if review.status != status {
        let moderated = diesel::update(reviews::table.find(id.0)).set(reviews::status.eq(status.name()));
        moderated.execute(conn).await?;
    }
    Ok(Review { status, ..review })
}

/// Deletes a review and returns it as it was.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn delete_in_tx(conn: &mut Connection, id: ReviewId) -> Result<Review> {
    let (review, _) = lock_in_tx(conn, id, &ReviewChanges::default()).await?;
    diesel::delete(reviews::table.find(id.0)).execute(conn).await?;
    Ok(review)
}

/// Locks a review (`FOR UPDATE`), after the products and the client that these changes of it concern, and returns it with
/// whether its client must not have another one of its product. Its product has to be read before it can be locked;
/// those who change the same review meet at a lock of their own first, so that it stays what was read.
async fn lock_in_tx(conn: &mut Connection, id: ReviewId, changes: &ReviewChanges) -> Result<(Review, bool)> {
    let meet = "SELECT pg_advisory_xact_lock('reviews'::regclass::int, hashint8($1))";
    sql_query(meet).bind::<BigInt, _>(id.0).execute(conn).await?;
    let seen = get(conn, id).await?;
    let concerned: Vec<_> = std::iter::once(seen.product_id).chain(changes.product_id).collect();
    products::lock_ratings_in_tx(conn, &concerned).await?;
    if let Some(Some(client)) = changes.client_id
        && seen.client_id != Some(client)
    {
        let referred = clients::table.find(client.0).select(clients::id).for_key_share();
        referred.load::<i64>(conn).await?;
    }
    let locked: Option<(ReviewRow, bool)> = reviews::table
        .find(id.0)
        .select((ReviewRow::as_select(), reviews::one_per_client))
        .for_update()
        .first(conn)
        .await
        .optional()?;
    let (row, one_per_client) = locked.ok_or(not_found(id))?;
    let review = Review::try_from(row)?;
    if (review.product_id, review.client_id) != (seen.product_id, seen.client_id) {
        // A script has changed it. What is not locked yet cannot be locked now without breaking the order of locks.
        return Err(Error::Conflict(None));
    }
    Ok((review, one_per_client))
}

/// Whether this client has an order of this product that is not cancelled.
async fn has_ordered(conn: &mut Connection, client: Option<ClientId>, product: ProductId) -> Result<bool> {
    let Some(client) = client else { return Ok(false) };
    let placed = orders::table
        .filter(orders::client_id.eq(client.0))
        .filter(orders::status.ne(OrderStatus::Canceled.number()))
        .select(orders::id);
    let lines = order_details::table
        .filter(order_details::product_id.eq(product.0))
        .filter(order_details::order_id.eq_any(placed));
    Ok(diesel::select(exists(lines)).get_result(conn).await?)
}

/// Refuses a review of a client who has another one of the product. The lock on the product keeps others from writing one
/// at the same time.
async fn refuse_second(
    conn: &mut Connection,
    client: Option<ClientId>,
    product: ProductId,
    this: Option<ReviewId>,
) -> Result<()> {
    let Some(client) = client else { return Ok(()) };
    let written = reviews::table
        .filter(reviews::client_id.eq(client.0))
        .filter(reviews::product_id.eq(product.0))
        .filter(reviews::id.ne(this.map_or(0, |id| id.0)));
    let is_second: bool = diesel::select(exists(written)).get_result(conn).await?;
    if is_second { Err(Refusal::AlreadyReviewed.into()) } else { Ok(()) }
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
