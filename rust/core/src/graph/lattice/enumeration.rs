//! All vectors of a lattice up to a length.

use super::basis::{Basis, Vector, squared_length};
use super::lattice::MAX_DIMENSION;

/// Squared lengths in the tree are rounded; this much more is searched, and lengths are then compared exactly.
const SLACK: f64 = 1.0 + 1e-9;

impl Basis {
    /// Calls `visit(coefficients, vector, squared length)` for one of every pair of opposite vectors, 0 left out, whose
    /// squared length is at most the bound, which is replaced by what `visit` returns.
    ///
    /// Method: a search of the coefficients from the last to the first, outwards from the best (Schnorr & Euchner 1994).
    pub(super) fn for_each_within(&self, bound: u128, visit: &mut impl FnMut(&Vector, &Vector, u128) -> u128) {
        let mut search = Search { basis: self, bound, visit, coefficients: [0; MAX_DIMENSION] };
        search.descend(self.d, 0.0, true);
    }

    /// A shortest vector except 0.
    pub(super) fn shortest(&self) -> Vector {
        let mut best = self.rows[0];
        self.for_each_within(squared_length(&best) - 1, &mut |_, vector, length| {
            best = *vector;
            length - 1
        });
        best
    }
}

struct Search<'a, F> {
    basis: &'a Basis,
    bound: u128,
    visit: &'a mut F,
    coefficients: Vector,
}

impl<F: FnMut(&Vector, &Vector, u128) -> u128> Search<'_, F> {
    /// Chooses the coefficients below `level`, those from it on being chosen, and all 0 or not.
    fn descend(&mut self, level: usize, length: f64, all_zero: bool) {
        let Some(level) = level.checked_sub(1) else {
            let vector = self.basis.vector(&self.coefficients);
            let exact = squared_length(&vector);
            if !all_zero && exact <= self.bound {
                self.bound = (self.visit)(&self.coefficients, &vector, exact);
            }
            return;
        };
        let center: f64 =
            -(level + 1..self.basis.d).map(|l| self.coefficients[l] as f64 * self.basis.mu[l][level]).sum::<f64>();
        let nearest = center.round();
        let mut outward = if center >= nearest { 1.0 } else { -1.0 };
        let (mut choice, mut width) = (nearest, 0.0);
        loop {
            let off = choice - center;
            let longer = off * off * self.basis.lengths[level] + length;
            if longer > self.bound as f64 * SLACK {
                break;
            }
            self.coefficients[level] = choice as i64;
            self.descend(level, longer, all_zero && choice == 0.0);
            if all_zero {
                choice += 1.0; // of opposite vectors the one whose last coefficient is positive
            } else {
                width += 1.0;
                choice += outward * width;
                outward = -outward;
            }
        }
        self.coefficients[level] = 0;
    }
}
