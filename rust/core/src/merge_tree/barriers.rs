//! Barriers: how high one must climb from one vertex to another.

use super::ancestors::Ancestors;
use crate::NONE;
use crate::order::Value;
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
/// assert_eq!(barriers(&values, &tree.branch, &tree.bars.parent, &deaths, &[[0, 2], [2, 2]]), [3.0, 1.0]);
/// # Ok::<(), morsebar_core::Error>(())
/// ```
#[must_use]
pub fn barriers<V: Value>(
    values: &[V],
    branch: &[u32],
    parent: &[u32],
    deaths: &[f64],
    pairs: &[[u32; 2]],
) -> Vec<f64> {
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
    pairs.par_iter().map(barrier).collect()
}
