//! The parallel reduction of one matrix.

use super::column::Column;
use super::field::Field;
use super::sum::Sum;
use crate::{Error, Monitor};
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// Columns taken by a thread at a time: few, so that all threads work on neighbouring columns.
const CHUNK: usize = 64;

/// The column that holds a row as its pivot: its number, and its entries, divided by that of the pivot.
type Held<E> = Option<(u32, Arc<[(u32, E)]>)>;

/// The `(row, column)` pairs of pivots of a matrix after reduction, rising by row.
///
/// Method: Morozov & Nigmetov, "Towards lockfree persistent homology" (2020). Columns are made and reduced in any order,
/// by all threads. A column whose pivot is held by an earlier one adds a multiple of that; one that finds its pivot held
/// by a later column takes the place, and goes on with the other. Columns are thus only ever changed by earlier ones,
/// and the pairs, which are unique, are the same for any number of threads. Every row has a small lock of its own.
///
/// # Arguments
///
/// The number of rows; the numbers of the columns, rising; the entries of a column by its number (asked once, from any
/// thread), with all rows below `n_rows`.
///
/// # Errors
///
/// That of the first column which has one; [`Error::Interrupted`], which long reductions of single columns see too.
///
/// # Complexity
///
/// O(n^3) at worst for n rows and columns, O(n^2) memory; near linear for sparse boundaries of geometric origin. Besides
/// the reduced columns, 32 bytes a row, and one element a row for each thread.
///
/// # Example
///
/// ```
/// use morsebar_core::{Monitor, canonical::{Prime, reduce}};
/// // The edges 01, 12, 02 of a triangle, numbered 3, 4, 5: the last closes a circle.
/// let edges = [vec![(0, 1), (1, 1)], vec![(1, 1), (2, 1)], vec![(0, 1), (2, 1)]];
/// let column = |j: u32| Ok(edges[j as usize - 3].clone());
/// let pairs = reduce(3, &[3, 4, 5], column, &Prime::new(2)?, &Monitor::new())?;
/// assert_eq!(pairs, [(1, 3), (2, 4)]);
/// # Ok::<(), morsebar_core::Error>(())
/// ```
pub fn reduce<F: Field>(
    n_rows: usize,
    columns: &[u32],
    column: impl Fn(u32) -> Result<Column<F::Element>, Error> + Sync,
    field: &F,
    monitor: &Monitor,
) -> Result<Vec<(u32, u32)>, Error> {
    monitor.expect(columns.len() as u64);
    let pivots: Vec<Mutex<Held<F::Element>>> = (0..n_rows).map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    // A chunk is taken only when all before it have been, and is left at its first error: the first error of all is found.
    let work = |_| {
        let mut sum = Sum::new(field, n_rows);
        loop {
            let start = next.fetch_add(CHUNK, Relaxed);
            let rest = columns.get(start..)?;
            let chunk = &rest[..rest.len().min(CHUNK)];
            for &j in chunk {
                let inserted = column(j).and_then(|entries| {
                    sum.start(entries);
                    insert(&pivots, &mut sum, field, j, monitor)
                });
                if let Err(error) = inserted {
                    next.fetch_max(columns.len(), Relaxed);
                    return Some((j, error));
                }
            }
            monitor.advance(chunk.len() as u64);
        }
    };
    let errors = (0..rayon::current_num_threads()).into_par_iter().with_max_len(1).filter_map(work);
    if let Some((_, error)) = errors.min_by_key(|&(j, _)| j) {
        monitor.check()?;
        return Err(error);
    }
    let holder = |slot: Mutex<Held<_>>| Some(slot.into_inner().unwrap_or_else(PoisonError::into_inner)?.0);
    Ok((0..).zip(pivots).filter_map(|(row, slot)| Some((row, holder(slot)?))).collect())
}

/// Reduces column `j`, and those which it drives from their places.
fn insert<F: Field>(
    pivots: &[Mutex<Held<F::Element>>],
    sum: &mut Sum<'_, F>,
    field: &F,
    mut j: u32,
    monitor: &Monitor,
) -> Result<(), Error> {
    while let Some((pivot, x)) = sum.pivot() {
        monitor.check()?;
        let mut slot = pivots[pivot as usize].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, entries)) = slot.as_ref().filter(|(k, _)| *k < j) {
            let entries = Arc::clone(entries);
            drop(slot);
            let factor = field.neg(x);
            sum.add(&factor, &entries);
            continue;
        }
        let factor = if field.is_one(x) { x.clone() } else { field.inverse(x) };
        let later = slot.replace((j, sum.take(&factor)));
        drop(slot);
        let Some((k, entries)) = later else { break };
        j = k;
        sum.start(entries.to_vec());
    }
    Ok(())
}
