//! Use cases of reviews.

use stockroom_domain::{
    ListOrder, Moderation, NewReview, Page, Permission, Product, ProductId, Resource, Review, ReviewChanges,
    ReviewId, ReviewStatus,
};
use stockroom_repository::{
    self as repository, Connection, products,
    reviews::{self, ReviewFilter},
};

use crate::{
    Disclose, Error, Idempotent, Listed, Need, Result, Shop, ShownRow, StoredResponse, lists, relations,
};

const WRITE: Need = Need::or_owner(Permission::ReviewsWrite);
const MODERATE: Need = Need::to(Permission::ReviewsModerate);

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
        self.authorize(MODERATE)?;
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
    pub async fn create_review(
        &self,
        new: NewReview<'_>,
        request: Idempotent<ReviewView>,
    ) -> Result<StoredResponse> {
        let create = self.unit_of_work(WRITE)?.invalidating(|stale| stale.product(new.product_id));
        let author = self.scope_client_filter(Permission::ReviewsWrite, new.client_id)?;
        let new = NewReview { client_id: author, one_per_client: !self.caller.is_in_the_open(), ..new };
        let created = create.run_once(request, async |tx| {
            let review = reviews::insert_in_tx(tx, new, self.parts.reviews.moderation.of_new()).await?;
            view(tx, review).await
        });
        Ok(created.await?)
    }

    /// Changes a review as its author does. Where reviews are looked at before they are shown, one that says something else
    /// waits for that again.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the review, its new product or its new client does not exist;
    /// [`crate::Error::Refused`] when its client has another one of the product and must not.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn update_review(&self, id: ReviewId, changes: &ReviewChanges) -> Result<ReviewView> {
        let updated = self.unit_of_work(WRITE)?.run(async |tx| {
            let own = |review: &Review| {
                self.require_own(Permission::ReviewsWrite, review.client_id, (Resource::Review, id.0))
            };
            own(&reviews::get(tx, id).await?)?;
            if let Some(author) = changes.client_id {
                let named = (Resource::Client, author.map_or(0, |client| client.0));
                self.require_own(Permission::ReviewsWrite, author, named)?;
            }
            // It may move from one product to another.
            let (before, review) =
                reviews::update_in_tx(tx, id, changes, self.parts.reviews.moderation).await?;
            own(&before)?;
            tx.invalidate().products([before.product_id, review.product_id]);
            view(tx, review).await
        });
        Ok(updated.await?)
    }

    /// Publishes a review, rejects it, or puts it back into the queue.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn moderate_review(&self, id: ReviewId, status: ReviewStatus) -> Result<ReviewView> {
        let moderated = self.unit_of_work(MODERATE)?.run(async |tx| {
            let review = reviews::set_status_in_tx(tx, id, status).await?;
            tx.invalidate().product(review.product_id);
            view(tx, review).await
        });
        Ok(moderated.await?)
    }

    /// Deletes a review.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn delete_review(&self, id: ReviewId) -> Result<()> {
        let deleted = self.unit_of_work(WRITE)?.run(async |tx| {
            let review = reviews::delete_in_tx(tx, id).await?;
            self.require_own(Permission::ReviewsWrite, review.client_id, (Resource::Review, id.0))?;
            tx.invalidate().product(review.product_id);
            Ok(())
        });
        Ok(deleted.await?)
    }
}

/// A review is public, its author's id included: it shows no personal data that would have to be recorded.
impl Disclose for ReviewView {
    const READ: Option<Permission> = None;

    fn row(&self) -> ShownRow {
        ShownRow::new("reviews", self.review.id.0, self.review.client_id)
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
