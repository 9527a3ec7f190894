//! `GET /audit`: filters, pages in the presence of writers, and what is refused.

use serde_json::{Value, json};
use stockroom_domain::ListOrder;
use stockroom_input::Cursor;
use stockroom_tests::{Actor, App};

use super::{connection_of_admin, fill, stocked};

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|entry| entry["id_key"].as_i64().unwrap()).collect()
}

fn next(link: &str) -> Option<String> {
    link.strip_prefix('<').and_then(|link| link.split_once('>')).map(|(query, _)| query.to_owned())
}

async fn list(reader: &Actor, query: &str) -> Vec<i64> {
    ids(&reader.get(&format!("/audit{query}")).await.expect(200))
}

#[tokio::test]
async fn an_entry_tells_who_what_when_and_from_where_with_personal_values() {
    let app = App::start().await;
    stocked(&app).await;
    let sql = "SET stockroom.request = 'request-1'; SET stockroom.address = '203.0.113.7'; \
               UPDATE clients SET name = 'Zoe', password_hash = '$argon2id$x' WHERE id = 1";
    connection_of_admin(&app).await.batch_execute(sql).await.unwrap();

    let mut shown = super::reader(&app).await.get("/audit").await.expect(200);

    let at = shown[0]["at"].take();
    assert!(at.as_str().unwrap().starts_with("20") && at.as_str().unwrap().ends_with('Z'), "{at}");
    assert_eq!(
        shown,
        json!([{
            "id_key": 1, "at": null, "actor": "admin:7", "request_id": "request-1", "address": "203.0.113.7",
            "action": "update", "resource": "clients", "resource_id": 1, "client_id": 1,
            "before": {"name": "Ana", "password_hash": null}, "after": {"name": "Zoe", "password_hash": "***"},
        }])
    );
}

#[tokio::test]
async fn filters_leave_out_the_rest() {
    let app = App::start().await;
    let rows = "INSERT INTO audit_log (at, actor, action, resource, resource_id, client_id) VALUES \
        ('2026-01-01 10:00Z', 'admin:7', 'update', 'clients', 1, 1), \
        ('2026-01-01 11:00Z', 'admin:7', 'read', 'orders', 1, 1), \
        ('2026-01-01 12:00Z', 'key:3', 'read', 'orders', 2, 2), \
        ('2026-01-01 13:00Z', 'script:x', 'truncate', 'reviews', NULL, NULL)";
    app.execute(rows, &[]).await;
    let reader = super::reader(&app).await;

    for (query, expected) in [
        ("", vec![4, 3, 2, 1]),
        ("?actor=admin:7", vec![2, 1]),
        ("?actor=admin", vec![]),
        ("?action=read", vec![3, 2]),
        ("?action=erase", vec![]),
        ("?resource=orders", vec![3, 2]),
        ("?resource=orders&resource_id=2", vec![3]),
        ("?resource_id=1", vec![2, 1]),
        ("?client_id=1", vec![2, 1]),
        ("?client_id=1&action=read&actor=admin:7", vec![2]),
        ("?since=2026-01-01T11:00:00Z", vec![4, 3, 2]),
        ("?until=2026-01-01T11:00:00Z", vec![1]),
        ("?since=2026-01-01T08:00:00-03:00&until=2026-01-01T12:00:00.001Z", vec![3, 2]),
        ("?since=2026-01-01T11:00:00Z&until=2026-01-01T11:00:00Z", vec![]),
        ("?unknown=1&skip=1&limit=2", vec![3, 2]),
    ] {
        assert_eq!(list(&reader, query).await, expected, "{query}");
        let exported = reader.get(&format!("/audit/export{query}")).await;
        let lines =
            exported.text.lines().map(|line| line.parse::<Value>().unwrap()["id_key"].as_i64().unwrap());
        if !query.contains("skip") {
            assert_eq!(lines.collect::<Vec<_>>(), expected, "export {query}");
        }
        let counted = reader
            .get(&format!("/audit{query}{}count=exact", if query.is_empty() { "?" } else { "&" }))
            .await;
        let total = if query.contains("skip") { 4 } else { expected.len() };
        assert_eq!(counted.header("x-total-count"), total.to_string(), "{query}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_name() {
    let app = App::start().await;
    let reader = super::reader(&app).await;
    for path in ["/audit", "/audit/export"] {
        for (query, places) in [
            ("action=Create", vec!["query.action"]),
            ("actor=", vec![]),
            ("actor=%00", vec!["query.actor"]),
            ("resource_id=x&client_id=1.5", vec!["query.resource_id", "query.client_id"]),
            ("since=yesterday&until=2026-01-01", vec!["query.since", "query.until"]),
            ("since=2026-01-01T00:00:00+00:00", vec!["query.since"]),
            ("since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", vec!["query.until"]),
            ("actor=a&actor=b", vec!["query.actor"]),
        ] {
            let answer = reader.get(&format!("{path}?{query}")).await;
            if places.is_empty() {
                assert_eq!(answer.status, 200, "{query}: a blank filter is none");
            } else {
                answer.expect_invalid(&places);
            }
        }
    }
    let cursor = Cursor::from(ListOrder::ORDERS.at_id(7));
    reader.get(&format!("/audit?after={cursor}")).await.expect_invalid(&["query.after"]);
    reader.get("/audit?skip=-1&limit=0").await.expect_invalid(&["query.skip", "query.limit"]);
    reader.post("/audit", &json!({})).await.expect_problem(405, "Method Not Allowed");
    reader.delete("/audit").await.expect_problem(405, "Method Not Allowed");
}

#[tokio::test]
async fn a_walk_sees_each_entry_once_newest_first_while_others_write() {
    let app = App::start().await;
    fill(&app, 250).await;
    let reader = super::reader(&app).await;
    let mut query = Some("?limit=20&actor=script:fill".to_owned());
    let mut seen = Vec::new();

    while let Some(asked) = query {
        let page = reader.get(&format!("/audit{asked}")).await;
        query = next(page.header("link"));
        seen.extend(ids(&page.expect(200)));
        fill(&app, 30).await;
    }

    assert_eq!(seen, (1..=250).rev().collect::<Vec<_>>());
}
