//! What the stock ledger says of a product.

use stockroom_tests::App;

/// The movements of a product after its first stock, oldest first: reason, pieces, order line.
pub(crate) async fn movements(app: &App, product: i64) -> Vec<(String, i64, Option<i64>)> {
    let sql = "SELECT reason, delta, order_detail_id FROM stock_movements \
               WHERE product_id = $1 AND reason <> 'initial' ORDER BY id";
    let rows = app.client().await.query(sql, &[&product]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

/// A movement of an order line, as [`movements`] tells it.
pub(crate) fn moved(reason: &str, delta: i64, line: i64) -> (String, i64, Option<i64>) {
    (reason.to_owned(), delta, Some(line))
}
