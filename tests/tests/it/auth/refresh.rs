//! Refresh tokens: each is good for one use, and a second one ends the session.

use futures_util::future::join_all;
use serde_json::{Value, json};
use stockroom_service::AuthSettings;
use stockroom_tests::{Answer, App};

use super::{guarded, me, refresh, register};

#[track_caller]
fn expect_refused(answer: &Answer) {
    answer.expect_problem(401, "The refresh token is invalid, used, revoked or has expired");
    assert_eq!(answer.header("www-authenticate"), "Bearer error=\"invalid_token\"");
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_for_new_tokens() {
    let app = guarded(App::auth()).await;
    let ana = app.actor();
    let mut tokens = register(&ana, "ana@example.com").await;
    let account = tokens["id"].clone();
    for _ in 0..3 {
        let answer = refresh(&ana, &tokens["refresh_token"]).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        let next = answer.expect(200);
        assert_ne!(next["refresh_token"], tokens["refresh_token"]);
        assert_eq!((&next["id"], &next["expires_in"]), (&account, &json!(900)));
        me(&ana, &next).await.expect(200);
        tokens = next;
    }
    assert_eq!(app.integer("SELECT count(*) FROM sessions", &[]).await, 1);
    let extended = "SELECT count(*) FROM sessions WHERE last_used_at > created_at \
                    AND expires_at - last_used_at = interval '30 days'";
    assert_eq!(app.integer(extended, &[]).await, 1);
}

#[tokio::test]
async fn a_second_use_ends_the_session() {
    let app = guarded(App::auth()).await;
    let ana = app.actor();
    let first = register(&ana, "ana@example.com").await;
    let elsewhere = super::sign_in(&ana, "ana@example.com", "secret").await.expect(200);
    let second = refresh(&ana, &first["refresh_token"]).await.expect(200);
    me(&ana, &second).await.expect(200);

    expect_refused(&refresh(&ana, &first["refresh_token"]).await);

    expect_refused(&refresh(&ana, &second["refresh_token"]).await);
    for ended in [&first, &second] {
        assert_eq!(me(&ana, ended).await.body["code"], "invalid_token");
    }
    me(&ana, &elsewhere).await.expect(200);
    refresh(&ana, &elsewhere["refresh_token"]).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_at_once_one_wins_and_the_session_is_over() {
    let one = guarded(App::auth()).await;
    let other = one.guarded_beside(AuthSettings { session_check: std::time::Duration::ZERO, ..App::auth() });
    let tokens = register(&one.actor(), "ana@example.com").await;
    let tries = (0..20).map(|number| {
        let actor = if number % 2 == 0 { one.actor() } else { other.actor() };
        let token = tokens["refresh_token"].clone();
        async move { refresh(&actor, &token).await }
    });
    let (won, lost): (Vec<_>, Vec<_>) =
        join_all(tries).await.into_iter().partition(|answer| answer.status.is_success());

    assert_eq!((won.len(), lost.len()), (1, 19));
    lost.iter().for_each(expect_refused);
    expect_refused(&refresh(&one.actor(), &won[0].body["refresh_token"]).await);
    assert_eq!(me(&other.actor(), &won[0].body).await.body["code"], "invalid_token");
    assert_eq!(one.integer("SELECT count(*) FROM sessions WHERE revoked_at IS NULL", &[]).await, 0);
    assert_eq!(one.integer("SELECT count(*) FROM refresh_tokens", &[]).await, 2);
}

#[tokio::test]
async fn whatever_is_wrong_with_a_refresh_token_is_answered_alike() {
    let app = guarded(App::auth()).await;
    let ana = app.actor();
    let expired = register(&ana, "ana@example.com").await;
    app.execute("UPDATE sessions SET expires_at = now()", &[]).await;
    let revoked = register(&ana, "bob@example.com").await;
    app.execute("UPDATE sessions SET revoked_at = now() WHERE expires_at > now()", &[]).await;
    let deleted = register(&ana, "eve@example.com").await;
    app.execute("DELETE FROM clients WHERE email = 'eve@example.com'", &[]).await;
    let access = register(&ana, "joe@example.com").await["access_token"].clone();

    for token in [
        &expired["refresh_token"],
        &revoked["refresh_token"],
        &deleted["refresh_token"],
        &access,
        &json!("srt_"),
        &json!("\u{e9}"),
    ] {
        expect_refused(&refresh(&ana, token).await);
    }
}

#[tokio::test]
async fn what_is_no_token_is_invalid_and_not_shown() {
    let app = guarded(App::auth()).await;
    let ana = app.actor();
    for wrong in [Value::Null, json!(""), json!(7), json!("s".repeat(513))] {
        let refused = refresh(&ana, &wrong).await;
        refused.expect_invalid(&["body.refresh_token"]);
        assert!(!refused.text.contains("sss"), "{}", refused.text);
    }
}

#[tokio::test]
async fn new_tokens_say_what_the_account_is_now() {
    let app = guarded(App::auth()).await;
    let ana = app.actor();
    let tokens = register(&ana, "ana@example.com").await;
    app.execute("UPDATE clients SET role = 'operator'", &[]).await;
    let next = refresh(&ana, &tokens["refresh_token"]).await.expect(200);
    assert_eq!(me(&ana, &next).await.expect(200)["role"], "operator");
    let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(next["access_token"].as_str().unwrap());
    assert_eq!(claims.unwrap().claims["role"], "operator");
}

#[tokio::test]
async fn only_hashes_of_tokens_are_kept() {
    let app = guarded(App::auth()).await;
    let tokens = register(&app.actor(), "ana@example.com").await;
    let token = tokens["refresh_token"].as_str().unwrap();
    let kept = "SELECT count(*) FROM refresh_tokens WHERE token_hash = sha256(convert_to($1, 'UTF8'))";
    assert_eq!(app.integer(kept, &[&token]).await, 1);
    assert!(token.starts_with("srt_") && token.len() == 47, "{token}");
}
