//! Use cases of categories.

use stockroom_domain::{
    Category, CategoryChanges, CategoryId, ListOrder, NewCategory, Page, Product, Refusal, Resource,
};
use stockroom_repository::{self as repository, Connection, categories, products};

use crate::{
    Answered, Document, Error, Listed, NESTED_ROWS, Once, Result, Seen, Shop, Shown, catalogue::CatalogueKey,
    lists, relations,
};

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
    pub async fn create_category(&self, new: NewCategory<'_>, once: Once<CategoryView>) -> Result<Answered> {
        let touched = self.parts.catalogue.touched();
        let created = self.once(once, async |conn| {
            let category = categories::insert(conn, new).await?;
            touched.category(category.id);
            Ok(CategoryView { category, products: Some(Vec::new()) })
        });
        let created = created.await;
        touched.settle(created).await
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
        let touched = self.parts.catalogue.touched();
        touched.category(id);
        let write = self.write_then(async |conn| {
            require_seen(conn, id, seen.as_ref()).await?;
            categories::update(conn, id, changes).await
        });
        let written = write.await;
        let (category, mut conn) = touched.settle(written).await?;
        Ok(view(&mut conn, category).await?)
    }

    /// Deletes a category without products, if it is still what the caller has seen.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Refused`] when it has products, or was changed meanwhile.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn delete_category(&self, id: CategoryId, seen: Option<Seen<CategoryView>>) -> Result<()> {
        let touched = self.parts.catalogue.touched();
        touched.category(id);
        let deleted = self.write(async |conn| {
            require_seen(conn, id, seen.as_ref()).await?;
            categories::delete(conn, id).await
        });
        let deleted = deleted.await;
        touched.settle(deleted).await
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
