//! Compressed sparse rows.

use super::neighbors::{Index, Neighbors, first_error_in_row};
use super::table::Row;
use crate::Error;
use crate::order::check_count;
use rayon::prelude::*;
use std::ops::Range;

/// Borrowed compressed sparse rows: the neighbours of `u` are `indices[indptr[u]..indptr[u + 1]]`.
///
/// Every stored entry is an arc, whatever its value; the graph meant is the union with the reversed arcs.
#[derive(Debug, Clone, Copy)]
pub struct Csr<'a, P, I> {
    indptr: &'a [P],
    indices: &'a [I],
}

impl<'a, P: Index, I: Index> Csr<'a, P, I> {
    /// The graph of `indptr.len() - 1` vertices.
    ///
    /// # Errors
    ///
    /// [`Error::RowPointer`] unless `indptr` rises from 0 to `indices.len()`; [`Error::TooManyVertices`].
    pub fn new(indptr: &'a [P], indices: &'a [I]) -> Result<Self, Error> {
        let wrong = |at: usize, expected: String| {
            let found = indptr.get(at).map_or(-1, |p| p.to_i64());
            Err(Error::RowPointer { at, found, expected })
        };
        check_count(indptr.len().saturating_sub(1))?;
        if indptr.first().map(|p| p.to_i64()) != Some(0) {
            return wrong(0, "0".into());
        }
        if let Some(fall) = indptr.par_windows(2).position_first(|pair| pair[1].to_i64() < pair[0].to_i64()) {
            return wrong(fall + 1, format!("at least {}", indptr[fall].to_i64()));
        }
        if usize::try_from(indptr[indptr.len() - 1].to_i64()) != Ok(indices.len()) {
            return wrong(indptr.len() - 1, format!("{}, the length of indices", indices.len()));
        }
        Ok(Self { indptr, indices })
    }

    fn row(&self, u: usize) -> &'a [I] {
        &self.indices[self.indptr[u].to_i64() as usize..self.indptr[u + 1].to_i64() as usize]
    }
}

impl<P: Index, I: Index> Neighbors for Csr<'_, P, I> {
    const SYMMETRIC: bool = false;
    type Row<'a>
        = Row<'a, I>
    where
        Self: 'a;

    fn n_vertices(&self) -> usize {
        self.indptr.len() - 1
    }

    fn n_arcs(&self) -> usize {
        self.indices.len()
    }

    #[inline]
    fn rows<F: FnMut(u32, Row<'_, I>)>(&self, range: Range<usize>, mut visit: F) {
        let n = self.n_vertices();
        for u in range {
            visit(u as u32, Row::new(self.row(u), n));
        }
    }

    fn first_error(&self) -> Option<Error> {
        let n = self.n_vertices();
        (0..n).into_par_iter().find_map_first(|u| first_error_in_row(u, self.row(u), n))
    }
}
