//! Lists of bodies.

/// Turns values of the domain into bodies.
pub(crate) fn all<T, B: From<T>>(values: Vec<T>) -> Vec<B> {
    values.into_iter().map(B::from).collect()
}
