//! API keys: who makes them, what they permit and for how long, and where nothing is kept of them.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use stockroom_domain::{CallsPerMinute, KeyName, Permission, Permissions, Role, Scopes};
use stockroom_service::{AuthSettings, NewKey, make_api_key};
use stockroom_tests::{Actor, Answer, App};
use stockroom_web::{RateLimit, Settings};

use super::columns::Database;

async fn make(maker: &Actor, fields: Value) -> Answer {
    let mut body = json!({"name": "Warehouse", "scopes": ["orders:read"]});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    maker.post("/api_keys", &body).await
}

fn secret(made: &Value) -> &str {
    made["key"].as_str().unwrap()
}

#[tokio::test]
async fn a_key_is_shown_once_and_nowhere_else() {
    let app = App::guarded().await;
    let (id, admin) = app.account(Role::Admin).await;
    let expires = json!({"expires_at": "2099-01-01T00:00:00Z", "calls_per_minute": 600});
    let answer = make(&admin, expires).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("location"), "/api_keys/1");
    let mut made = answer.expect(201);
    let key = secret(&made).to_owned();
    assert!(key.starts_with("sk_live_") && key.len() > 50, "{key}");
    assert_eq!(made["prefix"], key[..16]);
    assert_eq!(made["scopes"], json!(["orders:read"]));
    assert_eq!(made["created_by"], format!("admin:{id}"));
    assert_eq!((&made["expires_at"], &made["last_used_at"]), (&json!("2099-01-01T00:00:00Z"), &Value::Null));

    let user = app.actor().bearing(&key);
    user.get("/orders").await.expect(200);
    user.get("/clients").await.expect(403);

    let listed = admin.get("/api_keys").await;
    let audited = admin.get("/audit?resource=api_keys").await;
    assert_eq!(audited.body[0]["after"]["key_hash"], "***", "{}", audited.text);
    let rows = Database::of(&app).await.rows().await;
    let kept: String = rows.into_values().collect();
    // Not the key, nor what is left of it without what it begins with.
    for text in [listed.text, audited.text, kept] {
        assert!(text.contains(&key[..16]) && !text.contains(&key[16..]) && !text.contains(&key[16..40]));
    }
    made.as_object_mut().unwrap().remove("key").unwrap();
    made["last_used_at"] = listed.body[0]["last_used_at"].clone();
    assert!(made["last_used_at"].is_string());
    assert_eq!(listed.body, json!([made]));
}

#[tokio::test]
async fn a_key_is_good_while_nothing_can_be_changed() {
    let app = App::guarded().await;
    let user = app.key(&[Permission::OrdersRead]).await;
    let read_only = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', \
                     current_database()); PERFORM pg_terminate_backend(pid) FROM pg_stat_activity \
                     WHERE datname = current_database() AND pid <> pg_backend_pid(); END $$";
    app.execute(read_only, &[]).await;
    user.get("/orders").await.expect(200);
    assert_eq!(app.integer("SELECT count(*) FROM api_keys WHERE last_used_at IS NOT NULL", &[]).await, 0);
}

#[tokio::test]
async fn a_key_permits_no_more_than_its_maker_may() {
    let app = App::guarded().await;
    let maker = app.key(&[Permission::KeysManage, Permission::OrdersRead]).await;
    make(&maker, json!({"scopes": ["orders:read", "keys:manage"]})).await.expect(201);
    for scopes in [json!(["orders:read", "orders:write"]), json!(["clients:read"]), json!(["roles:manage"])] {
        let refused = make(&maker, json!({"scopes": scopes})).await.expect(403);
        assert_eq!(refused["permission"], scopes.as_array().unwrap().last().unwrap().clone());
    }
    let (_, operator) = app.account(Role::Operator).await;
    assert_eq!(make(&operator, json!({})).await.expect(403)["permission"], "keys:manage");
    let (_, admin) = app.account(Role::Admin).await;
    let all: Vec<_> = Permission::ALL.iter().map(|permission| permission.name()).collect();
    make(&admin, json!({"scopes": all})).await.expect(201);
    assert_eq!(app.integer("SELECT count(*) FROM api_keys", &[]).await, 3);
}

#[tokio::test]
async fn behind_open_doors_a_key_permits_no_more_than_its_maker_may_behind_closed_ones() {
    let guarded = App::guarded().await;
    let (_, admin) = guarded.account(Role::Admin).await;
    let made = make(&admin, json!({"scopes": ["keys:manage", "orders:read"]})).await.expect(201);
    let open = guarded.beside(None);
    let maker = open.actor().bearing(secret(&made));
    make(&maker, json!({"scopes": ["orders:read"]})).await.expect(201);
    let refused = make(&maker, json!({"scopes": ["orders:read", "clients:write"]})).await.expect(403);
    assert_eq!(refused["permission"], "clients:write");
    make(&open.actor(), json!({})).await.expect(401);
}

#[tokio::test]
async fn what_is_wrong_with_a_key_is_told_at_once() {
    let app = App::guarded().await;
    let (_, admin) = app.account(Role::Admin).await;
    let wrong = json!({"name": "", "scopes": ["root"], "expires_at": "soon", "calls_per_minute": 0});
    let places = ["body.name", "body.scopes", "body.expires_at", "body.calls_per_minute"];
    make(&admin, wrong).await.expect_invalid(&places);
    for scopes in [json!([]), json!("orders:read"), json!([1]), json!({}), Value::Null] {
        make(&admin, json!({"scopes": scopes})).await.expect_invalid(&["body.scopes"]);
    }
    for method in [Method::GET, Method::PUT, Method::PATCH] {
        let answer =
            admin.send(admin.request(method, "/api_keys/1").json(&json!({"scopes": ["audit:read"]}))).await;
        assert_eq!(answer.status, 405);
    }
    assert_eq!(app.integer("SELECT count(*) FROM api_keys", &[]).await, 0);
}

#[tokio::test]
async fn a_key_goes_in_either_header() {
    let app = App::guarded().await;
    let (_, admin) = app.account(Role::Admin).await;
    let made = make(&admin, json!({})).await.expect(201);
    let anyone = app.actor();
    let bearer = format!("bearer  {}", secret(&made));
    for (name, value) in
        [("x-api-key", secret(&made)), ("X-API-KEY", secret(&made)), ("authorization", &*bearer)]
    {
        let request = anyone.request(Method::GET, "/orders").header(name, value);
        anyone.send(request).await.expect(200);
    }
    let both = admin.request(Method::GET, "/clients").header("x-api-key", secret(&made));
    assert_eq!(admin.send(both).await.expect(403)["permission"], "clients:read", "the key comes first");
    let wrong = admin.request(Method::GET, "/clients").header("x-api-key", "sk_live_wrong");
    assert_eq!(admin.send(wrong).await.expect(401)["code"], "invalid_token");
    let query = format!("/orders?api_key={0}&access_token={0}", secret(&made));
    assert_eq!(anyone.get(&query).await.expect(401)["code"], "not_signed_in");
}

#[tokio::test]
async fn a_key_is_no_account() {
    let app = App::guarded().await;
    let key = app.key(Permission::ALL).await;
    for (method, path) in
        [(Method::GET, "/auth/me"), (Method::GET, "/auth/sessions"), (Method::POST, "/auth/logout")]
    {
        assert_eq!(key.send(key.request(method, path)).await.expect(401)["code"], "not_signed_in", "{path}");
    }
}

#[tokio::test]
async fn a_mistyped_key_is_refused_without_the_database() {
    let made = App::guarded().await;
    let (_, admin) = made.account(Role::Admin).await;
    let key = secret(&make(&admin, json!({})).await.expect(201)).to_owned();
    // Nothing listens there.
    let settings = Settings { open: false, ..App::open() };
    let app = App::start_on("postgres://nobody@127.0.0.1:1/nowhere".to_owned(), &settings);

    let wrong = |at: usize| {
        let other = if key.as_bytes()[at] == b'x' { "y" } else { "x" };
        format!("{}{other}{}", &key[..at], &key[at + 1..])
    };
    let mut mistyped: Vec<_> = (8..key.len()).step_by(7).map(wrong).collect();
    mistyped.extend([key[..key.len() - 1].to_owned(), format!("{key}x"), "sk_live_".to_owned()]);
    for text in mistyped {
        assert_eq!(
            app.actor().bearing(&text).get("/orders").await.expect(401)["code"],
            "invalid_token",
            "{text}"
        );
    }
    assert_eq!(app.actor().bearing(&key).get("/orders").await.status, 503);
}

#[tokio::test]
async fn a_revoked_key_ends_at_once_here_and_when_others_look() {
    let app = App::guarded().await;
    let (_, admin) = app.account(Role::Admin).await;
    let looking = AuthSettings { session_check: Duration::ZERO, ..App::auth() };
    let believing = AuthSettings { session_check: Duration::from_secs(1), ..App::auth() };
    let (other, trusting) = (app.guarded_beside(looking), app.guarded_beside(believing));
    let made = make(&admin, json!({"scopes": ["orders:read", "keys:manage"]})).await.expect(201);
    let servers = [&app, &other, &trusting].map(|app| app.actor().bearing(secret(&made)));
    for key in &servers {
        key.get("/orders").await.expect(200);
    }
    let [here, there, elsewhere] = servers;
    here.delete("/api_keys/1").await.expect(204);
    for key in [&here, &there] {
        assert_eq!(key.get("/orders").await.expect(401)["code"], "invalid_token");
    }
    // A server that has just looked believes it for a moment.
    let deadline = Instant::now() + Duration::from_secs(10);
    while elsewhere.get("/orders").await.status != 401 {
        assert!(Instant::now() < deadline, "a revoked key goes on");
    }
    let listed = admin.get("/api_keys").await.expect(200);
    assert!(listed[0]["revoked_at"].is_string(), "{listed}");
    admin.delete("/api_keys/1").await.expect(204);
    assert_eq!(admin.get("/api_keys").await.expect(200), listed, "it was revoked once");
    admin.delete("/api_keys/2").await.expect_problem(404, "API key with id 2 not found");
}

#[tokio::test]
async fn a_key_ends_by_itself_also_where_it_is_remembered() {
    let app = App::guarded().await;
    let (_, admin) = app.account(Role::Admin).await;
    let soon = "UPDATE api_keys SET expires_at = now() + interval '1 second'";
    let made = make(&admin, json!({})).await.expect(201);
    app.execute(soon, &[]).await;
    let key = app.actor().bearing(secret(&made));
    key.get("/orders").await.expect(200);
    let deadline = Instant::now() + Duration::from_secs(4);
    while key.get("/orders").await.status != 401 {
        assert!(Instant::now() < deadline, "it is remembered beyond its end");
    }
}

#[tokio::test]
async fn a_key_with_a_limit_of_its_own_does_not_count_for_its_address() {
    let limit = RateLimit { calls: 4, period: Duration::from_mins(1) };
    let app = App::start_with(Settings { open: false, rate_limit: Some(limit), ..App::open() }).await;
    let key = async |calls: Option<u32>| {
        let new = NewKey {
            name: KeyName::parse("Key").unwrap(),
            scopes: Scopes(Permissions::ALL),
            expires_at: None,
            calls_per_minute: calls.map(CallsPerMinute),
        };
        app.actor().bearing(&make_api_key(&app.pool(), &new, "test").await.unwrap().secret)
    };
    let (own, other, shared) = (key(Some(2)).await, key(Some(2)).await, key(None).await);
    for key in [&own, &other] {
        for remaining in ["1", "0"] {
            let answer = key.get("/orders").await;
            let told = (answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining"));
            assert_eq!((answer.status.as_u16(), told), (200, ("2", remaining)));
        }
    }
    let refused = own.get("/orders").await;
    refused.expect_problem(429, "Rate limit exceeded. Maximum 2 requests per 60 seconds.");
    // One without a limit, one that is none, and whoever brings nothing, are counted together.
    let none = app.actor().bearing("sk_live_none");
    for (who, status, remaining) in [(&shared, 200, "3"), (&none, 401, "2"), (&app.actor(), 401, "1")] {
        let answer = who.get("/orders").await;
        let told = (answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining"));
        assert_eq!((answer.status.as_u16(), told), (status, ("4", remaining)));
    }
}
