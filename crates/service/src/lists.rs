//! What a list answers beside its rows: where the next page begins, and how long the whole list is.

use stockroom_domain::{ListPosition, Page, Total};

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The rows of the page.
    pub rows: Vec<T>,
    /// The place after which the next page begins; none on the last page.
    pub next: Option<ListPosition>,
    /// How many rows the whole list has, where that was asked for.
    pub total: Option<Total>,
}

/// Takes the rows of a page with one more, and gives back those of the page alone, with the place after which the next
/// page begins when the one more was there. What is shown with a row is read after this, so that it is never read for a
/// row that is not shown.
pub(crate) fn cut<T>(
    mut rows: Vec<T>,
    page: &Page,
    place: impl FnOnce(&T) -> ListPosition,
) -> (Vec<T>, Option<ListPosition>) {
    let most = usize::try_from(page.limit).unwrap_or_default();
    let more = rows.len() > most;
    rows.truncate(most);
    let next = if more { rows.last().map(place) } else { None };
    (rows, next)
}

#[cfg(test)]
mod tests {
    use stockroom_domain::ListOrder;

    use super::*;

    #[track_caller]
    fn check(read: &[i64], limit: i64, shown: &[i64], next: Option<i64>) {
        let cut = cut(read.to_vec(), &Page::first(limit), |id| ListOrder::ORDERS.at_id(*id));
        assert_eq!(cut, (shown.to_vec(), next.map(|id| ListOrder::ORDERS.at_id(id))));
    }

    #[test]
    fn a_page_ends_where_the_next_one_begins() {
        check(&[], 2, &[], None);
        check(&[1], 2, &[1], None);
        check(&[1, 2], 2, &[1, 2], None);
        check(&[1, 2, 3], 2, &[1, 2], Some(2));
    }
}
