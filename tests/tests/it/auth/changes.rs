//! Passwords that change, and hashes that grow stronger; and that nothing tells which accounts there are.

use serde_json::{Value, json};
use stockroom_domain::{Password, Role};
use stockroom_input::FieldValue;
use stockroom_service::{AuthSettings, Device, Error, PasswordSettings, Shop, ShopSettings};
use stockroom_tests::{Actor, Answer, App};

use super::{access, guarded, me, refresh, register, sign_in};

async fn change(actor: &Actor, tokens: &Value, current: &str, new: &str) -> Answer {
    let body = json!({"current_password": current, "new_password": new});
    actor.post_as(access(tokens), "/auth/password", &body).await
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() {
    let app = guarded(App::auth()).await;
    let ana = app.actor();
    let here = register(&ana, "ana@example.com").await;
    let there = sign_in(&ana, "ana@example.com", "secret").await.expect(200);
    me(&ana, &there).await.expect(200);

    change(&ana, &here, "secret", "long enough").await.expect(204);

    me(&ana, &here).await.expect(200);
    refresh(&ana, &here["refresh_token"]).await.expect(200);
    me(&ana, &there).await.expect(401);
    refresh(&ana, &there["refresh_token"]).await.expect(401);
    sign_in(&ana, "ana@example.com", "secret").await.expect(401);
    sign_in(&ana, "ana@example.com", "long enough").await.expect(200);
}

#[tokio::test]
async fn a_password_is_changed_only_by_who_knows_it_and_to_a_long_one() {
    let app = guarded(App::auth()).await;
    let ana = app.actor();
    let tokens = register(&ana, "ana@example.com").await;
    change(&ana, &tokens, "wrong", "long enough").await.expect_problem(401, "Invalid credentials");
    let short = change(&ana, &tokens, "secret", "1234567").await;
    short.expect_invalid(&["body.new_password"]);
    assert!(!short.text.contains("1234567"), "{}", short.text);
    let nothing = ana.post_as(access(&tokens), "/auth/password", &json!({})).await;
    nothing.expect_invalid(&["body.current_password", "body.new_password"]);
    sign_in(&ana, "ana@example.com", "secret").await.expect(200);
}

#[tokio::test]
async fn a_password_that_an_administrator_puts_ends_all_sessions() {
    let app = guarded(App::auth()).await;
    let ana = app.actor();
    let here = register(&ana, "ana@example.com").await;
    let there = sign_in(&ana, "ana@example.com", "secret").await.expect(200);
    let path = format!("/clients/{}", here["id"]);
    let owner = ana.bearing(access(&here));
    let (_, boss) = app.account(Role::Admin).await;

    owner.put(&path, &json!({"name": "Eva"})).await.expect(200);
    // Whoever has a token need not know the password.
    owner.put(&path, &json!({"password": "changed"})).await.expect_invalid(&["body.password"]);
    owner.patch(&path, &json!({"password": "changed"})).await.expect_invalid(&["body.password"]);
    me(&ana, &there).await.expect(200);
    boss.put(&path, &json!({"password": "changed"})).await.expect(200);
    me(&ana, &there).await.expect(401);
    me(&ana, &here).await.expect(401);
}

#[tokio::test]
async fn a_weak_hash_is_replaced_when_its_owner_signs_in() {
    let app = guarded(App::auth()).await;
    register(&app.actor(), "ana@example.com").await;
    let passwords = PasswordSettings { memory_kib: 32, iterations: 2, ..App::auth().passwords };
    let stronger = app.guarded_beside(AuthSettings { passwords, ..App::auth() });
    let ana = stronger.actor();
    let hash = async || -> String {
        let row = app.client().await.query_one("SELECT password_hash FROM clients", &[]).await;
        row.unwrap().get(0)
    };
    let weak = hash().await;
    assert!(weak.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{weak}");

    sign_in(&ana, "ana@example.com", "wrong").await.expect(401);
    assert_eq!(hash().await, weak);
    sign_in(&ana, "ana@example.com", "secret").await.expect(200);
    let strong = hash().await;
    assert!(strong.starts_with("$argon2id$v=19$m=32,t=2,p=1$"), "{strong}");
    sign_in(&ana, "ana@example.com", "secret").await.expect(200);
    assert_eq!(hash().await, strong);
}

#[tokio::test]
async fn whoever_cannot_sign_in_costs_the_same_work() {
    let app = guarded(App::auth()).await;
    let ana = app.actor();
    register(&ana, "ana@example.com").await;
    let insert = "INSERT INTO clients (name, lastname, email) VALUES ('No', 'Password', 'none@example.com')";
    app.execute(insert, &[]).await;
    let shop =
        Shop::start(&app.pool(), ShopSettings { auth: App::auth(), ..ShopSettings::default() }).unwrap();
    let try_with = async |email: &str| {
        let before = shop.password_hashes();
        let password = Password::read(&json!("wrong")).unwrap();
        let refused = shop.sign_in(email, password, &Device::default()).await;
        assert!(matches!(refused, Err(Error::InvalidCredentials)), "{refused:?}");
        shop.password_hashes() - before
    };
    // The hash that stands in for those of unknown accounts is made once.
    try_with("first@example.com").await;
    for email in ["nobody@example.com", "none@example.com", "ana@example.com"] {
        assert_eq!(try_with(email).await, 1, "{email}");
    }
}
