//! What is somebody's own is theirs to see and change; what belongs to others is not there.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use stockroom_domain::Role;
use stockroom_tests::{Actor, Answer, App, checkout};

use super::{Person, columns::Database};

/// No row of any table has this id.
const NOWHERE: i64 = 4040;

/// A shop with two clients, each with one of everything.
struct Scene {
    app: App,
    keeper: Actor,
    product: i64,
    ana: Owner,
    eva: Owner,
}

/// A client, and what is theirs.
struct Owner {
    person: Person,
    address: i64,
    order: i64,
    line: i64,
    bill: i64,
    review: i64,
}

impl Scene {
    async fn new() -> Self {
        let app = App::guarded().await;
        let keeper = Person::new(&app, Role::Admin, "keeper@example.com").await.actor;
        let product = keeper.product(json!({"stock": 100})).await;
        let ana = Owner::new(&app, "ana@example.com", product).await;
        let eva = Owner::new(&app, "eva@example.com", product).await;
        Self { app, keeper, product, ana, eva }
    }
}

impl Owner {
    async fn new(app: &App, email: &str, product: i64) -> Self {
        let person = Person::new(app, Role::Client, email).await;
        let actor = &person.actor;
        let address = actor.post("/addresses", &json!({"client_id": person.id, "city": "Madrid"})).await.id();
        let order = actor.check_out(person.id, &[(product, 1)]).await;
        let id = |value: &Value| value.as_i64().unwrap();
        let (line, bill) = (id(&order["order_details"][0]["id_key"]), id(&order["bill_id"]));
        let review = actor.post("/reviews", &json!({"product_id": product, "rating": 4.0})).await.id();
        Self { order: id(&order["id_key"]), person, address, line, bill, review }
    }

    fn actor(&self) -> &Actor {
        &self.person.actor
    }

    fn rows(&self) -> [(&'static str, i64); 6] {
        [
            ("clients", self.person.id),
            ("addresses", self.address),
            ("orders", self.order),
            ("order_details", self.line),
            ("bills", self.bill),
            ("reviews", self.review),
        ]
    }
}

/// An answer without what tells one request and one id from another.
fn anonymous(answer: &Answer, id: i64) -> Value {
    let mut body = answer.body.clone();
    body["request_id"] = Value::Null;
    for text in ["detail", "message"] {
        let told = body[text].as_str().map(|told| told.replace(&format!(" id {id} "), " id N "));
        body[text] = json!(told);
    }
    body
}

/// Fails unless a request about something of others is answered like one about something that does not exist.
#[track_caller]
fn check_missing(theirs: &Answer, their_id: i64, missing: &Answer, what: &str) {
    assert_eq!((theirs.status.as_u16(), missing.status.as_u16()), (404, 404), "{what}: {}", theirs.text);
    assert_eq!(anonymous(theirs, their_id), anonymous(missing, NOWHERE), "{what}");
    let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<BTreeSet<_>>();
    assert_eq!(names(theirs), names(missing), "{what}");
    assert!(theirs.body["detail"].as_str().unwrap().ends_with("not found"), "{what}: {}", theirs.text);
}

#[tokio::test]
async fn a_client_sees_what_is_their_own() {
    let Scene { app: _app, ana, .. } = Scene::new().await;
    for (resource, id) in ana.rows() {
        assert_eq!(
            ana.actor().get(&format!("/{resource}/{id}")).await.expect(200)["id_key"],
            id,
            "{resource}"
        );
    }
    let events = ana.actor().get(&format!("/orders/{}/events", ana.order)).await.expect(200);
    assert_eq!(events.as_array().unwrap().len(), 1);
    let order = ana.actor().get(&format!("/orders/{}", ana.order)).await.expect(200);
    assert_eq!(order["order_details"][0]["id_key"], ana.line);
    let profile = ana.actor().get(&format!("/clients/{}", ana.person.id)).await.expect(200);
    assert_eq!(profile["addresses"][0]["id_key"], ana.address);
    assert_eq!(profile["orders"][0]["id_key"], ana.order);
}

#[tokio::test]
async fn what_belongs_to_others_is_answered_like_what_does_not_exist() {
    let Scene { app, ana, eva, product, .. } = Scene::new().await;
    let database = Database::of(&app).await;
    let before = database.rows().await;
    let id_of = |resource: &str| eva.rows().iter().find(|(name, _)| *name == resource).unwrap().1;
    let named = json!({"name": "Mine"});
    let mut attempts = Vec::new();
    for resource in ["clients", "addresses", "orders", "order_details", "bills"] {
        attempts.push((Method::GET, resource, "", Value::Null));
    }
    attempts.push((Method::GET, "orders", "/events", Value::Null));
    attempts.push((Method::POST, "orders", "/cancel", Value::Null));
    for (resource, body) in [
        ("clients", &named),
        ("clients", &json!({"email": "mine@example.com"})),
        ("addresses", &json!({"city": "Here"})),
        ("addresses", &json!({"client_id": ana.person.id})),
        ("reviews", &json!({"rating": 1.0})),
        ("reviews", &json!({"client_id": ana.person.id})),
        ("reviews", &json!({"product_id": product})),
    ] {
        for method in [Method::PUT, Method::PATCH] {
            for body in [body, &json!({})] {
                attempts.push((method.clone(), resource, "", body.clone()));
            }
        }
        attempts.push((Method::DELETE, resource, "", Value::Null));
    }

    for (method, resource, rest, body) in attempts {
        let ask = async |id: i64| {
            let request = ana.actor().request(method.clone(), &format!("/{resource}/{id}{rest}"));
            ana.actor().send(if body.is_null() { request } else { request.json(&body) }).await
        };
        let (theirs, missing) = (ask(id_of(resource)).await, ask(NOWHERE).await);
        check_missing(&theirs, id_of(resource), &missing, &format!("{method} /{resource}{rest} {body}"));
    }

    assert_eq!(database.rows().await, before, "and nothing is changed");
}

#[tokio::test]
async fn lists_show_and_count_own_rows_only() {
    let Scene { app: _app, ana, eva, keeper, product, .. } = Scene::new().await;
    let mine = ana.person.id;
    for (resource, id) in ana.rows().into_iter().filter(|(name, _)| !["clients", "reviews"].contains(name)) {
        let everything = keeper.get(&format!("/{resource}?count=exact&limit=1")).await;
        assert_eq!(everything.header("x-total-count"), "2", "{resource}");
        let mut queries = vec![String::new(), "&skip=0".to_owned(), format!("&product_id={product}")];
        if resource != "order_details" {
            queries.push(format!("&client_id={mine}"));
        }
        // Where a page of everybody's rows ends: a place that a client cannot use to see others.
        let cursor =
            everything.header("link").split("after=").nth(1).unwrap().split(['&', '>']).next().unwrap();
        for query in queries {
            let own = ana.actor().get(&format!("/{resource}?count=exact{query}")).await;
            assert_eq!(own.header("x-total-count"), "1", "{resource}{query}");
            let rows = own.expect(200);
            assert_eq!(rows.as_array().unwrap().len(), 1, "{resource}{query}: {rows}");
            assert_eq!(rows[0]["id_key"], id, "{resource}{query}");
            let estimated = ana.actor().get(&format!("/{resource}?count=estimate{query}")).await;
            assert_eq!(estimated.expect(200).as_array().unwrap().len(), 1, "{resource}{query}");
        }
        let after = ana.actor().get(&format!("/{resource}?after={cursor}")).await.expect(200);
        let others = after.as_array().unwrap().iter().filter(|row| row["id_key"] != id).count();
        assert_eq!(others, 0, "{resource}: {after}");
    }
    let of_others = ana.actor().get(&format!("/order_details?order_id={}", eva.order)).await.expect(200);
    assert_eq!(of_others, json!([]));
    ana.actor().get("/clients").await.expect(403);
}

#[tokio::test]
async fn asking_for_the_rows_of_another_client_is_like_asking_for_those_of_nobody() {
    let Scene { app: _app, ana, eva, keeper, .. } = Scene::new().await;
    for resource in ["addresses", "orders", "bills"] {
        let ask =
            async |client: i64| ana.actor().get(&format!("/{resource}?client_id={client}&count=exact")).await;
        let (theirs, missing) = (ask(eva.person.id).await, ask(NOWHERE).await);
        check_missing(&theirs, eva.person.id, &missing, resource);
        theirs.expect_problem(404, &format!("Client with id {} not found", eva.person.id));
        let shown = keeper.get(&format!("/{resource}?client_id={}", eva.person.id)).await.expect(200);
        assert_eq!(shown.as_array().unwrap().len(), 1, "{resource}");
    }
}

#[tokio::test]
async fn a_client_cancels_their_own_order_and_nobody_elses() {
    let Scene { app, ana, eva, product, .. } = Scene::new().await;
    let (own, theirs) = (format!("/orders/{}/cancel", ana.order), format!("/orders/{}/cancel", eva.order));
    let refused = ana.actor().post_once("k1", &theirs, &Value::Null).await;
    refused.expect_problem(404, &format!("Order with id {} not found", eva.order));
    assert_eq!(app.stock(product).await, 98);
    assert_eq!(ana.actor().post(&own, &Value::Null).await.expect(200)["status"], 4);
    assert_eq!(app.stock(product).await, 99);
    // An order is cancelled and changed in no other way by whoever placed it.
    for (method, path) in [(Method::PUT, "/orders"), (Method::PATCH, "/orders"), (Method::DELETE, "/orders")]
    {
        let request =
            ana.actor().request(method, &format!("{path}/{}", ana.order)).json(&json!({"status": 4}));
        assert_eq!(ana.actor().send(request).await.expect(403)["permission"], "orders:write");
    }
}

#[tokio::test]
async fn a_client_checks_out_for_themselves_and_gives_no_discount() {
    let Scene { app, keeper, ana, eva, product, .. } = Scene::new().await;
    let orders = "SELECT count(*) FROM orders";
    let theirs = ana.actor().post("/checkout", &checkout(eva.person.id, &[(product, 1)])).await;
    let missing = ana.actor().post("/checkout", &checkout(NOWHERE, &[(product, 1)])).await;
    check_missing(&theirs, eva.person.id, &missing, "checkout");
    theirs.expect_problem(404, &format!("Client with id {} not found", eva.person.id));

    let mut order = checkout(ana.person.id, &[(product, 1)]);
    order["address_id"] = json!(eva.address);
    let theirs = ana.actor().post("/checkout", &order).await;
    order["address_id"] = json!(NOWHERE);
    check_missing(&theirs, eva.address, &ana.actor().post("/checkout", &order).await, "address");

    order["address_id"] = json!(ana.address);
    order["discount"] = json!(0.01);
    let refused = ana.actor().post("/checkout", &order).await;
    refused.expect_problem(403, "This needs the permission discounts:give");
    assert_eq!(refused.body["permission"], "discounts:give");
    assert_eq!(app.integer(orders, &[]).await, 2);

    order["discount"] = json!(0);
    ana.actor().post("/checkout", &order).await.expect(201);
    let (_, operator) = app.account(Role::Operator).await;
    for (who, client) in [(&operator, &ana), (&keeper, &eva)] {
        let mut order = checkout(client.person.id, &[(product, 1)]);
        order["discount"] = json!(0.5);
        who.post("/checkout", &order).await.expect(201);
    }
}

#[tokio::test]
async fn an_address_is_made_for_oneself_and_never_moved_to_others() {
    let Scene { app, ana, eva, .. } = Scene::new().await;
    let (mine, theirs) = (ana.person.id, eva.person.id);
    let new = |client: i64| json!({"city": "Here", "client_id": client});
    let other = ana.actor().post("/addresses", &new(theirs)).await;
    check_missing(&other, theirs, &ana.actor().post("/addresses", &new(NOWHERE)).await, "POST");
    let path = format!("/addresses/{}", ana.address);
    let moved = ana.actor().put(&path, &json!({"client_id": theirs, "city": "There"})).await;
    check_missing(&moved, theirs, &ana.actor().put(&path, &json!({"client_id": NOWHERE})).await, "PUT");
    let moved = ana.actor().patch(&path, &json!({"client_id": theirs})).await;
    check_missing(&moved, theirs, &ana.actor().patch(&path, &json!({"client_id": NOWHERE})).await, "PATCH");
    ana.actor().patch(&path, &json!({"client_id": null})).await.expect_invalid(&["body.client_id"]);
    // An answer that is sent back whole names its own client.
    let whole = ana.actor().get(&path).await.expect(200);
    ana.actor().put(&path, &whole).await.expect(200);
    let own = "SELECT count(*) FROM addresses WHERE client_id = $1 AND city = 'Madrid'";
    assert_eq!(app.integer(own, &[&mine]).await, 1);
    assert_eq!(app.integer("SELECT count(*) FROM addresses", &[]).await, 2);
    ana.actor().delete(&path).await.expect(204);
}

#[tokio::test]
async fn a_client_changes_their_profile_and_not_the_password_with_it() {
    let Scene { app: _app, ana, .. } = Scene::new().await;
    let path = format!("/clients/{}", ana.person.id);
    let whole = ana.actor().get(&path).await.expect(200);
    ana.actor().put(&path, &whole).await.expect(200);
    let changed = ana.actor().patch(&path, &json!({"name": "Anna", "telephone": null})).await.expect(200);
    assert_eq!((&changed["name"], &changed["telephone"]), (&json!("Anna"), &Value::Null));
    let renewed = json!({"name": "Eve", "password": "a new password"});
    ana.actor().put(&path, &renewed).await.expect_invalid(&["body.password"]);
    ana.actor().patch(&path, &renewed).await.expect_invalid(&["body.password"]);
    ana.actor().put(&path, &json!({"password": ""})).await.expect(200);
    assert_eq!(ana.actor().get("/auth/me").await.expect(200)["name"], "Anna");
}

#[tokio::test]
async fn a_client_deletes_their_own_account_and_is_signed_out_by_it() {
    let app = App::guarded().await;
    let (id, ana) = app.account(Role::Client).await;
    let (other, _) = app.account(Role::Client).await;
    let refused = ana.delete(&format!("/clients/{other}")).await;
    refused.expect_problem(404, &format!("Client with id {other} not found"));
    ana.delete(&format!("/clients/{id}")).await.expect(204);
    let erased = "SELECT id FROM clients WHERE erased_at IS NOT NULL";
    assert_eq!(app.integer(erased, &[]).await, id);
    assert_eq!(ana.get(&format!("/clients/{id}")).await.expect(401)["code"], "invalid_token");
    assert_eq!(ana.get("/auth/me").await.expect(401)["code"], "invalid_token");
}
