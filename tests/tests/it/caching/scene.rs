//! A small shop, and all the ways to look at it.

use serde_json::json;
use stockroom_tests::{Actor, Answer};

/// Somewhere that the catalogue is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// The product that was sold and reviewed.
    Product,
    /// The other one.
    Unsold,
    /// The product that is not there yet.
    NextProduct,
    /// All products with their reviews.
    Products,
    /// Products in stock, the cheapest first.
    Filter,
    /// The products of the category.
    OfCategory,
    /// The category of both products.
    Category,
    /// The category without products.
    Spare,
    /// The category that is not there yet.
    NextCategory,
    /// All categories.
    Categories,
    /// All categories with their products.
    Stocked,
}

impl View {
    pub(super) const ALL: [Self; 11] = [
        Self::Product,
        Self::Unsold,
        Self::NextProduct,
        Self::Products,
        Self::Filter,
        Self::OfCategory,
        Self::Category,
        Self::Spare,
        Self::NextCategory,
        Self::Categories,
        Self::Stocked,
    ];

    pub(super) fn path(self, scene: &Scene) -> String {
        match self {
            Self::Product => format!("/products/{}", scene.product),
            Self::Unsold => format!("/products/{}", scene.unsold),
            Self::NextProduct => format!("/products/{}", scene.unsold + 1),
            Self::Products => "/products?expand=reviews&limit=1000".to_owned(),
            Self::Filter => "/products/filter?sort_by=price_asc&in_stock_only=true&limit=1000".to_owned(),
            Self::OfCategory => format!("/products?category_id={}", scene.category),
            Self::Category => format!("/categories/{}", scene.category),
            Self::Spare => format!("/categories/{}", scene.spare),
            Self::NextCategory => format!("/categories/{}", scene.spare + 1),
            Self::Categories => "/categories?limit=1000".to_owned(),
            Self::Stocked => "/categories?expand=products&limit=1000".to_owned(),
        }
    }

    pub(super) async fn read(self, reader: &Actor, scene: &Scene) -> Answer {
        reader.get(&self.path(scene)).await
    }
}

/// What there is.
pub(super) struct Scene {
    pub(super) category: i64,
    pub(super) spare: i64,
    pub(super) product: i64,
    pub(super) unsold: i64,
    /// Has written the review, and nothing else.
    pub(super) author: i64,
    pub(super) review: i64,
    /// Has one line, of the product.
    pub(super) order: i64,
    pub(super) line: i64,
    /// Is of the product too, from a checkout.
    pub(super) bought: i64,
    pub(super) buyer: i64,
}

impl Scene {
    /// A scene of its own, beside what is there already.
    pub(super) async fn new(shop: &Actor) -> Self {
        let category = shop.category().await;
        let product = shop.product(json!({"category_id": category, "stock": 20})).await;
        let (author, buyer) = (shop.client(json!({})).await, shop.client(json!({})).await);
        let review = json!({"rating": 4.0, "product_id": product, "client_id": author});
        let review = shop.post("/reviews", &review).await.id();
        let order = shop.order(json!({})).await;
        let line = shop.line(order, product, 2).await;
        let bought = shop.check_out(buyer, &[(product, 3)]).await;
        let bought = bought["id_key"].as_i64().expect("an id");
        // Last, so that the next of each can be told.
        let unsold = shop.product(json!({"category_id": category, "name": "Cup", "price": 7.0})).await;
        let spare = shop.category().await;
        Self { category, spare, product, unsold, author, review, order, line, bought, buyer }
    }
}
