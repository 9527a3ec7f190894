//! Addresses of clients.

use serde_json::json;
use stockroom_tests::App;

#[tokio::test]
async fn a_new_address_is_shown_flat() {
    let app = App::start().await;
    let ana = app.actor();
    let client = ana.client(json!({})).await;
    let body = json!({"street": "Corrientes", "number": "12 B", "city": "Buenos Aires", "client_id": client});

    let created = ana.post("/addresses", &body).await;

    assert_eq!(created.header("location"), format!("/addresses/{}", created.id()));
    let shown = ana.get(created.header("location")).await.expect(200);
    let mut expected = body;
    expected["id_key"] = json!(created.id());
    assert_eq!(shown, expected);
    assert_eq!(created.expect(201), shown);
}

#[tokio::test]
async fn an_address_needs_nothing_but_a_client() {
    let app = App::start().await;
    let ana = app.actor();
    let client = ana.client(json!({})).await;

    let bare = ana.post("/addresses", &json!({"client_id": client})).await.expect(201);
    assert_eq!((&bare["street"], &bare["number"], &bare["city"]), (&json!(null), &json!(null), &json!(null)));

    let blank = json!({"street": "", "city": "", "client_id": client.to_string()});
    let blank = ana.post("/addresses", &blank).await.expect(201);
    assert_eq!((&blank["street"], &blank["city"]), (&json!(null), &json!(null)));

    ana.post("/addresses", &json!({"street": "Corrientes"})).await.expect_invalid(&["body.client_id"]);
    let long = json!({
        "street": "x".repeat(201), "number": "x".repeat(21), "city": "x".repeat(101), "client_id": "Ana",
    });
    let refused = ana.post("/addresses", &long).await;
    refused.expect_invalid(&["body.street", "body.number", "body.city", "body.client_id"]);
    let longest = json!({
        "street": "x".repeat(200), "number": "x".repeat(20), "city": "x".repeat(100), "client_id": client,
    });
    ana.post("/addresses", &longest).await.expect(201);
}

#[tokio::test]
async fn addresses_are_listed_by_id_and_by_client() {
    let app = App::start().await;
    let ana = app.actor();
    let (one, two) = (ana.client(json!({})).await, ana.client(json!({})).await);
    let mut all = Vec::new();
    for client in [one, two, one] {
        all.push(ana.post("/addresses", &json!({"client_id": client})).await.expect(201));
    }

    assert_eq!(ana.get("/addresses").await.expect(200), json!(all));
    let of_one = ana.get(&format!("/addresses?client_id={one}")).await.expect(200);
    assert_eq!(of_one, json!([all[0], all[2]]));
    assert_eq!(ana.get("/addresses?skip=1&limit=1").await.expect(200), json!([all[1]]));
    assert_eq!(ana.get("/addresses?client_id=999").await.expect(200), json!([]));
    ana.get("/addresses?client_id=ana").await.expect_invalid(&["query.client_id"]);
}

#[tokio::test]
async fn putting_leaves_alone_what_is_blank_and_a_patch_clears_what_is_null() {
    let app = App::start().await;
    let ana = app.actor();
    let (one, two) = (ana.client(json!({})).await, ana.client(json!({})).await);
    let body = json!({"street": "Corrientes", "number": "12", "city": "Rosario", "client_id": one});
    let created = ana.post("/addresses", &body).await;
    let path = format!("/addresses/{}", created.id());

    let shown = ana
        .put(
            &path,
            &json!({"street": "", "number": null, "city": "Salta", "id_key": 7, "client": {"name": "x"}}),
        )
        .await
        .expect(200);
    let mut expected = created.expect(201);
    expected["city"] = json!("Salta");
    assert_eq!(shown, expected);
    assert_eq!(ana.put(&path, &shown).await.expect(200), shown);

    let shown =
        ana.patch(&path, &json!({"number": null, "street": null, "client_id": two})).await.expect(200);
    (expected["number"], expected["street"], expected["client_id"]) = (json!(null), json!(null), json!(two));
    assert_eq!(shown, expected);
    ana.patch(&path, &json!({"id_key": 7, "client_id": null}))
        .await
        .expect_invalid(&["body.client_id", "body.id_key"]);
}

#[tokio::test]
async fn an_address_of_an_unknown_client_is_refused() {
    let app = App::start().await;
    let ana = app.actor();
    let client = ana.client(json!({})).await;
    let path = format!("/addresses/{}", ana.post("/addresses", &json!({"client_id": client})).await.id());
    let text = "Client with id 999 not found";

    ana.post("/addresses", &json!({"client_id": 999})).await.expect_problem(404, text);
    ana.put(&path, &json!({"client_id": 999})).await.expect_problem(404, text);
    ana.patch(&path, &json!({"client_id": 999})).await.expect_problem(404, text);
}

#[tokio::test]
async fn a_deleted_address_is_gone() {
    let app = App::start().await;
    let ana = app.actor();
    let client = ana.client(json!({})).await;
    let address = ana.post("/addresses", &json!({"client_id": client})).await.id();
    let (path, text) = (format!("/addresses/{address}"), format!("Address with id {address} not found"));

    let deleted = ana.delete(&path).await;

    assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (204, ""));
    ana.get(&path).await.expect_problem(404, &text);
    ana.put(&path, &json!({"city": "Salta"})).await.expect_problem(404, &text);
    ana.patch(&path, &json!({"city": "Salta"})).await.expect_problem(404, &text);
    ana.delete(&path).await.expect_problem(404, &text);
}
