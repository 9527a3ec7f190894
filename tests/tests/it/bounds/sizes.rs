//! Requests that are too large or too deep.

use reqwest::Method;
use serde_json::json;
use stockroom_tests::App;

#[tokio::test]
async fn a_document_that_is_too_deep_is_no_fault_of_the_service() {
    let app = App::start().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let actor = app.actor();
    let request = actor.request(Method::POST, "/categories").header("content-type", "application/json");

    let answer = actor.send(request.body(deep)).await;

    answer.expect_invalid(&["body"]);
    assert!(answer.text.contains("recursion limit exceeded"), "{}", answer.text);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_answered_431() {
    let app = App::start().await;
    let mut socket = super::sockets::Socket::connect(&app).await;

    socket.send(&format!("GET / HTTP/1.1\r\nHost: shop\r\nX-Long: {}", "a".repeat(140_000))).await;

    assert!(socket.read_head().await.starts_with("HTTP/1.1 431 "));
}

#[tokio::test]
async fn a_body_is_smaller_where_people_sign_in() {
    let app = App::start().await;
    let long = json!({"email": "ada@example.com", "password": "x".repeat(20_000)});

    let answer = app.actor().post("/auth/login", &long).await;

    answer.expect_problem(413, "The request body is larger than 16384 bytes");
    app.actor()
        .post("/categories", &json!({"name": "Mugs", "unknown": "x".repeat(20_000)}))
        .await
        .expect(201);
}
