//! How often somebody may try.

use serde_json::{Value, json};
use stockroom_service::AuthSettings;
use stockroom_tests::{Answer, App};

use super::{access, guarded, register, sign_in};

#[track_caller]
fn expect_throttled(answer: &Answer, calls: u32) {
    let text = format!("Rate limit exceeded. Maximum {calls} requests per 60 seconds.");
    answer.expect_problem(429, &text);
    let seconds = answer.body["retry_after"].as_u64().unwrap();
    assert!((1..=60).contains(&seconds), "{}", answer.text);
    assert_eq!(answer.header("retry-after"), seconds.to_string());
    assert_eq!(answer.body["code"], "rate_limited");
}

#[tokio::test]
async fn an_account_is_tried_so_often_whether_it_exists_or_not() {
    let app = guarded(AuthSettings { logins_per_account: 3, ..App::auth() }).await;
    let eve = app.actor();
    register(&eve, "ana@example.com").await;
    for email in ["ana@example.com", "nobody@example.com"] {
        for _ in 0..3 {
            sign_in(&eve, email, "wrong").await.expect(401);
        }
        expect_throttled(&sign_in(&eve, email, "secret").await, 3);
        expect_throttled(&sign_in(&eve, &email.to_uppercase(), "secret").await, 3);
        let forgot = eve.post("/auth/password/forgot", &json!({"email": email})).await;
        expect_throttled(&forgot, 3);
    }
    register(&eve, "bob@example.com").await;
    sign_in(&eve, "bob@example.com", "secret").await.expect(200);
}

#[tokio::test]
async fn who_changes_a_password_is_counted_as_who_signs_in() {
    let app = guarded(AuthSettings { logins_per_account: 2, ..App::auth() }).await;
    let ana = app.actor();
    let tokens = register(&ana, "ana@example.com").await;
    let guess = json!({"current_password": "guessed", "new_password": "long enough"});
    for _ in 0..2 {
        ana.post_as(access(&tokens), "/auth/password", &guess).await.expect(401);
    }
    expect_throttled(&ana.post_as(access(&tokens), "/auth/password", &guess).await, 2);
    expect_throttled(&sign_in(&ana, "ana@example.com", "secret").await, 2);
}

#[tokio::test]
async fn an_address_tries_so_often_whatever_it_tries() {
    let app = guarded(AuthSettings { logins_per_address: 4, ..App::auth() }).await;
    let eve = app.actor();
    register(&eve, "eve@example.com").await;
    sign_in(&eve, "nobody@example.com", "wrong").await.expect(401);
    eve.post("/auth/password/forgot", &json!({"email": "eve@example.com"})).await.expect(202);
    let reset = json!({"token": "spr_guessed", "password": "long enough"});
    eve.post("/auth/password/reset", &reset).await.expect(400);

    let body = |email: &str| -> Value {
        json!({"name": "Eve", "lastname": "Roe", "email": email, "password": "secret"})
    };
    expect_throttled(&eve.post("/auth/register", &body("more@example.com")).await, 4);
    expect_throttled(&sign_in(&eve, "eve@example.com", "secret").await, 4);
    expect_throttled(&eve.post("/auth/password/reset", &reset).await, 4);
    assert_eq!(app.integer("SELECT count(*) FROM clients", &[]).await, 1);
}
