//! Where gradients end: a minimum for every vertex, a maximum for every top cell.

use super::gradient::Gradient;
use crate::chunks::CHUNK;
use crate::complex::{Complex, Manifold, Partner};
use crate::merge_tree::descent::settle;
use crate::{Error, Monitor, NONE};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

/// Steps between two looks at the monitor, and at the steps of all threads.
const LOOK: usize = 1 << 10;

/// The minimum that every vertex descends to: the ascending manifolds of the minima.
///
/// # Returns
///
/// Of every vertex, the vertex that is the minimum; [`NONE`] outside the domain.
///
/// # Errors
///
/// [`Error::Interrupted`].
///
/// # Complexity
///
/// O(n log n), 4 bytes a vertex.
pub fn labels<C: Complex>(gradient: &Gradient<C>, monitor: &Monitor) -> Result<Vec<u32>, Error> {
    ends(gradient.complex().n_vertices(), |v| next_vertex(gradient, v), monitor)
}

/// The maximum that every top cell ascends to: the descending manifolds of the maxima.
///
/// # Returns
///
/// Of the number of every top cell, that of the maximum; [`NONE`] for a cell that is outside, or ascends to the outside.
///
/// # Errors
///
/// [`Error::TooManyCells`], [`Error::Interrupted`].
///
/// # Complexity
///
/// O(n log n) for n top cells, 4 bytes each.
pub fn top_labels<C: Manifold>(gradient: &Gradient<C>, monitor: &Monitor) -> Result<Vec<u32>, Error> {
    ends(n_tops(gradient)?, |number| next_top(gradient, number), monitor)
}

/// The [`labels`] of some vertices.
///
/// # Complexity
///
/// That of all labels at most; less where the ways are short, or few.
pub(super) fn labels_of<C: Complex>(
    gradient: &Gradient<C>,
    vertices: &[u32],
    monitor: &Monitor,
) -> Result<Vec<u32>, Error> {
    ends_of(vertices, gradient.complex().n_vertices(), |v| next_vertex(gradient, v), monitor)
}

/// The [`top_labels`] of some top cells, [`NONE`] of none.
pub(super) fn top_labels_of<C: Manifold>(
    gradient: &Gradient<C>,
    tops: &[u32],
    monitor: &Monitor,
) -> Result<Vec<u32>, Error> {
    ends_of(tops, n_tops(gradient)?, |number| next_top(gradient, number), monitor)
}

/// The number of top cells, which labels must be able to hold.
fn n_tops<C: Manifold>(gradient: &Gradient<C>) -> Result<usize, Error> {
    let n = gradient.complex().n_tops();
    if u32::try_from(n).is_ok() { Ok(n) } else { Err(Error::TooManyCells { n }) }
}

/// The vertex that the gradient leads to from a vertex; a minimum leads to itself, the outside nowhere.
fn next_vertex<C: Complex>(gradient: &Gradient<C>, v: u32) -> u32 {
    let complex = gradient.complex();
    match gradient.partner(complex.vertex(v)) {
        Partner::Critical => v,
        Partner::Cofacet(edge) => {
            let mut other = NONE;
            complex.vertices(edge, |u| other = if u == v { other } else { u });
            other
        }
        Partner::Facet(_) | Partner::Outside => NONE,
    }
}

/// The top cell that the gradient comes from; a maximum comes from itself.
fn next_top<C: Manifold>(gradient: &Gradient<C>, number: u32) -> u32 {
    let complex = gradient.complex();
    let top = complex.top(number as usize);
    match gradient.partner(top) {
        Partner::Critical => number,
        Partner::Facet(facet) => match complex.across(facet, top) {
            Some(next) if gradient.partner(next) != Partner::Outside => complex.top_number(next) as u32,
            _ => NONE,
        },
        Partner::Cofacet(_) | Partner::Outside => NONE,
    }
}

/// Where the way from every one of `0..n` ends.
fn ends(n: usize, next: impl Fn(u32) -> u32 + Sync, monitor: &Monitor) -> Result<Vec<u32>, Error> {
    let pointers: Vec<AtomicU32> =
        (0..n as u32).into_par_iter().with_min_len(CHUNK).map(|at| AtomicU32::new(next(at))).collect();
    settle(&pointers, monitor)?;
    Ok(pointers.into_iter().map(AtomicU32::into_inner).collect())
}

/// Where the ways from `starts` end: each is walked alone, unless that takes more than `n` steps in all.
fn ends_of(starts: &[u32], n: usize, next: impl Fn(u32) -> u32 + Sync, monitor: &Monitor) -> Result<Vec<u32>, Error> {
    let taken = AtomicUsize::new(0);
    let walk = |&start: &u32| {
        let (mut at, mut steps) = (start, 0);
        while at != NONE {
            let to = next(at);
            if to == at {
                break;
            }
            at = to;
            steps += 1;
            if steps % LOOK == 0 {
                monitor.check()?;
                if taken.fetch_add(LOOK, Relaxed) > n {
                    return Ok(None);
                }
            }
        }
        taken.fetch_add(steps % LOOK, Relaxed);
        Ok((taken.load(Relaxed) <= n).then_some(at))
    };
    let walked: Option<Vec<u32>> = starts.par_iter().map(walk).collect::<Result<_, Error>>()?;
    if let Some(walked) = walked {
        return Ok(walked);
    }
    let ends = ends(n, next, monitor)?;
    Ok(starts.iter().map(|&start| if start == NONE { NONE } else { ends[start as usize] }).collect())
}
