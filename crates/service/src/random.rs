//! Random bytes for secrets, from the operating system.

use crate::{Error, Result};

/// Bytes that nobody can guess.
///
/// # Errors
/// When the operating system has none, which no supported one does.
pub(crate) fn bytes<const COUNT: usize>() -> Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    getrandom::fill(&mut bytes).map_err(|error| Error::internal(error.to_string()))?;
    Ok(bytes)
}
