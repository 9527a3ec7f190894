//! What is left of somebody who is erased: the books, and nothing that tells who it was.

use reqwest::{Method, header::USER_AGENT};
use serde_json::{Value, json};
use stockroom_domain::Role;
use stockroom_tests::{Actor, App, checkout};

use super::{address_of, dump, registered, tables_with};
use crate::auth::{next_mail, token_in, with_mailbox};

/// Each of these stands for a value that tells who somebody is; none is anywhere else.
const MARKS: [&str; 19] = [
    "qzname",
    "qzlast",
    "qzmail",
    "5491177331",
    "qzbook",
    "qzgone",
    "qzsaid",
    "qzunsaid",
    "qzagent",
    "qzkey",
    "qznewname",
    "qznewmail",
    "5491188442",
    "qzstaffed",
    "qzmoved",
    "qznewcomment",
    "qzthird",
    "qzpassword",
    "qzrejected",
];
/// Those that are never stored in clear.
const SECRET: [&str; 1] = ["qzpassword"];

const BOOKS: [&str; 9] = [
    "SELECT string_agg(o::text, ';' ORDER BY id) FROM (SELECT id, date, total, delivery_method, status, client_id, \
     bill_id, checked_out FROM orders) o",
    "SELECT string_agg(b::text, ';' ORDER BY id) FROM bills b",
    "SELECT string_agg(n::text, ';' ORDER BY id) FROM credit_notes n",
    "SELECT string_agg(d::text, ';' ORDER BY id) FROM order_details d",
    "SELECT string_agg(e::text, ';' ORDER BY id) FROM order_events e",
    "SELECT string_agg(m::text, ';' ORDER BY id) FROM stock_movements m",
    "SELECT string_agg(p::text, ';' ORDER BY id) FROM products p",
    "SELECT string_agg(s::text, ';' ORDER BY series) FROM document_series s",
    "SELECT string_agg(r::text, ';' ORDER BY id) FROM (SELECT id, rating, product_id, status, verified_purchase \
     FROM reviews) r",
];

async fn books(app: &App) -> Vec<String> {
    let client = app.client().await;
    let mut books = Vec::new();
    for sql in BOOKS {
        books.push(
            client.query_one(sql, &[]).await.expect(sql).get::<_, Option<String>>(0).unwrap_or_default(),
        );
    }
    books
}

/// Somebody who has used all there is, and the staff that has had to do with them.
struct Life {
    person: i64,
    me: Actor,
    tokens: Value,
    admin: Actor,
    product: i64,
    reset: String,
}

async fn lived() -> (App, Life) {
    let (app, mut mails) = with_mailbox().await;
    let (_, admin) = app.account(Role::Admin).await;
    let (_, operator) = app.account(Role::Operator).await;
    let [product, second, third] =
        [admin.product(json!({})).await, admin.product(json!({})).await, admin.product(json!({})).await];
    let account = json!({
        "name": "Qzname", "lastname": "Qzlast", "email": "qzmail@example.com", "telephone": "+549117733100",
        "password": "qzpassword 1",
    });
    let anyone = app.actor();
    let request = anyone.request(Method::POST, "/auth/register").header(USER_AGENT, "qzagent/1");
    anyone.send(request.header("idempotency-key", "qzkey-0").json(&account)).await.expect(201);
    let (sign_in, key) = (json!({"email": "qzmail@example.com", "password": "qzpassword 1"}), "qzkey");
    let request = anyone.request(Method::POST, "/auth/login").header(USER_AGENT, "qzagent/2");
    let tokens = anyone.send(request.json(&sign_in)).await.expect(200);
    let person = tokens["id"].as_i64().unwrap();
    let me = anyone.bearing(tokens["access_token"].as_str().unwrap());

    // Two addresses and one that is gone again, but for what was answered.
    let home = me.post_once("qzkey-1", "/addresses", &address_of(person, "qzbook")).await.id();
    let gone = admin.post_once("admin-1", "/addresses", &address_of(person, "qzgone")).await.id();
    admin.delete(&format!("/addresses/{gone}")).await.expect(204);
    let moved = admin.post_once("admin-2", "/addresses", &address_of(person, "qzmoved")).await.id();
    admin.put(&format!("/addresses/{moved}"), &json!({"city": "qzstaffed"})).await.expect(200);

    // Orders by checkout, one of them cancelled, one placed by the staff, and one line by line.
    let mut order = checkout(person, &[(product, 1), (second, 1)]);
    order["address_id"] = json!(home);
    let placed = me.post_once(&format!("{key}-2"), "/checkout", &order).await.expect(201);
    let canceled = me.post_once(&format!("{key}-3"), "/checkout", &order).await.expect(201);
    let path = format!("/orders/{}/cancel", canceled["id_key"]);
    me.post_once(&format!("{key}-4"), &path, &Value::Null).await.expect(200);
    operator.post_once("operator-2", "/checkout", &order).await.expect(201);
    let bill = operator.bill(person, json!({})).await;
    let by_line = json!({"total": 20.0, "delivery_method": 3, "client_id": person, "bill_id": bill});
    let by_line = operator.post_once("operator-3", "/orders", &by_line).await.id();
    let line = json!({"order_id": by_line, "product_id": third, "quantity": 1});
    operator.post_once("operator-4", "/order_details", &line).await.expect(201);

    // Reviews: shown, changed by the staff, rejected, and deleted.
    let review = |product: i64, words: &str| json!({"rating": 4.0, "product_id": product, "comment": words});
    let said = me.post_once("qzkey-5", "/reviews", &review(product, "qzsaid it first")).await.id();
    admin.put(&format!("/reviews/{said}"), &json!({"comment": "qznewcomment said"})).await.expect(200);
    let rejected = me.post_once("qzkey-6", "/reviews", &review(second, "qzrejected words")).await.id();
    admin.put(&format!("/reviews/{rejected}/status"), &json!({"status": "rejected"})).await.expect(200);
    let unsaid = me.post_once("qzkey-7", "/reviews", &review(third, "qzunsaid words")).await.id();
    me.delete(&format!("/reviews/{unsaid}")).await.expect(204);
    let third_person =
        json!({"rating": 3.0, "product_id": third, "client_id": person, "comment": "qzthird person"});
    admin.post_once("admin-3", "/reviews", &third_person).await.expect(201);

    // The staff reads, changes and exports.
    let path = format!("/clients/{person}");
    operator.get(&path).await.expect(200);
    operator.get(&format!("/orders?client_id={person}")).await.expect(200);
    operator.get(&format!("/orders/{}", placed["id_key"])).await.expect(200);
    admin.put(&path, &json!({"name": "Qznewname", "telephone": "+549118844200"})).await.expect(200);
    admin.get(&format!("{path}/export")).await.expect(200);
    me.patch(&path, &json!({"email": "qznewmail@example.com"})).await.expect(200);
    anyone.post("/auth/password/forgot", &json!({"email": "qznewmail@example.com"})).await.expect(202);
    let reset = token_in(&next_mail(&mut mails).await.text);
    let shown = anyone.get(&format!("/products/{product}")).await.expect(200);
    assert_eq!(shown["reviews"][0]["comment"], "qznewcomment said");
    (app, Life { person, me, tokens, admin, product, reset })
}

async fn assert_nothing_is_left(app: &App) {
    let dump = dump(app).await;
    for mark in MARKS {
        assert_eq!(tables_with(&dump, mark), Vec::<&str>::new(), "{mark}");
    }
}

#[tokio::test]
async fn nothing_is_left_of_somebody_who_is_erased_and_the_books_are_as_before() {
    let (app, Life { person, me, tokens, admin, product, reset }) = lived().await;
    let before = dump(&app).await;
    for mark in MARKS.iter().filter(|mark| !SECRET.contains(mark)) {
        assert!(!tables_with(&before, mark).is_empty(), "{mark} is nowhere, so nothing is proven");
    }
    let kept = books(&app).await;
    let path = format!("/clients/{person}");

    let erased = me.post_once("qzkey-8", &format!("{path}/erase"), &Value::Null).await.expect(200);

    assert_eq!((&erased["name"], &erased["lastname"]), (&json!("Erased"), &json!("Erased")));
    assert_eq!(
        (&erased["email"], &erased["telephone"]),
        (&json!(format!("erased-{person}@erased.invalid")), &Value::Null)
    );
    assert_eq!(
        (erased["addresses"].as_array().unwrap().len(), erased["orders"].as_array().unwrap().len()),
        (0, 4)
    );
    assert_nothing_is_left(&app).await;
    assert_eq!(books(&app).await, kept);
    app.assert_books_balance().await;
    app.assert_ledger_adds_up().await;

    // What was at hand is dropped.
    let shown = admin.get(&format!("/products/{product}")).await.expect(200);
    assert_eq!(
        (&shown["reviews"][0]["comment"], &shown["reviews"][0]["client_id"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(shown["rating_average"], 4.0);
    // Nobody is signed in, and nobody can sign in.
    assert_eq!(me.get("/auth/me").await.status, 401);
    let anyone = app.actor();
    let refresh = json!({"refresh_token": tokens["refresh_token"]});
    assert_eq!(anyone.post("/auth/refresh", &refresh).await.status, 401);
    for email in ["qznewmail@example.com".to_owned(), format!("erased-{person}@erased.invalid")] {
        let sign_in = json!({"email": email, "password": "qzpassword 1"});
        anyone.post("/auth/login", &sign_in).await.expect_problem(401, "Invalid credentials");
    }
    let reset =
        anyone.post("/auth/password/reset", &json!({"token": reset, "password": "another one"})).await;
    reset.expect_problem(400, "The reset token is invalid or has expired");
    assert_nothing_is_left(&app).await;
}

#[tokio::test]
async fn the_log_tells_who_has_erased_whom_and_nothing_else_of_them() {
    let app = App::guarded().await;
    let (admin_id, admin) = app.account(Role::Admin).await;
    let (by_herself, herself) = app.account(Role::Client).await;
    let (by_staff, _) = app.account(Role::Client).await;

    herself.post(&format!("/clients/{by_herself}/erase"), &Value::Null).await.expect(200);
    admin.put(&format!("/clients/{by_staff}"), &json!({"name": "Eva"})).await.expect(200);
    admin.post(&format!("/clients/{by_staff}/erase"), &Value::Null).await.expect(200);

    let entries = |client: i64| {
        let admin = admin.clone();
        async move {
            let told = admin.get(&format!("/audit?client_id={client}")).await.expect(200);
            told.as_array().unwrap().clone()
        }
    };
    let told = entries(by_herself).await;
    let actions: Vec<_> = told.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["forget", "erase"]);
    for entry in &told {
        assert_eq!(entry["actor"], json!(format!("client:{by_herself}")));
        assert_eq!((&entry["address"], &entry["request_id"]), (&Value::Null, &Value::Null));
        assert_eq!((&entry["resource"], &entry["resource_id"]), (&json!("clients"), &json!(by_herself)));
    }
    let told = entries(by_staff).await;
    let actions: Vec<_> = told.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    // Each answer has shown the staff whose it is.
    assert_eq!(actions, ["read", "forget", "erase", "update", "read", "update"]);
    for entry in &told {
        assert_eq!(entry["actor"], json!(format!("admin:{admin_id}")));
        assert_ne!(entry["address"], Value::Null);
    }
    assert_eq!(told[5]["after"], json!({"name": "***"}));
    assert_eq!(told[3]["before"]["email"], "***");
    assert_eq!(app.integer("SELECT count(*) FROM audit_personal", &[]).await, 0);
}

#[tokio::test]
async fn an_address_that_is_made_up_for_the_erased_is_nobodys() {
    let app = App::guarded().await;
    let fields = |email: &str| json!({"name": "Ana", "lastname": "Lopez", "email": email, "password": "correct horse"});
    let (id, ana, _) = registered(&app, &fields("ana@example.com")).await;
    registered(&app, &fields(&format!("erased-{id}@erased.invalid"))).await;
    ana.post(&format!("/clients/{id}/erase"), &Value::Null).await.expect(200);
    // Hers is free again.
    registered(&app, &fields("ana@example.com")).await;
}

#[tokio::test]
async fn clients_who_delete_themselves_are_erased_and_the_staff_deletes_as_before() {
    let app = App::guarded().await;
    let (_, admin) = app.account(Role::Admin).await;
    let (id, ana) = app.account(Role::Client).await;
    let product = admin.product(json!({})).await;
    ana.check_out(id, &[(product, 1)]).await;
    let path = format!("/clients/{id}");
    assert_eq!(admin.delete(&path).await.status, 409);

    ana.delete(&path).await.expect(204);

    assert_eq!(admin.get(&path).await.expect(200)["name"], "Erased");
    assert_eq!(ana.get(&path).await.status, 401);
    let (other, _) = app.account(Role::Client).await;
    admin.delete(&format!("/clients/{other}")).await.expect(204);
    assert_eq!(admin.get(&format!("/clients/{other}")).await.status, 404);
}
