//! Bodies of categories.

use serde::Serialize;
use stockroom_domain::{Category, CategoryName, Description, NewCategory};
use stockroom_input::{Fields, FromFields};
use stockroom_service::CategoryView;
use utoipa::ToSchema;

use crate::schema::partial_requests;
use crate::{api::products::bodies::ProductFields, http::rows::all};

/// A category to create.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"name": "Kitchen", "description": "Pots, pans and everything near them"}))]
pub(crate) struct CreateCategoryRequest {
    /// Unique.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: CategoryName,
    /// For people.
    #[schema(value_type = Option<String>, max_length = 100_000)]
    description: Option<Description>,
}

partial_requests!(CreateCategoryRequest => UpdateCategoryRequest, PatchCategoryRequest, nullable: ["description"]);

impl FromFields for CreateCategoryRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (name, description) = (fields.required("name"), fields.optional("description"));
        Some(Self { name: name?, description: description? })
    }
}

impl CreateCategoryRequest {
    pub(crate) fn as_new(&self) -> NewCategory<'_> {
        NewCategory { name: &self.name, description: self.description.as_ref() }
    }
}

/// A category without its relations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CategoryFields {
    /// Identity.
    #[schema(example = 3)]
    id_key: i64,
    /// Unique.
    #[schema(example = "Kitchen")]
    name: String,
    /// For people.
    #[schema(example = "Pots, pans and everything near them")]
    description: Option<String>,
}

impl From<Category> for CategoryFields {
    fn from(category: Category) -> Self {
        Self { id_key: category.id.0, name: category.name, description: category.description }
    }
}

/// The category of a product.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"id_key": 3, "name": "Kitchen"}))]
pub(crate) struct CategoryReference {
    /// Identity.
    id_key: i64,
    /// Unique.
    name: String,
}

impl From<Category> for CategoryReference {
    fn from(category: Category) -> Self {
        Self { id_key: category.id.0, name: category.name }
    }
}

/// A category.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CategoryResponse {
    #[serde(flatten)]
    category: CategoryFields,
    /// Its first 100 products; in lists only with `expand=products`.
    #[serde(skip_serializing_if = "Option::is_none")]
    products: Option<Vec<ProductFields>>,
}

impl From<CategoryView> for CategoryResponse {
    fn from(view: CategoryView) -> Self {
        Self { category: view.category.into(), products: view.products.map(all) }
    }
}
