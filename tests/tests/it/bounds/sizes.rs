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
async fn a_head_that_is_too_large_is_refused_with_an_empty_body() {
    let app = App::start().await;
    let headers = |count: usize| "X-Many: a\r\n".repeat(count);
    for (path, rest, status) in [
        ("/livez".to_owned(), format!("X-Long: {}", "a".repeat(140_000)), 431),
        ("/livez".to_owned(), headers(96) + "\r\n", 431),
        ("/livez".to_owned(), headers(95) + "\r\n", 200),
        (format!("/{}", "a".repeat(65_534)), "\r\n".to_owned(), 400),
        (format!("/{}", "a".repeat(65_533)), "\r\n".to_owned(), 404),
    ] {
        let mut socket = super::sockets::Socket::connect(&app).await;
        socket.send(&format!("GET {path} HTTP/1.1\r\nHost: shop\r\n{rest}")).await;
        let answer = socket.read_head().await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        let empty = answer.contains("\r\ncontent-length: 0\r\nconnection: close\r\n");
        assert_eq!(empty, matches!(status, 400 | 431), "{answer}");
    }
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
