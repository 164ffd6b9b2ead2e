//! The matching of one lower star after another: a discrete gradient, vertex by vertex.

use super::cells::Complex;
use super::lower_star::LowerStar;
use crate::order::{Order, Value};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

/// Matches the cells of the lower stars of a range of vertices: `ProcessLowerStars` of Robins, Wood & Sheppard, "Theory
/// and algorithms for constructing discrete Morse complexes from grayscale digital images", IEEE TPAMI 33, 2011.
///
/// A vertex is matched with its steepest edge. Then, as long as there are any, the first cell (in filtration order) with
/// one unmatched facet in the star is matched with that facet; where there is none, the first cell without unmatched
/// facets becomes critical. Nothing depends on other stars, so vertices may be taken in any order.
///
/// # Complexity
///
/// O(s log s) for a star of s incidences.
pub(super) fn match_lower_stars<C: Complex + ?Sized, V: Value>(
    complex: &C,
    order: Order<'_, V>,
    range: Range<u32>,
    matching: &C::Matching,
) {
    let mut star = LowerStar::new();
    let mut work = Work::default();
    for v in range {
        if order.inside(v) {
            star.clear();
            complex.lower_star(order, v, &mut star);
            work.match_star(
                &star,
                |facet, cofacet| complex.join(matching, facet, cofacet),
                |cell| {
                    complex.set_critical(matching, cell);
                },
            );
        }
    }
}

/// Scratch of one thread.
#[derive(Default)]
struct Work {
    /// Of every cell of the star: whether it is matched or critical, and how many facets are not.
    assigned: Vec<bool>,
    open: Vec<u32>,
    /// The cofacets of every cell, as in compressed rows.
    starts: Vec<u32>,
    cofacets: Vec<u32>,
    /// Cells that have, or have had, one open facet, and none.
    one: BinaryHeap<Reverse<u32>>,
    none: BinaryHeap<Reverse<u32>>,
}

impl Work {
    fn match_star(&mut self, star: &LowerStar, mut join: impl FnMut(u64, u64), mut critical: impl FnMut(u64)) {
        let cells = star.cells();
        if cells.len() == 1 {
            return critical(cells[0]);
        }
        self.prepare(star);
        // The first cell after the vertex is its steepest edge.
        join(cells[0], cells[1]);
        self.assign(0);
        self.assign(1);
        loop {
            if let Some(Reverse(at)) = self.one.pop() {
                if self.assigned[at as usize] {
                    continue;
                }
                let Some(&facet) = star.facets(at as usize).iter().find(|&&facet| !self.assigned[facet as usize])
                else {
                    continue; // it waits among those without open facets
                };
                join(cells[facet as usize], cells[at as usize]);
                self.assign(facet);
                self.assign(at);
            } else if let Some(Reverse(at)) = self.none.pop() {
                if !self.assigned[at as usize] {
                    critical(cells[at as usize]);
                    self.assign(at);
                }
            } else {
                return;
            }
        }
    }

    fn prepare(&mut self, star: &LowerStar) {
        let n = star.cells().len();
        self.assigned.clear();
        self.assigned.resize(n, false);
        self.open.clear();
        self.open.extend((0..n).map(|at| star.facets(at).len() as u32));
        self.starts.clear();
        self.starts.resize(n + 1, 0);
        for &facet in (0..n).flat_map(|at| star.facets(at)) {
            self.starts[facet as usize + 1] += 1;
        }
        for at in 0..n {
            self.starts[at + 1] += self.starts[at];
        }
        self.cofacets.clear();
        self.cofacets.resize(self.starts[n] as usize, 0);
        let mut next = self.starts.clone();
        for at in 0..n {
            for &facet in star.facets(at) {
                self.cofacets[next[facet as usize] as usize] = at as u32;
                next[facet as usize] += 1;
            }
        }
        self.one.clear();
        self.none.clear();
    }

    /// A cell is matched or critical: its cofacets have one open facet less.
    fn assign(&mut self, cell: u32) {
        self.assigned[cell as usize] = true;
        for at in self.starts[cell as usize]..self.starts[cell as usize + 1] {
            let cofacet = self.cofacets[at as usize];
            self.open[cofacet as usize] -= 1;
            if !self.assigned[cofacet as usize] {
                match self.open[cofacet as usize] {
                    0 => self.none.push(Reverse(cofacet)),
                    1 => self.one.push(Reverse(cofacet)),
                    _ => {}
                }
            }
        }
    }
}
