//! Recording reads, and plans of the lists that administrators read most.

use serde_json::json;
use stockroom_domain::{ClientId, Page};
use stockroom_service::CheckoutSettings;
use stockroom_tests::App;

use super::{caller, entries, fill, nothing, texts};

#[tokio::test]
async fn what_is_shown_to_somebody_who_is_audited_is_recorded_row_by_row() {
    let app = App::start().await;
    let ana = app.actor();
    let client = ana.client(json!({})).await;
    let order = ana.order(json!({})).await;
    let owner = ana.get(&format!("/orders/{order}")).await.expect(200)["client_id"].take();
    assert_eq!(entries(&app).await, nothing(), "whoever has not said who they are is not in the log");

    let shop = app.shop(CheckoutSettings::default()).acting_for(caller());
    shop.get_client(ClientId(client)).await.unwrap();
    shop.list_orders(None, &Page::first(10)).await.unwrap();
    shop.list_addresses(None, &Page::first(10)).await.unwrap();

    assert_eq!(
        entries(&app).await,
        [
            json!(["read", "clients", client, client, null, null]),
            json!(["read", "orders", order, owner, null, null])
        ]
    );
    assert_eq!(super::actors(&app).await, ["admin:7", "admin:7"]);
}

#[tokio::test]
async fn a_page_of_one_actor_row_or_client_is_read_from_an_index_at_any_depth() {
    let app = App::start().await;
    fill(&app, 20_000).await;
    let others = "INSERT INTO audit_log (actor, action, resource, resource_id, client_id) \
                  SELECT 'admin:' || n % 100, 'read', 'clients', n % 100, n % 100 FROM generate_series(1, 20000) AS n";
    app.execute(others, &[]).await;
    app.execute("ANALYZE audit_log", &[]).await;

    for (condition, index) in [
        ("true", "audit_log_pkey"),
        ("actor = 'admin:7'", "audit_log_actor_idx"),
        ("resource = 'clients' AND resource_id = 7", "audit_log_resource_idx"),
        ("client_id = 7", "audit_log_client_id_idx"),
    ] {
        let sql = format!(
            "EXPLAIN SELECT * FROM audit_log WHERE {condition} AND id < 30000 ORDER BY id DESC LIMIT 20"
        );
        let plan = texts(&app, &sql).await.join("\n");
        assert!(plan.contains(&format!("Index Scan Backward using {index}")), "{condition}: {plan}");
        assert!(!plan.contains("Sort"), "{condition}: {plan}");
    }
}
