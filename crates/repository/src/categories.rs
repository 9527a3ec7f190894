//! Categories.

use diesel::{prelude::*, result::OptionalExtension};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use stockroom_domain::{
    Category, CategoryId, CategoryName, Description, Fields, FromFields, Page, Refusal, Resource, Violations,
};

use crate::{Connection, Error, Result, lists::lists, reads::reads, schema::categories};

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

/// A category to insert.
#[derive(Debug, Clone, Copy)]
pub struct NewCategory<'a> {
    /// Unique name.
    pub name: &'a CategoryName,
    /// For people.
    pub description: Option<&'a Description>,
}

/// The writable columns of a category; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, AsChangeset)]
#[diesel(table_name = categories)]
pub struct CategoryChanges {
    name: Option<String>,
    description: Option<Option<String>>,
}

impl CategoryChanges {
    /// Reads changes strictly: an unknown or protected field is refused, null clears a nullable one.
    ///
    /// # Errors
    /// Every field that breaks a rule.
    pub fn from_json(json: Value) -> Result<Self, Violations> {
        Fields::read_strict("body", json)
    }
}

impl FromFields for CategoryChanges {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            name: fields.change("name").map(CategoryName::into_string),
            description: fields.nullable_change("description").map(|text| text.map(Description::into_string)),
        })
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
            categories::description.eq(new.description.map(Description::as_str)),
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
        .set(changes)
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
