//! The edges of a graph, one by one.

use super::neighbors::Neighbors;
use crate::{Error, Monitor, NONE};
use rayon::prelude::*;

/// Vertices of one task.
const TASK: usize = 1 << 12;

/// All edges `[u, v]` with `u < v`, each once, sorted.
///
/// # Errors
///
/// [`Error::NotAVertex`] for an entry that is neither a vertex nor padding; [`Error::Interrupted`].
///
/// # Complexity
///
/// O(E log E) for E arcs; 8 bytes an arc.
///
/// # Example
///
/// ```
/// use morsebar_core::{graph::{edges, Connectivity, Grid}, Monitor};
/// let circle = Grid::new(&[3], Connectivity::Axis, &[true])?;
/// assert_eq!(edges(&circle, &Monitor::new())?, [[0, 1], [0, 2], [1, 2]]);
/// # Ok::<(), morsebar_core::Error>(())
/// ```
pub fn edges<G: Neighbors>(graph: &G, monitor: &Monitor) -> Result<Vec<[u32; 2]>, Error> {
    if let Some(error) = graph.first_error() {
        return Err(error);
    }
    let n = graph.n_vertices();
    let parts = (0..n.div_ceil(TASK)).into_par_iter().map(|task| {
        monitor.check()?;
        let mut part = Vec::new();
        graph.rows(task * TASK..n.min((task + 1) * TASK), |u, row| {
            part.extend(row.filter(|&v| v != NONE && v != u).map(|v| [u.min(v), u.max(v)]));
        });
        Ok(part)
    });
    let mut edges: Vec<[u32; 2]> = parts.collect::<Result<Vec<_>, _>>()?.concat();
    edges.par_sort_unstable();
    monitor.check()?;
    edges.dedup();
    Ok(edges)
}
