//! Sparse columns.

use super::field::Field;
use std::mem::swap;

/// A sparse column: rows rising, no zeros.
///
/// Its *pivot* is its last row, the latest cell of the chain.
pub type Column<E> = Vec<(u32, E)>;

/// The column with these entries, which may come in any order; those in one row are added.
///
/// O(k log k) for k entries.
///
/// # Example
///
/// ```
/// use morsebar_core::canonical::{Prime, column::collect};
/// let field = Prime::new(3)?;
/// assert_eq!(collect(&field, vec![(7, 1), (2, 2), (5, 1), (7, 2)]), [(2, 2), (5, 1)]);
/// # Ok::<(), morsebar_core::Error>(())
/// ```
pub fn collect<F: Field>(field: &F, mut entries: Vec<(u32, F::Element)>) -> Column<F::Element> {
    if !entries.is_sorted_by_key(|entry| entry.0) {
        entries.sort_by_key(|entry| entry.0);
    }
    entries.dedup_by(|entry, before| {
        let same = entry.0 == before.0;
        if same {
            before.1 = field.add(&before.1, &entry.1);
        }
        same
    });
    entries.retain(|entry| !field.is_zero(&entry.1));
    entries
}

/// Adds `factor * other` to `sum`, for a factor that is not 0.
///
/// `spare` lends its memory; what it holds is lost. O(k) for k entries in both.
///
/// # Example
///
/// ```
/// use morsebar_core::canonical::{Prime, column::add};
/// let (mut sum, mut spare) = (vec![(2, 1), (5, 1)], Vec::new());
/// add(&Prime::new(5)?, &mut sum, &4, &[(3, 2), (5, 1)], &mut spare);
/// assert_eq!(sum, [(2, 1), (3, 3)]);
/// # Ok::<(), morsebar_core::Error>(())
/// ```
pub fn add<F: Field>(
    field: &F,
    sum: &mut Column<F::Element>,
    factor: &F::Element,
    other: &[(u32, F::Element)],
    spare: &mut Column<F::Element>,
) {
    let unit = field.is_one(factor);
    spare.clear();
    spare.reserve(sum.len() + other.len());
    let mut rest = sum.drain(..).peekable();
    for (row, x) in other {
        while let Some(entry) = rest.next_if(|entry| entry.0 < *row) {
            spare.push(entry);
        }
        let x = if unit { x.clone() } else { field.mul(factor, x) };
        let x = match rest.next_if(|entry| entry.0 == *row) {
            Some((_, y)) => field.add(&y, &x),
            None => x,
        };
        if !field.is_zero(&x) {
            spare.push((*row, x));
        }
    }
    spare.extend(rest);
    swap(sum, spare);
}

/// Multiplies a column by a factor that is not 0.
pub fn scale<F: Field>(field: &F, column: &mut Column<F::Element>, factor: &F::Element) {
    if !field.is_one(factor) {
        for (_, x) in column {
            *x = field.mul(factor, x);
        }
    }
}
