//! Products: what the shop sells.

use crate::{
    CategoryId, Description, Key, KeyKind, ListOrder, Money, Price, ProductId, RatingSummary, Stock, Text,
};

/// A product's name: 1 to 200 characters.
pub type ProductName = Text<1, 200>;

/// Where a product's picture is: at most 2,048 characters.
pub type ImageUrl = Text<0, 2048>;

/// A product's picture, inline: at most 1,000,000 characters.
pub type Image = Text<0, 1_000_000>;

/// A stock keeping unit: 1 to 64 characters, unique.
pub type Sku = Text<1, 64>;

/// Something for sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Identity.
    pub id: ProductId,
    /// Name, 1 to 200 characters.
    pub name: String,
    /// Price of one piece, more than 0.
    pub price: Money,
    /// Pieces in stock, never negative; always the sum of the product's stock movements.
    pub stock: i64,
    /// The category it belongs to.
    pub category_id: CategoryId,
    /// For people.
    pub description: Option<String>,
    /// Where its picture is.
    pub image_url: Option<String>,
    /// Its picture, in whatever form the shop's clients agreed on.
    pub image: Option<String>,
    /// Stock keeping unit, unique.
    pub sku: Option<String>,
    /// Whether it is sold. What is no longer sold stays for the orders that name it.
    pub active: bool,
    /// How its published reviews rate it.
    pub rating: RatingSummary,
}

/// A product to insert.
#[derive(Debug, Clone, Copy)]
pub struct NewProduct<'a> {
    /// Name.
    pub name: &'a ProductName,
    /// Price of one piece.
    pub price: Price,
    /// Pieces in stock at first.
    pub stock: Stock,
    /// The category it belongs to.
    pub category_id: CategoryId,
    /// For people.
    pub description: Option<&'a Description>,
    /// Where its picture is.
    pub image_url: Option<&'a ImageUrl>,
    /// Its picture, inline.
    pub image: Option<&'a Image>,
    /// Unique stock keeping unit.
    pub sku: Option<&'a Sku>,
    /// Whether it is sold.
    pub active: bool,
}

/// Changes of a product; what is `None` stays as it is. What is no field here cannot be changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductChanges {
    /// A new name.
    pub name: Option<ProductName>,
    /// A new price of one piece.
    pub price: Option<Price>,
    /// Pieces in stock; the difference goes to the ledger.
    pub stock: Option<Stock>,
    /// Another category.
    pub category_id: Option<CategoryId>,
    /// A new description, or none.
    pub description: Option<Option<Description>>,
    /// A new place of its picture, or none.
    pub image_url: Option<Option<ImageUrl>>,
    /// A new picture, or none.
    pub image: Option<Option<Image>>,
    /// A new stock keeping unit, or none.
    pub sku: Option<Option<Sku>>,
    /// Whether it is sold.
    pub active: Option<bool>,
    /// A condition rather than a change: nothing is changed unless the stock is this many pieces.
    pub expected_stock: Option<Stock>,
}

impl ProductChanges {
    /// Sets a new name.
    #[must_use]
    pub fn with_name(self, name: ProductName) -> Self {
        Self { name: Some(name), ..self }
    }

    /// Sets a new price.
    #[must_use]
    pub fn with_price(self, price: Price) -> Self {
        Self { price: Some(price), ..self }
    }

    /// Sets the stock to this many pieces; the difference goes to the ledger.
    #[must_use]
    pub fn with_stock(self, stock: Stock) -> Self {
        Self { stock: Some(stock), ..self }
    }

    /// Changes the product only if its stock is this many pieces.
    #[must_use]
    pub fn with_expected_stock(self, stock: Stock) -> Self {
        Self { expected_stock: Some(stock), ..self }
    }

    /// Moves the product to another category.
    #[must_use]
    pub fn with_category(self, category: CategoryId) -> Self {
        Self { category_id: Some(category), ..self }
    }

    /// Whether a column is set; a condition alone sets none.
    pub fn sets_any(&self) -> bool {
        Self { expected_stock: None, ..self.clone() } != Self::default()
    }
}

/// How a filtered list of products is ordered; ties are broken by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProductSort {
    /// Highest id first.
    #[default]
    Newest,
    /// Cheapest first.
    PriceAscending,
    /// Dearest first.
    PriceDescending,
    /// By name, regardless of case, A first.
    NameAscending,
    /// By name, regardless of case, Z first.
    NameDescending,
}

impl ProductSort {
    /// The order with this name; an unknown name means newest first.
    pub fn named(name: &str) -> Self {
        match name {
            "price_asc" => Self::PriceAscending,
            "price_desc" => Self::PriceDescending,
            "name" | "name_asc" => Self::NameAscending,
            "name_desc" => Self::NameDescending,
            _ => Self::Newest,
        }
    }
    /// The list of filtered products in this order.
    pub const fn list_order(self) -> ListOrder {
        let (name, kind) = match self {
            Self::Newest => ("newest", KeyKind::Id),
            Self::PriceAscending => ("price_asc", KeyKind::Number),
            Self::PriceDescending => ("price_desc", KeyKind::Number),
            Self::NameAscending => ("name_asc", KeyKind::Text),
            Self::NameDescending => ("name_desc", KeyKind::Text),
        };
        ListOrder::new("products/filter", name, kind)
    }

    /// The place of a product in this order.
    pub fn key_of(self, product: &Product) -> Key {
        match self {
            Self::Newest => Key::Id(product.id.0),
            Self::PriceAscending | Self::PriceDescending => Key::Number(product.price.minor(), product.id.0),
            Self::NameAscending | Self::NameDescending => Key::Text(product.name.clone(), product.id.0),
        }
    }
}
