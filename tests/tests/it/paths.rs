//! The many ways to write a path, and what is answered on paths and methods that do not exist.

use reqwest::Method;
use serde_json::{Value, json};
use stockroom_tests::App;

use crate::stocked::{RESOURCES, Stocked};

/// A body without what changes from read to read: the times of the health check.
fn lasting(mut body: Value) -> Value {
    if let Some(fields) = body.as_object_mut() {
        fields.retain(|name, _| !["timestamp", "checks"].contains(&name.as_str()));
    }
    body
}

#[tokio::test]
async fn every_path_answers_with_a_prefix_and_a_trailing_slash_and_never_redirects() {
    let app = App::start().await;
    let shopper = app.actor();
    let shop = Stocked::by(&shopper).await;

    let mut paths =
        vec!["/health_check".to_owned(), "/openapi.json".to_owned(), "/products/filter".to_owned()];
    for (list, _) in RESOURCES {
        paths.extend([format!("/{list}"), format!("/{list}/{}", shop.id(list))]);
    }
    paths.push(format!("/orders/{}/events", shop.order));
    for path in &paths {
        let canonical = lasting(shopper.get(path).await.expect(200));
        for written in
            [format!("{path}/"), format!("/api/v1{path}"), format!("/api/v1{path}/"), format!("{path}/?x=1")]
        {
            let shown = lasting(shopper.get(&written).await.expect(200));
            assert_eq!(shown, canonical, "{written}");
        }
    }
}

#[tokio::test]
async fn items_answer_under_id_too_with_every_method() {
    let app = App::start().await;
    let admin = app.actor();
    let shop = Stocked::by(&admin).await;

    for (list, _) in RESOURCES {
        let id = shop.id(list);
        let item = admin.get(&format!("/{list}/{id}")).await.expect(200);
        for prefix in ["", "/api/v1"] {
            for slash in ["", "/"] {
                let path = format!("{prefix}/{list}/id/{id}{slash}");
                assert_eq!(admin.get(&path).await.expect(200), item, "{path}");
                assert_eq!(admin.put(&path, &item).await.expect(200), item, "{path}");
                assert_eq!(admin.patch(&path, &json!({})).await.expect(200), item, "{path}");
            }
        }
        admin.get(&format!("/{list}/id/x")).await.expect_invalid(&["path.id_key"]);
    }
    admin.delete(&format!("/api/v1/reviews/id/{}/", shop.review)).await.expect(204);
    admin.delete(&format!("/addresses/id/{}", shop.address)).await.expect(204);
}

#[tokio::test]
async fn things_are_created_and_filtered_under_the_prefix() {
    let app = App::start().await;
    let admin = app.actor();
    for path in ["/api/v1/categories", "/api/v1/categories/", "/categories/"] {
        let created = admin.post(path, &json!({"name": path})).await;
        assert_eq!(created.header("location"), format!("/categories/{}", created.id()));
        created.expect(201);
    }
    assert_eq!(admin.get("/api/v1/categories/?limit=2").await.expect(200).as_array().unwrap().len(), 2);
    admin.get("/api/v1/products/filter/?limit=0").await.expect_invalid(&["query.limit"]);
    for path in
        ["/auth/login", "/auth/login/", "/clients/login/", "/api/v1/auth/login", "/api/v1/clients/login/"]
    {
        let nobody = json!({"email": "nobody@example.com", "password": "x"});
        admin.post(path, &nobody).await.expect_problem(401, "Invalid credentials");
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let app = App::start().await;
    let shopper = app.actor();
    let shop = Stocked::by(&shopper).await;
    let head = async |path: &str| shopper.send(shopper.request(Method::HEAD, path)).await;

    for (list, _) in RESOURCES {
        for path in
            [format!("/{list}"), format!("/{list}/{}", shop.id(list)), format!("/api/v1/{list}/?limit=5000")]
        {
            let (with, without) = (shopper.get(&path).await, head(&path).await);
            assert_eq!((without.status, without.text.as_str()), (with.status, ""), "{path}");
            for name in ["content-type", "content-length", "x-limit-capped"] {
                assert_eq!(without.header(name), with.header(name), "{path} {name}");
            }
        }
        let missing = head(&format!("/{list}/999")).await;
        assert_eq!((missing.status.as_u16(), missing.text.as_str()), (404, ""));
        assert_eq!(missing.header("content-type"), "application/problem+json");
        assert_eq!(head(&format!("/{list}?limit=0")).await.status, 422);
    }
    for path in ["/", "/health_check", "/docs", "/redoc", "/openapi.json", "/products/filter"] {
        assert_eq!(head(path).await.status, 200, "{path}");
    }
    assert_eq!(head("/nothing").await.status, 404);
    assert_eq!(head("/auth/login").await.status, 405);
}

#[tokio::test]
async fn unknown_paths_are_not_found() {
    let app = App::start().await;
    let shopper = app.actor();
    for path in [
        "/nothing",
        "/product",
        "/Products",
        "/products//",
        "//products",
        "/products/1/2",
        "/products/1/reviews",
        "/api/v2/products",
        "/api/v1/api/v1/products",
        "/api/products",
        "/products/id/1/2",
        "/products/1/cancel",
        "/orders/cancel/1",
        "/orders/id/1/cancel",
        "/checkout/1",
        "/auth",
        "/auth/nothing",
        "/api/v1/nothing/",
        "/%00",
        "/products%2F1",
        "/.env",
        "/products/../etc/passwd%00/x",
    ] {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS]
        {
            shopper.send(shopper.request(method, path)).await.expect_problem(404, "Not Found");
        }
    }
}

#[tokio::test]
async fn wrong_methods_are_answered_with_those_that_are_allowed() {
    let app = App::start().await;
    let shopper = app.actor();
    let shop = Stocked::by(&shopper).await;

    let mut paths = vec![];
    for (list, _) in RESOURCES {
        paths.push((format!("/{list}"), "GET, HEAD, POST, OPTIONS"));
        paths.push((format!("/{list}/{}", shop.id(list)), "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"));
        paths.push((format!("/api/v1/{list}/id/999/"), "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"));
    }
    for (path, allowed) in [
        ("/", "GET, HEAD, OPTIONS"),
        ("/health_check", "GET, HEAD, OPTIONS"),
        ("/products/filter", "GET, HEAD, OPTIONS"),
        ("/auth/login", "POST, OPTIONS"),
        ("/auth/register", "POST, OPTIONS"),
        ("/clients/login", "POST, OPTIONS"),
        ("/docs", "GET, HEAD, OPTIONS"),
        ("/redoc", "GET, HEAD, OPTIONS"),
        ("/openapi.json", "GET, HEAD, OPTIONS"),
        ("/checkout", "POST, OPTIONS"),
        ("/products/filter", "GET, HEAD, OPTIONS"),
        ("/products/search", "GET, HEAD, OPTIONS"),
        ("/reviews/queue", "GET, HEAD, OPTIONS"),
        ("/orders/999/cancel", "POST, OPTIONS"),
        ("/orders/999/events", "GET, HEAD, OPTIONS"),
    ] {
        paths.push((path.to_owned(), allowed));
    }
    for (path, allowed) in &paths {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"] {
            if allowed.split(", ").any(|known| known == method) {
                continue;
            }
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let refused = shopper.send(shopper.request(method.clone(), path)).await;
            assert_eq!(refused.header("allow"), *allowed, "{method} {path}");
            if method == Method::HEAD {
                assert_eq!((refused.status.as_u16(), refused.text.as_str()), (405, ""), "{path}");
            } else {
                refused.expect_problem(405, "Method Not Allowed");
            }
        }
        let options = shopper.send(shopper.request(Method::OPTIONS, path)).await;
        assert_eq!((options.status.as_u16(), options.text.as_str()), (204, ""), "{path}");
        assert_eq!(options.header("allow"), *allowed, "{path}");
    }
}

#[tokio::test]
async fn an_id_is_an_integer() {
    let app = App::start().await;
    let admin = app.actor();
    let body = json!({});

    for (list, singular) in RESOURCES {
        for id in [
            "abc",
            "1.5",
            "1e",
            "0x1",
            "99999999999999999999",
            "-9223372036854775809",
            "%00",
            "%F0%9F%8D%B5",
            "1%20or%201=1",
        ] {
            let path = format!("/{list}/{id}");
            admin.get(&path).await.expect_invalid(&["path.id_key"]);
            admin.put(&path, &body).await.expect_invalid(&["path.id_key"]);
            admin.patch(&path, &body).await.expect_invalid(&["path.id_key"]);
            admin.delete(&path).await.expect_invalid(&["path.id_key"]);
        }
        for id in ["0", "-1", "9223372036854775807", "-9223372036854775808"] {
            let (path, text) = (format!("/{list}/{id}"), format!("{singular} with id {id} not found"));
            admin.get(&path).await.expect_problem(404, &text);
            admin.put(&path, &body).await.expect_problem(404, &text);
            admin.patch(&path, &body).await.expect_problem(404, &text);
            admin.delete(&path).await.expect_problem(404, &text);
        }
    }
}
