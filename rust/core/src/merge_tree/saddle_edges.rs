//! The edges along which components merge, for graphs whose edges have levels.

use super::ancestors::Ancestors;
use super::tree::MergeTree;
use crate::chunks::CHUNK;
use crate::graph::{EdgeLevels, Neighbors};
use crate::order::{Order, Value};
use crate::{Error, Monitor, NONE};
use std::fmt::Display;

/// The edge along which every bar dies, lower vertex number first; `[NONE, NONE]` where essential.
///
/// A bar that dies at a raised edge dies at that edge. One that dies at a vertex is joined there by an edge that enters
/// with the vertex: the one to the lowest of its neighbours in the component that dies.
///
/// # Arguments
///
/// The graph and its tree.
///
/// # Errors
///
/// [`Error::Interrupted`].
///
/// # Complexity
///
/// O(m log m) for m bars, times the degree of their saddles.
pub fn saddle_edges<V: Value + Display>(
    graph: &EdgeLevels<V>,
    tree: &MergeTree,
    monitor: &Monitor,
) -> Result<Vec<[u32; 2]>, Error> {
    let (bars, order) = (&tree.bars, Order::new(graph.values()));
    let ancestors = Ancestors::new(&bars.parent);
    let edge_of = |(bar, &saddle): (usize, &u32)| {
        if bar % CHUNK == 0 {
            monitor.check()?;
        }
        if saddle == NONE {
            return Ok([NONE; 2]);
        }
        if let Some(edge) = graph.edge(saddle) {
            return Ok(edge);
        }
        let dead_before = |bar: u32| {
            let own = bars.saddle[bar as usize];
            own != NONE && order.lower(own, saddle)
        };
        let bar_before_saddle = |x: u32| ancestors.climb(tree.branch[x as usize], dead_before);
        let mut lowest = saddle;
        graph.rows(saddle as usize..saddle as usize + 1, |_, row| {
            for x in row {
                if order.lower(x, lowest) && bar_before_saddle(x) as usize == bar {
                    lowest = x;
                }
            }
        });
        Ok([lowest.min(saddle), lowest.max(saddle)])
    };
    bars.saddle.iter().enumerate().map(edge_of).collect()
}
