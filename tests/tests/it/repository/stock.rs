//! Stock as scripts change it: never below zero, never without its ledger row.

use serde_json::json;
use stockroom_domain::{ProductId, Refusal};
use stockroom_repository::{
    Error, products,
    stock::{self, StockMovement, StockReason},
    transaction,
};
use stockroom_tests::App;

use crate::ledger::movements;

#[tokio::test]
async fn an_adjustment_is_recorded() {
    let app = App::start().await;
    let (shop, pool) = (app.actor(), app.pool());
    let product = shop.product(json!({"stock": 5})).await;
    let adjust = async |delta| {
        transaction(&pool, async |conn| products::adjust_stock_in_tx(conn, ProductId(product), delta).await)
            .await
    };

    assert_eq!(adjust(7).await.unwrap().stock, 12);
    assert_eq!(adjust(-12).await.unwrap().stock, 0);
    assert_eq!(adjust(0).await.unwrap().stock, 0);

    assert_eq!(shop.stock(product).await, 0);
    let adjusted = |delta| ("adjustment".to_owned(), delta, None);
    assert_eq!(movements(&app, product).await, [adjusted(7), adjusted(-12)]);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn an_adjustment_below_zero_is_refused() {
    let app = App::start().await;
    let pool = app.pool();
    let product = ProductId(app.actor().product(json!({"stock": 5})).await);

    for delta in [-6, i64::MIN] {
        let refused =
            transaction(&pool, async |conn| products::adjust_stock_in_tx(conn, product, delta).await).await;
        let refusal = Refusal::InsufficientStock { product, requested: delta.saturating_neg(), available: 5 };
        assert!(matches!(refused, Err(Error::Refused(found)) if found == refusal));
    }

    assert_eq!(app.actor().stock(product.0).await, 5);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn the_stock_of_an_unknown_product_cannot_be_adjusted() {
    let app = App::start().await;
    let refused =
        transaction(&app.pool(), async |conn| products::adjust_stock_in_tx(conn, ProductId(999), 1).await)
            .await;
    assert_eq!(refused.unwrap_err().to_string(), "Product with id 999 not found");
}

#[tokio::test]
async fn whoever_forgets_to_check_meets_the_constraint_and_changes_nothing() {
    let app = App::start().await;
    let (shop, pool) = (app.actor(), app.pool());
    let (mug, pot) = (shop.product(json!({"stock": 5})).await, shop.product(json!({"stock": 5})).await);
    let taken = |product, delta| StockMovement {
        product_id: ProductId(product),
        delta,
        reason: StockReason::Adjustment,
        order_detail_id: None,
    };

    for movements in [vec![taken(mug, -6)], vec![taken(mug, -1), taken(pot, -3), taken(pot, -3)]] {
        let refused = transaction(&pool, async |conn| stock::apply_in_tx(conn, &movements).await).await;
        assert!(matches!(refused, Err(Error::Database(_))), "{refused:?}");
    }

    assert_eq!((shop.stock(mug).await, shop.stock(pot).await), (5, 5));
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn several_movements_of_one_product_are_added_up() {
    let app = App::start().await;
    let (shop, pool) = (app.actor(), app.pool());
    let (mug, pot) = (shop.product(json!({"stock": 5})).await, shop.product(json!({"stock": 5})).await);
    let moved = |product, delta| StockMovement {
        product_id: ProductId(product),
        delta,
        reason: StockReason::Adjustment,
        order_detail_id: None,
    };
    let movements = [moved(mug, 1), moved(pot, -5), moved(mug, -3)];

    transaction(&pool, async |conn| stock::apply_in_tx(conn, &movements).await).await.unwrap();

    assert_eq!((shop.stock(mug).await, shop.stock(pot).await), (3, 0));
    let mut connection = pool.get().await.unwrap();
    assert_eq!(stock::sum_of_movements(&mut connection, ProductId(mug)).await.unwrap(), 3);
    app.assert_ledger_adds_up().await;
}
