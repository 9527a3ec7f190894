//! Registration begins a session, whose tokens are kept nowhere.

use serde_json::json;
use stockroom_tests::App;

use super::{ana, guarded, me, without_tokens};

#[tokio::test]
async fn a_repeated_registration_has_tokens_only_for_who_knows_the_password() {
    let app = guarded(App::auth()).await;
    let visitor = app.actor();
    let first = visitor.post_once("key", "/auth/register", &ana()).await;
    assert_eq!(first.header("cache-control"), "no-store");
    me(&visitor, &first.body).await.expect(200);

    let again = visitor.post_once("key", "/auth/register", &ana()).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_ne!(again.body["refresh_token"], first.body["refresh_token"]);
    me(&visitor, &again.body).await.expect(200);

    let mut guess = ana();
    guess["password"] = json!("guessed");
    let guessed = visitor.post_once("key", "/auth/register", &guess).await;
    assert_eq!(guessed.header("idempotent-replayed"), "true");
    assert_eq!(guessed.expect(201), without_tokens(first.body));

    let kept = "SELECT count(*) FROM idempotency_keys WHERE answer ~ 'token|srt_|eyJ'";
    assert_eq!(app.integer(kept, &[]).await, 0);
    assert_eq!(app.integer("SELECT count(*) FROM sessions", &[]).await, 2);
}

#[tokio::test]
async fn a_refused_registration_begins_no_session() {
    let app = guarded(App::auth()).await;
    let visitor = app.actor();
    visitor.post("/auth/register", &ana()).await.expect(201);
    visitor.post("/auth/register", &ana()).await.expect(400);
    assert_eq!(app.integer("SELECT count(*) FROM sessions", &[]).await, 1);
}
