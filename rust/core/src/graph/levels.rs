//! Graphs whose edges have levels of their own.

use super::neighbors::Neighbors;
use super::table::Row;
use crate::order::{Order, Value, check_count};
use crate::{Error, Monitor};
use rayon::prelude::*;
use std::ops::Range;

/// Edges between two looks at the monitor.
const LOOK: usize = 1 << 16;

/// A graph in which an edge may enter the sublevel set later than both of its ends.
///
/// An edge whose level is above both ends is *subdivided*: it becomes a vertex with that level as its value, joined to
/// the two ends. Subdivision changes neither the components of a sublevel set nor their minima, so everything else in
/// this crate works on the subdivided graph as on any other. Its new vertices follow the `n` old ones, ordered by their
/// ends, so that nothing depends on the order of the edges; they do not count in sizes.
#[derive(Debug, Clone)]
pub struct EdgeLevels<V> {
    values: Vec<V>,
    ends: Vec<[u32; 2]>,
    indptr: Vec<usize>,
    indices: Vec<u32>,
    n: usize,
}

impl<V: Value + std::fmt::Display> EdgeLevels<V> {
    /// The graph of `values.len()` vertices with the given edges and their levels.
    ///
    /// Self-loops are ignored; an edge with an end outside the domain, or with level `+inf`, is outside the domain too.
    ///
    /// # Errors
    ///
    /// [`Error::EdgeEnd`], [`Error::EdgeLevel`] (a level below an end's value, or NaN), [`Error::TooManyVertices`],
    /// [`Error::Interrupted`].
    ///
    /// # Panics
    ///
    /// If `edges` and `levels` have different lengths.
    ///
    /// # Complexity
    ///
    /// O(n + m log m) for m edges.
    pub fn new(values: &[V], edges: &[[i64; 2]], levels: &[V], monitor: &Monitor) -> Result<Self, Error> {
        assert_eq!(edges.len(), levels.len(), "one level per edge");
        let n = values.len();
        check_count(n)?;
        let order = Order::new(values);
        let mut plain: Vec<[u32; 2]> = Vec::new();
        let mut raised: Vec<([u32; 2], V)> = Vec::new();
        for (edge, (&[u, v], &level)) in edges.iter().zip(levels).enumerate() {
            if edge % LOOK == 0 {
                monitor.check()?;
            }
            let end = |end: i64| usize::try_from(end).ok().filter(|&end| end < n);
            let (Some(a), Some(b)) = (end(u), end(v)) else { return Err(Error::EdgeEnd { edge, u, v, n }) };
            if level.to_f64().is_nan() {
                let expected = format!("{} and {}", values[a], values[b]);
                return Err(Error::EdgeLevel { edge, u: a as u32, v: b as u32, level: level.to_string(), expected });
            }
            if a == b || !(order.inside(a as u32) && order.inside(b as u32)) {
                continue;
            }
            let higher = if values[a] < values[b] { values[b] } else { values[a] };
            let ends = [a.min(b) as u32, a.max(b) as u32];
            if level < higher {
                let (level, expected) = (level.to_string(), higher.to_string());
                return Err(Error::EdgeLevel { edge, u: a as u32, v: b as u32, level, expected });
            } else if level == higher {
                plain.push(ends);
            } else if level < V::INFINITY {
                raised.push((ends, level));
            }
        }
        check_count(n + raised.len())?;
        monitor.check()?;
        raised.par_sort_unstable_by_key(|&(ends, level)| (ends, level.key(0)));
        monitor.check()?;
        plain.par_sort_unstable();
        monitor.check()?;
        let arcs =
            plain.iter().copied().chain(raised.iter().zip(n as u32..).flat_map(|(&([u, v], _), e)| [[u, e], [v, e]]));
        let (indptr, indices) = symmetric_rows(n + raised.len(), arcs);
        let values = values.iter().copied().chain(raised.iter().map(|&(_, level)| level)).collect();
        let ends = raised.into_iter().map(|(ends, _)| ends).collect();
        Ok(Self { values, ends, indptr, indices, n })
    }

    /// The value of every vertex of the subdivided graph: the vertices first, then the raised edges.
    #[must_use]
    pub fn values(&self) -> &[V] {
        &self.values
    }

    /// The number of vertices before subdivision.
    #[must_use]
    pub fn n_original(&self) -> usize {
        self.n
    }

    /// The two ends, lower number first, of the edge that a vertex of the subdivided graph stands for, if it does.
    #[must_use]
    pub fn edge(&self, vertex: u32) -> Option<[u32; 2]> {
        self.ends.get((vertex as usize).checked_sub(self.n)?).copied()
    }
}

/// Rows in which every edge stands at both of its ends, by counting.
fn symmetric_rows(n: usize, edges: impl Iterator<Item = [u32; 2]> + Clone) -> (Vec<usize>, Vec<u32>) {
    let mut indptr = vec![0; n + 1];
    for [u, v] in edges.clone() {
        indptr[u as usize + 1] += 1;
        indptr[v as usize + 1] += 1;
    }
    for u in 0..n {
        indptr[u + 1] += indptr[u];
    }
    let mut next = indptr.clone();
    let mut indices = vec![0; indptr[n]];
    for [u, v] in edges {
        for (from, to) in [(u, v), (v, u)] {
            indices[next[from as usize]] = to;
            next[from as usize] += 1;
        }
    }
    (indptr, indices)
}

impl<V: Value> Neighbors for EdgeLevels<V> {
    const SYMMETRIC: bool = true;
    type Row<'a>
        = Row<'a, u32>
    where
        V: 'a;

    fn n_vertices(&self) -> usize {
        self.values.len()
    }

    fn n_arcs(&self) -> usize {
        self.indices.len()
    }

    fn n_counted(&self) -> usize {
        self.n
    }

    fn rows<F: FnMut(u32, Row<'_, u32>)>(&self, range: Range<usize>, mut visit: F) {
        for u in range {
            visit(u as u32, Row::new(&self.indices[self.indptr[u]..self.indptr[u + 1]], self.n_vertices()));
        }
    }

    fn first_error(&self) -> Option<Error> {
        None
    }
}
