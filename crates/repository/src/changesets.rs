//! What the private changesets share. Each table has one (`ProductChangeset`, ...), made from the changes that `domain`
//! names: it is the whitelist of the columns that an update writes.

use stockroom_domain::Text;

/// A change of a nullable text column: the outer `None` leaves it alone, the inner one clears it.
pub(crate) fn nullable<const MIN: u64, const MAX: u64>(
    change: Option<&Option<Text<MIN, MAX>>>,
) -> Option<Option<&str>> {
    change.map(|text| text.as_ref().map(Text::as_str))
}
