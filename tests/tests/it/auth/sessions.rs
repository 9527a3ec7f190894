//! Where somebody is signed in, and how that ends.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use stockroom_service::AuthSettings;
use stockroom_tests::{Actor, App};

use super::{access, guarded, me, refresh, register, sign_in};

async fn sessions(actor: &Actor, tokens: &Value) -> Vec<Value> {
    let answer = actor.ask_as(access(tokens), Method::GET, "/auth/sessions").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.expect(200).as_array().unwrap().clone()
}

async fn end(actor: &Actor, tokens: &Value, session: &Value) -> u16 {
    let path = format!("/auth/sessions/{session}");
    actor.ask_as(access(tokens), Method::DELETE, &path).await.status.as_u16()
}

#[tokio::test]
async fn somebody_sees_their_sessions_and_nobody_elses() {
    let app = guarded(App::auth()).await;
    let ana = app.actor();
    let first = register(&ana, "ana@example.com").await;
    register(&ana, "bob@example.com").await;
    let credentials = json!({"email": "ana@example.com", "password": "secret"});
    let phone = ana.request(Method::POST, "/auth/login").header("user-agent", "\u{fc}".repeat(300));
    let second = ana.send(phone.json(&credentials)).await.expect(200);

    let seen = sessions(&ana, &first).await;
    assert_eq!(seen.len(), 2);
    assert_eq!((&seen[0]["current"], &seen[1]["current"]), (&json!(false), &json!(true)));
    assert_eq!(seen[0]["user_agent"].as_str().unwrap().chars().count(), 200);
    assert_eq!((&seen[1]["user_agent"], &seen[1]["address"]), (&Value::Null, &json!("127.0.0.1")));
    for time in ["created_at", "last_used_at", "expires_at"] {
        assert!(seen[0][time].as_str().unwrap().ends_with('Z'), "{}", seen[0]);
    }
    assert!(sessions(&ana, &second).await[0]["current"].as_bool().unwrap());
}

#[tokio::test]
async fn a_session_that_is_ended_elsewhere_is_over_at_once() {
    let app = guarded(App::auth()).await;
    let ana = app.actor();
    let (here, there) = (
        register(&ana, "ana@example.com").await,
        sign_in(&ana, "ana@example.com", "secret").await.expect(200),
    );
    me(&ana, &there).await.expect(200);
    let other = sessions(&ana, &here).await[0]["id"].clone();

    assert_eq!(end(&ana, &here, &other).await, 204);

    assert_eq!(me(&ana, &there).await.body["code"], "invalid_token");
    refresh(&ana, &there["refresh_token"]).await.expect(401);
    assert_eq!(sessions(&ana, &here).await.len(), 1);
    assert_eq!(end(&ana, &here, &other).await, 404);
}

#[tokio::test]
async fn nobody_ends_the_session_of_somebody_else() {
    let app = guarded(App::auth()).await;
    let ana = app.actor();
    let (hers, his) = (register(&ana, "ana@example.com").await, register(&ana, "bob@example.com").await);
    let session = sessions(&ana, &his).await[0]["id"].clone();

    let path = format!("/auth/sessions/{session}");
    let refused = ana.ask_as(access(&hers), Method::DELETE, &path).await;
    refused.expect_problem(404, &format!("Session with id {session} not found"));
    me(&ana, &his).await.expect(200);
    ana.ask_as(access(&hers), Method::DELETE, "/auth/sessions/x").await.expect_invalid(&["path.id_key"]);
    for (method, path) in [
        (Method::GET, "/auth/sessions"),
        (Method::DELETE, path.as_str()),
        (Method::POST, "/auth/logout"),
        (Method::POST, "/auth/password"),
    ] {
        ana.send(ana.request(method, path)).await.expect(401);
    }
}

#[tokio::test]
async fn whoever_signs_out_is_signed_out() {
    let app = guarded(App::auth()).await;
    let ana = app.actor();
    let tokens = register(&ana, "ana@example.com").await;
    me(&ana, &tokens).await.expect(200);
    let answer = ana.ask_as(access(&tokens), Method::POST, "/auth/logout").await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    ana.ask_as(access(&tokens), Method::POST, "/auth/logout").await.expect(401);
    refresh(&ana, &tokens["refresh_token"]).await.expect(401);
}

#[tokio::test]
async fn other_servers_believe_a_session_for_a_while_unless_they_look_each_time() {
    let one = guarded(App::auth()).await;
    let believing =
        one.guarded_beside(AuthSettings { session_check: Duration::from_hours(1), ..App::auth() });
    let looking = one.guarded_beside(AuthSettings { session_check: Duration::ZERO, ..App::auth() });
    let tokens = register(&one.actor(), "ana@example.com").await;
    for app in [&one, &believing, &looking] {
        me(&app.actor(), &tokens).await.expect(200);
    }
    one.actor().ask_as(access(&tokens), Method::POST, "/auth/logout").await.expect(204);

    me(&one.actor(), &tokens).await.expect(401);
    me(&looking.actor(), &tokens).await.expect(401);
    me(&believing.actor(), &tokens).await.expect(200);
}

#[tokio::test]
async fn sessions_that_ended_long_ago_are_forgotten() {
    let app = guarded(App::auth()).await;
    let ana = app.actor();
    let mut tokens = register(&ana, "ana@example.com").await;
    register(&ana, "bob@example.com").await;
    register(&ana, "eve@example.com").await;
    for _ in 0..2 {
        tokens = refresh(&ana, &tokens["refresh_token"]).await.expect(200);
    }
    app.execute("UPDATE sessions SET revoked_at = now() - interval '2 days' WHERE id = 2", &[]).await;
    app.execute("UPDATE sessions SET expires_at = now() - interval '2 days' WHERE id = 3", &[]).await;
    app.execute("UPDATE refresh_tokens SET created_at = created_at - interval '32 days'", &[]).await;
    let reset = "INSERT INTO password_resets (token_hash, client_id, expires_at) \
                 VALUES (sha256('x'), 1, now() - interval '2 days')";
    app.execute(reset, &[]).await;

    let shop = app.shop(stockroom_service::CheckoutSettings::default());
    // Two sessions, two used tokens of the one that goes on, a reset.
    assert_eq!(shop.forget_ended_sessions(Duration::from_hours(24)).await.unwrap(), 5);
    assert_eq!(shop.forget_ended_sessions(Duration::from_hours(24)).await.unwrap(), 0);
    assert_eq!(app.integer("SELECT count(*) FROM sessions", &[]).await, 1);
    refresh(&ana, &tokens["refresh_token"]).await.expect(200);
}
