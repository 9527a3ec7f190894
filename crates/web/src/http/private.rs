//! Answers that are for one caller alone.

/// Marks a request whose answer is for whoever asks alone: an operation that not everybody may do. No cache keeps it,
/// whatever it says.
pub(crate) struct ForTheCaller;
