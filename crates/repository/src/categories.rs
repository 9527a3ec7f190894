//! Categories.

use diesel::{prelude::*, result::OptionalExtension};
use diesel_async::RunQueryDsl;
use stockroom_domain::{
    Category, CategoryChanges, CategoryId, CategoryName, NewCategory, Page, Refusal, Resource, Text,
};

use crate::{
    Connection, Error, Result, changesets::nullable, lists::lists, reads::reads, schema::categories,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = categories, check_for_backend(diesel::pg::Pg))]
struct CategoryRow {
    id: i64,
    name: String,
    description: Option<String>,
}

impl From<CategoryRow> for Category {
    fn from(row: CategoryRow) -> Self {
        Self { id: CategoryId(row.id), name: row.name, description: row.description }
    }
}

/// The columns of a category that an update can write.
#[derive(AsChangeset)]
#[diesel(table_name = categories)]
struct CategoryChangeset<'a> {
    name: Option<&'a str>,
    description: Option<Option<&'a str>>,
}

impl<'a> From<&'a CategoryChanges> for CategoryChangeset<'a> {
    fn from(changes: &'a CategoryChanges) -> Self {
        Self {
            name: changes.name.as_ref().map(Text::as_str),
            description: nullable(changes.description.as_ref()),
        }
    }
}

reads!(categories, CategoryRow, Category, CategoryId, Resource::Category);

/// The category with this name, if there is one.
///
/// # Errors
/// Only when the database fails.
pub async fn find_by_name(conn: &mut Connection, name: &CategoryName) -> Result<Option<Category>> {
    let row: Option<CategoryRow> = categories::table
        .filter(categories::name.eq(name.as_str()))
        .select(CategoryRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(Category::from))
}

lists!(categories, CategoryRow, Category);

/// Locks one category against changes (`FOR NO KEY UPDATE`: products may still be put into it) and returns it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn lock_one_in_tx(conn: &mut Connection, id: CategoryId) -> Result<Category> {
    let row = categories::table.find(id.0).select(CategoryRow::as_select());
    let locked = row.for_no_key_update().first(conn).await;
    locked.optional()?.map(Category::from).ok_or(not_found(id))
}

/// Inserts a category.
///
/// # Errors
/// [`Error::Duplicate`] when the name is taken.
pub async fn insert(conn: &mut Connection, new: NewCategory<'_>) -> Result<Category> {
    let row: CategoryRow = diesel::insert_into(categories::table)
        .values((
            categories::name.eq(new.name.as_str()),
            categories::description.eq(new.description.map(Text::as_str)),
        ))
        .returning(CategoryRow::as_returning())
        .get_result(conn)
        .await?;
    Ok(row.into())
}

/// Changes a category.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Duplicate`] when the new name is taken.
pub async fn update(conn: &mut Connection, id: CategoryId, changes: &CategoryChanges) -> Result<Category> {
    if *changes == CategoryChanges::default() {
        return get(conn, id).await;
    }
    let row = diesel::update(categories::table.find(id.0))
        .set(CategoryChangeset::from(changes))
        .returning(CategoryRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    row.map(Category::from).ok_or(not_found(id))
}

/// Deletes a category.
///
/// # Errors
/// [`Error::NotFound`]; [`Refusal::CategoryHasProducts`].
pub async fn delete(conn: &mut Connection, id: CategoryId) -> Result<()> {
    let deleted = diesel::delete(categories::table.find(id.0))
        .execute(conn)
        .await
        .map_err(|error| Error::of_delete(error, Refusal::CategoryHasProducts))?;
    if deleted == 0 { Err(not_found(id)) } else { Ok(()) }
}
