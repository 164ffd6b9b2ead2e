//! The V-paths at saddles, as polylines.

use super::gradient::Gradient;
use crate::complex::{Complex, Manifold, Partner};
use crate::order::{Order, Value};

/// A V-path between a saddle and an extremum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Separatrix {
    /// The critical cell where it starts, by its place in filtration order.
    pub saddle: u32,
    /// The minimum or maximum where it ends; [`None`] if it leaves the complex.
    pub extremum: Option<u32>,
    /// The polyline: the highest vertex of every cell on the path, from the saddle on, repetitions left out.
    pub vertices: Vec<u32>,
}

/// The two V-paths down from a critical edge to minima; none for any other cell.
///
/// # Complexity
///
/// O(1) a vertex of the paths.
pub fn separatrices<C: Complex>(gradient: &Gradient<C>, edge: u32) -> Vec<Separatrix> {
    let complex = gradient.complex();
    if gradient.degree(edge) != 1 {
        return Vec::new();
    }
    let mut ends = Vec::with_capacity(2);
    complex.vertices(gradient.cells()[edge as usize], |v| ends.push(v));
    let descend = |mut v: u32| {
        let mut vertices = vec![gradient.vertices()[edge as usize]];
        loop {
            if vertices.last() != Some(&v) {
                vertices.push(v);
            }
            match gradient.partner(complex.vertex(v)) {
                Partner::Cofacet(next) => {
                    let here = v;
                    complex.vertices(next, |u| v = if u == here { v } else { u });
                }
                _ => return Separatrix { saddle: edge, extremum: gradient.place(complex.vertex(v)), vertices },
            }
        }
    };
    ends.into_iter().map(descend).collect()
}

/// The V-paths up from a critical facet of top cells to maxima, one on each side where there is a top cell; none for any
/// other cell, and none in one dimension, where facets are minima.
///
/// # Complexity
///
/// O(1) a vertex of the paths.
pub fn ascending_separatrices<C: Manifold, V: Value>(
    gradient: &Gradient<C>,
    order: Order<'_, V>,
    facet: u32,
) -> Vec<Separatrix> {
    let complex = gradient.complex();
    if complex.dimension() < 2 || gradient.degree(facet) + 1 != complex.dimension() {
        return Vec::new();
    }
    let ascend = |start: u64| {
        let mut vertices = vec![gradient.vertices()[facet as usize]];
        let mut next = Some(start);
        // None but the last is critical.
        let mut extremum = None;
        while let Some(top) = next.filter(|&top| gradient.partner(top) != Partner::Outside) {
            let mut highest = None;
            complex.vertices(top, |v| highest = Some(highest.map_or(v, |u| order.max(u, v))));
            vertices.extend(highest.filter(|v| vertices.last() != Some(v)));
            next = gradient.facet_of(top).and_then(|facet| complex.across(facet, top));
            extremum = gradient.place(top);
        }
        Separatrix { saddle: facet, extremum, vertices }
    };
    let sides = complex.cofacets(gradient.cells()[facet as usize]);
    sides.into_iter().flatten().filter(|&top| gradient.partner(top) != Partner::Outside).map(ascend).collect()
}
