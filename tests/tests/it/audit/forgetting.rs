//! Forgetting a person: the values go, the entries stay, and one more tells who has done it.

use serde_json::{Value, json};
use stockroom_domain::{Cells, ClientId, Page};
use stockroom_repository::{
    audit::{self, AuditFilter},
    transaction,
};
use stockroom_tests::App;

use super::{admin, connection_of_admin, entries, personal, stocked};

/// Two clients are renamed and an address moves from the first to the second.
async fn moved() -> App {
    let app = App::start().await;
    stocked(&app).await;
    let sql = "UPDATE clients SET name = name || '!'; \
               INSERT INTO addresses (id, city, client_id) VALUES (1, 'Salta', 1); \
               UPDATE addresses SET city = 'Rosario', client_id = 2";
    connection_of_admin(&app).await.batch_execute(sql).await.unwrap();
    app
}

#[tokio::test]
async fn what_is_forgotten_is_gone_with_every_side_of_a_change_and_nothing_else_is() {
    let app = moved().await;
    let before = entries(&app).await;

    transaction(&app.pool(), async |conn| {
        audit::act_in_tx(conn, &admin()).await?;
        audit::forget_in_tx(conn, ClientId(1)).await
    })
    .await
    .unwrap();

    assert_eq!(
        personal(&app).await,
        [
            json!(["clients", "before", 2, {"name": "Eva"}]),
            json!(["clients", "after", 2, {"name": "Eva!"}]),
            json!(["addresses", "after", 2, {"city": "Rosario"}]),
        ]
    );
    let mut after = entries(&app).await;
    assert_eq!(after.pop().unwrap(), json!(["forget", "clients", 1, 1, null, null]));
    assert_eq!(after, before);
    assert_eq!(super::actors(&app).await.last().unwrap(), "admin:7");
}

#[tokio::test]
async fn a_forgetting_that_is_rolled_back_forgets_nothing() {
    let app = moved().await;
    let before = (entries(&app).await, personal(&app).await);
    let script = app.client().await;
    script.batch_execute("BEGIN; SELECT audit_forget(1); ROLLBACK").await.unwrap();
    assert_eq!((entries(&app).await, personal(&app).await), before);
}

#[tokio::test]
async fn what_the_log_knows_of_a_client_tells_nothing_of_others() {
    let app = moved().await;
    let mut conn = app.pool().get().await.unwrap();

    let known = audit::list_of_client(&mut conn, ClientId(1), &Page::first(10)).await.unwrap();

    let columns = |cells: Option<Cells>| cells.map(|cells| cells.as_json().parse::<Value>().unwrap());
    let known: Vec<_> = known
        .into_iter()
        .map(|entry| (entry.resource, columns(entry.before), columns(entry.after)))
        .collect();
    let address = json!({"id": 1, "street": null, "number": null, "city": "Salta", "client_id": 1});
    assert_eq!(
        known,
        [
            (
                "addresses".to_owned(),
                Some(json!({"city": "Salta", "client_id": 1})),
                Some(json!({"city": "***", "client_id": 2}))
            ),
            ("addresses".to_owned(), None, Some(address)),
            ("clients".to_owned(), Some(json!({"name": "Ana"})), Some(json!({"name": "Ana!"}))),
        ]
    );
    let newest = audit::list_of_client(&mut conn, ClientId(1), &Page::first(1)).await.unwrap();
    let older = Page::after(newest[0].id.0, 10);
    assert_eq!(audit::list_of_client(&mut conn, ClientId(1), &older).await.unwrap().len(), 2);

    audit::forget_in_tx(&mut conn, ClientId(1)).await.unwrap();
    let all = audit::list(&mut conn, &AuditFilter::default(), &Page::first(10)).await.unwrap();
    assert!(!format!("{all:?}").contains("Ana") && !format!("{all:?}").contains("Salta"), "{all:?}");
    assert!(format!("{all:?}").contains("Eva!"));
}
