//! People's own data: what is told of them, what is left of them when they are erased, and what caches may keep.

mod caching;
mod erasing;
mod export;
mod races;
mod refusals;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stockroom_tests::{Actor, App};

/// What an address book has: all of it tells where somebody lives.
fn address_of(client: i64, mark: &str) -> Value {
    json!({"client_id": client, "street": format!("{mark}street"), "number": format!("{mark}no"), "city": format!("{mark}city")})
}

/// Registers somebody with these fields, and who that is from then on.
async fn registered(app: &App, fields: &Value) -> (i64, Actor, Value) {
    let anyone = app.actor();
    let tokens = anyone.post("/auth/register", fields).await.expect(201);
    let id = tokens["id"].as_i64().expect("an id");
    (id, anyone.bearing(tokens["access_token"].as_str().expect("a token")), tokens)
}

/// Every table as text, row by row. Bytes are hexadecimal.
async fn dump(app: &App) -> BTreeMap<String, String> {
    let client = app.client().await;
    let tables = "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables \
                  WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')";
    let mut dumped = BTreeMap::new();
    for table in client.query(tables, &[]).await.expect(tables) {
        let table: String = table.get(0);
        let rows = format!("SELECT coalesce(string_agg(row::text, E'\\n'), '') FROM {table} AS row");
        dumped.insert(table, client.query_one(&rows, &[]).await.expect("its rows").get(0));
    }
    dumped
}

/// In which tables a text is, in any case, in clear or as bytes.
fn tables_with<'a>(dump: &'a BTreeMap<String, String>, text: &str) -> Vec<&'a str> {
    let text = text.to_lowercase();
    let bytes = text.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let holds = |rows: &String| {
        let rows = rows.to_lowercase();
        rows.contains(&text) || rows.contains(&bytes)
    };
    dump.iter().filter(|(_, rows)| holds(rows)).map(|(table, _)| table.as_str()).collect()
}
