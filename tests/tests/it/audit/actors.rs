//! Under whose name changes are logged: the transaction's actor, else the connection's, else the role's.

use diesel::sql_query;
use diesel_async::RunQueryDsl;
use serde_json::json;
use stockroom_domain::{CategoryName, NewCategory};
use stockroom_repository::{
    Connection, Pool, PoolSettings, Result,
    audit::{self, ActorSetting},
    categories, transaction,
};
use stockroom_tests::App;

use super::{actors, admin, entries, nothing};

async fn insert(conn: &mut Connection, name: &str) -> Result<()> {
    let name = CategoryName::parse(name)?;
    categories::insert(conn, NewCategory { name: &name, description: None }).await.map(drop)
}

#[tokio::test]
async fn what_customers_do_is_not_audited() {
    let app = App::start().await;
    let shopper = app.actor();
    let client = shopper.client(json!({})).await;
    let product = shopper.product(json!({})).await;
    shopper.check_out(client, &[(product, 2)]).await;
    let order = shopper.order(json!({})).await;
    shopper.line(order, product, 1).await;
    shopper.put(&format!("/products/{product}"), &json!({"price": 12})).await.expect(200);
    shopper.post(&format!("/orders/{order}/cancel"), &json!({})).await.expect(200);
    shopper.post("/reviews", &json!({"rating": 4, "product_id": product})).await.expect(201);

    assert_eq!(entries(&app).await, nothing());
}

#[tokio::test]
async fn a_script_is_logged_under_its_name() {
    let app = App::start().await;
    for (name, logged) in [
        ("reprice", "script:reprice"),
        ("with blanks and \\", "script:with blanks and \\"),
        ("precios_año", "script:precios_año"),
    ] {
        let settings = PoolSettings { size: 1, ..PoolSettings::new(app.database_url()).with_actor(name) };
        let pool = Pool::new(settings).unwrap();
        insert(&mut pool.get().await.unwrap(), name).await.unwrap();
        assert_eq!(actors(&app).await.last().unwrap(), logged);
    }
}

#[tokio::test]
async fn a_script_without_a_name_and_psql_are_logged_under_their_role() {
    let app = App::start().await;
    let role = app.client().await.query_one("SELECT 'script:' || session_user", &[]).await.unwrap();
    let role: String = role.get(0);

    insert(&mut app.pool().get().await.unwrap(), "Kitchen").await.unwrap();
    let nameless = PoolSettings::new(app.database_url()).with_actor("");
    insert(&mut Pool::new(nameless).unwrap().get().await.unwrap(), "Garden").await.unwrap();
    let psql = app.client().await;
    psql.batch_execute("INSERT INTO categories (name) VALUES ('Glass')").await.unwrap();
    psql.batch_execute("SET stockroom.actor = ''; DELETE FROM categories").await.unwrap();

    assert_eq!(actors(&app).await, vec![role; 6]);
}

#[tokio::test]
async fn an_actor_holds_for_its_transaction_alone() {
    let app = App::start().await;
    let settings =
        PoolSettings { size: 1, actor: ActorSetting::Service, ..PoolSettings::new(app.database_url()) };
    let pool = Pool::new(settings).unwrap();

    insert(&mut pool.get().await.unwrap(), "Before").await.unwrap();
    transaction(&pool, async |conn| {
        audit::act_in_tx(conn, &admin()).await?;
        insert(conn, "During").await
    })
    .await
    .unwrap();
    insert(&mut pool.get().await.unwrap(), "After").await.unwrap();
    transaction(&pool, async |conn| {
        audit::act_in_tx(conn, &audit::Actor { request_id: None, address: None, ..admin() }).await?;
        sql_query("DELETE FROM categories WHERE name = 'After'").execute(conn).await?;
        Ok(())
    })
    .await
    .unwrap();

    let rows = "SELECT concat_ws(' ', actor, coalesce(request_id, '-'), coalesce(address, '-'), action, resource) \
                FROM audit_log ORDER BY id";
    assert_eq!(
        super::texts(&app, rows).await,
        ["admin:7 request-1 203.0.113.7 create categories", "admin:7 - - delete categories"]
    );
}

#[tokio::test]
async fn whoever_may_change_a_table_is_logged_without_a_right_to_the_log() {
    let app = App::start().await;
    let script = app.client().await;
    // Roles are of the whole server, databases are of one test.
    let database = script.query_one("SELECT current_database()::text", &[]).await.unwrap();
    let role = format!("clerk_of_{}", database.get::<_, String>(0));
    script
        .batch_execute(&format!("CREATE ROLE {role}; GRANT INSERT, SELECT ON categories TO {role}"))
        .await
        .unwrap();

    let sql = format!("SET ROLE {role}; CREATE TEMP TABLE audit_log AS SELECT 1 AS id, '' AS actor");
    script.batch_execute(&sql).await.unwrap();
    script.batch_execute("INSERT INTO categories (name) VALUES ('Kitchen')").await.unwrap();

    assert_eq!(entries(&app).await.len(), 1, "a table of the same name takes nothing away");
    for forbidden in [
        "SELECT FROM public.audit_log",
        "INSERT INTO public.audit_log (actor, action, resource) VALUES ('admin:7', 'read', 'clients')",
        "SELECT FROM public.audit_personal",
        "SELECT public.audit_forget(1)",
    ] {
        let refused = script.batch_execute(forbidden).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501", "{forbidden}");
    }
    let cleanup = format!("RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}");
    script.batch_execute(&cleanup).await.unwrap();
}
