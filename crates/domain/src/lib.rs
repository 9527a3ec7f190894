//! The vocabulary and the rules of a shop: ids, money, text, quantities, orders and their state machine.
//!
//! Pure: nothing here does I/O, waits or knows a database, JSON or HTTP. A value that exists is valid: every type with a
//! rule is built by a fallible constructor.

mod access;
mod address;
mod api_key;
mod audit;
mod bill;
mod category;
mod checkout;
mod choice;
mod client;
mod document;
mod email;
mod id;
mod list_order;
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
mod thousands;
mod timestamp;
mod total;
mod violation;

pub use access::{Permission, Permissions, Role, UnknownName};
pub use address::{Address, AddressChanges, City, HouseNumber, NewAddress, Street};
pub use api_key::{ApiKey, CallsPerMinute, KeyName, Scopes};
pub use audit::{AuditAction, AuditEntry, Cells};
pub use bill::{Bill, BillChanges, BillNumber, NewBill, PaymentType};
pub use category::{Category, CategoryChanges, CategoryName, Description, NewCategory};
pub use checkout::{
    Checkout, CheckoutLine, CheckoutRefusal, MOST_LINES, PlacedLine, PlacedOrder, Sale, SaleLine, Shelf,
    ShelfProduct, Shortage, Totals,
};
pub use choice::{Choice, UnknownChoice};
pub use client::{Client, ClientChanges, NewClient, NewPassword, Password, PersonName};
pub use document::{CreditNote, DocumentKind, Series};
pub use email::Email;
pub use id::{
    AddressId, ApiKeyId, AuditEntryId, BillId, CategoryId, ClientId, OrderDetailId, OrderEventId, OrderId,
    ProductId, ReviewId, SessionId,
};
pub use list_order::{Key, KeyKind, ListOrder, ListPosition};
pub use money::{Amount, Money, Price};
pub use order::{
    DeliveryMethod, NewOrder, Order, OrderChanges, OrderEvent, OrderStatus, ShippingAddress, StatusChange,
};
pub use order_detail::{NewOrderDetail, OrderDetail, OrderDetailChanges};
pub use page::{Page, PageLimits};
pub use product::{Image, ImageUrl, NewProduct, Product, ProductChanges, ProductName, ProductSort, Sku};
pub use quantity::{Quantity, Stock};
pub use rating::{Rating, RatingSummary};
pub use refusal::Refusal;
pub use resource::Resource;
pub use review::{Comment, Moderation, NewReview, Review, ReviewChanges, ReviewStatus};
pub use search::{
    Facets, MARK_END, MARK_START, MOST_SEARCH_CATEGORIES, MOST_SEARCH_WORDS, Marked, Matching, PRICE_STEPS,
    ProductSearch, RATING_STEPS, SearchFilter, SearchSort, SearchTerms, SearchText, corrections, words_of,
};
pub use session::{GivenToken, Session};
pub use telephone::Telephone;
pub use text::Text;
pub use thousands::{format_money, format_thousands};
pub use timestamp::{BillDate, Moment, OrderDate};
pub use total::{Count, Total};
pub use violation::Violation;
