//! The abstraction of complexes.

use super::lower_star::LowerStar;
use crate::Error;
use crate::order::{Order, Value};
use std::cmp::Ordering;
use std::ops::Range;

/// What a cell is matched with in a discrete gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partner {
    /// Nothing: the cell is critical.
    Critical,
    /// One of its facets.
    Facet(u64),
    /// One of its cofacets.
    Cofacet(u64),
    /// The cell is no cell of the complex, or has a vertex outside the domain.
    Outside,
}

/// A cell complex on the vertices of a total order, in the way of discrete Morse theory.
///
/// Cells are numbered by `u64`; not every number need be a cell. The numbers of one lower star are written to by one
/// thread only.
pub trait Complex: Sync {
    /// Partners of all cells, written in parallel.
    type Matching: Send + Sync;

    /// The largest dimension of a cell.
    fn dimension(&self) -> usize;

    /// The number of vertices.
    fn n_vertices(&self) -> usize;

    /// All numbers of cells are below this.
    fn n_numbers(&self) -> u64;

    /// The cell that is a vertex.
    fn vertex(&self, v: u32) -> u64;

    /// The dimension of a cell.
    fn degree(&self, cell: u64) -> usize;

    /// Calls `visit` with every vertex of a cell, in the order of its orientation.
    fn vertices(&self, cell: u64, visit: impl FnMut(u32));

    /// Calls `visit` with every facet of a cell and its sign. The boundary of the boundary is zero.
    fn boundary(&self, cell: u64, visit: impl FnMut(u64, i64));

    /// Fills in the lower star of a vertex inside the domain.
    fn lower_star<V: Value>(&self, order: Order<'_, V>, v: u32, star: &mut LowerStar);

    /// A matching in which every cell is outside.
    ///
    /// # Errors
    ///
    /// [`Error::Memory`].
    fn matching(&self) -> Result<Self::Matching, Error>;

    /// Matches a facet and its cofacet.
    fn join(&self, matching: &Self::Matching, facet: u64, cofacet: u64);

    /// Makes a cell critical.
    fn set_critical(&self, matching: &Self::Matching, cell: u64);

    /// What a cell is matched with.
    fn partner(&self, matching: &Self::Matching, cell: u64) -> Partner;

    /// Matches the cells of the lower stars of a range of vertices. Complexes whose stars all look alike have a faster
    /// way than the one through [`LowerStar`], with the same result.
    fn match_lower_stars<V: Value>(&self, order: Order<'_, V>, range: Range<u32>, matching: &Self::Matching) {
        super::process::match_lower_stars(self, order, range, matching);
    }

    /// The vertices of a cell inside the domain, from the highest down.
    fn falling_vertices<V: Value>(&self, order: Order<'_, V>, cell: u64) -> Vec<u32> {
        let mut vertices = Vec::new();
        self.vertices(cell, |v| vertices.push(v));
        vertices.sort_unstable_by(|&u, &v| if order.lower(v, u) { Ordering::Less } else { Ordering::Greater });
        vertices
    }
}

/// A complex in which every facet of a top cell lies in at most two of them: a manifold, perhaps with boundary.
pub trait Manifold: Complex {
    /// All numbers of top cells are below this.
    fn n_tops(&self) -> usize;

    /// The top cell of a number; it may be outside.
    fn top(&self, number: usize) -> u64;

    /// The number of a top cell.
    fn top_number(&self, cell: u64) -> usize;

    /// The top cells on the two sides of a facet, where there is one; they may be outside.
    fn cofacets(&self, facet: u64) -> [Option<u64>; 2];

    /// The top cell on the other side of a facet of this one, if there is one; it may be outside.
    #[inline]
    fn across(&self, facet: u64, top: u64) -> Option<u64> {
        let [one, other] = self.cofacets(facet);
        if one == Some(top) { other } else { one }
    }
}
