//! What must be true of a shop's books after whatever has happened to it.

use stockroom_service::invariants;

use crate::App;

/// The movements of a product are numbered under its lock, so their order is that in which they happened.
const OVERSOLD: &str = "SELECT count(*) FROM (SELECT sum(delta) OVER (PARTITION BY product_id ORDER BY id) AS stock \
                        FROM stock_movements) AS moment WHERE stock < 0";

impl App {
    /// Fails unless every invariant of the shop holds, and there was no moment at which more was sold than there was.
    pub async fn assert_books_balance(&self) {
        let report = invariants::check(&self.pool(), 5).await.expect("the check ends");
        assert_eq!(report.fault(), None, "{report}");
        assert_eq!(self.integer(OVERSOLD, &[]).await, 0, "moments at which more was sold than there was");
    }

    /// How many documents a series has, `B` (bills) or `C` (credit notes) of any year, after their numbers were found
    /// to be exactly 1 to that.
    pub async fn documents(&self, kind: &str) -> i64 {
        let numbers = "SELECT coalesce(array_agg(series_number ORDER BY series_number), '{}') FROM ( \
                       SELECT series, series_number FROM bills WHERE series IS NOT NULL \
                       UNION ALL SELECT series, series_number FROM credit_notes) AS document \
                       WHERE series LIKE $1 || '-____'";
        let row = self.client().await.query_one(numbers, &[&kind]).await.expect(numbers);
        let numbers: Vec<i64> = row.get(0);
        let count = i64::try_from(numbers.len()).expect("few documents");
        assert!(numbers.iter().copied().eq(1..=count), "numbers of {kind} are not 1 to {count}: {numbers:?}");
        count
    }
}
