//! Use cases of categories.

use stockroom_domain::{Category, CategoryId, Page, Product};
use stockroom_repository::{
    self as repository, Connection,
    categories::{self, CategoryChanges, NewCategory},
    products,
};

use crate::{Answered, NESTED_ROWS, Once, Result, Shop, relations};

/// A category with its products, where they were asked for.
#[derive(Debug, Clone)]
pub struct CategoryView {
    /// The category.
    pub category: Category,
    /// Its first products.
    pub products: Option<Vec<Product>>,
}

impl Shop {
    /// A category with its products.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    pub async fn get_category(&self, id: CategoryId) -> Result<CategoryView> {
        let mut conn = self.pool.get().await?;
        let category = categories::get(&mut conn, id).await?;
        Ok(view(&mut conn, category).await?)
    }

    /// A page of categories, with products when asked for.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn list_categories(&self, page: Page, with_products: bool) -> Result<Vec<CategoryView>> {
        let mut conn = self.pool.get().await?;
        let categories = categories::list(&mut conn, page).await?;
        Ok(views(&mut conn, categories, with_products).await?)
    }

    /// Creates a category.
    ///
    /// # Errors
    /// [`crate::Error::Duplicate`] when the name is taken.
    pub async fn create_category(&self, new: NewCategory<'_>, once: Once<CategoryView>) -> Result<Answered> {
        self.once(once, async |conn| {
            let category = categories::insert(conn, new).await?;
            Ok(CategoryView { category, products: Some(Vec::new()) })
        })
        .await
    }

    /// Changes a category.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Duplicate`].
    pub async fn update_category(&self, id: CategoryId, changes: &CategoryChanges) -> Result<CategoryView> {
        let mut conn = self.pool.get().await?;
        let category = categories::update(&mut conn, id, changes).await?;
        Ok(view(&mut conn, category).await?)
    }

    /// Deletes a category without products.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Refused`] when it has products.
    pub async fn delete_category(&self, id: CategoryId) -> Result<()> {
        let mut conn = self.pool.get().await?;
        Ok(categories::delete(&mut conn, id).await?)
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
