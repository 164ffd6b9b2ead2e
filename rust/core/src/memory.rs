//! Large allocations, which may fail.

use crate::Error;

/// An empty vector with room for `n` items.
///
/// # Errors
///
/// [`Error::Memory`] where the machine refuses, instead of the end of the process.
pub(crate) fn room<T>(n: usize) -> Result<Vec<T>, Error> {
    let mut vector = Vec::new();
    let bytes = n.saturating_mul(size_of::<T>());
    vector.try_reserve_exact(n).map_err(|_| Error::Memory { bytes })?;
    Ok(vector)
}

/// `n` items.
///
/// # Errors
///
/// As [`room`].
pub(crate) fn filled<T>(n: usize, item: impl FnMut() -> T) -> Result<Vec<T>, Error> {
    let mut vector = room(n)?;
    vector.extend(std::iter::repeat_with(item).take(n));
    Ok(vector)
}
