//! A path that realises a barrier.

use crate::chunks::CHUNK;
use crate::graph::Neighbors;
use crate::order::{Order, Value};
use crate::{Error, Monitor, NONE};

/// A shortest path (fewest edges) from `u` to `v` within the sublevel set of a level.
///
/// Method: breadth-first search. With the barrier of the two as the level the path realises it. Where several are
/// shortest, every vertex on the way is reached from the lowest-numbered one that can, so the path does not depend on the
/// order of a row's entries.
///
/// # Returns
///
/// The vertices from `u` to `v`, both included; empty if there is no path.
///
/// # Errors
///
/// [`Error::Length`], [`Error::Interrupted`].
///
/// # Panics
///
/// If `u` or `v` is not a vertex.
///
/// # Complexity
///
/// O(n + E log n) time; memory O(n), and O(E) if the graph is directed.
///
/// # Example
///
/// ```
/// use morsebar_core::{graph::{Connectivity, Grid}, merge_tree::path, Monitor};
/// let grid = Grid::new(&[2, 3], Connectivity::Axis, &[false; 2])?;
/// let values = [0.0, 9.0, 0.0, 1.0, 2.0, 1.0];
/// assert_eq!(path(&values, &grid, 0, 2, 2.0, &Monitor::new())?, [0, 3, 4, 5, 2]);
/// # Ok::<(), morsebar_core::Error>(())
/// ```
pub fn path<V: Value, G: Neighbors>(
    values: &[V],
    graph: &G,
    u: u32,
    v: u32,
    level: f64,
    monitor: &Monitor,
) -> Result<Vec<u32>, Error> {
    let n = graph.n_vertices();
    if values.len() != n {
        return Err(Error::Length { values: values.len(), vertices: n });
    }
    let order = Order::new(values);
    let allowed = |x: u32| (x as usize) < n && order.inside(x) && order.value(x).to_f64() <= level;
    if !allowed(u) || !allowed(v) {
        return Ok(Vec::new());
    }
    let reversed = if G::SYMMETRIC { Reversed::default() } else { Reversed::new(graph, allowed, monitor)? };
    // The search starts at v, so that following it back from u gives the path in its own direction.
    let mut next_to = vec![NONE; n];
    next_to[v as usize] = v;
    let mut front = vec![v];
    while next_to[u as usize] == NONE && !front.is_empty() {
        monitor.check()?;
        let mut reached = Vec::new();
        for &x in &front {
            let mut reach = |y: u32| {
                if allowed(y) && next_to[y as usize] == NONE {
                    next_to[y as usize] = x;
                    reached.push(y);
                }
            };
            graph.rows(x as usize..x as usize + 1, |_, row| row.for_each(&mut reach));
            reversed.row(x).iter().copied().for_each(&mut reach);
        }
        reached.sort_unstable();
        front = reached;
    }
    if next_to[u as usize] == NONE {
        return Ok(Vec::new());
    }
    let step = |&x: &u32| Some(next_to[x as usize]).filter(|_| x != v);
    Ok(std::iter::successors(Some(u), step).collect())
}

/// The arcs of a directed graph turned round, among the vertices that are allowed.
#[derive(Default)]
struct Reversed {
    start: Vec<usize>,
    tails: Vec<u32>,
}

impl Reversed {
    fn new<G: Neighbors>(graph: &G, allowed: impl Fn(u32) -> bool, monitor: &Monitor) -> Result<Self, Error> {
        let n = graph.n_vertices();
        let mut start = vec![0; n + 2];
        let arcs = |visit: &mut dyn FnMut(u32, u32)| {
            for start in (0..n).step_by(CHUNK) {
                monitor.check()?;
                graph.rows(start..n.min(start + CHUNK), |u, row| {
                    if allowed(u) {
                        row.filter(|&v| allowed(v)).for_each(|v| visit(u, v));
                    }
                });
            }
            Ok::<(), Error>(())
        };
        arcs(&mut |_, v| start[v as usize + 2] += 1)?;
        for u in 0..=n {
            start[u + 1] += start[u];
        }
        let mut tails = vec![0; start[n + 1]];
        // start[v + 1] runs through the row of v while it is filled, and ends where the next one begins.
        arcs(&mut |u, v| {
            let at = &mut start[v as usize + 1];
            tails[*at] = u;
            *at += 1;
        })?;
        Ok(Self { start, tails })
    }

    fn row(&self, x: u32) -> &[u32] {
        match self.start.get(x as usize..x as usize + 2) {
            Some(&[start, end]) => &self.tails[start..end],
            _ => &[],
        }
    }
}
