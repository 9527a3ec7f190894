//! Whatever changes what the catalogue shows, and where each change is seen.

use reqwest::Method;
use serde_json::{Value, json};
use stockroom_tests::{Actor, Answer};

use super::scene::{
    Scene,
    View::{
        self, Categories, Category, Filter, NextCategory, NextProduct, OfCategory, Product, Products, Spare,
        Stocked, Unsold,
    },
};

/// A change: its name, the request, and the views that look different afterwards.
pub(super) struct Case {
    pub(super) name: &'static str,
    method: Method,
    request: fn(&Scene) -> (String, Value),
    pub(super) seen_in: Vec<View>,
}

/// Where a product's price, stock and rating are shown.
const SHOWN: [View; 6] = [Product, Products, Filter, OfCategory, Category, Stocked];

impl Case {
    pub(super) async fn make(&self, shop: &Actor, scene: &Scene) -> Answer {
        let (path, body) = (self.request)(scene);
        shop.send(shop.request(self.method.clone(), &path).json(&body)).await
    }
}

fn case(
    name: &'static str,
    method: Method,
    request: fn(&Scene) -> (String, Value),
    seen_in: impl IntoIterator<Item = View>,
) -> Case {
    Case { name, method, request, seen_in: seen_in.into_iter().collect() }
}

fn product(scene: &Scene) -> String {
    format!("/products/{}", scene.product)
}

fn review(scene: &Scene) -> String {
    format!("/reviews/{}", scene.review)
}

fn line(scene: &Scene) -> String {
    format!("/order_details/{}", scene.line)
}

fn order(scene: &Scene) -> String {
    format!("/orders/{}", scene.order)
}

fn category(scene: &Scene) -> String {
    format!("/categories/{}", scene.category)
}

pub(super) fn all() -> Vec<Case> {
    [products(), categories(), reviews(), lines(), orders()].into_iter().flatten().collect()
}

fn products() -> Vec<Case> {
    let elsewhere = [Products, Filter, OfCategory, Category, Stocked];
    vec![
        case(
            "a product is created, whose id was asked for",
            Method::POST,
            |scene| {
                let fields = json!({"name": "Bowl", "price": 3.0, "stock": 1, "category_id": scene.category});
                ("/products".to_owned(), fields)
            },
            [NextProduct].into_iter().chain(elsewhere),
        ),
        case("a product is renamed", Method::PUT, |scene| (product(scene), json!({"name": "Jug"})), SHOWN),
        case("a price is changed", Method::PATCH, |scene| (product(scene), json!({"price": 11.5})), SHOWN),
        case("a stock is set", Method::PUT, |scene| (product(scene), json!({"stock": 99})), SHOWN),
        case("a stock is emptied", Method::PATCH, |scene| (product(scene), json!({"stock": 0})), SHOWN),
        case("a product is retired", Method::PUT, |scene| (product(scene), json!({"active": false})), SHOWN),
        case(
            "a product moves to another category",
            Method::PUT,
            |scene| (product(scene), json!({"category_id": scene.spare})),
            SHOWN.into_iter().chain([Spare]),
        ),
        case(
            "a product is deleted",
            Method::DELETE,
            |scene| (format!("/products/{}", scene.unsold), json!({})),
            [Unsold].into_iter().chain(elsewhere),
        ),
    ]
}

fn categories() -> Vec<Case> {
    vec![
        case(
            "a category is created, whose id was asked for",
            Method::POST,
            |scene| ("/categories".to_owned(), json!({"name": format!("New {}", scene.spare)})),
            [NextCategory, Categories, Stocked],
        ),
        case(
            "a category is renamed",
            Method::PUT,
            |scene| (category(scene), json!({"name": format!("Renamed {}", scene.category)})),
            [Product, Unsold, Products, Filter, OfCategory, Category, Categories, Stocked],
        ),
        case(
            "a category is described",
            Method::PATCH,
            |scene| (category(scene), json!({"description": "Pots and pans"})),
            [Category, Categories, Stocked],
        ),
        case(
            "a category is deleted",
            Method::DELETE,
            |scene| (format!("/categories/{}", scene.spare), json!({})),
            [Spare, Categories, Stocked],
        ),
    ]
}

fn reviews() -> Vec<Case> {
    // Where the review itself is shown.
    let reviewed = [Product, Products];
    vec![
        case(
            "a review is written",
            Method::POST,
            |scene| ("/reviews".to_owned(), json!({"rating": 1.0, "product_id": scene.product})),
            SHOWN,
        ),
        case("a rating is changed", Method::PUT, |scene| (review(scene), json!({"rating": 2.0})), SHOWN),
        case(
            "a review is commented",
            Method::PATCH,
            |scene| (review(scene), json!({"comment": "It broke on the first day"})),
            reviewed,
        ),
        case(
            "a review moves to another product",
            Method::PUT,
            |scene| (review(scene), json!({"product_id": scene.unsold})),
            SHOWN.into_iter().chain([Unsold]),
        ),
        case(
            "a review is rejected",
            Method::PUT,
            |scene| (format!("{}/status", review(scene)), json!({"status": "rejected"})),
            SHOWN,
        ),
        case("a review is deleted", Method::DELETE, |scene| (review(scene), json!({})), SHOWN),
        case(
            "the author of a review is deleted",
            Method::DELETE,
            |scene| (format!("/clients/{}", scene.author), json!({})),
            reviewed,
        ),
    ]
}

fn lines() -> Vec<Case> {
    vec![
        case(
            "an order line is added",
            Method::POST,
            |scene| {
                let line = json!({"order_id": scene.order, "product_id": scene.product, "quantity": 1});
                ("/order_details".to_owned(), line)
            },
            SHOWN,
        ),
        case("a line takes more", Method::PUT, |scene| (line(scene), json!({"quantity": 5})), SHOWN),
        case(
            "a line takes another product",
            Method::PUT,
            |scene| (line(scene), json!({"product_id": scene.unsold})),
            SHOWN.into_iter().chain([Unsold]),
        ),
        case("a line is deleted", Method::DELETE, |scene| (line(scene), json!({})), SHOWN),
    ]
}

fn orders() -> Vec<Case> {
    vec![
        case(
            "an order is cancelled",
            Method::POST,
            |scene| (format!("/orders/{}/cancel", scene.order), json!({})),
            SHOWN,
        ),
        case("an order's status is set", Method::PUT, |scene| (order(scene), json!({"status": 4})), SHOWN),
        case("an order is deleted", Method::DELETE, |scene| (order(scene), json!({})), SHOWN),
        case(
            "an order is checked out",
            Method::POST,
            |scene| {
                let lines = [(scene.product, 1), (scene.unsold, 2)];
                ("/checkout".to_owned(), stockroom_tests::checkout(scene.buyer, &lines))
            },
            SHOWN.into_iter().chain([Unsold]),
        ),
        case(
            "a checkout is cancelled",
            Method::POST,
            |scene| (format!("/orders/{}/cancel", scene.bought), json!({})),
            SHOWN,
        ),
    ]
}
