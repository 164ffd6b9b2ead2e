//! A table with some arcs beside it.

use super::neighbors::{Index, Neighbors};
use super::table::{Row, Table};
use crate::Error;
use std::ops::Range;

/// A table of neighbours and more arcs, in one direction or both.
///
/// # Example
///
/// ```
/// use morsebar_core::graph::{Joined, Neighbors, Table};
/// let pairs = Table::new(&[1i32, 0, 3, 2], 4, 1)?; // 0-1, 2-3
/// let path = Joined::new(pairs, vec![[1, 2]])?;
/// path.rows(1..2, |_, row| assert_eq!(row.collect::<Vec<_>>(), [0, 2]));
/// # Ok::<(), morsebar_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Joined<'a, I> {
    table: Table<'a, I>,
    /// Sorted.
    arcs: Vec<[u32; 2]>,
}

impl<'a, I: Index> Joined<'a, I> {
    /// Adds arcs `[u, v]` to a table.
    ///
    /// # Errors
    ///
    /// [`Error::EdgeEnd`] for an arc that names something else than two vertices.
    pub fn new(table: Table<'a, I>, mut arcs: Vec<[u32; 2]>) -> Result<Self, Error> {
        let n = table.n_vertices();
        if let Some(edge) = arcs.iter().position(|arc| arc.iter().any(|&end| end as usize >= n)) {
            let [u, v] = arcs[edge].map(i64::from);
            return Err(Error::EdgeEnd { edge, u, v, n });
        }
        arcs.sort_unstable();
        Ok(Self { table, arcs })
    }
}

/// The row of the table, then the ends of the arcs that begin there.
#[derive(Debug)]
pub struct JoinedRow<'a, I> {
    row: Row<'a, I>,
    arcs: std::slice::Iter<'a, [u32; 2]>,
}

impl<I: Index> Iterator for JoinedRow<'_, I> {
    type Item = u32;
    #[inline]
    fn next(&mut self) -> Option<u32> {
        self.row.next().or_else(|| self.arcs.next().map(|arc| arc[1]))
    }
}

impl<I: Index> Neighbors for Joined<'_, I> {
    const SYMMETRIC: bool = false;
    type Row<'a>
        = JoinedRow<'a, I>
    where
        Self: 'a;

    fn n_vertices(&self) -> usize {
        self.table.n_vertices()
    }

    fn n_arcs(&self) -> usize {
        self.table.n_arcs() + self.arcs.len()
    }

    fn rows<F: FnMut(u32, JoinedRow<'_, I>)>(&self, range: Range<usize>, mut visit: F) {
        let mut rest = &self.arcs[self.arcs.partition_point(|arc| (arc[0] as usize) < range.start)..];
        for u in range {
            let (arcs, others) = rest.split_at(rest.iter().take_while(|arc| arc[0] as usize == u).count());
            rest = others;
            let row = Row::new(self.table.row(u), self.table.n_vertices());
            visit(u as u32, JoinedRow { row, arcs: arcs.iter() });
        }
    }

    fn first_error(&self) -> Option<Error> {
        self.table.first_error()
    }
}
