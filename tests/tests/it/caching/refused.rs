//! What is refused leaves the cache alone.

use reqwest::Method;
use serde_json::{Value, json};
use stockroom_tests::{Actor, App, checkout};

use super::{
    Probe,
    scene::{Scene, View},
};

type Refused = (u16, Method, String, Value);

async fn refused(shop: &Actor, scene: &Scene) -> Vec<Refused> {
    let Scene { category, spare, product, unsold, review, order, line, buyer, .. } = scene;
    let of_spare = json!({"name": format!("Taken {spare}")});
    shop.put(&format!("/categories/{spare}"), &of_spare).await.expect(200);
    let delivered = shop.order(json!({"status": 3})).await;
    let wanted = |quantity: i64| json!({"order_id": order, "product_id": product, "quantity": quantity});
    let bowl = json!({"name": "Bowl", "price": 3.0, "category_id": 999_999});
    vec![
        (422, Method::POST, "/products".to_owned(), json!({"name": "Bowl"})),
        (404, Method::POST, "/products".to_owned(), bowl),
        (422, Method::PUT, format!("/products/{product}"), json!({"price": -1})),
        (404, Method::PUT, format!("/products/{product}"), json!({"category_id": 999_999})),
        (409, Method::PUT, format!("/products/{product}"), json!({"stock": 5, "expected_stock": 999})),
        (422, Method::PATCH, format!("/products/{product}"), json!({"color": "red"})),
        (404, Method::PUT, "/products/999999".to_owned(), json!({"name": "Bowl"})),
        (409, Method::DELETE, format!("/products/{product}"), json!({})),
        (409, Method::POST, "/categories".to_owned(), of_spare.clone()),
        (409, Method::PUT, format!("/categories/{category}"), of_spare),
        (409, Method::DELETE, format!("/categories/{category}"), json!({})),
        (404, Method::POST, "/reviews".to_owned(), json!({"rating": 3.0, "product_id": 999_999})),
        (422, Method::PUT, format!("/reviews/{review}"), json!({"rating": 9.0})),
        (404, Method::PUT, format!("/reviews/{review}"), json!({"product_id": 999_999})),
        (400, Method::POST, "/order_details".to_owned(), wanted(1000)),
        (400, Method::PUT, format!("/order_details/{line}"), json!({"quantity": 1000})),
        (400, Method::PUT, format!("/order_details/{line}"), json!({"product_id": unsold, "quantity": 1000})),
        (400, Method::POST, format!("/orders/{delivered}/cancel"), json!({})),
        (400, Method::PUT, format!("/orders/{delivered}"), json!({"status": 4})),
        (409, Method::POST, "/checkout".to_owned(), checkout(*buyer, &[(*product, 1000)])),
        (409, Method::DELETE, format!("/clients/{buyer}"), json!({})),
    ]
}

#[tokio::test]
async fn refused_changes_leave_the_cache_alone() {
    let app = App::start().await;
    let shop = app.actor();
    Probe::new(&app).await;
    let scene = Scene::new(&shop).await;
    let refused = refused(&shop, &scene).await;
    let cached = [View::Product, View::Unsold, View::Products, View::Filter, View::Category, View::Stocked];
    for view in cached {
        view.read(&shop, &scene).await;
    }
    for (status, method, path, body) in refused {
        let answer = shop.send(shop.request(method.clone(), &path).json(&body)).await;
        assert_eq!(answer.status, status, "{method} {path} {body}: {}", answer.text);
        for view in cached {
            let shown = view.read(&shop, &scene).await;
            assert_eq!(shown.header("x-cache-hit"), "true", "{method} {path} {body}: {view:?}");
        }
    }
    let outdated = shop.request(Method::PUT, &View::Product.path(&scene)).header("if-match", "\"old\"");
    let outdated = shop.send(outdated.json(&json!({"name": "Cup"}))).await;
    assert_eq!(outdated.status, 412);
    assert_eq!(View::Product.read(&shop, &scene).await.header("x-cache-hit"), "true");
}
