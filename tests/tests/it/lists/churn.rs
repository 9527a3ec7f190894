//! A walk by links while others insert and delete: what is there throughout is seen once, in its place.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

use futures_util::future::join_all;
use stockroom_tests::{App, Dice, Seed};
use tokio::sync::Semaphore;

use super::{ids, next};

const NAMES: [&str; 6] = ["mug", "Mug", "MUG", "cup", "Ñandú", "ñandú"];

const INSERT: &str = "INSERT INTO products (id, name, price, category_id) VALUES ($1, $2, $3, $4)";

/// The rows that stay, and the distance of their ids.
const ROWS: usize = 150;
const GAP: i64 = 1000;

/// Inserts and deletes products between those that stay, by id, price and name, until told to stop. No id comes twice.
/// Every change lets the walk go on.
async fn disturb(
    app: &App,
    category: i64,
    actor: i64,
    mut dice: Dice,
    (stop, changes): (&AtomicBool, &Semaphore),
) {
    let client = app.client().await;
    let (mut mine, mut used) = (Vec::new(), BTreeSet::new());
    while !stop.load(Ordering::Relaxed) {
        let id = GAP * dice.pieces(ROWS) + 300 * actor - dice.pieces(299);
        if !used.insert(id) {
            continue;
        }
        client.execute(INSERT, &[&id, &dice.pick(&NAMES), &dice.pieces(5), &category]).await.unwrap();
        mine.push(id);
        if mine.len() > 10 {
            let gone = mine.swap_remove(dice.roll(mine.len()));
            client.execute("DELETE FROM products WHERE id = $1", &[&gone]).await.unwrap();
        }
        changes.add_permits(1);
    }
}

async fn check(list: &str, order: &str) {
    let app = App::start().await;
    let reader = app.actor();
    let seed = Seed::of_this_run();
    let category = reader.category().await;
    let client = app.client().await;
    let mut dice = seed.dice(0);
    for number in 1..=ROWS {
        let id = GAP * i64::try_from(number).unwrap();
        client.execute(INSERT, &[&id, &dice.pick(&NAMES), &dice.pieces(5), &category]).await.unwrap();
    }
    let staying = format!("SELECT id FROM products ORDER BY {order}");
    let staying: Vec<i64> = client.query(&staying, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();

    let (stop, changes) = (AtomicBool::new(false), Semaphore::new(0));
    let (path, query) = list.split_once('?').unwrap();
    let walking = async {
        let (mut shown, mut query) = (Vec::new(), Some(format!("?{query}limit=4")));
        while let Some(asked) = query {
            changes.acquire_many(6).await.unwrap().forget();
            let page = reader.get(&format!("{path}{asked}")).await;
            query = next(&page);
            shown.extend(ids(page.expect(200)));
        }
        stop.store(true, Ordering::Relaxed);
        shown
    };
    let dice = [(1, seed.dice(1)), (2, seed.dice(2)), (3, seed.dice(3))];
    let disturbing =
        join_all(dice.map(|(actor, dice)| disturb(&app, category, actor, dice, (&stop, &changes))));
    let (shown, _) = tokio::join!(walking, disturbing);

    let distinct: BTreeSet<_> = shown.iter().collect();
    assert_eq!(distinct.len(), shown.len(), "{list}: seen twice");
    let stayed: BTreeSet<_> = staying.iter().collect();
    assert!(shown.iter().any(|id| !stayed.contains(id)), "{list}: nothing came between");
    let shown: Vec<_> = shown.into_iter().filter(|id| stayed.contains(id)).collect();
    assert_eq!(shown, staying, "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_by_id_sees_all_that_stays_once() {
    check("/products?", "id").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_from_the_newest_sees_all_that_stays_once() {
    check("/products/filter?", "id DESC").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_from_the_cheapest_sees_all_that_stays_once() {
    check("/products/filter?sort_by=price_asc&", "price, id").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_from_the_dearest_sees_all_that_stays_once() {
    check("/products/filter?sort_by=price_desc&", "price DESC, id DESC").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_by_name_sees_all_that_stays_once() {
    check("/products/filter?sort_by=name_asc&", "lower(name), id").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_by_name_backwards_sees_all_that_stays_once() {
    check("/products/filter?sort_by=name_desc&", "lower(name) DESC, id DESC").await;
}
