//! The writable columns of a product.

use diesel::prelude::*;
use serde_json::Value;
use stockroom_domain::{
    CategoryId, Description, Fields, FromFields, Image, ImageUrl, Price, ProductName, Sku, Stock, Violations,
};

use crate::schema::products;

/// Changes of a product; what is `None` stays as it is. A column that is not a field here cannot be changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, AsChangeset)]
#[diesel(table_name = products)]
pub struct ProductChanges {
    name: Option<String>,
    price: Option<i64>,
    stock: Option<i64>,
    category_id: Option<i64>,
    description: Option<Option<String>>,
    image_url: Option<Option<String>>,
    image: Option<Option<String>>,
    sku: Option<Option<String>>,
    active: Option<bool>,
    #[diesel(skip_update)]
    expected_stock: Option<i64>,
}

impl ProductChanges {
    /// Reads changes strictly: an unknown or protected field is refused, null clears a nullable one.
    ///
    /// # Errors
    /// Every field that breaks a rule.
    pub fn from_json(json: Value) -> Result<Self, Violations> {
        Fields::read_strict("body", json)
    }

    /// Sets a new name.
    #[must_use]
    pub fn with_name(self, name: ProductName) -> Self {
        Self { name: Some(name.into_string()), ..self }
    }

    /// Sets a new price.
    #[must_use]
    pub fn with_price(self, price: Price) -> Self {
        Self { price: Some(price.money().minor()), ..self }
    }

    /// Sets the stock to this many pieces; the difference goes to the ledger.
    #[must_use]
    pub fn with_stock(self, stock: Stock) -> Self {
        Self { stock: Some(stock.count()), ..self }
    }

    /// Changes the product only if its stock is this many pieces.
    #[must_use]
    pub fn with_expected_stock(self, stock: Stock) -> Self {
        Self { expected_stock: Some(stock.count()), ..self }
    }

    /// Moves the product to another category.
    #[must_use]
    pub fn with_category(self, category: CategoryId) -> Self {
        Self { category_id: Some(category.0), ..self }
    }

    pub(super) fn stock(&self) -> Option<i64> {
        self.stock
    }

    /// What is written.
    pub(super) fn without_expectation(&self) -> Self {
        Self { expected_stock: None, ..self.clone() }
    }

    pub(super) fn expected_stock(&self) -> Option<i64> {
        self.expected_stock
    }

    pub(super) fn category_id(&self) -> Option<i64> {
        self.category_id
    }
}

impl FromFields for ProductChanges {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            name: fields.change("name").map(ProductName::into_string),
            price: fields.change("price").map(|price: Price| price.money().minor()),
            stock: fields.change("stock").map(Stock::count),
            category_id: fields.change("category_id"),
            description: fields.nullable_change("description").map(|text| text.map(Description::into_string)),
            image_url: fields.nullable_change("image_url").map(|text| text.map(ImageUrl::into_string)),
            image: fields.nullable_change("image").map(|text| text.map(Image::into_string)),
            sku: fields.nullable_change("sku").map(|text| text.map(Sku::into_string)),
            active: fields.change("active"),
            expected_stock: fields.change("expected_stock").map(Stock::count),
        })
    }
}
