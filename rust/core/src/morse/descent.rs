//! Down from a critical cell along V-paths, all of them at once.

use super::gradient::Gradient;
use crate::canonical::{Column, Field};
use crate::complex::{Complex, Partner};
use crate::{Error, Monitor};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// Coefficients of chains: what V-paths are counted in.
pub trait Ring: Sync {
    /// A coefficient.
    type Element: Clone + PartialEq + Send + Sync;
    /// The image of 1.
    fn one(&self) -> Self::Element;
    /// Whether a coefficient is 0.
    fn is_zero(&self, x: &Self::Element) -> bool;
    /// `x + y`, [`None`] if it cannot be held.
    fn add(&self, x: &Self::Element, y: &Self::Element) -> Option<Self::Element>;
    /// `-x`, [`None`] if it cannot be held.
    fn neg(&self, x: &Self::Element) -> Option<Self::Element>;
}

/// The integers that 64 bits hold; what goes beyond is noticed.
#[derive(Debug, Clone, Copy)]
pub struct Integers;

impl Ring for Integers {
    type Element = i64;
    fn one(&self) -> i64 {
        1
    }
    fn is_zero(&self, &x: &i64) -> bool {
        x == 0
    }
    fn add(&self, x: &i64, y: &i64) -> Option<i64> {
        x.checked_add(*y)
    }
    fn neg(&self, x: &i64) -> Option<i64> {
        x.checked_neg()
    }
}

impl<F: Field> Ring for F {
    type Element = F::Element;
    fn one(&self) -> F::Element {
        self.from_i64(1)
    }
    fn is_zero(&self, x: &F::Element) -> bool {
        Field::is_zero(self, x)
    }
    fn add(&self, x: &F::Element, y: &F::Element) -> Option<F::Element> {
        Some(Field::add(self, x, y))
    }
    fn neg(&self, x: &F::Element) -> Option<F::Element> {
        Some(Field::neg(self, x))
    }
}

/// The boundary of every critical cell in the Morse complex: of two critical cells whose degrees differ by one, the
/// number of V-paths from one to the other, counted with signs (Forman 1998).
///
/// Columns in filtration order, rows rising, zeros left out.
///
/// # Errors
///
/// [`Error::Coefficient`] names the first cell with a coefficient that the ring does not hold; [`Error::Interrupted`].
///
/// # Complexity
///
/// The cells that each critical cell flows down to are seen once: dynamic programming, not enumeration of paths, of which
/// there may be exponentially many.
pub fn boundary<C: Complex, R: Ring>(
    gradient: &Gradient<C>,
    ring: &R,
    monitor: &Monitor,
) -> Result<Vec<Column<R::Element>>, Error> {
    monitor.expect(gradient.len() as u64);
    let columns = (0..gradient.len() as u32).into_par_iter().map_init(Descent::new, |descent, at| {
        monitor.check()?;
        monitor.advance(1);
        descent.boundary(gradient, at, ring)
    });
    columns.collect()
}

/// Cells and their coefficients, rising by cell, zeros left out.
pub type Chain<E> = Vec<(u64, E)>;

/// Chains of critical cells as chains of cells of the complex: the map of chain complexes that sends a critical cell to
/// itself and all that it flows through, and commutes with the boundaries.
///
/// # Errors
///
/// [`Error::Coefficient`], [`Error::Interrupted`].
///
pub fn lift<C: Complex, R: Ring>(
    gradient: &Gradient<C>,
    chains: &[Column<R::Element>],
    ring: &R,
    multiply: impl Fn(&R::Element, &R::Element) -> Option<R::Element> + Sync,
    monitor: &Monitor,
) -> Result<Vec<Chain<R::Element>>, Error> {
    let lifted = chains.par_iter().map_init(Descent::new, |descent, chain| {
        let mut sum: Vec<(u64, R::Element)> = Vec::new();
        for (at, factor) in chain {
            monitor.check()?;
            let overflow = || gradient.overflow(*at);
            for (cell, coefficient) in descent.flow(gradient, *at, ring)? {
                sum.push((cell, multiply(factor, &coefficient).ok_or_else(overflow)?));
            }
        }
        sum.sort_by_key(|&(cell, _)| cell);
        let mut chain: Chain<R::Element> = Vec::with_capacity(sum.len());
        for (cell, coefficient) in sum {
            match chain.last_mut() {
                Some(last) if last.0 == cell => {
                    last.1 = ring.add(&last.1, &coefficient).ok_or(Error::Coefficient { cell: 0, number: cell })?;
                }
                _ => chain.push((cell, coefficient)),
            }
        }
        chain.retain(|(_, coefficient)| !ring.is_zero(coefficient));
        Ok(chain)
    });
    lifted.collect()
}

impl<C: Complex> Gradient<C> {
    fn overflow(&self, at: u32) -> Error {
        Error::Coefficient { cell: at as usize, number: self.cells()[at as usize] }
    }
}

/// A facet on the way down, with the cofacet it is matched with.
struct Step {
    cofacet: u64,
    /// The sign of the facet in the boundary of the cofacet.
    sign: i64,
    /// How many arrivals are still to come.
    waiting: u32,
    /// Where its ways on end in [`Descent::ways`]; they start where those before end.
    end: u32,
}

/// The part of the complex that one critical cell flows through, as a graph: steps, and the critical cells at the end.
/// Memory is kept from one cell to the next.
pub(super) struct Descent {
    slots: FxHashMap<u64, u32>,
    steps: Vec<Step>,
    /// Ways from step to step: the slot of the next, and the sign of its facet.
    ways: Vec<(u32, i64)>,
    /// Ways that end at critical cells: the slot they come from, the critical cell, the sign.
    arrivals: Vec<(u32, u32, i64)>,
    ready: Vec<u32>,
}

impl Descent {
    pub(super) fn new() -> Self {
        Self { slots: FxHashMap::default(), steps: vec![], ways: vec![], arrivals: vec![], ready: vec![] }
    }

    /// Collects all steps below a critical cell. Slot 0 is the cell itself.
    fn explore<C: Complex>(&mut self, gradient: &Gradient<C>, cell: u64) {
        self.slots.clear();
        self.steps.clear();
        self.ways.clear();
        self.arrivals.clear();
        self.steps.push(Step { cofacet: cell, sign: 0, waiting: 0, end: 0 });
        let mut at = 0;
        // Steps are gone through in the order in which they were found.
        while at < self.steps.len() {
            let cofacet = self.steps[at].cofacet;
            let (slots, steps, ways, arrivals) = (&mut self.slots, &mut self.steps, &mut self.ways, &mut self.arrivals);
            let mut entered = 0;
            let come_from = gradient.facet_of(cofacet);
            gradient.complex().boundary(cofacet, |facet, sign| {
                if Some(facet) == come_from {
                    entered = sign;
                    return;
                }
                match gradient.partner(facet) {
                    Partner::Cofacet(next) => {
                        let slot = match slots.entry(facet) {
                            Entry::Occupied(slot) => *slot.get(),
                            Entry::Vacant(slot) => {
                                steps.push(Step { cofacet: next, sign: 0, waiting: 0, end: 0 });
                                *slot.insert(steps.len() as u32 - 1)
                            }
                        };
                        steps[slot as usize].waiting += 1;
                        ways.push((slot, sign));
                    }
                    Partner::Critical => {
                        arrivals.extend(gradient.place(facet).map(|place| (at as u32, place, sign)));
                    }
                    Partner::Facet(_) | Partner::Outside => {}
                }
            });
            self.steps[at].sign = entered;
            self.steps[at].end = self.ways.len() as u32;
            at += 1;
        }
    }

    /// The coefficient of the cofacet of every step in the flow; that of the cell itself is 1.
    fn coefficients<R: Ring>(&mut self, ring: &R) -> Option<Vec<R::Element>> {
        // What has arrived at a facet so far; then the coefficient of its cofacet.
        let mut sums: Vec<Option<R::Element>> = vec![None; self.steps.len()];
        sums[0] = Some(ring.one());
        self.ready.clear();
        self.ready.push(0);
        while let Some(slot) = self.ready.pop() {
            let at = slot as usize;
            let (sign, end) = (self.steps[at].sign, self.steps[at].end);
            let start = if at == 0 { 0 } else { self.steps[at - 1].end };
            let mut coefficient = sums[at].clone()?;
            // The cofacet takes the facet out of the boundary.
            if sign == 1 {
                coefficient = ring.neg(&coefficient)?;
            }
            for &(next, sign) in &self.ways[start as usize..end as usize] {
                let term = if sign == 1 { coefficient.clone() } else { ring.neg(&coefficient)? };
                let sum = &mut sums[next as usize];
                *sum = Some(match sum {
                    Some(sum) => ring.add(sum, &term)?,
                    None => term,
                });
                let step = &mut self.steps[next as usize];
                step.waiting -= 1;
                if step.waiting == 0 {
                    self.ready.push(next);
                }
            }
            sums[at] = Some(coefficient);
        }
        sums.into_iter().collect()
    }

    /// The boundary of a critical cell in the Morse complex.
    pub(super) fn boundary<C: Complex, R: Ring>(
        &mut self,
        gradient: &Gradient<C>,
        at: u32,
        ring: &R,
    ) -> Result<Column<R::Element>, Error> {
        self.explore(gradient, gradient.cells()[at as usize]);
        let overflow = || gradient.overflow(at);
        let coefficients = self.coefficients(ring).ok_or_else(overflow)?;
        self.arrivals.sort_unstable_by_key(|&(_, place, _)| place);
        let mut column: Column<R::Element> = Vec::new();
        for &(slot, place, sign) in &self.arrivals {
            let coefficient = &coefficients[slot as usize];
            let term = if sign == 1 { coefficient.clone() } else { ring.neg(coefficient).ok_or_else(overflow)? };
            match column.last_mut() {
                Some((last, sum)) if *last == place => *sum = ring.add(sum, &term).ok_or_else(overflow)?,
                _ => column.push((place, term)),
            }
        }
        column.retain(|(_, coefficient)| !ring.is_zero(coefficient));
        Ok(column)
    }

    /// A critical cell and the cells that it flows through, with their coefficients.
    fn flow<C: Complex, R: Ring>(
        &mut self,
        gradient: &Gradient<C>,
        at: u32,
        ring: &R,
    ) -> Result<impl Iterator<Item = (u64, R::Element)>, Error> {
        self.explore(gradient, gradient.cells()[at as usize]);
        let coefficients = self.coefficients(ring).ok_or_else(|| gradient.overflow(at))?;
        Ok(self.steps.iter().map(|step| step.cofacet).zip(coefficients))
    }
}

impl<C: Complex> Gradient<C> {
    /// The facet that a cell is matched with.
    pub(super) fn facet_of(&self, cell: u64) -> Option<u64> {
        if let Partner::Facet(facet) = self.partner(cell) { Some(facet) } else { None }
    }
}
