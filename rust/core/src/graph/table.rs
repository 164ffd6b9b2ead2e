//! The n x k neighbour table.

use super::neighbors::{Index, Neighbors, first_error_in_row};
use crate::Error;
use crate::order::check_count;
use rayon::prelude::*;
use std::ops::Range;

/// A borrowed table of neighbours: row `u` holds up to `k` neighbours of vertex `u`, padded by -1.
///
/// Directed tables (a k-nearest-neighbour graph, say) stand for their union with the reversed arcs; no transpose is built.
///
/// # Example
///
/// ```
/// use morsebar_core::{graph::Table, merge_tree, Monitor};
/// let path = Table::new(&[1, 2, -1], 3, 1)?; // 0-1-2
/// let tree = merge_tree(&[0.0, 2.0, 1.0], &path, &Monitor::new())?;
/// assert_eq!((tree.bars.minimum[1], tree.bars.saddle[1]), (2, 1));
/// # Ok::<(), morsebar_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Table<'a, I> {
    entries: &'a [I],
    n: usize,
    k: usize,
}

impl<'a, I: Index> Table<'a, I> {
    /// A table of `n` rows of `k` entries, row after row.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyVertices`].
    ///
    /// # Panics
    ///
    /// If `entries.len() != n * k`.
    pub fn new(entries: &'a [I], n: usize, k: usize) -> Result<Self, Error> {
        check_count(n)?;
        assert_eq!(Some(entries.len()), n.checked_mul(k), "a table of {n} x {k}");
        Ok(Self { entries, n, k })
    }

    pub(super) fn row(&self, u: usize) -> &'a [I] {
        &self.entries[u * self.k..(u + 1) * self.k]
    }
}

/// A row of a table or of a sparse matrix.
#[derive(Debug)]
pub struct Row<'a, I> {
    entries: std::slice::Iter<'a, I>,
    n: u32,
}

impl<'a, I> Row<'a, I> {
    pub(super) fn new(entries: &'a [I], n: usize) -> Self {
        Self { entries: entries.iter(), n: n as u32 }
    }
}

impl<I: Index> Iterator for Row<'_, I> {
    type Item = u32;
    #[inline]
    fn next(&mut self) -> Option<u32> {
        self.entries.next().map(|entry| entry.vertex(self.n))
    }
}

impl<I: Index> Neighbors for Table<'_, I> {
    const SYMMETRIC: bool = false;
    type Row<'a>
        = Row<'a, I>
    where
        Self: 'a;

    fn n_vertices(&self) -> usize {
        self.n
    }

    fn n_arcs(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    fn rows<F: FnMut(u32, Row<'_, I>)>(&self, range: Range<usize>, mut visit: F) {
        for u in range {
            visit(u as u32, Row::new(self.row(u), self.n));
        }
    }

    fn first_error(&self) -> Option<Error> {
        (0..self.n).into_par_iter().find_map_first(|u| first_error_in_row(u, self.row(u), self.n))
    }
}
