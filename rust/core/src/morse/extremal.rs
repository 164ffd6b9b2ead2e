//! Pairs of degree 0 and, on manifolds, of the top degree: a union-find over extrema, no matrix.

use super::gradient::Gradient;
use super::labels::{labels_of, top_labels_of};
use crate::chunks::CHUNK;
use crate::complex::{Complex, Manifold};
use crate::union_find::UnionFind;
use crate::{Error, Monitor, NONE};

/// A minimum and the critical edge at which its component meets an older one.
///
/// # Complexity
///
/// O(n log n) for n vertices at worst; O(s log s) for s saddles with short ways.
pub(super) fn minimum_pairs<C: Complex>(gradient: &Gradient<C>, monitor: &Monitor) -> Result<Vec<(u32, u32)>, Error> {
    let complex = gradient.complex();
    let edges = gradient.of_degree(1);
    let mut ends = Vec::with_capacity(2 * edges.len());
    for &edge in &edges {
        complex.vertices(gradient.cells()[edge as usize], |v| ends.push(v));
    }
    let minimum = |v: u32| if v == NONE { None } else { gradient.place(complex.vertex(v)) };
    let minima = labels_of(gradient, &ends, monitor)?.into_iter().map(minimum);
    // Of two minima the older is the lower.
    elder_pairs(gradient.len(), &edges, minima, |a, b| a < b, monitor)
}

/// A critical facet of top cells and the maximum that it separates from a higher one, or from the outside: Alexander
/// duality, maxima are the minima of the dual graph read from the top, and the outside is the highest of all.
///
/// # Complexity
///
/// As [`minimum_pairs`].
pub(super) fn maximum_pairs<C: Manifold>(gradient: &Gradient<C>, monitor: &Monitor) -> Result<Vec<(u32, u32)>, Error> {
    let complex = gradient.complex();
    let mut facets = gradient.of_degree(complex.dimension() - 1);
    facets.reverse();
    let number = |top: Option<u64>| top.map_or(NONE, |top| complex.top_number(top) as u32);
    let sides = facets.iter().flat_map(|&facet| complex.cofacets(gradient.cells()[facet as usize]).map(number));
    let sides: Vec<u32> = sides.collect();
    let maximum = |number: u32| if number == NONE { None } else { gradient.place(complex.top(number as usize)) };
    let maxima = top_labels_of(gradient, &sides, monitor)?.into_iter().map(maximum);
    let pairs = elder_pairs(gradient.len(), &facets, maxima, |a, b| a > b, monitor)?;
    Ok(pairs.into_iter().map(|(maximum, facet)| (facet, maximum)).collect())
}

/// Merges extrema along saddles, in the order given, by the elder rule. Every saddle has two extrema; [`None`] is one
/// more, the eldest.
fn elder_pairs(
    n: usize,
    saddles: &[u32],
    mut extrema: impl Iterator<Item = Option<u32>>,
    older: impl Fn(u32, u32) -> bool,
    monitor: &Monitor,
) -> Result<Vec<(u32, u32)>, Error> {
    let eldest = n as u32;
    let mut components = UnionFind::new(n + 1);
    monitor.expect(saddles.len() as u64);
    let mut pairs = Vec::new();
    for (at, &saddle) in saddles.iter().enumerate() {
        if at % CHUNK == 0 {
            monitor.check()?;
            monitor.advance(CHUNK.min(saddles.len() - at) as u64);
        }
        let mut next = || components.find(extrema.next().flatten().unwrap_or(eldest));
        let (a, b) = (next(), next());
        if a != b {
            let (elder, younger) = if a == eldest || (b != eldest && older(a, b)) { (a, b) } else { (b, a) };
            components.hang(younger, elder);
            pairs.push((younger, saddle));
        }
    }
    Ok(pairs)
}
