//! Use cases of reviews.

use stockroom_domain::{
    ListOrder, Moderation, NewReview, Page, Permission, Product, ProductId, Resource, Review, ReviewChanges,
    ReviewId, ReviewStatus,
};
use stockroom_repository::{
    self as repository, Connection, products,
    reviews::{self, ReviewFilter},
};

use crate::{Answered, Error, Listed, Once, Result, Shop, lists, relations};

/// A review with its product.
#[derive(Debug, Clone)]
pub struct ReviewView {
    /// The review.
    pub review: Review,
    /// The product reviewed.
    pub product: Option<Product>,
}

/// How reviews are dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReviewSettings {
    /// When they are looked at.
    pub moderation: Moderation,
}

impl Shop {
    /// A published review with its product; one that is not published to its author and to whoever moderates.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`], also of one that is not published.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn get_review(&self, id: ReviewId) -> Result<ReviewView> {
        let mut conn = self.pool().get().await?;
        let review = reviews::get(&mut conn, id).await?;
        let may = |permission| self.caller.may(permission) && !self.caller.is_in_the_open();
        let deals_with_all = may(Permission::ReviewsModerate) || may(Permission::ReviewsWrite);
        if review.status != ReviewStatus::Published && !deals_with_all {
            let own = review.client_id.is_some() && review.client_id == self.caller.account();
            own.then_some(()).ok_or(Error::NotFound { resource: Resource::Review, id: id.0 })?;
        }
        Ok(view(&mut conn, review).await?)
    }

    /// A page of published reviews with their products, of one product when given.
    ///
    /// # Errors
    /// Only when the database fails.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn list_reviews(&self, product: Option<ProductId>, page: &Page) -> Result<Listed<ReviewView>> {
        let filter = ReviewFilter { product_id: product, status: Some(ReviewStatus::Published) };
        self.list_filtered_reviews(filter, ListOrder::REVIEWS, page).await
    }

    /// A page of the reviews of one status with their products, for whoever moderates them.
    ///
    /// # Errors
    /// Only when the database fails.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn list_review_queue(&self, status: ReviewStatus, page: &Page) -> Result<Listed<ReviewView>> {
        let filter = ReviewFilter { product_id: None, status: Some(status) };
        self.list_filtered_reviews(filter, ListOrder::REVIEW_QUEUE, page).await
    }

    async fn list_filtered_reviews(
        &self,
        filter: ReviewFilter,
        order: ListOrder,
        page: &Page,
    ) -> Result<Listed<ReviewView>> {
        let mut conn = self.pool().get().await?;
        let found = reviews::list(&mut conn, filter, &page.and_one_more()).await?;
        let (found, next) = lists::cut(found, page, |review| order.at_id(review.id.0));
        let total = reviews::total(&mut conn, filter, page).await?;
        Ok(Listed { rows: views(&mut conn, found).await?, next, total })
    }

    /// Creates a review, of whoever asks unless somebody else may be named; it is shown at once, or when somebody has published it.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the product or the client does not exist; [`crate::Error::Refused`] when the client
    /// has one already and must have no other.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn create_review(&self, new: NewReview<'_>, once: Once<ReviewView>) -> Result<Answered> {
        let author = self.whose(Permission::ReviewsWrite, new.client_id)?;
        let new = NewReview { client_id: author, one_per_client: !self.caller.is_in_the_open(), ..new };
        let touched = self.parts.catalogue.touched();
        touched.product(new.product_id);
        let created = self.once(once, async |conn| {
            let review = reviews::insert_in_tx(conn, new, self.parts.reviews.moderation.of_new()).await?;
            view(conn, review).await
        });
        let created = created.await;
        touched.settle(created).await
    }

    /// Changes a review as its author does. Where reviews are looked at before they are shown, one that says something else
    /// waits for that again.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the review, its new product or its new client does not exist;
    /// [`crate::Error::Refused`] when its client has another one of the product and must not.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn update_review(&self, id: ReviewId, changes: &ReviewChanges) -> Result<ReviewView> {
        let touched = self.parts.catalogue.touched();
        let write = self.write_then(async |conn| {
            let own = |review: &Review| {
                self.require_own(Permission::ReviewsWrite, review.client_id, (Resource::Review, id.0))
            };
            own(&reviews::get(conn, id).await?)?;
            if let Some(author) = changes.client_id {
                let named = (Resource::Client, author.map_or(0, |client| client.0));
                self.require_own(Permission::ReviewsWrite, author, named)?;
            }
            // It may move from one product to another.
            let (before, review) =
                reviews::update_in_tx(conn, id, changes, self.parts.reviews.moderation).await?;
            own(&before)?;
            touched.products([before.product_id, review.product_id]);
            Ok(review)
        });
        let written = write.await;
        let (review, mut conn) = touched.settle(written).await?;
        Ok(view(&mut conn, review).await?)
    }

    /// Publishes a review, rejects it, or puts it back into the queue.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn moderate_review(&self, id: ReviewId, status: ReviewStatus) -> Result<ReviewView> {
        let touched = self.parts.catalogue.touched();
        let write = self.write_then(async |conn| {
            let review = reviews::set_status_in_tx(conn, id, status).await?;
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
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn delete_review(&self, id: ReviewId) -> Result<()> {
        let touched = self.parts.catalogue.touched();
        let deleted = self.write(async |conn| {
            let review = reviews::delete_in_tx(conn, id).await?;
            self.require_own(Permission::ReviewsWrite, review.client_id, (Resource::Review, id.0))?;
            touched.product(review.product_id);
            Ok(())
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
