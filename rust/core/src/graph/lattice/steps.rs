//! The steps of a lattice, in the order in which they are taken.

use super::basis::{Basis, Vector};
use super::voronoi::mark_relevant;
use std::f64::consts::PI;

/// Up to this dimension the Voronoi-relevant steps come first: above, there are too many.
pub(super) const MAX_RELEVANT: usize = 4;

/// A pair of opposite steps, spelled by the one that goes forward along the first axis.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) relevant: bool,
    pub(super) squared_length: u128,
    pub(super) vector: Vector,
    /// In the reduced basis.
    pub(super) coefficients: Vector,
}

/// The place of a step among all, as (irrelevant, squared length, vector of the forward step of the pair, backward).
pub(super) type Place = (bool, u128, Vector, bool);

impl Pair {
    fn place(&self) -> Place {
        (!self.relevant, self.squared_length, self.vector, false)
    }
}

/// All steps up to a length.
#[derive(Debug)]
pub(super) struct Steps {
    /// In order; none that can never stay in the cube.
    pub(super) pairs: Vec<Pair>,
    /// The square of that length.
    pub(super) radius: u128,
}

impl Steps {
    /// The first steps: at least `n_pairs` pairs, unless they can never stay in the cube, and all relevant ones.
    pub(super) fn first(basis: &Basis, n: u32, n_pairs: usize) -> Self {
        let d = basis.d;
        let mut radius = expected_radius(n, d, n_pairs);
        loop {
            let mut pairs = collect(basis, None, radius as u128);
            let enough = pairs.len() >= n_pairs;
            if (d > MAX_RELEVANT || mark_relevant(&mut pairs, d)) && enough {
                return Self { pairs: in_order(pairs, n, d), radius: radius as u128 };
            }
            radius = grown(radius, d);
        }
    }

    /// The steps beyond a squared length, until they are, together with those before, at least `n_pairs` pairs.
    pub(super) fn beyond(basis: &Basis, n: u32, inner: u128, n_pairs: usize) -> Self {
        let mut radius = expected_radius(n, basis.d, n_pairs);
        while radius as u128 <= inner {
            radius = grown(radius, basis.d);
        }
        Self { pairs: in_order(collect(basis, Some(inner), radius as u128), n, basis.d), radius: radius as u128 }
    }
}

/// The squared radius of a ball whose volume is that of `2 n_pairs + 1` cells of the lattice.
fn expected_radius(n: u32, d: usize, n_pairs: usize) -> f64 {
    // Volumes of unit balls: V(d) = V(d - 2) 2 pi / d.
    let ball = (1..=d).rev().step_by(2).fold(1.0, |volume, d| volume * if d == 1 { 2.0 } else { 2.0 * PI / d as f64 });
    let cells = (2 * n_pairs + 1) as f64 * f64::from(n).powi(d as i32 - 1);
    (cells / ball).powf(2.0 / d as f64).max(1.0)
}

/// A squared radius whose ball has half as much more volume.
fn grown(radius: f64, d: usize) -> f64 {
    (radius * 1.5f64.powf(2.0 / d as f64)).max(radius + 1.0)
}

fn collect(basis: &Basis, beyond: Option<u128>, radius: u128) -> Vec<Pair> {
    let mut pairs = Vec::new();
    basis.for_each_within(radius, &mut |coefficients, vector, squared_length| {
        if beyond.is_none_or(|inner| squared_length > inner) {
            let forward = if vector[0] < 0 { vector.map(|x| -x) } else { *vector };
            pairs.push(Pair { relevant: false, squared_length, vector: forward, coefficients: *coefficients });
        }
        radius
    });
    pairs
}

fn in_order(mut pairs: Vec<Pair>, n: u32, d: usize) -> Vec<Pair> {
    // A step that is no progress along the first axis has another coordinate of n or more, since the lattice has one
    // point at each of the n places there.
    pairs.retain(|pair| pair.vector[..d].iter().all(|x| x.unsigned_abs() < u64::from(n)));
    pairs.sort_unstable_by_key(Pair::place);
    debug_assert!(pairs.iter().all(|pair| pair.vector[0] > 0));
    pairs
}
