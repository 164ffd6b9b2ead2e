//! The specification: a union-find over the edges, sorted by their upper ends.

use super::tree::{Bars, MergeTree};
use crate::NONE;
use crate::graph::Neighbors;
use crate::order::{Order, Value};

/// The same tree as [`merge_tree`](super::merge_tree()), in the plainest way.
///
/// Serial, O(E log E) time and O(E) memory; entries that are not vertices are ignored.
///
/// # Panics
///
/// If values and graph disagree about the number of vertices.
///
/// # Example
///
/// ```
/// use morsebar_core::{graph::Table, merge_tree, merge_tree::naive, Monitor};
/// let (values, table) = ([3.0, 1.0, 2.0], Table::new(&[1, 2, 0], 3, 1)?);
/// assert_eq!(naive::merge_tree(&values, &table), merge_tree(&values, &table, &Monitor::new())?);
/// # Ok::<(), morsebar_core::Error>(())
/// ```
#[must_use]
pub fn merge_tree<V: Value, G: Neighbors>(values: &[V], graph: &G) -> MergeTree {
    let (n, order) = (values.len(), Order::new(values));
    assert_eq!(n, graph.n_vertices(), "one value per vertex");
    let mut edges = Vec::new();
    graph.rows(0..n, |u, row| {
        let inside = |&v: &u32| (v as usize) < n && order.inside(u) && order.inside(v);
        edges.extend(row.filter(inside).map(|v| if order.lower(u, v) { (v, u) } else { (u, v) }));
    });
    edges.sort_unstable_by_key(|&(upper, _)| order.key(upper));

    // The oldest vertex of every component, a step nearer, and at the oldest its size and the sum of its heights.
    let mut up: Vec<u32> = (0..n as u32).collect();
    let counted = |u: usize| u32::from(u < graph.n_counted());
    let mut sums: Vec<(u32, f64)> = (0..n).map(|u| (counted(u), 0.0)).collect();
    let mut oldest_at: Vec<u32> = (0..n as u32).map(|u| if order.inside(u) { u } else { NONE }).collect();
    let mut deaths: Vec<(u32, u32, u32, u32, f64)> = Vec::new();
    for star in edges.chunk_by(|one, two| one.0 == two.0) {
        let (saddle, first) = (star[0].0, deaths.len());
        for &(_, lower) in star {
            let (a, b) = (find(&mut up, lower), find(&mut up, saddle));
            if a != b {
                let (elder, younger) = if order.lower(a, b) { (a, b) } else { (b, a) };
                up[younger as usize] = elder;
                deaths.push((younger, saddle, NONE, 0, 0.0));
            }
        }
        let oldest = find(&mut up, saddle);
        oldest_at[saddle as usize] = oldest;
        let height = |u: u32| order.value(u).to_f64() - order.value(oldest).to_f64();
        let mut sum = sums[oldest as usize];
        for death in &mut deaths[first..] {
            let (size, heights) = sums[death.0 as usize];
            (death.2, death.3, death.4) = (oldest, size, heights);
            sum = (sum.0 + size, sum.1 + heights + f64::from(size) * height(death.0));
        }
        sums[oldest as usize] = sum;
        deaths[first..].sort_unstable_by_key(|death| std::cmp::Reverse(order.key(death.0)));
    }

    let mut bars = Bars::default();
    let mut bar_of = vec![NONE; n];
    let mut add = |minimum: u32, saddle, parent: u32, size, heights: f64| {
        let parent = if parent == NONE { NONE } else { bar_of[parent as usize] };
        bar_of[minimum as usize] = bars.push(minimum, saddle, parent);
        bars.size.push(size);
        bars.mean_height.push(heights / f64::from(size));
    };
    let mut essential: Vec<u32> = (0..n as u32).filter(|&u| order.inside(u) && up[u as usize] == u).collect();
    essential.sort_unstable_by_key(|&u| order.key(u));
    for minimum in essential {
        add(minimum, NONE, NONE, sums[minimum as usize].0, sums[minimum as usize].1);
    }
    // A vertex that dies at itself is no minimum.
    for &(minimum, saddle, parent, size, heights) in deaths.iter().rev().filter(|death| death.0 != death.1) {
        add(minimum, saddle, parent, size, heights);
    }
    let branch = oldest_at.into_iter().map(|x| if x == NONE { NONE } else { bar_of[x as usize] }).collect();
    MergeTree { branch, bars }
}

fn find(up: &mut [u32], mut x: u32) -> u32 {
    while up[x as usize] != x {
        up[x as usize] = up[up[x as usize] as usize];
        x = up[x as usize];
    }
    x
}
