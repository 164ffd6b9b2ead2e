//! Basins: where steepest descent ends.

use super::descent::settle;
use crate::chunks::for_each_chunk;
use crate::graph::Neighbors;
use crate::order::{Order, Value};
use crate::{Error, Monitor, NONE};
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

/// The minimum reached from every vertex by always going to the lowest neighbour.
///
/// Arcs count in both directions, as everywhere.
///
/// # Returns
///
/// The minimum of every vertex, [`NONE`] outside the domain.
///
/// # Errors
///
/// [`Error::Length`], [`Error::NotAVertex`], [`Error::Interrupted`].
///
/// # Complexity
///
/// O(n log n + E); nothing but the result is stored.
///
/// # Example
///
/// ```
/// use morsebar_core::{graph::{Connectivity, Grid}, merge_tree::basins, Monitor};
/// let grid = Grid::new(&[4], Connectivity::Axis, &[false])?;
/// assert_eq!(basins(&[0.0, 5.0, 1.0, 2.0], &grid, &Monitor::new())?, [0, 0, 2, 2]);
/// # Ok::<(), morsebar_core::Error>(())
/// ```
pub fn basins<V: Value, G: Neighbors>(values: &[V], graph: &G, monitor: &Monitor) -> Result<Vec<u32>, Error> {
    let n = graph.n_vertices();
    if values.len() != n {
        return Err(Error::Length { values: values.len(), vertices: n });
    }
    monitor.expect(n as u64);
    let order = Order::new(values);
    let lowest: Vec<AtomicU32> =
        (0..n as u32).into_par_iter().map(|u| AtomicU32::new(if order.inside(u) { u } else { NONE })).collect();
    let lower_to = |u: u32, candidate: u32| {
        // The minimum of the candidates, whatever the order in which threads bring them.
        let better = |current| order.lower(candidate, current).then_some(candidate);
        let _ = lowest[u as usize].fetch_update(Relaxed, Relaxed, better);
    };
    let bad = AtomicBool::new(false);
    for_each_chunk(n, monitor, |range| {
        monitor.advance(range.len() as u64);
        graph.rows(range, |u, row| {
            let mut best = u;
            for v in row {
                if (v as usize) >= n {
                    bad.fetch_or(v != NONE, Relaxed);
                } else if order.inside(u) && order.inside(v) {
                    if order.lower(v, best) {
                        best = v;
                    }
                    if !G::SYMMETRIC && order.lower(u, v) {
                        lower_to(v, u);
                    }
                }
            }
            if best != u {
                lower_to(u, best);
            }
        });
        Ok(())
    })?;
    if let Some(error) = bad.into_inner().then(|| graph.first_error()).flatten() {
        return Err(error);
    }
    settle(&lowest, monitor)?;
    Ok(lowest.into_iter().map(AtomicU32::into_inner).collect())
}
