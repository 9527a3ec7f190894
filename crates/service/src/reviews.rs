//! Use cases of reviews.

use stockroom_domain::{ListOrder, Page, Product, ProductId, Review, ReviewId};
use stockroom_repository::{
    self as repository, Connection, products,
    reviews::{self, NewReview, ReviewChanges},
};

use crate::{Answered, Listed, Once, Result, Shop, lists, relations};

/// A review with its product.
#[derive(Debug, Clone)]
pub struct ReviewView {
    /// The review.
    pub review: Review,
    /// The product reviewed.
    pub product: Option<Product>,
}

impl Shop {
    /// A review with its product.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    pub async fn get_review(&self, id: ReviewId) -> Result<ReviewView> {
        let mut conn = self.parts.pool.get().await?;
        let review = reviews::get(&mut conn, id).await?;
        Ok(view(&mut conn, review).await?)
    }

    /// A page of reviews with their products, of one product when given.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn list_reviews(&self, product: Option<ProductId>, page: &Page) -> Result<Listed<ReviewView>> {
        let mut conn = self.parts.pool.get().await?;
        let found = reviews::list(&mut conn, product, &page.and_one_more()).await?;
        let (found, next) = lists::cut(found, page, |review| ListOrder::REVIEWS.at_id(review.id.0));
        let total = reviews::total(&mut conn, product, page).await?;
        Ok(Listed { rows: views(&mut conn, found).await?, next, total })
    }

    /// Creates a review.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the product or the client does not exist.
    pub async fn create_review(&self, new: NewReview<'_>, once: Once<ReviewView>) -> Result<Answered> {
        let touched = self.parts.catalogue.touched();
        touched.product(new.product_id);
        let created = self.once(once, async |conn| {
            let review = reviews::insert(conn, new).await?;
            view(conn, review).await
        });
        let created = created.await;
        touched.settle(created).await
    }

    /// Changes a review.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the review, its new product or its new client does not exist.
    pub async fn update_review(&self, id: ReviewId, changes: &ReviewChanges) -> Result<ReviewView> {
        let touched = self.parts.catalogue.touched();
        let write = self.write_then(async |conn| {
            // It may move from one product to another.
            touched.product(reviews::lock_one_in_tx(conn, id).await?.product_id);
            let review = reviews::update(conn, id, changes).await?;
            touched.product(review.product_id);
            Ok(review)
        });
        let written = write.await;
        let (review, mut conn) = touched.settle(written).await?;
        Ok(view(&mut conn, review).await?)
    }

    /// Deletes a review.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    pub async fn delete_review(&self, id: ReviewId) -> Result<()> {
        let touched = self.parts.catalogue.touched();
        let deleted = self.write(async |conn| {
            touched.product(reviews::lock_one_in_tx(conn, id).await?.product_id);
            reviews::delete(conn, id).await
        });
        let deleted = deleted.await;
        touched.settle(deleted).await
    }
}

async fn view(conn: &mut Connection, review: Review) -> repository::Result<ReviewView> {
    let product = products::find(conn, review.product_id).await?;
    Ok(ReviewView { review, product })
}

async fn views(conn: &mut Connection, found: Vec<Review>) -> repository::Result<Vec<ReviewView>> {
    let products = products::list_by_ids(conn, &relations::keys(&found, |review| review.product_id)).await?;
    let products = relations::by_key(products, |product| product.id);
    let view = |review: Review| ReviewView { product: products.get(&review.product_id).cloned(), review };
    Ok(found.into_iter().map(view).collect())
}
