//! The vocabulary and the rules of a shop: ids, money, text, quantities, orders and their state machine.
//!
//! Pure: nothing here does I/O, waits or knows a database or HTTP. A value that exists is valid: every type with a
//! rule is built by a fallible constructor. [`input`] reads such values out of loosely typed JSON and reports all
//! that is wrong at once.

mod access;
mod address;
mod api_key;
mod audit;
mod bill;
mod category;
mod checkout;
mod choice;
mod client;
#[path = "../../input/src/cursor.rs"]
mod cursor;
mod document;
mod email;
#[cfg(any(test, feature = "fuzzing"))]
#[path = "../../input/src/fuzzing.rs"]
pub mod fuzzing;
mod id;
#[path = "../../input/src/fields.rs"]
pub mod input;
mod money;
mod order;
mod order_detail;
mod page;
mod product;
mod quantity;
mod rating;
mod refusal;
mod resource;
mod review;
mod search;
mod session;
mod telephone;
mod text;
mod timestamp;
mod total;
#[path = "../../input/src/violations.rs"]
mod violation;

pub use access::{Permission, Permissions, Role, UnknownName};
pub use address::{Address, City, HouseNumber, Street};
pub use api_key::{ApiKey, CallsPerMinute, KeyName, Scopes};
pub use audit::{AuditAction, AuditEntry};
pub use bill::{Bill, BillNumber, PaymentType};
pub use category::{Category, CategoryName, Description};
pub use checkout::{
    Checkout, CheckoutLine, CheckoutRefusal, MOST_LINES, PlacedLine, PlacedOrder, Sale, SaleLine, Shelf,
    ShelfProduct, Shortage, Totals,
};
pub use choice::{Choice, UnknownChoice};
pub use client::{Client, NewPassword, Password, PersonName};
pub use cursor::{Cursor, Key, KeyKind, ListOrder};
pub use document::{CreditNote, DocumentKind, Series};
pub use email::Email;
pub use id::{
    AddressId, ApiKeyId, AuditEntryId, BillId, CategoryId, ClientId, OrderDetailId, OrderEventId, OrderId,
    ProductId, ReviewId, SessionId,
};
pub use input::{Fields, FromFields};
pub use money::{Amount, Money, Price};
pub use order::{DeliveryMethod, Order, OrderEvent, OrderStatus, ShippingAddress, StatusChange};
pub use order_detail::OrderDetail;
pub use page::{Page, PageLimits, PageRequest};
pub use product::{Image, ImageUrl, Product, ProductName, ProductSort, Sku};
pub use quantity::{Quantity, Stock};
pub use rating::{Rating, RatingSummary};
pub use refusal::Refusal;
pub use resource::Resource;
pub use review::{Comment, Moderation, Review, ReviewStatus};
pub use search::{
    CategoryList, Facets, MARK_END, MARK_START, MOST_SEARCH_CATEGORIES, MOST_SEARCH_WORDS, Marked, Matching,
    PRICE_STEPS, ProductSearch, RATING_STEPS, SearchFilter, SearchSort, SearchTerms, SearchText, corrections,
    words_of,
};
pub use session::{GivenToken, Session};
pub use telephone::Telephone;
pub use text::Text;
pub use timestamp::{BillDate, Moment, OrderDate};
pub use total::{Count, Total};
pub use violation::{FieldViolation, Violation, Violations};
