//! HTTP, below the API: middleware, extractors, problem documents, the shapes of answers, entity tags and admission. It knows
//! neither resources nor the OpenAPI document.

pub(crate) mod admission;
pub(crate) mod answer;
pub(crate) mod bounds;
pub(crate) mod caller;
pub(crate) mod client_address;
pub(crate) mod entity_tags;
pub(crate) mod extract;
pub(crate) mod fallback;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub(crate) mod limits;
pub(crate) mod lingering;
pub(crate) mod middleware;
pub mod problem;
pub(crate) mod request_id;
pub(crate) mod route_policy;
pub(crate) mod route_table;
pub(crate) mod rows;
pub(crate) mod telemetry;
pub(crate) mod unread;
