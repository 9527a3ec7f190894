//! The document of all that is held about somebody.

use serde_json::{Value, json};
use stockroom_domain::Role;
use stockroom_tests::{App, checkout};

use super::{address_of, registered};

/// The keys of an object, sorted.
fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[tokio::test]
async fn all_that_is_held_is_told_in_one_document() {
    let app = App::guarded().await;
    let (admin_id, admin) = app.account(Role::Admin).await;
    let (other, bob) = app.account(Role::Client).await;
    let product = admin.product(json!({})).await;
    let fields =
        json!({"name": "Ana", "lastname": "Lopez", "email": "ana@example.com", "password": "correct horse"});
    let (id, ana, _) = registered(&app, &fields).await;
    let address = ana.post("/addresses", &address_of(id, "my ")).await.id();
    let mut order = checkout(id, &[(product, 2)]);
    order["address_id"] = json!(address);
    let kept = ana.post("/checkout", &order).await.expect(201);
    let canceled = ana.post("/checkout", &order).await.id();
    let canceled = ana.post(&format!("/orders/{canceled}/cancel"), &Value::Null).await.expect(200);
    let review = json!({"rating": 2.0, "product_id": product, "comment": "Not my cup of tea"});
    let review = ana.post("/reviews", &review).await.id();
    admin.put(&format!("/reviews/{review}/status"), &json!({"status": "rejected"})).await.expect(200);
    admin.put(&format!("/clients/{id}"), &json!({"telephone": "0000000000"})).await.expect(200);
    let ended = app.actor().post("/auth/login", &fields).await.expect(200);
    app.actor()
        .post_as(ended["access_token"].as_str().unwrap(), "/auth/logout", &Value::Null)
        .await
        .expect(204);
    bob.check_out(other, &[(product, 1)]).await;
    admin.put(&format!("/clients/{other}"), &json!({"name": "Robert"})).await.expect(200);

    let export = ana.get(&format!("/clients/{id}/export")).await;

    assert_eq!(export.header("cache-control"), "no-store");
    assert_eq!(export.header("content-disposition"), format!("attachment; filename=\"client-{id}.json\""));
    let held = export.expect(200);
    assert_eq!(
        keys(&held),
        ["addresses", "audit", "bills", "credit_notes", "orders", "profile", "reviews", "sessions"]
    );
    assert_eq!(
        held["profile"],
        json!({
            "id_key": id, "name": "Ana", "lastname": "Lopez", "email": "ana@example.com", "telephone": "0000000000",
            "is_admin": false, "role": "client", "erased": false,
        })
    );
    let where_to = json!({"street": "my street", "number": "my no", "city": "my city"});
    assert_eq!(held["addresses"][0]["street"], "my street");
    let orders = held["orders"].as_array().unwrap();
    assert_eq!(orders.len(), 2);
    assert_eq!((&orders[0]["id_key"], &orders[0]["address"]), (&kept["id_key"], &where_to));
    assert_eq!(orders[0]["order_details"][0]["quantity"], 2);
    let moves: Vec<_> =
        orders[1]["events"].as_array().unwrap().iter().map(|event| &event["to_status"]).collect();
    assert_eq!(moves, [1, 4]);
    assert_eq!(held["bills"].as_array().unwrap().len(), 2);
    assert_eq!(held["bills"][0]["bill_number"], kept["bill"]["bill_number"]);
    let note = &held["credit_notes"][0];
    assert_eq!(note["credit_note_number"], canceled["credit_note"]["credit_note_number"]);
    assert_eq!(note["order_id"], canceled["id_key"]);
    assert_eq!(
        (&held["reviews"][0]["status"], held["reviews"].as_array().unwrap().len()),
        (&json!("rejected"), 1)
    );
    let sessions = held["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    assert!(sessions[0]["revoked_at"].is_null() && sessions[1]["revoked_at"].is_string(), "{sessions:?}");
    let log = held["audit"].as_array().unwrap();
    assert_eq!(log.len(), 3, "{log:?}");
    assert_eq!((&log[0]["action"], &log[0]["resource"]), (&json!("read"), &json!("clients")));
    assert_eq!(
        (&log[1]["resource"], &log[1]["after"]["telephone"]),
        (&json!("clients"), &json!("0000000000"))
    );
    assert_eq!(log[2]["resource"], "reviews");
    for entry in log {
        assert_eq!((&entry["actor"], &entry["address"]), (&json!(format!("admin:{admin_id}")), &Value::Null));
    }
    assert!(!held.to_string().contains("Robert"));
    assert!(!held.to_string().contains("argon2"));
}

#[tokio::test]
async fn what_the_staff_exports_is_recorded_and_what_people_export_of_themselves_is_not() {
    let app = App::guarded().await;
    let (admin_id, admin) = app.account(Role::Admin).await;
    let (id, ana) = app.account(Role::Client).await;
    let exports = "SELECT count(*) FROM audit_log WHERE action = 'export' AND resource = 'clients' \
                   AND resource_id = $1 AND client_id = $1 AND actor = $2";
    let recorded = async |of: i64| app.integer(exports, &[&of, &format!("admin:{admin_id}")]).await;
    ana.get(&format!("/clients/{id}/export")).await.expect(200);
    admin.get(&format!("/clients/{admin_id}/export")).await.expect(200);
    assert_eq!((recorded(id).await, recorded(admin_id).await), (0, 0));
    admin.get(&format!("/clients/{id}/export")).await.expect(200);
    assert_eq!(recorded(id).await, 1);
}

#[tokio::test]
async fn somebody_who_was_erased_has_orders_and_no_name() {
    let app = App::guarded().await;
    let (_, admin) = app.account(Role::Admin).await;
    let (id, ana) = app.account(Role::Client).await;
    let product = admin.product(json!({})).await;
    ana.check_out(id, &[(product, 1)]).await;
    ana.post(&format!("/clients/{id}/erase"), &Value::Null).await.expect(200);
    let held = admin.get(&format!("/clients/{id}/export")).await.expect(200);
    assert_eq!((&held["profile"]["erased"], &held["profile"]["name"]), (&json!(true), &json!("Erased")));
    assert_eq!(held["orders"].as_array().unwrap().len(), 1);
    assert_eq!(held["sessions"], json!([]));
}

#[tokio::test]
async fn more_than_a_page_of_entries_is_told_whole() {
    let app = App::guarded().await;
    let (id, ana) = app.account(Role::Client).await;
    let many = "INSERT INTO audit_log (actor, action, resource, resource_id, client_id) \
                SELECT 'script:many', 'read', 'clients', $1, $1 FROM generate_series(1, 2000)";
    app.execute(many, &[&id]).await;
    let held = ana.get(&format!("/clients/{id}/export")).await.expect(200);
    let log = held["audit"].as_array().unwrap();
    let ids: Vec<i64> = log.iter().map(|entry| entry["id_key"].as_i64().unwrap()).collect();
    assert!(ids.len() >= 2000 && ids.is_sorted_by(|newer, older| newer > older));
}
