//! Doors that are open: everything of the contract without a token, nothing of what outlives them. And what both have in
//! common.

use reqwest::Method;
use serde_json::{Value, json};
use stockroom_domain::{Permission, Role};
use stockroom_tests::{Actor, Answer, App, checkout};

use super::{
    Person,
    table::{Need, operations},
    walk::request,
};

/// What is closed to those who are not known, whatever the doors.
const CLOSED: [Permission; 3] = [Permission::AuditRead, Permission::KeysManage, Permission::RolesManage];

/// What old clients, proxies and mistakes send, which proves nothing.
const HEADERS: [(&str, &str); 9] = [
    ("authorization", "Basic YW5hOnNlY3JldA=="),
    ("authorization", "Bearer nonsense"),
    ("authorization", "bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIiwicm9sZSI6ImFkbWluIn0."),
    ("authorization", "Bearer"),
    ("authorization", "Bearer "),
    ("authorization", "Token abc"),
    ("authorization", "\"quoted\""),
    ("x-api-key", "nonsense"),
    ("x-api-key", "sk_live_nonsense"),
];

#[tokio::test]
async fn open_doors_serve_the_contract_and_nothing_that_outlives_them() {
    let app = App::start().await;
    let anyone = app.actor();
    for operation in operations() {
        let path = operation.path_of("4040");
        let closed = match operation.need {
            Need::Anyone => false,
            Need::SignedIn => true,
            Need::To(permission) | Need::OrOwner(permission) => CLOSED.contains(&permission),
        };
        let plain = anyone.send(request(&anyone, &operation, &path)).await;
        let signs_in = operation.need == Need::Anyone && plain.body["code"] == "invalid_credentials";
        let refused = [401, 403].contains(&plain.status.as_u16()) && !signs_in;
        assert_eq!(refused, closed, "{}: {}", operation.id, plain.text);
        for (name, value) in HEADERS {
            let answer = anyone.send(request(&anyone, &operation, &path).header(name, value)).await;
            assert_eq!(answer.status, plain.status, "{} with {name}: {value}: {}", operation.id, answer.text);
        }
    }
}

#[tokio::test]
async fn headers_that_prove_nothing_are_refused_only_where_something_is_to_be_proven() {
    let app = App::guarded().await;
    let anyone = app.actor();
    for (name, value) in HEADERS {
        let ask = async |path: &str| anyone.send(anyone.request(Method::GET, path).header(name, value)).await;
        ask("/products").await.expect(200);
        ask("/reviews").await.expect(200);
        let refused = ask("/orders").await.expect(401);
        // What is no attempt to prove anything is told to sign in.
        let attempted = name == "x-api-key" || value.to_lowercase().starts_with("bearer ");
        let code = if attempted && value.trim() != "Bearer" { "invalid_token" } else { "not_signed_in" };
        assert_eq!(refused["code"], code, "{name}: {value}");
    }
}

#[tokio::test]
async fn what_was_given_behind_closed_doors_proves_the_same_behind_open_ones() {
    let guarded = App::guarded().await;
    let admin = Person::new(&guarded, Role::Admin, "adam@example.com").await;
    let ana = Person::new(&guarded, Role::Client, "ana@example.com").await;
    let made = json!({"name": "Reader", "scopes": ["audit:read"]});
    let key = admin.actor.post("/api_keys", &made).await.expect(201)["key"].clone();
    let open = guarded.beside(None);

    let with = |token: &str| open.actor().bearing(token);
    let me = with(ana.token()).get("/auth/me").await.expect(200);
    assert_eq!((&me["id_key"], &me["role"]), (&json!(ana.id), &json!("client")));
    with(admin.token()).get("/api_keys").await.expect(200);
    with(key.as_str().unwrap()).get("/audit").await.expect(200);
    // What they lack beyond the contract they lack there too.
    assert_eq!(with(key.as_str().unwrap()).get("/api_keys").await.expect(403)["permission"], "keys:manage");
    assert_eq!(with(ana.token()).get("/audit").await.expect(403)["permission"], "audit:read");
    // And nobody is kept from what everybody may do there.
    with(ana.token()).get(&format!("/clients/{}", admin.id)).await.expect(200);
    with(key.as_str().unwrap()).get("/orders").await.expect(200);
    let signed_out = ana.signed_out().await;
    let closed = open.guarded_beside(App::auth());
    let late = closed.actor().bearing(&signed_out);
    assert_eq!(late.get("/orders").await.expect(401)["code"], "invalid_token");
}

fn replayed(answer: &Answer) -> bool {
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.header("idempotent-replayed") == "true"
}

#[tokio::test]
async fn the_same_idempotency_key_of_two_callers_is_two_requests() {
    let app = App::guarded().await;
    let (_, keeper) = app.account(Role::Admin).await;
    let product = keeper.product(json!({"stock": 10})).await;
    let ana = Person::new(&app, Role::Client, "ana@example.com").await;
    let eva = Person::new(&app, Role::Client, "eva@example.com").await;
    let order = async |actor: &Actor, client: i64| {
        actor.post_once("key", "/checkout", &checkout(client, &[(product, 1)])).await
    };
    let first = order(&ana.actor, ana.id).await;
    assert!(!replayed(&first));
    assert!(!replayed(&order(&eva.actor, eva.id).await));
    let again = Person::signed_in(&app, &ana.email).await;
    assert!(replayed(&order(&again.actor, ana.id).await), "in another session");
    assert_eq!(app.stock(product).await, 8);
    // Nobody learns with a key what somebody else was answered.
    let stolen = order(&eva.actor, ana.id).await;
    stolen.expect_problem(404, &format!("Client with id {} not found", ana.id));
    let (one, other) = (app.key(&[Permission::OrdersWrite]).await, app.key(&[Permission::OrdersWrite]).await);
    for caller in [&keeper, &one, &other] {
        assert!(!replayed(&order(caller, ana.id).await));
        assert!(replayed(&order(caller, ana.id).await));
    }
    assert_eq!(app.stock(product).await, 5);

    let name = json!({"name": "Glass"});
    let writers =
        (app.key(&[Permission::CatalogueWrite]).await, app.key(&[Permission::CatalogueWrite]).await);
    assert!(!replayed(&writers.0.post_once("key", "/categories", &name).await));
    let taken = writers.1.post_once("key", "/categories", &name).await;
    taken.expect_problem(409, "Duplicate entry: category with this name already exists");
}

#[tokio::test]
async fn whoever_may_no_more_gets_no_kept_answer() {
    let app = App::guarded().await;
    let (_, keeper) = app.account(Role::Admin).await;
    let writer = app.key(&[Permission::CatalogueWrite]).await;
    let name = json!({"name": "Glass"});
    assert!(!replayed(&writer.post_once("key", "/categories", &name).await));
    keeper.delete("/api_keys/1").await.expect(204);
    let refused = writer.post_once("key", "/categories", &name).await;
    assert_eq!((refused.status.as_u16(), &refused.body["name"]), (401, &Value::Null));
}

#[tokio::test]
async fn behind_open_doors_those_who_are_not_known_share_their_idempotency_keys() {
    let app = App::start().await;
    let name = json!({"name": "Glass"});
    assert!(!replayed(&app.actor().post_once("key", "/categories", &name).await));
    let nonsense = app.actor().bearing("nonsense");
    assert!(replayed(&nonsense.post_once("key", "/categories", &name).await));
    let (_, ana) = app.account(Role::Client).await;
    assert_eq!(ana.post_once("key", "/categories", &name).await.status, 409);
}
