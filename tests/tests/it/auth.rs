//! Registration, sign-in and what becomes of passwords.

mod access_tokens;
mod changes;
mod keys;
mod recovery;
mod refresh;
mod registration;
mod sessions;
mod throttle;
mod token;

use reqwest::Method;
use serde_json::{Value, json};
use stockroom_service::{AuthSettings, MailSettings};
use stockroom_tests::{Actor, Answer, App};

pub(crate) use recovery::{next as next_mail, token_in, with_mailbox};

const TOKENS: [&str; 4] = ["access_token", "refresh_token", "token_type", "expires_in"];

/// A service that asks people who they are.
async fn guarded(auth: AuthSettings) -> App {
    App::start_guarded(auth, MailSettings::default()).await
}

/// The answer to a new account's registration.
async fn register(actor: &Actor, email: &str) -> Value {
    let mut body = ana();
    body["email"] = json!(email);
    actor.post("/auth/register", &body).await.expect(201)
}

async fn refresh(actor: &Actor, token: &Value) -> Answer {
    actor.post("/auth/refresh", &json!({"refresh_token": token})).await
}

/// Who the service says that the bearer of a token is.
async fn me(actor: &Actor, tokens: &Value) -> Answer {
    actor.ask_as(access(tokens), Method::GET, "/auth/me").await
}

#[track_caller]
fn access(tokens: &Value) -> &str {
    tokens["access_token"].as_str().unwrap()
}

/// What is told of an account, whatever proves who has it.
fn without_tokens(mut body: Value) -> Value {
    for token in TOKENS {
        assert!(body.as_object_mut().unwrap().remove(token).is_some(), "no {token} in {body}");
    }
    body
}

fn ana() -> Value {
    json!({
        "name": "Ana", "lastname": "Lopez", "email": "ana@example.com", "telephone": "0000000000",
        "password": "secret",
    })
}

async fn sign_in(actor: &Actor, email: &str, password: &str) -> Answer {
    actor.post("/auth/login", &json!({"email": email, "password": password})).await
}

#[tokio::test]
async fn whoever_registers_can_sign_in_at_both_doors() {
    let app = App::start().await;
    let visitor = app.actor();

    let registered = visitor.post("/auth/register", &ana()).await;

    let id = registered.id();
    assert_eq!(registered.header("location"), format!("/clients/{id}"));
    let account = without_tokens(registered.expect(201));
    assert_eq!(
        account,
        json!({
            "id": id, "id_key": id, "name": "Ana", "lastname": "Lopez", "email": "ana@example.com",
            "telephone": "0000000000", "is_admin": false,
        })
    );
    let credentials = json!({"email": "ana@example.com", "password": "secret"});
    for door in ["/auth/login", "/clients/login"] {
        let answer = visitor.post(door, &credentials).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!((&answer.body["token_type"], &answer.body["expires_in"]), (&json!("Bearer"), &json!(900)));
        assert_eq!(without_tokens(answer.expect(200)), account);
    }
}

#[tokio::test]
async fn the_email_address_is_known_in_any_case() {
    let app = App::start().await;
    let visitor = app.actor();
    visitor.post("/auth/register", &ana()).await.expect(201);

    sign_in(&visitor, "ANA@Example.com", "secret").await.expect(200);

    let mut again = ana();
    again["email"] = json!("Ana@EXAMPLE.com");
    let refused = visitor.post("/auth/register", &again).await;
    refused.expect_problem(400, "Duplicate entry: client with this email already exists");
}

#[tokio::test]
async fn why_a_sign_in_failed_is_not_told() {
    let app = App::start().await;
    let eve = app.actor();
    eve.post("/auth/register", &ana()).await.expect(201);
    eve.client(json!({"email": "nopassword@example.com"})).await;

    for door in ["/auth/login", "/clients/login"] {
        let mut bodies = Vec::new();
        for (email, password) in [
            ("nobody@example.com", "secret"),
            ("ana@example.com", "wrong"),
            ("nopassword@example.com", "secret"),
            ("nopassword@example.com", "nobody"),
        ] {
            let refused = eve.post(door, &json!({"email": email, "password": password})).await;
            refused.expect_problem(401, "Invalid credentials");
            let mut body = refused.body;
            body["request_id"] = json!("redacted");
            bodies.push(body);
        }
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    }
}

#[tokio::test]
async fn a_registration_without_a_password_is_refused() {
    let app = App::start().await;
    let visitor = app.actor();

    let nothing = visitor.post("/auth/register", &json!({"telephone": "x"})).await;
    let wrong = ["body.name", "body.lastname", "body.email", "body.telephone", "body.password"];
    nothing.expect_invalid(&wrong);
    let mut blank = ana();
    blank["password"] = json!("");
    visitor.post("/auth/register", &blank).await.expect_invalid(&["body.password"]);
    visitor.post("/auth/login", &json!({})).await.expect_invalid(&["body.email", "body.password"]);
    assert_eq!(app.integer("SELECT count(*) FROM clients", &[]).await, 0);
}

#[tokio::test]
async fn a_password_is_kept_as_an_argon2id_hash_with_a_salt_of_its_own() {
    let app = App::start().await;
    let visitor = app.actor();
    visitor.post("/auth/register", &ana()).await.expect(201);
    visitor.client(json!({"password": "secret"})).await;
    visitor.client(json!({})).await;

    let hashes = "SELECT count(DISTINCT password_hash) FROM clients \
                  WHERE password_hash ~ '^\\$argon2id\\$v=19\\$m=\\d+,t=\\d+,p=\\d+\\$[^$]{22,}\\$[^$]{43}$'";
    assert_eq!(app.integer(hashes, &[]).await, 2);
    assert_eq!(app.integer("SELECT count(*) FROM clients WHERE password_hash IS NULL", &[]).await, 1);
}

#[tokio::test]
async fn a_password_is_never_answered() {
    let app = App::start().await;
    let visitor = app.actor();
    let registered = visitor.post("/auth/register", &ana()).await;
    let client = registered.id();
    let bill = visitor.bill(client, json!({})).await;
    let order = visitor.order(json!({"client_id": client, "bill_id": bill})).await;
    let path = format!("/clients/{client}");

    let mut answers = vec![
        registered,
        sign_in(&visitor, "ana@example.com", "secret").await,
        sign_in(&visitor, "ana@example.com", "secret2").await,
        visitor.put(&path, &json!({"password": "secret"})).await,
        visitor.patch(&path, &json!({"password": "secret"})).await,
        visitor.post("/clients", &ana()).await,
    ];
    for shown in [
        path,
        "/clients?expand=orders".to_owned(),
        format!("/bills/{bill}"),
        "/bills".to_owned(),
        format!("/orders/{order}"),
        "/orders".to_owned(),
    ] {
        answers.push(visitor.get(&shown).await);
    }

    for answer in answers {
        for secret in ["password", "argon2", "secret"] {
            assert!(!answer.text.contains(secret), "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn putting_a_password_changes_it_and_a_blank_one_leaves_it() {
    let app = App::start().await;
    let visitor = app.actor();
    let path = format!("/clients/{}", visitor.post("/auth/register", &ana()).await.id());

    visitor.put(&path, &json!({"password": "changed"})).await.expect(200);
    sign_in(&visitor, "ana@example.com", "changed").await.expect(200);
    sign_in(&visitor, "ana@example.com", "secret").await.expect(401);

    visitor.put(&path, &json!({"password": "", "name": "Eva"})).await.expect(200);
    visitor.put(&path, &json!({"password": null})).await.expect(200);
    sign_in(&visitor, "ana@example.com", "changed").await.expect(200);
    sign_in(&visitor, "ana@example.com", "").await.expect_invalid(&["body.password"]);

    visitor.patch(&path, &json!({"password": "patched"})).await.expect(200);
    sign_in(&visitor, "ana@example.com", "patched").await.expect(200);
}
