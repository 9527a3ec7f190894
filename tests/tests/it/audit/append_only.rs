//! Nobody changes or deletes what the log says: not its owner, not who was given rights to it, not a superuser by mistake.

use stockroom_tests::App;
use tokio_postgres::Client;

use super::{connection_of_admin, entries, personal, stocked};

/// Every way to change or delete what is there.
const FORBIDDEN: [&str; 12] = [
    "UPDATE audit_log SET actor = 'nobody'",
    "UPDATE audit_log SET actor = 'nobody' WHERE id = -1",
    "DELETE FROM audit_log",
    "TRUNCATE audit_log",
    "TRUNCATE audit_log, audit_personal CASCADE",
    "WITH gone AS (DELETE FROM audit_log RETURNING id) SELECT id FROM gone",
    "MERGE INTO audit_log USING (SELECT 1 AS id) AS one ON audit_log.id = one.id WHEN MATCHED THEN DELETE",
    "UPDATE audit_personal SET cells = '{}'",
    "TRUNCATE audit_personal",
    "DELETE FROM audit_personal",
    "DELETE FROM audit_personal WHERE client_id = 1",
    "DO $$ BEGIN DELETE FROM audit_personal WHERE client_id = 1; END $$",
];

/// Entries with personal values, and a connection.
async fn logged() -> (App, Client) {
    let app = App::start().await;
    stocked(&app).await;
    connection_of_admin(&app).await.batch_execute("UPDATE clients SET name = 'Zoe'").await.unwrap();
    let client = app.client().await;
    (app, client)
}

async fn assert_refused(app: &App, client: &Client, statements: &[&str], codes: &[&str]) {
    let before = (entries(app).await, personal(app).await);
    assert!(before.0.len() == 2 && before.1.len() == 4);
    for statement in statements {
        let refused = client.batch_execute(statement).await.unwrap_err();
        let code = refused.code().unwrap().code();
        assert!(codes.contains(&code), "{statement}: {refused:?}");
    }
    assert_eq!((entries(app).await, personal(app).await), before);
}

/// A role that is no superuser, named after the test's database: roles are of the whole server.
async fn role(client: &Client) -> String {
    let database = client.query_one("SELECT current_database()::text", &[]).await.unwrap();
    let role = format!("role_of_{}", database.get::<_, String>(0));
    client.batch_execute(&format!("CREATE ROLE {role}")).await.unwrap();
    role
}

#[tokio::test]
async fn a_superuser_changes_no_entry_by_mistake_even_as_a_replica() {
    let (app, client) = logged().await;
    assert_refused(&app, &client, &FORBIDDEN, &["23001"]).await;
    client.batch_execute("SET session_replication_role = replica").await.unwrap();
    assert_refused(&app, &client, &FORBIDDEN, &["23001"]).await;
}

#[tokio::test]
async fn the_owner_of_the_tables_has_no_right_to_change_them() {
    let (app, client) = logged().await;
    let role = role(&client).await;
    let give = format!(
        "ALTER TABLE audit_log OWNER TO {role}; ALTER TABLE audit_personal OWNER TO {role}; SET ROLE {role}"
    );
    client.batch_execute(&give).await.unwrap();

    let (deletes, others): (Vec<&str>, Vec<&str>) =
        FORBIDDEN.iter().partition(|sql| sql.contains("DELETE FROM audit_personal"));
    assert_refused(&app, &client, &others, &["42501"]).await;
    assert_refused(&app, &client, &deletes, &["23001"]).await;

    // An owner may give himself the right; the triggers stay.
    let grant = format!("GRANT ALL ON audit_log, audit_personal TO {role}");
    client.batch_execute(&grant).await.unwrap();
    assert_refused(&app, &client, &FORBIDDEN, &["23001"]).await;
    client
        .batch_execute("INSERT INTO audit_log (actor, action, resource) VALUES ('a', 'read', 'clients')")
        .await
        .unwrap();

    let superuser = format!(
        "RESET ROLE; REASSIGN OWNED BY {role} TO SESSION_USER; DROP OWNED BY {role}; DROP ROLE {role}"
    );
    client.batch_execute(&superuser).await.unwrap();
}

#[tokio::test]
async fn who_may_read_and_write_the_log_may_not_change_it() {
    let (app, client) = logged().await;
    let role = role(&client).await;
    let give = format!("GRANT INSERT, SELECT ON audit_log, audit_personal TO {role}; SET ROLE {role}");
    client.batch_execute(&give).await.unwrap();

    assert_refused(&app, &client, &FORBIDDEN, &["42501"]).await;
    client
        .batch_execute("INSERT INTO audit_log (actor, action, resource) VALUES ('a', 'read', 'clients')")
        .await
        .unwrap();
    let chosen = "INSERT INTO audit_log (id, actor, action, resource) VALUES (1, 'a', 'read', 'clients')";
    let refused = client.batch_execute(chosen).await.unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "428C9", "ids are given by the log");
    client.batch_execute("SELECT FROM audit_forget(1)").await.unwrap_err();

    client.batch_execute(&format!("RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}")).await.unwrap();
}
