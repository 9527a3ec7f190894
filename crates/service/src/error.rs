//! Why a use case failed, free of HTTP and SQL.

use stockroom_domain::{Refusal, Resource};
use stockroom_repository as repository;

/// The result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something named in the request does not exist.
    #[error("{resource} with id {id} not found")]
    NotFound {
        /// What was looked for.
        resource: Resource,
        /// Its id.
        id: i64,
    },
    /// Something with the same unique field exists.
    #[error("Duplicate entry: {noun} with this {field} already exists")]
    Duplicate {
        /// What exists already.
        noun: &'static str,
        /// The unique field.
        field: &'static str,
    },
    /// A rule of the shop forbids it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Unknown account or wrong password; which of them is not told.
    #[error("Invalid credentials")]
    InvalidCredentials,
    /// Another request with the same idempotency key is still being worked on.
    #[error("Another request with this Idempotency-Key is being processed")]
    KeyInUse,
    /// The idempotency key came with another request body before.
    #[error("This Idempotency-Key was used with another request body")]
    KeyReused,
    /// The database is overloaded or away; trying later may help.
    #[error("temporarily unavailable: {0}")]
    Unavailable(String),
    /// A fault of ours.
    #[error("internal error: {0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<repository::Error> for Error {
    fn from(error: repository::Error) -> Self {
        match error {
            repository::Error::NotFound { resource, id } => Self::NotFound { resource, id },
            repository::Error::Duplicate { noun, field } => Self::Duplicate { noun, field },
            repository::Error::Refused(refusal) => Self::Refused(refusal),
            repository::Error::KeyInUse => Self::KeyInUse,
            repository::Error::KeyReused => Self::KeyReused,
            repository::Error::Unavailable(reason) => Self::Unavailable(reason),
            error @ (repository::Error::Conflict(_)
            | repository::Error::TimedOut(_)
            | repository::Error::Locked(_)
            | repository::Error::CommitLost(_)) => Self::Unavailable(error.to_string()),
            error => Self::Internal(error.into()),
        }
    }
}
