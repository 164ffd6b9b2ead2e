//! Cubical grids: values on the vertices, a cell for every product of vertices and edges of the axes.

use super::axes::{Axes, MOST_AXES};
use super::cells::{Complex, Manifold, Partner};
use super::cubical_stars::match_cubical_stars;
use super::lower_star::LowerStar;
use crate::Error;
use crate::memory::filled;
use crate::order::{Order, Value};
use std::ops::Range;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// The cubical complex of a regular grid with one to four axes, vertices in C order. Nothing is stored but the shape.
///
/// A cell extends from its lowest corner, its *anchor*, one step along the axes in its *type*, a bit mask; its number is
/// the anchor times 2^d plus the type. With `2^axis` in the type the cell extends along that axis.
///
/// # Example
///
/// ```
/// use morsebar_core::complex::{Complex, Cubical};
/// let grid = Cubical::new(&[2, 3], &[false, false])?;
/// let mut corners = Vec::new();
/// grid.vertices(1 << 2 | 0b11, |v| corners.push(v)); // the square anchored at vertex 1
/// assert_eq!(corners, [1, 4, 2, 5]);
/// # Ok::<(), morsebar_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Cubical {
    pub(super) axes: Axes,
}

/// A cell without a partner.
pub(super) const CRITICAL: u8 = 0;
/// Not a cell, or not in the domain.
const OUTSIDE: u8 = u8::MAX;

/// The byte of two cells matched along an axis: the facet is the lower or the upper end of its cofacet.
#[inline]
pub(super) const fn matched(axis: usize, upper: bool) -> u8 {
    1 + 2 * axis as u8 + upper as u8
}

impl Cubical {
    /// The complex of a grid, each axis periodic or not.
    ///
    /// # Errors
    ///
    /// [`Error::Complex`] for none or more than four axes, a `periodic` of another length, and a periodic axis of one or
    /// two vertices; [`Error::TooManyVertices`].
    pub fn new(shape: &[usize], periodic: &[bool]) -> Result<Self, Error> {
        Ok(Self { axes: Axes::new(shape, periodic)? })
    }

    #[inline]
    fn split(&self, cell: u64) -> (u32, u32) {
        let d = self.axes.d();
        ((cell >> d) as u32, (cell & ((1 << d) - 1)) as u32)
    }

    #[inline]
    fn cell(&self, anchor: u32, kind: u32) -> u64 {
        u64::from(anchor) << self.axes.d() | u64::from(kind)
    }

    /// The cell in a direction from a vertex, each coordinate -1, 0 or 1, if it is there.
    fn cell_towards(&self, v: u32, direction: &[i8]) -> Option<u64> {
        let (mut anchor, mut kind) = (v, 0);
        for (axis, &step) in direction.iter().enumerate() {
            if step != 0 {
                let next = self.axes.step(v, axis, step > 0)?;
                kind |= 1 << axis;
                if step < 0 {
                    // Steps along different axes add up, around periodic ones as well.
                    anchor = anchor.wrapping_add(next.wrapping_sub(v));
                }
            }
        }
        Some(self.cell(anchor, kind))
    }
}

impl Complex for Cubical {
    type Matching = Vec<AtomicU8>;

    fn dimension(&self) -> usize {
        self.axes.d()
    }

    fn n_vertices(&self) -> usize {
        self.axes.n
    }

    fn n_numbers(&self) -> u64 {
        (self.axes.n as u64) << self.axes.d()
    }

    #[inline]
    fn vertex(&self, v: u32) -> u64 {
        self.cell(v, 0)
    }

    #[inline]
    fn degree(&self, cell: u64) -> usize {
        self.split(cell).1.count_ones() as usize
    }

    fn vertices(&self, cell: u64, mut visit: impl FnMut(u32)) {
        let (anchor, kind) = self.split(cell);
        let mut corners = [anchor; 1 << MOST_AXES];
        let mut count = 1;
        for axis in (0..self.axes.d()).filter(|axis| kind >> axis & 1 == 1) {
            let step = self.axes.step_inside(anchor, axis, true).wrapping_sub(anchor);
            for corner in 0..count {
                corners[count + corner] = corners[corner].wrapping_add(step);
            }
            count *= 2;
        }
        corners[..count].iter().for_each(|&v| visit(v));
    }

    fn boundary(&self, cell: u64, mut visit: impl FnMut(u64, i64)) {
        let (anchor, kind) = self.split(cell);
        let mut sign = 1;
        for axis in (0..self.axes.d()).filter(|axis| kind >> axis & 1 == 1) {
            let facet = kind ^ 1 << axis;
            visit(self.cell(self.axes.step_inside(anchor, axis, true), facet), sign);
            visit(self.cell(anchor, facet), -sign);
            sign = -sign;
        }
    }

    fn lower_star<V: Value>(&self, order: Order<'_, V>, v: u32, star: &mut LowerStar) {
        let d = self.axes.d();
        let mut directions = vec![vec![0i8; d]];
        for axis in 0..d {
            for step in [-1, 1] {
                for at in 0..directions.len() {
                    if directions[at][axis] == 0 {
                        let mut direction = directions[at].clone();
                        direction[axis] = step;
                        directions.push(direction);
                    }
                }
            }
        }
        let below = |cell: u64| {
            let mut below = true;
            self.vertices(cell, |u| below &= u == v || order.lower(u, v));
            below
        };
        let keys = |cell: u64| self.falling_vertices(order, cell).into_iter().map(|u| order.key(u)).collect();
        let mut cells: Vec<(Vec<V::Key>, Vec<i8>, u64)> = (directions.into_iter())
            .filter_map(|direction| Some((self.cell_towards(v, &direction)?, direction)))
            .filter(|&(cell, _)| below(cell))
            .map(|(cell, direction)| (keys(cell), direction, cell))
            .collect();
        cells.sort();
        for (_, direction, cell) in &cells {
            let facets = (0..d).filter(|&axis| direction[axis] != 0).filter_map(|axis| {
                let mut facet = direction.clone();
                facet[axis] = 0;
                cells.iter().position(|(_, other, _)| *other == facet).map(|at| at as u32)
            });
            star.push(*cell, facets);
        }
    }

    fn matching(&self) -> Result<Vec<AtomicU8>, Error> {
        filled(self.n_numbers() as usize, || AtomicU8::new(OUTSIDE))
    }

    fn join(&self, matching: &Vec<AtomicU8>, facet: u64, cofacet: u64) {
        let ((low, facet_kind), (anchor, kind)) = (self.split(facet), self.split(cofacet));
        let byte = matched((kind ^ facet_kind).trailing_zeros() as usize, low != anchor);
        matching[facet as usize].store(byte, Relaxed);
        matching[cofacet as usize].store(byte, Relaxed);
    }

    fn set_critical(&self, matching: &Vec<AtomicU8>, cell: u64) {
        matching[cell as usize].store(CRITICAL, Relaxed);
    }

    #[inline]
    fn partner(&self, matching: &Vec<AtomicU8>, cell: u64) -> Partner {
        let byte = matching[cell as usize].load(Relaxed);
        match byte {
            CRITICAL => Partner::Critical,
            OUTSIDE => Partner::Outside,
            byte => {
                let (axis, upper) = (usize::from(byte - 1) / 2, byte & 1 == 0);
                let (anchor, kind) = self.split(cell);
                let extends = kind >> axis & 1 == 1;
                let anchor = if upper { self.axes.step_inside(anchor, axis, extends) } else { anchor };
                let partner = self.cell(anchor, kind ^ 1 << axis);
                if extends { Partner::Facet(partner) } else { Partner::Cofacet(partner) }
            }
        }
    }

    fn match_lower_stars<V: Value>(&self, order: Order<'_, V>, range: Range<u32>, matching: &Vec<AtomicU8>) {
        match_cubical_stars(&self.axes, order, range, matching);
    }
}

impl Manifold for Cubical {
    fn n_tops(&self) -> usize {
        self.axes.n
    }

    #[inline]
    fn top(&self, number: usize) -> u64 {
        self.cell(number as u32, (1 << self.axes.d()) - 1)
    }

    #[inline]
    fn top_number(&self, cell: u64) -> usize {
        self.split(cell).0 as usize
    }

    #[inline]
    fn cofacets(&self, facet: u64) -> [Option<u64>; 2] {
        let (anchor, facet_kind) = self.split(facet);
        let kind = (1 << self.axes.d()) - 1;
        let axis = (kind ^ facet_kind).trailing_zeros() as usize;
        [Some(anchor), self.axes.step(anchor, axis, false)].map(|anchor| Some(self.cell(anchor?, kind)))
    }
}
