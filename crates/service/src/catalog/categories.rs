//! Use cases of categories.

use stockroom_domain::{
    Category, CategoryChanges, CategoryId, ListOrder, NewCategory, Page, Permission, Product, Refusal,
    Resource,
};
use stockroom_repository::{self as repository, Connection, categories, products};

use crate::{
    Disclose, Document, Error, Idempotent, Listed, NESTED_ROWS, Need, Result, Seen, Shop, Shown, ShownRow,
    StoredResponse, catalog::cache::CatalogueKey, lists, relations,
};

const WRITE: Need = Need::to(Permission::CatalogueWrite);

/// A category with its products, where they were asked for.
#[derive(Debug, Clone)]
pub struct CategoryView {
    /// The category.
    pub category: Category,
    /// Its first products.
    pub products: Option<Vec<Product>>,
}

impl Shop {
    /// A category with its products, when it is at hand.
    pub fn recall_category(&self, id: CategoryId) -> Option<Shown> {
        self.parts.catalogue.get(&CatalogueKey::Category(id))
    }

    /// A category with its products.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn show_category(&self, id: CategoryId, render: fn(CategoryView) -> Vec<u8>) -> Result<Shown> {
        let pool = self.parts.pool.clone();
        let key = CatalogueKey::Category(id);
        let read = self.parts.catalogue.read(&key, move || async move {
            let mut conn = pool.get().await?;
            let Some(category) = categories::find(&mut conn, id).await? else { return Ok(None) };
            let view = view(&mut conn, category).await?;
            Ok(Some(Document::item(&render(view))))
        });
        read.await?.ok_or(Error::NotFound { resource: Resource::Category, id: id.0 })
    }

    /// A page of categories, when it is at hand under this name.
    pub fn recall_categories(&self, name: &str) -> Option<Shown> {
        // A list with products is kept apart, so that their changes do not touch the others.
        let stocked = || self.parts.catalogue.get(&CatalogueKey::StockedCategories(name.into()));
        self.parts.catalogue.get(&CatalogueKey::Categories(name.into())).or_else(stocked)
    }

    /// A page of categories, with products when asked for. It is kept under `name`, which must tell all of that and how it
    /// is rendered.
    ///
    /// # Errors
    /// Only when the database fails.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn show_categories(
        &self,
        name: &str,
        page: Page,
        with_products: bool,
        render: impl FnOnce(Listed<CategoryView>) -> Document + Send + 'static,
    ) -> Result<Shown> {
        let shop = self.clone();
        let kind = if with_products { CatalogueKey::StockedCategories } else { CatalogueKey::Categories };
        let key = kind(name.into());
        let read = self.parts.catalogue.read(&key, move || async move {
            Ok(Some(render(shop.list_categories(&page, with_products).await?)))
        });
        read.await?.ok_or_else(|| Error::internal("a list is always there"))
    }

    async fn list_categories(&self, page: &Page, with_products: bool) -> Result<Listed<CategoryView>> {
        let mut conn = self.parts.pool.get().await?;
        let found = categories::list(&mut conn, &page.and_one_more()).await?;
        let (found, next) = lists::cut(found, page, |category| ListOrder::CATEGORIES.at_id(category.id.0));
        let total = categories::total(&mut conn, page).await?;
        Ok(Listed { rows: views(&mut conn, found, with_products).await?, next, total })
    }

    /// Creates a category.
    ///
    /// # Errors
    /// [`crate::Error::Duplicate`] when the name is taken.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn create_category(
        &self,
        new: NewCategory<'_>,
        request: Idempotent<CategoryView>,
    ) -> Result<StoredResponse> {
        let created = self.unit_of_work(WRITE)?.run_once(request, async |tx| {
            let category = categories::insert(tx, new).await?;
            tx.invalidate().category(category.id);
            Ok(CategoryView { category, products: Some(Vec::new()) })
        });
        Ok(created.await?)
    }

    /// Changes a category, if it is still what the caller has seen.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Duplicate`]; [`crate::Error::Refused`] when it was changed meanwhile.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn update_category(
        &self,
        id: CategoryId,
        changes: &CategoryChanges,
        seen: Option<Seen<CategoryView>>,
    ) -> Result<CategoryView> {
        let change = self.unit_of_work(WRITE)?.invalidating(|stale| stale.category(id));
        let updated = change.run(async |tx| {
            require_seen(tx, id, seen.as_ref()).await?;
            let category = categories::update(tx, id, changes).await?;
            view(tx, category).await
        });
        Ok(updated.await?)
    }

    /// Deletes a category without products, if it is still what the caller has seen.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Refused`] when it has products, or was changed meanwhile.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn delete_category(&self, id: CategoryId, seen: Option<Seen<CategoryView>>) -> Result<()> {
        let delete = self.unit_of_work(WRITE)?.invalidating(|stale| stale.category(id));
        let deleted = delete.run(async |tx| {
            require_seen(tx, id, seen.as_ref()).await?;
            categories::delete(tx, id).await
        });
        Ok(deleted.await?)
    }
}

impl Disclose for CategoryView {
    const READ: Option<Permission> = None;

    fn row(&self) -> ShownRow {
        ShownRow::new("categories", self.category.id.0, None)
    }
}

/// Locks a category and refuses when it is not what the caller has seen.
async fn require_seen(
    conn: &mut Connection,
    id: CategoryId,
    seen: Option<&Seen<CategoryView>>,
) -> repository::Result<()> {
    let Some(seen) = seen else { return Ok(()) };
    let category = categories::lock_one_in_tx(conn, id).await?;
    let current = view(conn, category).await?;
    if seen.is(current) {
        Ok(())
    } else {
        Err(Refusal::Outdated { resource: Resource::Category, id: id.0 }.into())
    }
}

async fn view(conn: &mut Connection, category: Category) -> repository::Result<CategoryView> {
    let products = products::list_of_categories(conn, &[category.id], NESTED_ROWS).await?;
    Ok(CategoryView { category, products: Some(products) })
}

async fn views(
    conn: &mut Connection,
    all: Vec<Category>,
    with_products: bool,
) -> repository::Result<Vec<CategoryView>> {
    if !with_products {
        return Ok(all.into_iter().map(|category| CategoryView { category, products: None }).collect());
    }
    let ids = relations::keys(&all, |category| category.id);
    let products = products::list_of_categories(conn, &ids, NESTED_ROWS).await?;
    let mut products = relations::by_parent(products, |product| product.category_id);
    let with = |category: Category| {
        let products = products.remove(&category.id).unwrap_or_default();
        CategoryView { category, products: Some(products) }
    };
    Ok(all.into_iter().map(with).collect())
}
