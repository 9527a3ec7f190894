//! Bodies of products.

use serde::Serialize;
use stockroom_domain::{
    CategoryId, Description, Image, ImageUrl, Money, NewProduct, Price, Product, ProductName, Sku, Stock,
};
use stockroom_input::{Fields, FromFields};
use utoipa::ToSchema;

use crate::schema::partial_requests;

/// A product to create.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "name": "Enamel mug", "price": 12.5, "stock": 40, "category_id": 1, "description": "Holds 350 ml", "sku": "MUG-350"
}))]
pub(crate) struct CreateProductRequest {
    /// Shown to customers.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: ProductName,
    /// Price of one piece, exact to the cent.
    #[schema(value_type = f64, exclusive_minimum = 0.0, maximum = 999_999.99, multiple_of = 0.01)]
    price: Price,
    /// Pieces in stock.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 2_147_483_647, default = 0)]
    stock: Stock,
    /// The category; must exist.
    #[schema(value_type = i64)]
    category_id: CategoryId,
    /// For people.
    #[schema(value_type = Option<String>, max_length = 100_000)]
    description: Option<Description>,
    /// Where its picture is.
    #[schema(value_type = Option<String>, max_length = 2048)]
    image_url: Option<ImageUrl>,
    /// Its picture, inline.
    #[schema(value_type = Option<String>, max_length = 1_000_000)]
    image: Option<Image>,
    /// Stock keeping unit; unique. An empty one is none.
    #[schema(value_type = Option<String>, max_length = 64)]
    sku: Option<Sku>,
    /// Whether it is sold. What is not is left out of lists and cannot be bought.
    #[schema(value_type = Option<bool>, default = true)]
    active: bool,
}

partial_requests!(
    CreateProductRequest => UpdateProductRequest, PatchProductRequest,
    nullable: ["description", "image_url", "image", "sku"],
    also: [("expected_stock", crate::schema::expected_stock())]
);

impl FromFields for CreateProductRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let name = fields.required("name");
        let price = fields.required("price");
        let stock = fields.optional("stock");
        let category_id = fields.required("category_id");
        let description = fields.optional("description");
        let image_url = fields.optional("image_url");
        let image = fields.optional("image");
        let sku = fields.optional("sku");
        let active = fields.optional("active");
        Some(Self {
            name: name?,
            price: price?,
            stock: stock?.unwrap_or_default(),
            category_id: category_id?,
            description: description?,
            image_url: image_url?,
            image: image?,
            sku: sku?,
            active: active?.unwrap_or(true),
        })
    }
}

impl CreateProductRequest {
    pub(crate) fn as_new(&self) -> NewProduct<'_> {
        NewProduct {
            name: &self.name,
            price: self.price,
            stock: self.stock,
            category_id: self.category_id,
            description: self.description.as_ref(),
            image_url: self.image_url.as_ref(),
            image: self.image.as_ref(),
            sku: self.sku.as_ref(),
            active: self.active,
        }
    }
}

/// A product without its relations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductFields {
    /// Identity.
    #[schema(example = 1)]
    id_key: i64,
    /// Shown to customers.
    #[schema(example = "Enamel mug")]
    name: String,
    /// Price of one piece.
    #[schema(value_type = f64, example = 12.5)]
    price: Money,
    /// Pieces in stock.
    #[schema(minimum = 0, example = 40)]
    stock: i64,
    /// Its category.
    #[schema(example = 3)]
    category_id: i64,
    /// For people.
    #[schema(example = "Holds 350 ml")]
    description: Option<String>,
    /// Where its picture is.
    #[schema(example = "https://cdn.example.com/mug.jpg")]
    image_url: Option<String>,
    /// Its picture, inline.
    #[schema(example = "data:image/png;base64,iVBORw0KGgo=")]
    image: Option<String>,
    /// Stock keeping unit.
    #[schema(example = "MUG-350")]
    sku: Option<String>,
    /// Whether it is sold.
    #[schema(example = true)]
    active: bool,
    /// The average of its published reviews in stars, to two decimals; null without reviews.
    #[schema(minimum = 1, maximum = 5, example = 4.33)]
    rating_average: Option<f64>,
    /// How many published reviews it has.
    #[schema(minimum = 0, example = 3)]
    rating_count: i64,
}

impl From<Product> for ProductFields {
    fn from(product: Product) -> Self {
        Self {
            id_key: product.id.0,
            name: product.name,
            price: product.price,
            stock: product.stock,
            category_id: product.category_id.0,
            description: product.description,
            image_url: product.image_url,
            image: product.image,
            sku: product.sku,
            active: product.active,
            rating_average: product.rating.average(),
            rating_count: product.rating.count,
        }
    }
}
