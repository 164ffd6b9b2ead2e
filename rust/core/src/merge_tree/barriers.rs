//! Barriers: how high one must climb from one vertex to another.

use super::ancestors::Ancestors;
use crate::chunks::CHUNK;
use crate::order::Value;
use crate::{Error, Monitor, NONE};
use rayon::prelude::*;

/// The barriers between pairs of vertices: the least level at which both are in one component of the sublevel set.
///
/// Method: the lowest common ancestor of the two branches in the forest of bars.
///
/// # Arguments
///
/// The values and the branches of the vertices; the parents and deaths of the bars (`+inf` where essential); the pairs.
///
/// # Returns
///
/// A level for each pair: f(u) for `(u, u)`, `+inf` for vertices of different components, NaN where one of the two is outside the
/// domain.
///
/// # Errors
///
/// [`Error::Interrupted`].
///
/// # Panics
///
/// If a pair names a vertex that is not there.
///
/// # Complexity
///
/// O(m) to prepare for m bars, then O(log m) a pair, in parallel.
///
/// # Example
///
/// ```
/// use morsebar_core::{graph::{Connectivity, Grid}, merge_tree, merge_tree::barriers, Monitor};
/// let values = [0.0, 3.0, 1.0];
/// let tree = merge_tree(&values, &Grid::new(&[3], Connectivity::Axis, &[false])?, &Monitor::new())?;
/// let deaths = [f64::INFINITY, 3.0];
/// let pairs = [[0, 2], [2, 2]];
/// assert_eq!(barriers(&values, &tree.branch, &tree.bars.parent, &deaths, &pairs, &Monitor::new())?, [3.0, 1.0]);
/// # Ok::<(), morsebar_core::Error>(())
/// ```
pub fn barriers<V: Value>(
    values: &[V],
    branch: &[u32],
    parent: &[u32],
    deaths: &[f64],
    pairs: &[[u32; 2]],
    monitor: &Monitor,
) -> Result<Vec<f64>, Error> {
    let ancestors = Ancestors::new(parent);
    let barrier = |&[u, v]: &[u32; 2]| {
        let (a, b) = (branch[u as usize], branch[v as usize]);
        if a == NONE || b == NONE {
            return f64::NAN;
        }
        let own = values[u as usize].to_f64().max(values[v as usize].to_f64());
        match ancestors.below_meeting(a, b) {
            None => f64::INFINITY,
            // Both bars below the meeting must have died for their components to be one.
            Some(below) => {
                below.into_iter().filter(|&bar| bar != NONE).map(|bar| deaths[bar as usize]).fold(own, f64::max)
            }
        }
    };
    let mut levels = vec![0.0; pairs.len()];
    levels.par_chunks_mut(CHUNK).zip(pairs.par_chunks(CHUNK)).try_for_each(|(levels, pairs)| {
        monitor.check()?;
        levels.iter_mut().zip(pairs).for_each(|(level, pair)| *level = barrier(pair));
        Ok(())
    })?;
    Ok(levels)
}
