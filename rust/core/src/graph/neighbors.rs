//! The one abstraction of graphs, and the integers that number vertices in borrowed arrays.

use crate::{Error, NONE};
use std::ops::Range;

/// Something that yields the neighbours of a vertex, streamed row by row.
///
/// A row may hold [`NONE`] as padding, the vertex itself, duplicates, and numbers that are not vertices; the algorithms
/// ignore the first three and report the last through [`first_error`](Self::first_error). An arc in one direction is
/// enough: the graph meant is always the symmetrised one.
pub trait Neighbors: Sync {
    /// Whether every edge stands in the rows of both of its ends, so that one of the two may be skipped.
    const SYMMETRIC: bool;

    /// The entries of one row.
    type Row<'a>: Iterator<Item = u32>
    where
        Self: 'a;

    /// The number of vertices.
    fn n_vertices(&self) -> usize;

    /// The number of arcs, for estimates of work; padding counts.
    fn n_arcs(&self) -> usize;

    /// Calls `visit(u, row)` for every vertex `u` of the range, in order.
    fn rows<F: FnMut(u32, Self::Row<'_>)>(&self, range: Range<usize>, visit: F);

    /// How many vertices, from 0 on, count in the sizes of bars: all, unless some stand for edges.
    fn n_counted(&self) -> usize {
        self.n_vertices()
    }

    /// The first entry, by row and place, that is neither a vertex nor padding.
    fn first_error(&self) -> Option<Error>;
}

/// The neighbours of a vertex, by what is added to its number, modulo 2^32.
#[derive(Debug)]
pub struct Displaced<'a> {
    u: u32,
    displacements: std::slice::Iter<'a, u32>,
}

impl<'a> Displaced<'a> {
    pub(super) fn new(u: u32, displacements: &'a [u32]) -> Self {
        Self { u, displacements: displacements.iter() }
    }
}

impl Iterator for Displaced<'_> {
    type Item = u32;
    #[inline]
    fn next(&mut self) -> Option<u32> {
        self.displacements.next().map(|&displacement| self.u.wrapping_add(displacement))
    }
}

/// An integer type of borrowed tables: `i32`, `i64` (padded by -1) or `u32` (padded by its largest number).
pub trait Index: Copy + Send + Sync + 'static {
    /// The vertex this names in a graph of `n` vertices: [`NONE`] for padding, `n` for anything that is not a vertex.
    fn vertex(self, n: u32) -> u32;
    /// The number itself.
    fn to_i64(self) -> i64;
}

impl Index for i32 {
    #[inline]
    fn vertex(self, _: u32) -> u32 {
        // -1 becomes NONE; what is below -1 becomes larger than any n that i32 can number.
        self as u32
    }
    fn to_i64(self) -> i64 {
        i64::from(self)
    }
}

impl Index for u32 {
    #[inline]
    fn vertex(self, _: u32) -> u32 {
        self
    }
    fn to_i64(self) -> i64 {
        if self == NONE { -1 } else { i64::from(self) }
    }
}

impl Index for i64 {
    #[inline]
    fn vertex(self, n: u32) -> u32 {
        if (self as u64) < u64::from(n) {
            self as u32
        } else if self == -1 {
            NONE
        } else {
            n
        }
    }
    fn to_i64(self) -> i64 {
        self
    }
}

/// The first entry of a row that is neither a vertex nor padding.
pub(super) fn first_error_in_row<I: Index>(row: usize, entries: &[I], n: usize) -> Option<Error> {
    let wrong = |entry: &I| {
        let neighbor = entry.to_i64();
        neighbor != -1 && usize::try_from(neighbor).map_or(true, |v| v >= n)
    };
    let entry = entries.iter().position(wrong)?;
    Some(Error::NotAVertex { row, entry, neighbor: entries[entry].to_i64(), n })
}
