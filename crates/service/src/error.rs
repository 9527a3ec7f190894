//! Why a use case failed, free of HTTP and SQL.

use std::{error::Error as Cause, sync::Arc};

use stockroom_domain::{CheckoutRefusal, Refusal, Resource};
use stockroom_limits::Decision;
use stockroom_repository as repository;

/// The result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a use case failed. Cheap to clone: a failed read is told to everybody who waited for it.
#[derive(Debug, Clone, thiserror::Error)]
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
    /// Only somebody who is known may do this.
    #[error("Sign in to do this")]
    NotSignedIn,
    /// What was brought to prove who asks proves nothing, or no longer.
    #[error("The access token or API key is invalid, revoked or has expired")]
    InvalidToken,
    /// A refresh token is unknown, used or expired, or its session has ended; which of them is not told.
    #[error("The refresh token is invalid, used, revoked or has expired")]
    InvalidRefreshToken,
    /// A token that should let set a password is unknown, used or expired; which of them is not told.
    #[error("The reset token is invalid or has expired")]
    InvalidResetToken,
    /// Somebody tries too often.
    #[error("Rate limit exceeded. Maximum {} requests per {} seconds.", .0.limit, .0.policy.period().as_secs())]
    Throttled(Box<Decision>),
    /// Another request with the same idempotency key is still being worked on.
    #[error("Another request with this Idempotency-Key is being processed")]
    KeyInUse,
    /// The idempotency key came with another request body before.
    #[error("This Idempotency-Key was used with another request body")]
    KeyReused,
    /// Settings make no sense.
    #[error("{0}")]
    InvalidSettings(String),
    /// The URL of Redis cannot be read.
    #[error("not a URL of a Redis server: {0}")]
    InvalidRedisUrl(String),
    /// The database is overloaded or away; trying later may help.
    #[error("temporarily unavailable: {0}")]
    Unavailable(String),
    /// A fault of ours.
    #[error("internal error: {0}")]
    Internal(#[source] Arc<dyn Cause + Send + Sync>),
}

impl Error {
    pub(crate) fn internal(cause: impl Into<Box<dyn Cause + Send + Sync>>) -> Self {
        Self::Internal(cause.into().into())
    }
}

impl From<CheckoutRefusal> for Error {
    fn from(refusal: CheckoutRefusal) -> Self {
        match refusal {
            CheckoutRefusal::NotFound { resource, id } => Self::NotFound { resource, id },
            CheckoutRefusal::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

impl From<stockroom_redis_link::Error> for Error {
    fn from(error: stockroom_redis_link::Error) -> Self {
        match error {
            stockroom_redis_link::Error::InvalidUrl(reason) => Self::InvalidRedisUrl(reason),
            error @ stockroom_redis_link::Error::RootCertificate { .. } => {
                Self::InvalidSettings(error.to_string())
            }
        }
    }
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
            repository::Error::OutOfResources(reason) => {
                tracing::error!(reason, "the database is out of resources");
                Self::Unavailable(reason)
            }
            error @ (repository::Error::Conflict(_)
            | repository::Error::NotLetIn(_)
            | repository::Error::Lost(_)
            | repository::Error::ReadOnly(_)
            | repository::Error::TimedOut(_)
            | repository::Error::Locked(_)
            | repository::Error::CommitLost(_)) => Self::Unavailable(error.to_string()),
            error => Self::internal(error),
        }
    }
}
