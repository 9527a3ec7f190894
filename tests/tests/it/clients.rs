//! Clients: what is shown, what may be written, and what never comes out.

use serde_json::json;
use stockroom_tests::App;

#[tokio::test]
async fn a_new_client_is_shown_without_the_password() {
    let app = App::start().await;
    let admin = app.actor();

    let created = admin
        .post(
            "/clients",
            &json!({
                "name": "Ana", "lastname": "Lopez", "email": "Ana@Example.com", "telephone": "0000000000",
                "password": "secret",
            }),
        )
        .await;

    assert_eq!(created.header("location"), format!("/clients/{}", created.id()));
    let shown = admin.get(created.header("location")).await.expect(200);
    assert_eq!(
        shown,
        json!({
            "id_key": created.id(), "name": "Ana", "lastname": "Lopez", "email": "Ana@Example.com",
            "telephone": "0000000000", "is_admin": false, "addresses": [], "orders": [],
        })
    );
    assert_eq!(created.expect(201), shown);
}

#[tokio::test]
async fn a_client_shows_addresses_and_orders_without_their_relations() {
    let app = App::start().await;
    let admin = app.actor();
    let client = admin.client(json!({})).await;
    let address =
        json!({"street": "Corrientes", "number": "12 B", "city": "Buenos Aires", "client_id": client});
    let address = admin.post("/addresses", &address).await.expect(201);
    let bill = admin.bill(client, json!({})).await;
    let date = "2026-01-15T10:30:00Z";
    let order = admin.order(json!({"client_id": client, "bill_id": bill, "date": date})).await;

    let shown = admin.get(&format!("/clients/{client}")).await.expect(200);

    assert_eq!(shown["addresses"], json!([address]));
    let flat = json!({
        "id_key": order, "date": date, "total": 20.0, "delivery_method": 3, "status": 1, "client_id": client,
        "bill_id": bill, "address": null,
    });
    assert_eq!(shown["orders"], json!([flat]));

    let listed = admin.get("/clients").await.expect(200);
    let of_list = |list: &serde_json::Value| {
        list.as_array().unwrap().iter().find(|one| one["id_key"] == client).unwrap().clone()
    };
    assert_eq!(of_list(&listed)["addresses"], json!([address]));
    assert_eq!(of_list(&listed).get("orders"), None);
    let expanded = admin.get("/clients?expand=orders").await.expect(200);
    assert_eq!(of_list(&expanded)["orders"], json!([flat]));
}

#[tokio::test]
async fn clients_are_listed_by_id_and_in_pages() {
    let app = App::start().await;
    let admin = app.actor();
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(admin.client(json!({})).await);
    }

    let page = admin.get("/clients?skip=1&limit=2").await.expect(200);

    assert_eq!(page.as_array().unwrap().len(), 2);
    assert_eq!((&page[0]["id_key"], &page[1]["id_key"]), (&json!(ids[1]), &json!(ids[2])));
}

#[tokio::test]
async fn putting_some_fields_leaves_the_others_alone() {
    let app = App::start().await;
    let admin = app.actor();
    let client = admin.client(json!({"telephone": "1234567"})).await;
    let path = format!("/clients/{client}");
    let before = admin.get(&path).await.expect(200);

    let shown = admin
        .put(
            &path,
            &json!({"name": "Eva", "lastname": null, "telephone": "", "id_key": 99, "orders": [1], "x": 1}),
        )
        .await
        .expect(200);

    let mut expected = before;
    expected["name"] = json!("Eva");
    assert_eq!(shown, expected);
    // As clients do: the whole object goes back as it came.
    assert_eq!(admin.put(&path, &shown).await.expect(200), shown);
}

#[tokio::test]
async fn a_patch_clears_the_telephone_and_refuses_everything_that_is_not_writable() {
    let app = App::start().await;
    let admin = app.actor();
    let path = format!("/clients/{}", admin.client(json!({})).await);

    let shown = admin.patch(&path, &json!({"telephone": null, "lastname": "Paz"})).await.expect(200);

    assert_eq!((&shown["telephone"], &shown["lastname"]), (&json!(null), &json!("Paz")));
    for protected in ["id_key", "is_admin", "password_hash", "external_number", "addresses", "surprise"] {
        let refused = admin.patch(&path, &json!({protected: 1})).await;
        refused.expect_invalid(&[&format!("body.{protected}")]);
    }
    admin
        .patch(&path, &json!({"name": null, "password": ""}))
        .await
        .expect_invalid(&["body.name", "body.password"]);
}

#[tokio::test]
async fn a_deleted_client_takes_its_addresses_along_and_leaves_its_reviews() {
    let app = App::start().await;
    let admin = app.actor();
    let client = admin.client(json!({})).await;
    let address = admin.post("/addresses", &json!({"client_id": client})).await.id();
    let product = admin.product(json!({})).await;
    let review = json!({"rating": 5, "product_id": product, "client_id": client});
    let review = admin.post("/reviews", &review).await.id();
    let path = format!("/clients/{client}");

    let deleted = admin.delete(&path).await;

    assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (204, ""));
    admin.get(&path).await.expect_problem(404, &format!("Client with id {client} not found"));
    admin.get(&format!("/addresses/{address}")).await.expect(404);
    assert_eq!(admin.get(&format!("/reviews/{review}")).await.expect(200)["client_id"], json!(null));
}

#[tokio::test]
async fn a_client_with_a_bill_or_an_order_cannot_be_deleted() {
    let app = App::start().await;
    let admin = app.actor();
    let (billed, ordering) = (admin.client(json!({})).await, admin.client(json!({})).await);
    admin.bill(billed, json!({})).await;
    admin.order(json!({"client_id": ordering})).await;

    for client in [billed, ordering] {
        let text = format!("Cannot delete client {client}: client has associated orders or bills");
        admin.delete(&format!("/clients/{client}")).await.expect_problem(409, &text);
        admin.get(&format!("/clients/{client}")).await.expect(200);
    }
}

#[tokio::test]
async fn an_unknown_client_is_not_found_by_any_method() {
    let app = App::start().await;
    let admin = app.actor();
    let text = "Client with id 999 not found";

    admin.get("/clients/999").await.expect_problem(404, text);
    admin.put("/clients/999", &json!({"name": "Eva"})).await.expect_problem(404, text);
    admin.put("/clients/999", &json!({})).await.expect_problem(404, text);
    admin.patch("/clients/999", &json!({"name": "Eva"})).await.expect_problem(404, text);
    admin.delete("/clients/999").await.expect_problem(404, text);
    admin.get("/clients/ana").await.expect_invalid(&["path.id_key"]);
}

#[tokio::test]
async fn an_email_address_belongs_to_one_client_in_any_case() {
    let app = App::start().await;
    let admin = app.actor();
    admin.client(json!({"email": "ana@example.com"})).await;
    let path = format!("/clients/{}", admin.client(json!({"email": "eva@example.com"})).await);
    let text = "Duplicate entry: client with this email already exists";

    let same = json!({"name": "Ana", "lastname": "Paz", "email": "ANA@example.com"});
    admin.post("/clients", &same).await.expect_problem(409, text);
    admin.put(&path, &json!({"email": "Ana@Example.com"})).await.expect_problem(409, text);
    admin.patch(&path, &json!({"email": "Ana@Example.com"})).await.expect_problem(409, text);
    admin.put(&path, &json!({"email": "EVA@example.com"})).await.expect(200);
}

#[tokio::test]
async fn everything_wrong_with_a_client_is_told_at_once() {
    let app = App::start().await;
    let admin = app.actor();

    let nothing = admin.post("/clients", &json!({})).await;
    nothing.expect_invalid(&["body.name", "body.lastname", "body.email"]);

    let wrong = json!({
        "name": "", "lastname": "x".repeat(101), "email": "ana", "telephone": "12", "password": "p".repeat(1025),
    });
    let refused = admin.post("/clients", &wrong).await;
    refused.expect_invalid(&["body.name", "body.lastname", "body.email", "body.telephone", "body.password"]);
    assert!(!refused.text.contains("ppp"), "{}", refused.text);
}

#[tokio::test]
async fn nobody_becomes_an_administrator_by_a_request() {
    let app = App::start().await;
    let eve = app.actor();
    let body = json!({
        "name": "Eve", "lastname": "Roe", "email": "eve@example.com", "password": "secret", "is_admin": true,
    });

    let created = eve.post("/clients", &body).await;
    let path = format!("/clients/{}", created.id());
    assert_eq!(created.expect(201)["is_admin"], false);
    assert_eq!(eve.put(&path, &json!({"is_admin": true})).await.expect(200)["is_admin"], false);
    eve.patch(&path, &json!({"is_admin": true})).await.expect_invalid(&["body.is_admin"]);
    let mut other = body;
    other["email"] = json!("eve2@example.com");
    assert_eq!(eve.post("/auth/register", &other).await.expect(201)["is_admin"], false);

    assert_eq!(app.integer("SELECT count(*) FROM clients WHERE is_admin", &[]).await, 0);
}

#[tokio::test]
async fn an_administrator_is_shown_as_one_and_stays_one() {
    let app = App::start().await;
    let admin = app.actor();
    let path = format!("/clients/{}", admin.client(json!({})).await);
    app.client().await.batch_execute("UPDATE clients SET role = 'admin'").await.unwrap();

    let shown = admin.put(&path, &json!({"name": "Eva", "is_admin": false})).await.expect(200);
    assert_eq!(shown["is_admin"], true);
    // Whoever could set these could sign in as one.
    for taken_over in [json!({"email": "eva@example.com"}), json!({"password": "mine"})] {
        let refused = admin.put(&path, &taken_over).await;
        refused.expect_problem(403, "This needs the permission roles:manage");
    }
    admin.delete(&path).await.expect(403);
}
