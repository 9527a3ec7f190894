//! What a database holds, row by row, and what became of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use stockroom_tests::App;
use tokio_postgres::Client;

/// Every row of every table as text, by its table and primary key.
pub(in crate::access) type Rows = BTreeMap<(String, String), String>;

/// The columns of a row, each as text.
pub(super) type Row = BTreeMap<String, String>;

/// A database that is looked at again and again.
pub(in crate::access) struct Database {
    connection: Client,
    every_row: String,
}

/// What became of the rows between two looks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    /// `table.column`, for each column of a row that is another now.
    pub(super) changed: BTreeSet<String>,
    /// Tables and rows that are new.
    pub(super) inserted: Vec<(String, Row)>,
    /// Tables and keys of rows that are gone.
    pub(super) deleted: Vec<(String, String)>,
}

impl Database {
    pub(in crate::access) async fn of(app: &App) -> Self {
        let connection = app.client().await;
        // One query that tells of each row its table, its key and all of it.
        let query = "SELECT string_agg(format('SELECT %L, jsonb_build_array(%s)::text, to_jsonb(t)::text FROM %I AS t', \
                     table_name, key, table_name), ' UNION ALL ') FROM ( \
                     SELECT relname AS table_name, string_agg(format('t.%I', attname), ',' ORDER BY attnum) AS key \
                     FROM pg_class JOIN pg_index ON indrelid = pg_class.oid AND indisprimary \
                     JOIN pg_attribute ON attrelid = pg_class.oid AND attnum = ANY (indkey) \
                     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE '\\_\\_%' \
                     GROUP BY relname) AS keyed";
        let every_row = connection.query_one(query, &[]).await.unwrap().get(0);
        Self { connection, every_row }
    }

    /// Every column of every table, as `table.column`.
    pub(super) async fn columns(&self) -> BTreeSet<String> {
        let query = "SELECT table_name || '.' || column_name FROM information_schema.columns \
                     WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'";
        self.connection.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    pub(in crate::access) async fn rows(&self) -> Rows {
        let found = self.connection.query(&self.every_row, &[]).await.unwrap();
        found.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect()
    }
}

fn columns(row: &str) -> Row {
    let cells: Value = serde_json::from_str(row).unwrap();
    cells.as_object().unwrap().iter().map(|(column, value)| (column.clone(), value.to_string())).collect()
}

impl Difference {
    pub(super) fn between(before: &Rows, after: &Rows) -> Self {
        let mut difference = Self::default();
        for (name, row) in after {
            match before.get(name) {
                None => difference.inserted.push((name.0.clone(), columns(row))),
                Some(old) if old == row => {}
                Some(old) => {
                    let (old, row) = (columns(old), columns(row));
                    let others = row.iter().filter(|(column, value)| old[*column] != **value);
                    difference.changed.extend(others.map(|(column, _)| format!("{}.{column}", name.0)));
                }
            }
        }
        difference.deleted = before.keys().filter(|name| !after.contains_key(*name)).cloned().collect();
        difference
    }
}
