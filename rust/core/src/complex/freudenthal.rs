//! Freudenthal (Kuhn) triangulations of grids: every cube is cut into d! simplices along its monotone paths.

use super::axes::Axes;
use super::cells::{Complex, Manifold, Partner};
use super::lower_star::LowerStar;
use crate::Error;
use crate::memory::filled;
use crate::order::{Order, Value};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// The Freudenthal (Kuhn) triangulation of a regular grid with one to four axes, vertices in C order (Freudenthal,
/// "Simplizialzerlegungen von beschränkter Flachheit", 1942). Nothing is stored but the shape.
///
/// The vertices of a simplex are its *anchor* and the anchor plus one step along the axes of each set in a rising chain of
/// sets of axes, its *type*. The number of a simplex is its anchor times the number of types (2, 6, 26 or 150) plus its
/// type.
///
/// # Example
///
/// ```
/// use morsebar_core::complex::{Complex, Freudenthal};
/// let grid = Freudenthal::new(&[3, 3], &[false, false])?;
/// let triangle = 5; // the last type, of the anchor 0
/// let mut corners = Vec::new();
/// grid.vertices(triangle, |v| corners.push(v));
/// assert_eq!((grid.degree(triangle), corners), (2, vec![0, 1, 4]));
/// # Ok::<(), morsebar_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Freudenthal {
    axes: Axes,
    /// Every type: its chain of sets of axes.
    kinds: Vec<Vec<u8>>,
    /// Of every type, every facet: the step to its anchor and its type.
    facets: Vec<Vec<(u8, u32)>>,
    /// Of every type, every cofacet: the step from its anchor to here, its type, and which of its facets this is.
    cofacets: Vec<Vec<(u8, u32, u8)>>,
    star: Vec<StarCell>,
}

/// A cell of the star of a vertex.
#[derive(Debug, Clone)]
struct StarCell {
    /// The step from the anchor of the cell to the vertex.
    back: u8,
    kind: u32,
    /// The other vertices, as a mask of directions from the vertex: see [`direction`].
    others: u32,
    /// The places in the star of the facets that contain the vertex.
    facets: Vec<u32>,
}

/// A cell without a partner.
const CRITICAL: u8 = 0;
/// Not a cell, or not in the domain.
const OUTSIDE: u8 = u8::MAX;
/// A cell matched with its i-th facet has state `FACET + i`.
const FACET: u8 = 1;
/// A cell matched with its i-th cofacet has state `COFACET + i`.
const COFACET: u8 = 6;

/// The number of the direction one step up (or down) a set of axes.
const fn direction(set: u8, up: bool) -> u32 {
    2 * (set as u32 - 1) + up as u32
}

impl Freudenthal {
    /// The triangulation of a grid, each axis periodic or not.
    ///
    /// # Errors
    ///
    /// [`Error::Complex`] for none or more than four axes, a `periodic` of another length, and a periodic axis of one or
    /// two vertices; [`Error::TooManyVertices`].
    pub fn new(shape: &[usize], periodic: &[bool]) -> Result<Self, Error> {
        let axes = Axes::new(shape, periodic)?;
        let kinds = chains(axes.d());
        let number = |chain: &[u8]| kinds.iter().position(|kind| kind == chain).unwrap_or_default() as u32;
        let facets: Vec<Vec<(u8, u32)>> = kinds.iter().map(|chain| facets_of(chain, number)).collect();
        let mut cofacets = vec![Vec::new(); kinds.len()];
        for (kind, list) in facets.iter().enumerate() {
            for (at, &(step, facet)) in list.iter().enumerate() {
                cofacets[facet as usize].push((step, kind as u32, at as u8));
            }
        }
        let star = star(&kinds, &facets);
        Ok(Self { axes, kinds, facets, cofacets, star })
    }

    #[inline]
    fn split(&self, cell: u64) -> (u32, u32) {
        let kinds = self.kinds.len() as u64;
        ((cell / kinds) as u32, (cell % kinds) as u32)
    }

    #[inline]
    fn cell(&self, anchor: u32, kind: u32) -> u64 {
        u64::from(anchor) * self.kinds.len() as u64 + u64::from(kind)
    }

    /// One step along every axis of a set, if it stays.
    fn step(&self, mut v: u32, set: u8, up: bool) -> Option<u32> {
        for axis in (0..self.axes.d()).filter(|axis| set >> axis & 1 == 1) {
            v = self.axes.step(v, axis, up)?;
        }
        Some(v)
    }

    /// One step that is known to stay.
    fn step_inside(&self, mut v: u32, set: u8, up: bool) -> u32 {
        for axis in (0..self.axes.d()).filter(|axis| set >> axis & 1 == 1) {
            v = self.axes.step_inside(v, axis, up);
        }
        v
    }
}

/// All chains of non-empty sets of axes, the shorter first.
fn chains(d: usize) -> Vec<Vec<u8>> {
    let mut chains: Vec<Vec<u8>> = vec![vec![]];
    let mut at = 0;
    while at < chains.len() {
        let last = chains[at].last().copied().unwrap_or(0);
        for set in last + 1..1 << d {
            if set & last == last {
                let mut longer = chains[at].clone();
                longer.push(set);
                chains.push(longer);
            }
        }
        at += 1;
    }
    chains
}

/// The facets of a type: the step to the anchor of each, and its type.
fn facets_of(chain: &[u8], number: impl Fn(&[u8]) -> u32) -> Vec<(u8, u32)> {
    let Some(&first) = chain.first() else { return Vec::new() };
    let without_anchor: Vec<u8> = chain[1..].iter().map(|set| set ^ first).collect();
    let others = (0..chain.len()).map(|at| {
        let mut shorter = chain.to_vec();
        shorter.remove(at);
        (0, number(&shorter))
    });
    std::iter::once((first, number(&without_anchor))).chain(others).collect()
}

/// The cells that contain a vertex.
fn star(kinds: &[Vec<u8>], facets: &[Vec<(u8, u32)>]) -> Vec<StarCell> {
    let mut star: Vec<StarCell> = Vec::new();
    for (kind, chain) in kinds.iter().enumerate() {
        let corners: Vec<u8> = std::iter::once(0).chain(chain.iter().copied()).collect();
        for (place, &back) in corners.iter().enumerate() {
            let others = (corners.iter().enumerate()).filter(|&(other, _)| other != place);
            let others = others.map(|(other, &set)| 1u32 << direction(set ^ back, other > place)).sum();
            // Facets that contain the vertex leave out another one; they are of lower dimension and stand before.
            let facets = (facets[kind].iter().enumerate()).filter(|&(left_out, _)| left_out != place);
            let facets = facets.filter_map(|(_, &(step, facet))| {
                star.iter().position(|cell| cell.kind == facet && cell.back == back ^ step).map(|at| at as u32)
            });
            let facets = facets.collect();
            star.push(StarCell { back, kind: kind as u32, others, facets });
        }
    }
    star
}

impl Complex for Freudenthal {
    type Matching = Vec<AtomicU8>;

    fn dimension(&self) -> usize {
        self.axes.d()
    }

    fn n_vertices(&self) -> usize {
        self.axes.n
    }

    fn n_numbers(&self) -> u64 {
        self.axes.n as u64 * self.kinds.len() as u64
    }

    fn vertex(&self, v: u32) -> u64 {
        self.cell(v, 0)
    }

    fn degree(&self, cell: u64) -> usize {
        self.kinds[self.split(cell).1 as usize].len()
    }

    fn vertices(&self, cell: u64, mut visit: impl FnMut(u32)) {
        let (anchor, kind) = self.split(cell);
        visit(anchor);
        self.kinds[kind as usize].iter().for_each(|&set| visit(self.step_inside(anchor, set, true)));
    }

    fn boundary(&self, cell: u64, mut visit: impl FnMut(u64, i64)) {
        let (anchor, kind) = self.split(cell);
        let mut sign = 1;
        for &(step, facet) in &self.facets[kind as usize] {
            visit(self.cell(self.step_inside(anchor, step, true), facet), sign);
            sign = -sign;
        }
    }

    fn lower_star<V: Value>(&self, order: Order<'_, V>, v: u32, star: &mut LowerStar) {
        let sets = 1u8..1 << self.axes.d();
        let mut lower: Vec<(V::Key, u32)> = sets
            .flat_map(|set| [(set, false), (set, true)])
            .filter_map(|(set, up)| Some((self.step(v, set, up)?, direction(set, up))))
            .filter(|&(u, _)| order.lower(u, v))
            .map(|(u, direction)| (order.key(u), direction))
            .collect();
        lower.sort_unstable();
        let mut rank = [0u32; 32];
        let mut there = 0u32;
        for (at, &(_, direction)) in lower.iter().enumerate() {
            rank[direction as usize] = 1 << at;
            there |= 1 << direction;
        }
        // A mask of ranks sorts like the falling list of the vertices.
        let ranks = |mut others: u32| {
            let mut ranks = 0;
            while others != 0 {
                ranks |= rank[others.trailing_zeros() as usize];
                others &= others - 1;
            }
            ranks
        };
        let mut cells: Vec<(u32, u32)> = (self.star.iter().enumerate())
            .filter(|(_, cell)| cell.others & !there == 0)
            .map(|(at, cell)| (ranks(cell.others), at as u32))
            .collect();
        cells.sort_unstable();
        let mut place = vec![u32::MAX; self.star.len()];
        for (at, &(_, cell)) in cells.iter().enumerate() {
            place[cell as usize] = at as u32;
        }
        for &(_, cell) in &cells {
            let cell = &self.star[cell as usize];
            let anchor = self.step_inside(v, cell.back, false);
            star.push(self.cell(anchor, cell.kind), cell.facets.iter().map(|&facet| place[facet as usize]));
        }
    }

    fn matching(&self) -> Result<Vec<AtomicU8>, Error> {
        filled(self.n_numbers() as usize, || AtomicU8::new(OUTSIDE))
    }

    fn join(&self, matching: &Vec<AtomicU8>, facet: u64, cofacet: u64) {
        let ((low, facet_kind), (anchor, kind)) = (self.split(facet), self.split(cofacet));
        // No two facets of a simplex are of one type and anchor, but two may be of one type.
        let same = |&(step, at): &(u8, u32)| at == facet_kind && self.step_inside(anchor, step, true) == low;
        let which = self.facets[kind as usize].iter().position(same).unwrap_or_default() as u8;
        let back = |&(_, at, facet): &(u8, u32, u8)| at == kind && facet == which;
        let up = self.cofacets[facet_kind as usize].iter().position(back).unwrap_or_default() as u8;
        matching[cofacet as usize].store(FACET + which, Relaxed);
        matching[facet as usize].store(COFACET + up, Relaxed);
    }

    fn set_critical(&self, matching: &Vec<AtomicU8>, cell: u64) {
        matching[cell as usize].store(CRITICAL, Relaxed);
    }

    fn partner(&self, matching: &Vec<AtomicU8>, cell: u64) -> Partner {
        let (anchor, kind) = self.split(cell);
        match matching[cell as usize].load(Relaxed) {
            CRITICAL => Partner::Critical,
            OUTSIDE => Partner::Outside,
            byte if byte < COFACET => {
                let (step, facet) = self.facets[kind as usize][usize::from(byte - FACET)];
                Partner::Facet(self.cell(self.step_inside(anchor, step, true), facet))
            }
            byte => {
                let (step, cofacet, _) = self.cofacets[kind as usize][usize::from(byte - COFACET)];
                Partner::Cofacet(self.cell(self.step_inside(anchor, step, false), cofacet))
            }
        }
    }
}

impl Freudenthal {
    /// The number of simplices that share an anchor and fill a cube, d!, the last of the types.
    fn tops(&self) -> u64 {
        (1..=self.axes.d() as u64).product()
    }
}

impl Manifold for Freudenthal {
    fn n_tops(&self) -> usize {
        self.axes.n * self.tops() as usize
    }

    fn top(&self, number: usize) -> u64 {
        let (number, tops) = (number as u64, self.tops());
        self.cell((number / tops) as u32, (self.kinds.len() as u64 - tops + number % tops) as u32)
    }

    fn top_number(&self, cell: u64) -> usize {
        let ((anchor, kind), tops) = (self.split(cell), self.tops());
        (u64::from(anchor) * tops + u64::from(kind) - (self.kinds.len() as u64 - tops)) as usize
    }

    fn cofacets(&self, facet: u64) -> [Option<u64>; 2] {
        let (anchor, kind) = self.split(facet);
        let list = &self.cofacets[kind as usize];
        [0, 1].map(|at| {
            let &(step, cofacet, _) = list.get(at)?;
            Some(self.cell(self.step(anchor, step, false)?, cofacet))
        })
    }
}
