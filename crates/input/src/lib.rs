//! How loosely typed JSON and query strings become typed values.
//!
//! [`Fields`] reads the named fields of an object and collects everything that is wrong with them; [`FieldValue`] reads
//! one value. Each resource has a file: what a request for it can say. Knows the domain alone: no database, no HTTP.

mod addresses;
mod bills;
mod categories;
mod checkout;
mod choices;
mod clients;
mod cursor;
mod fields;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod highlight;
mod number;
mod order_details;
mod orders;
mod page;
mod products;
mod reviews;
mod search;
mod values;
mod violations;

pub use cursor::Cursor;
pub use fields::{FieldValue, Fields, FromFields, changes_from_json};
pub use highlight::html;
pub use page::PageRequest;
pub use search::CategoryList;
pub use violations::{FieldViolation, Violations};
