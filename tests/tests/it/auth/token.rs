//! Sign-in as a form, as OAuth 2 has it.

use serde_json::json;
use stockroom_tests::{Actor, Answer, App};

use super::{guarded, register};

async fn ask(actor: &Actor, form: &'static str) -> Answer {
    let request = actor.request(reqwest::Method::POST, "/auth/token");
    let kind = "application/x-www-form-urlencoded";
    actor.send(request.header("content-type", kind).body(form)).await
}

#[tokio::test]
async fn a_form_signs_in_and_refreshes() {
    let app = guarded(App::auth()).await;
    let ana = app.actor();
    register(&ana, "ana@example.com").await;

    let answer =
        ask(&ana, "grant_type=password&username=Ana%40example.com&password=secret&scope=&client_id=x").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let tokens = answer.expect(200);
    assert_eq!(tokens["token_type"], "Bearer");
    let owner = ana.bearing(tokens["access_token"].as_str().unwrap());
    assert_eq!(owner.get("/auth/me").await.expect(200)["email"], "ana@example.com");

    let form =
        format!("grant_type=refresh_token&refresh_token={}", tokens["refresh_token"].as_str().unwrap());
    let refreshed = ask(&ana, form.leak()).await.expect(200);
    assert_ne!(refreshed["refresh_token"], tokens["refresh_token"]);
}

#[tokio::test]
async fn what_a_form_gets_wrong_is_told() {
    let app = guarded(App::auth()).await;
    let ana = app.actor();
    register(&ana, "ana@example.com").await;
    for form in [
        "grant_type=password&username=ana%40example.com&password=wrong",
        "grant_type=password&username=nobody%40example.com&password=secret",
        "grant_type=refresh_token&refresh_token=nonsense",
    ] {
        assert_eq!(ask(&ana, form).await.expect(401)["error"], "invalid_grant", "{form}");
    }
    ask(&ana, "username=ana&password=secret").await.expect_invalid(&["body.grant_type"]);
    ask(&ana, "grant_type=magic").await.expect_invalid(&["body.grant_type"]);
    ask(&ana, "grant_type=password").await.expect_invalid(&["body.username", "body.password"]);
    let json = ana.post("/auth/token", &json!({"grant_type": "password"})).await;
    assert_eq!(json.status, 415, "{}", json.text);
}
