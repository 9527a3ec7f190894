//! Use cases of products.

use stockroom_domain::{Category, Page, Product, ProductId, Review};
use stockroom_repository::{
    self as repository, Connection, categories,
    products::{self, NewProduct, ProductChanges, ProductFilter},
    reviews, transaction, transaction_then,
};

use crate::{Answered, NESTED_ROWS, Once, Result, Shop, relations};

/// A product with its category and, where they were asked for, its reviews.
#[derive(Debug, Clone)]
pub struct ProductView {
    /// The product.
    pub product: Product,
    /// Its category.
    pub category: Option<Category>,
    /// Its first reviews.
    pub reviews: Option<Vec<Review>>,
}

impl Shop {
    /// A product with its category and reviews.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    pub async fn get_product(&self, id: ProductId) -> Result<ProductView> {
        let mut conn = self.pool.get().await?;
        let product = products::get(&mut conn, id).await?;
        Ok(view(&mut conn, product).await?)
    }

    /// A page of the products that pass a filter, with reviews when asked for.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn list_products(
        &self,
        filter: &ProductFilter,
        page: Page,
        with_reviews: bool,
    ) -> Result<Vec<ProductView>> {
        let mut conn = self.pool.get().await?;
        let found = products::list(&mut conn, filter, page).await?;
        Ok(views(&mut conn, found, with_reviews).await?)
    }

    /// Creates a product; its stock is the first entry of its ledger.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the category does not exist; [`crate::Error::Duplicate`] when the SKU is taken.
    pub async fn create_product(&self, new: NewProduct<'_>, once: Once<ProductView>) -> Result<Answered> {
        self.once(once, async |conn| {
            let product = products::insert_in_tx(conn, new).await?;
            view(conn, product).await
        })
        .await
    }

    /// Changes a product; a new stock is recorded in the ledger as an adjustment.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Duplicate`].
    pub async fn update_product(&self, id: ProductId, changes: &ProductChanges) -> Result<ProductView> {
        let write =
            transaction_then(&self.pool, async |conn| products::update_in_tx(conn, id, changes).await);
        let (product, mut conn) = write.await?;
        Ok(view(&mut conn, product).await?)
    }

    /// Deletes a product that was never sold.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Refused`] when an order line names it.
    pub async fn delete_product(&self, id: ProductId) -> Result<()> {
        Ok(transaction(&self.pool, async |conn| products::delete_in_tx(conn, id).await).await?)
    }
}

async fn view(conn: &mut Connection, product: Product) -> repository::Result<ProductView> {
    let category = categories::find(conn, product.category_id).await?;
    let reviews = reviews::list_of_products(conn, &[product.id], NESTED_ROWS).await?;
    Ok(ProductView { product, category, reviews: Some(reviews) })
}

async fn views(
    conn: &mut Connection,
    found: Vec<Product>,
    with_reviews: bool,
) -> repository::Result<Vec<ProductView>> {
    let categories =
        categories::list_by_ids(conn, &relations::keys(&found, |product| product.category_id)).await?;
    let categories = relations::by_key(categories, |category| category.id);
    let mut reviews = if with_reviews {
        let ids = relations::keys(&found, |product| product.id);
        let reviews = reviews::list_of_products(conn, &ids, NESTED_ROWS).await?;
        Some(relations::by_parent(reviews, |review| review.product_id))
    } else {
        None
    };
    let view = |product: Product| ProductView {
        category: categories.get(&product.category_id).cloned(),
        reviews: reviews.as_mut().map(|reviews| reviews.remove(&product.id).unwrap_or_default()),
        product,
    };
    Ok(found.into_iter().map(view).collect())
}
