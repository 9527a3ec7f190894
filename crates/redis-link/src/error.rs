//! Why a link cannot be set up. Whether the server is there is no such reason.

use std::path::PathBuf;

/// Why a link cannot be set up. No variant contains the URL, which may have a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The URL is not one of a Redis server, or asks for what is not supported.
    #[error("not a URL of a Redis server: {0}")]
    InvalidUrl(String),
    /// The root certificate cannot be used.
    #[error("the root certificate {} cannot be used: {reason}", path.display())]
    RootCertificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}
