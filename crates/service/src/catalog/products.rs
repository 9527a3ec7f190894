//! Use cases of products.

use stockroom_domain::{
    Category, NewProduct, Page, Permission, Product, ProductChanges, ProductId, Refusal, Resource, Review,
    Stock,
};
use stockroom_repository::{
    self as repository, Connection, categories,
    products::{self, ProductFilter},
    reviews,
};

use crate::{
    Disclose, Document, Error, Idempotent, Listed, NESTED_ROWS, Need, Result, Seen, Shop, Shown, ShownRow,
    StoredResponse, catalog::cache::CatalogueKey, lists, relations,
};

const WRITE: Need = Need::to(Permission::CatalogueWrite);

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
    /// A product with its category and reviews, when it is at hand.
    pub fn recall_product(&self, id: ProductId) -> Option<Shown> {
        self.parts.catalogue.get(&CatalogueKey::Product(id))
    }

    /// A product with its category and reviews.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn show_product(&self, id: ProductId, render: fn(ProductView) -> Vec<u8>) -> Result<Shown> {
        let reads = self.parts.product_reads.clone();
        let key = CatalogueKey::Product(id);
        let read = self.parts.catalogue.read(&key, move || async move {
            Ok(reads.find(id).await?.map(|view| Document::item(&render(view))))
        });
        read.await?.ok_or(Error::NotFound { resource: Resource::Product, id: id.0 })
    }

    /// A page of the products that pass a filter, when it is at hand under this name.
    pub fn recall_products(&self, name: &str) -> Option<Shown> {
        self.parts.catalogue.get(&CatalogueKey::Products(name.into()))
    }

    /// A page of the products that pass a filter, with reviews when asked for. It is kept under `name`, which must tell
    /// all of that and how it is rendered.
    ///
    /// # Errors
    /// Only when the database fails.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn show_products(
        &self,
        name: &str,
        (filter, page): (ProductFilter, Page),
        with_reviews: bool,
        render: impl FnOnce(Listed<ProductView>) -> Document + Send + 'static,
    ) -> Result<Shown> {
        let shop = self.clone();
        let key = CatalogueKey::Products(name.into());
        let read = self.parts.catalogue.read(&key, move || async move {
            Ok(Some(render(shop.list_products(&filter, &page, with_reviews).await?)))
        });
        read.await?.ok_or_else(|| Error::internal("a list is always there"))
    }

    async fn list_products(
        &self,
        filter: &ProductFilter,
        page: &Page,
        with_reviews: bool,
    ) -> Result<Listed<ProductView>> {
        let mut conn = self.pool().get().await?;
        let found = products::list(&mut conn, filter, &page.and_one_more()).await?;
        let (found, next) = lists::cut(found, page, |product| filter.position_of(product));
        let total = products::total(&mut conn, filter, page).await?;
        Ok(Listed { rows: views(&mut conn, found, with_reviews).await?, next, total })
    }

    /// Creates a product; its stock is the first entry of its ledger.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when the category does not exist; [`crate::Error::Duplicate`] when the SKU is taken.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn create_product(
        &self,
        new: NewProduct<'_>,
        request: Idempotent<ProductView>,
    ) -> Result<StoredResponse> {
        let created = self.unit_of_work(WRITE)?.run_once(request, async |tx| {
            let product = products::insert_in_tx(tx, new).await?;
            tx.invalidate().product(product.id);
            view(tx, product).await
        });
        Ok(created.await?)
    }

    /// Changes a product, if it is still what the caller has seen; a new stock is recorded in the ledger as an adjustment.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Duplicate`]; [`crate::Error::Refused`] when it was changed meanwhile.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn update_product(
        &self,
        id: ProductId,
        changes: &ProductChanges,
        seen: Option<Seen<ProductView>>,
    ) -> Result<ProductView> {
        self.change_product(WRITE, id, changes, seen).await
    }

    /// Sets the stock of a product, if its stock is `expected` where that is given. The ledger records it as an adjustment.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Refused`] when it was changed meanwhile.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn set_stock(
        &self,
        id: ProductId,
        stock: Stock,
        expected: Option<Stock>,
    ) -> Result<ProductView> {
        let changes = ProductChanges::default().with_stock(stock);
        let changes = match expected {
            Some(expected) => changes.with_expected_stock(expected),
            None => changes,
        };
        self.change_product(Need::to(Permission::StockWrite), id, &changes, None).await
    }

    async fn change_product(
        &self,
        need: Need,
        id: ProductId,
        changes: &ProductChanges,
        seen: Option<Seen<ProductView>>,
    ) -> Result<ProductView> {
        let change = self.unit_of_work(need)?.invalidating(|stale| stale.product(id));
        let updated = change.run(async |tx| {
            require_seen(tx, id, seen.as_ref()).await?;
            let product = products::update_in_tx(tx, id, changes).await?;
            view(tx, product).await
        });
        Ok(updated.await?)
    }

    /// Deletes a product that was never sold, if it is still what the caller has seen.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Refused`] when an order line names it, or it was changed meanwhile.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn delete_product(&self, id: ProductId, seen: Option<Seen<ProductView>>) -> Result<()> {
        let delete = self.unit_of_work(WRITE)?.invalidating(|stale| stale.product(id));
        let deleted = delete.run(async |tx| {
            require_seen(tx, id, seen.as_ref()).await?;
            products::delete_in_tx(tx, id).await
        });
        Ok(deleted.await?)
    }
}

impl Disclose for ProductView {
    const READ: Option<Permission> = None;

    fn row(&self) -> ShownRow {
        ShownRow::new("products", self.product.id.0, None)
    }
}

/// Locks a product and refuses when it is not what the caller has seen.
async fn require_seen(
    conn: &mut Connection,
    id: ProductId,
    seen: Option<&Seen<ProductView>>,
) -> repository::Result<()> {
    let Some(seen) = seen else { return Ok(()) };
    let product = products::lock_one_in_tx(conn, id).await?;
    let current = view(conn, product).await?;
    if seen.is(current) {
        Ok(())
    } else {
        Err(Refusal::Outdated { resource: Resource::Product, id: id.0 }.into())
    }
}

async fn view(conn: &mut Connection, product: Product) -> repository::Result<ProductView> {
    let category = categories::find(conn, product.category_id).await?;
    let reviews = reviews::list_of_products(conn, &[product.id], NESTED_ROWS).await?;
    Ok(ProductView { product, category, reviews: Some(reviews) })
}

pub(crate) async fn views(
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
