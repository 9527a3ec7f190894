//! Signing keys that servers share in the database.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::Value;
use stockroom_service::{Algorithm, AuthSettings, rotate_signing_key};
use stockroom_tests::App;

use super::{access, guarded, me, register, sign_in};

/// Looks for new keys each time, and uses them at once.
fn looking() -> AuthSettings {
    AuthSettings { key_reload: Duration::ZERO, ..App::auth() }
}

fn kid(tokens: &Value) -> String {
    let header = jsonwebtoken::decode_header(access(tokens)).unwrap();
    header.kid.unwrap()
}

#[tokio::test]
async fn servers_of_a_shop_make_one_key_and_share_it() {
    let one = guarded(App::auth()).await;
    let other = one.guarded_beside(App::auth());
    let (here, there) = (one.actor(), other.actor());
    let emails: Vec<_> = (0..10).map(|number| format!("ana{number}@example.com")).collect();
    let registered = join_all(emails.iter().enumerate().map(|(number, email)| {
        let actor = if number % 2 == 0 { &here } else { &there };
        register(actor, email)
    }));
    for tokens in registered.await {
        me(&here, &tokens).await.expect(200);
        me(&there, &tokens).await.expect(200);
    }
    assert_eq!(one.integer("SELECT count(*) FROM signing_keys", &[]).await, 1);
}

#[tokio::test]
async fn a_new_key_signs_and_the_one_before_verifies_on_all_servers() {
    let one = guarded(looking()).await;
    let other = one.guarded_beside(looking());
    let (here, there) = (one.actor(), other.actor());
    let before = register(&here, "ana@example.com").await;
    me(&there, &before).await.expect(200);

    let made = rotate_signing_key(&one.pool(), Algorithm::Hs256).await.unwrap();
    assert_eq!(one.integer("SELECT count(*) FROM signing_keys", &[]).await, 2);
    let hmac = AuthSettings { algorithm: Algorithm::Hs256, ..looking() };
    let third = one.guarded_beside(hmac);
    let after = sign_in(&third.actor(), "ana@example.com", "secret").await.expect(200);

    assert_eq!(kid(&after), made);
    assert_ne!(kid(&before), made);
    for actor in [here, there, third.actor()] {
        me(&actor, &before).await.expect(200);
        me(&actor, &after).await.expect(200);
    }
}

#[tokio::test]
async fn a_new_key_waits_until_others_know_it() {
    let app = guarded(App::auth()).await;
    let ana = app.actor();
    let before = register(&ana, "ana@example.com").await;
    let made = rotate_signing_key(&app.pool(), Algorithm::EdDsa).await.unwrap();

    let other = app.guarded_beside(App::auth());
    let soon = sign_in(&other.actor(), "ana@example.com", "secret").await.expect(200);
    assert_eq!(kid(&soon), kid(&before));

    app.execute("UPDATE signing_keys SET created_at = created_at - interval '1 minute'", &[]).await;
    let other = app.guarded_beside(App::auth());
    let later = sign_in(&other.actor(), "ana@example.com", "secret").await.expect(200);
    assert_eq!(kid(&later), made);
}

#[tokio::test]
async fn a_key_that_was_replaced_long_ago_verifies_nothing_and_is_deleted() {
    let app = guarded(looking()).await;
    let ana = app.actor();
    let before = register(&ana, "ana@example.com").await;
    rotate_signing_key(&app.pool(), Algorithm::EdDsa).await.unwrap();
    let other = app.guarded_beside(looking());
    me(&other.actor(), &before).await.expect(200);

    let earlier =
        |hours: i32| format!("UPDATE signing_keys SET created_at = created_at - interval '{hours} hours'");
    app.execute(&earlier(2), &[]).await;
    let later = app.guarded_beside(looking());
    let refused = me(&later.actor(), &before).await;
    assert_eq!(refused.body["code"], "invalid_token");

    app.execute(&earlier(72), &[]).await;
    rotate_signing_key(&app.pool(), Algorithm::EdDsa).await.unwrap();
    assert_eq!(app.integer("SELECT count(*) FROM signing_keys", &[]).await, 2);
    let tokens = sign_in(&later.actor(), "ana@example.com", "secret").await.expect(200);
    later.actor().ask_as(access(&tokens), Method::GET, "/auth/sessions").await.expect(200);
}
