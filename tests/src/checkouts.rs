//! Groups of orders, placed without a service.

use stockroom_domain::PlacedOrder;
use stockroom_repository::{
    Connection, Result,
    checkouts::{self, Outcome, Placement},
};

/// Places a group of orders as a worker does, with this stored for the key of each.
///
/// # Errors
/// Those of the repository.
pub async fn place_group(
    conn: &mut Connection,
    group: &[Placement<'_>],
    stored: fn(&PlacedOrder) -> String,
) -> Result<Vec<Outcome>> {
    let decided = checkouts::decide_in_tx(conn, group).await?;
    let stored = decided.sold().map(stored).collect();
    decided.write_in_tx(conn, stored).await
}
