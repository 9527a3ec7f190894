//! Why a read failed. Redis is never a reason.

/// The result of a read.
pub type Result<T, E> = std::result::Result<T, Error<E>>;

/// Why a read failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error<E> {
    /// The load failed; all who waited for it are told the same.
    #[error(transparent)]
    Load(E),
    /// The load panicked, or the runtime that it ran in has ended.
    #[error("the load was abandoned")]
    Abandoned,
}
