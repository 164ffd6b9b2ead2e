//! The whole way from values and a graph to the merge tree.

use super::branches::name_branches;
use super::descent::contract;
use super::forest::{Forest, STEPS_PER_ARC};
use super::replay::replay;
use super::tree::MergeTree;
use crate::graph::Neighbors;
use crate::order::{Order, Value};
use crate::{Error, Monitor};

/// The minimum merge tree of the lower-star filtration of a function on the vertices of a graph.
///
/// Method: contraction along descents and a lock-free triplet merge tree (Smirnov & Morozov 2017); see the
/// [module](super). The order is that of [`Order`], and the result is the same bit for bit for any number of threads,
/// order of the entries of a row, and direction of the arcs.
///
/// # Arguments
///
/// One value per vertex, checked with [`check_values`](crate::order::check_values) (a vertex at `+inf` or NaN is outside
/// the domain); a graph of as many vertices; a monitor.
///
/// # Errors
///
/// [`Error::Length`], [`Error::NotAVertex`], [`Error::Interrupted`].
///
/// # Complexity
///
/// O(n log n + E) typical, O(n log n + E log E) at worst, for E arcs; besides the result 20 bytes for each of the m
/// roots of the contraction, of which typically m << n.
///
/// # Example
///
/// ```
/// use morsebar_core::{graph::Table, merge_tree, Monitor, NONE};
/// // A square 0-1-2-3-0 with a minimum in two corners.
/// let table = Table::new(&[1, 3, 0, 2, 1, 3, 0, 2], 4, 2)?;
/// let tree = merge_tree(&[0.0f32, 5.0, 1.0, 4.0], &table, &Monitor::new())?;
/// assert_eq!(tree.bars.minimum, [0, 2]);
/// assert_eq!(tree.bars.saddle, [NONE, 3]);
/// assert_eq!(tree.bars.size, [4, 1]);
/// assert_eq!(tree.branch, [0, 0, 1, 0]);
/// # Ok::<(), morsebar_core::Error>(())
/// ```
pub fn merge_tree<V: Value, G: Neighbors>(values: &[V], graph: &G, monitor: &Monitor) -> Result<MergeTree, Error> {
    merge_tree_with_bound(values, graph, monitor, STEPS_PER_ARC)
}

/// [`merge_tree`] with another bound on the steps per arc before arcs are left to sorting. The result does not depend on
/// it: 0 leaves all that can be left, which is how tests reach that path.
///
/// # Errors
///
/// As [`merge_tree`].
pub fn merge_tree_with_bound<V: Value, G: Neighbors>(
    values: &[V],
    graph: &G,
    monitor: &Monitor,
    steps_per_arc: u64,
) -> Result<MergeTree, Error> {
    let n = graph.n_vertices();
    if values.len() != n {
        return Err(Error::Length { values: values.len(), vertices: n });
    }
    let order = Order::new(values);
    monitor.expect(3 * n as u64); // two passes over the rows, one over the labels
    let mut contraction = contract(order, graph, monitor)?;
    let triples = Forest::new(order, &contraction, steps_per_arc).grow(graph, monitor)?;
    let (mut bars, bar_of_root) = replay(order, &contraction.roots, triples, monitor)?;
    name_branches(order, &mut contraction.label, &bar_of_root, &mut bars, graph.n_counted(), monitor)?;
    Ok(MergeTree { branch: contraction.label, bars })
}
