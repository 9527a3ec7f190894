//! Which column can be written by whom, by any request: tried, and compared with the table in `columns.txt`.

mod fields;
mod rows;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use stockroom_tests::App;

pub(super) use rows::Database;
use world::{RESOURCES, Who, World};

const TABLE: &str = include_str!("columns.txt");

const CALLERS: [Who; 5] = [Who::Nobody, Who::OtherClient, Who::Owner, Who::Operator, Who::Admin];

/// What the table says of each column, for each of `CALLERS`.
fn table() -> BTreeMap<&'static str, Vec<&'static str>> {
    let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let line = |line: &'static str| {
        let mut words = line.split_whitespace();
        let column = words.next().unwrap();
        let cells: Vec<_> = words.collect();
        assert_eq!(cells.len(), CALLERS.len(), "{line}");
        (column, cells)
    };
    lines.map(line).collect()
}

#[tokio::test]
async fn every_column_of_the_database_has_a_line() {
    let app = App::start().await;
    let there = Database::of(&app).await.columns().await;
    let told: BTreeSet<_> = table().into_keys().map(str::to_owned).collect();
    let missing: Vec<_> = there.difference(&told).collect();
    assert!(
        missing.is_empty(),
        "who may write {missing:?}? Add a line to tests/tests/it/access/columns.txt, and a field to columns/fields.rs \
         where a resource has the column"
    );
    let gone: Vec<_> = told.difference(&there).collect();
    assert!(gone.is_empty(), "no such columns: take {gone:?} out of tests/tests/it/access/columns.txt");
}

#[tokio::test]
async fn every_column_of_a_resource_is_tried() {
    let app = App::start().await;
    let tried = fields_of_resources();
    let there = Database::of(&app).await.columns().await;
    let of_resource =
        |column: &&String| RESOURCES.iter().any(|table| column.starts_with(&format!("{table}.")));
    let untried: Vec<_> =
        there.iter().filter(of_resource).filter(|column| !tried.contains(*column)).collect();
    assert!(untried.is_empty(), "requests should try to write {untried:?}: add fields to columns/fields.rs");
}

fn fields_of_resources() -> BTreeSet<String> {
    let references = fields::References { client: 1, category: 1, product: 1, bill: 1, order: 1, number: 1 };
    let of = |table: &&'static str| {
        let fields = fields::of(table, references);
        fields.into_iter().map(|field| format!("{table}.{}", field.column)).collect::<Vec<_>>()
    };
    RESOURCES.iter().flat_map(of).collect()
}

async fn check(who: Who) {
    let done = World::new(who).await.try_everything().await;
    let at = CALLERS.iter().position(|caller| *caller == who).unwrap();
    let mut wrong = Vec::new();
    for (column, cells) in table() {
        let could = match (done.given.contains(column), done.changed.contains(column)) {
            (false, false) => "-",
            (true, false) => "c",
            (false, true) => "w",
            (true, true) => "cw",
        };
        if could != cells[at] {
            wrong.push(format!("{column}: {could}, not {}", cells[at]));
        }
    }
    assert!(wrong.is_empty(), "{who:?} could do other things than columns.txt says:\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn nobody_in_particular_writes_what_a_registration_says() {
    check(Who::Nobody).await;
}

#[tokio::test]
async fn a_client_writes_nothing_of_what_belongs_to_others() {
    check(Who::OtherClient).await;
}

#[tokio::test]
async fn a_client_writes_what_is_their_own() {
    check(Who::Owner).await;
}

#[tokio::test]
async fn an_operator_writes_orders_bills_and_stock() {
    check(Who::Operator).await;
}

#[tokio::test]
async fn an_admin_writes_everything_but_what_the_shop_finds_out_itself() {
    check(Who::Admin).await;
}
