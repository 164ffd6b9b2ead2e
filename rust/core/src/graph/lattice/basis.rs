//! Reduced bases of Korobov lattices.

use super::lattice::MAX_DIMENSION;

/// An integer vector, in units of `1/n`; what is beyond the dimension is 0.
pub(super) type Vector = [i64; MAX_DIMENSION];

/// Lovász's factor: the larger, the better reduced.
const DELTA: f64 = 0.99;
/// A row is reduced as soon as no coefficient is above this, a little more than a half for rounding's sake.
const ETA: f64 = 0.51;

/// The coordinates of the generating vector `(1, a, a^2, ..)` modulo `n`.
pub(super) fn generating_vector(n: u32, d: usize, generator: u32) -> Vec<u32> {
    let powers = std::iter::successors(Some(1 % n), |&power| {
        Some((u64::from(power) * u64::from(generator) % u64::from(n)) as u32)
    });
    powers.take(d).collect()
}

/// The exact squared length of a vector.
pub(super) fn squared_length(vector: &[i64]) -> u128 {
    vector.iter().map(|&x| u128::from(x.unsigned_abs()) * u128::from(x.unsigned_abs())).sum()
}

/// A basis and its orthogonalisation. Rows are exact integers, the orthogonalisation is rounded.
#[derive(Debug, Clone)]
pub(super) struct Basis {
    pub(super) d: usize,
    pub(super) rows: [Vector; MAX_DIMENSION],
    /// `mu[k][j]`, j < k: the coefficient of the j-th orthogonal vector in row k.
    pub(super) mu: [[f64; MAX_DIMENSION]; MAX_DIMENSION],
    /// Squared lengths of the orthogonal vectors.
    pub(super) lengths: [f64; MAX_DIMENSION],
}

impl Basis {
    /// A reduced basis of all integer vectors that are multiples of `(1, a, a^2, ..)` modulo `n`.
    ///
    /// Method: Lenstra, Lenstra & Lovász (1982) with a floating-point orthogonalisation, each row being inserted at once
    /// where it belongs (Nguyen & Stehlé 2009).
    pub(super) fn reduced(n: u32, d: usize, generator: u32) -> Self {
        let mut rows = [[0; MAX_DIMENSION]; MAX_DIMENSION];
        for (axis, row) in rows.iter_mut().enumerate().take(d) {
            row[axis] = i64::from(n);
        }
        rows[0] = [0; MAX_DIMENSION];
        for (x, &z) in rows[0].iter_mut().zip(&generating_vector(n, d, generator)) {
            *x = i64::from(z);
        }
        if n == 1 {
            rows[0][0] = 1;
        }
        let zeros = [[0.0; MAX_DIMENSION]; MAX_DIMENSION];
        let mut basis = Self { d, rows, mu: zeros, lengths: [0.0; MAX_DIMENSION] };
        basis.reduce();
        basis
    }

    fn reduce(&mut self) {
        let mut products = [0.0; MAX_DIMENSION];
        let mut k = 0;
        while k < self.d {
            loop {
                self.orthogonalize(k, &mut products);
                if !self.subtract(k) {
                    break;
                }
            }
            // Lovász's condition, row by row further up.
            let (mut place, mut length) = (k, self.lengths[k]);
            while place > 0 {
                let longer = length + self.mu[k][place - 1] * products[place - 1];
                if longer >= DELTA * self.lengths[place - 1] {
                    break;
                }
                (place, length) = (place - 1, longer);
            }
            self.rows[place..=k].rotate_right(1);
            let coefficients = self.mu[k];
            self.mu[place][..place].copy_from_slice(&coefficients[..place]);
            self.lengths[place] = length;
            k = place + 1;
        }
    }

    /// Brings the row of `mu` and `lengths` up to date; `products` are those of row k with the orthogonal vectors.
    fn orthogonalize(&mut self, k: usize, products: &mut [f64; MAX_DIMENSION]) {
        for j in 0..=k {
            let mut product: f64 = self.rows[k].iter().zip(&self.rows[j]).map(|(&x, &y)| x as f64 * y as f64).sum();
            for (mu, earlier) in self.mu[j][..j].iter().zip(&products[..j]) {
                product -= mu * earlier;
            }
            products[j] = product;
            if j < k {
                self.mu[k][j] = product / self.lengths[j];
            } else {
                self.lengths[k] = product;
            }
        }
    }

    /// Subtracts multiples of earlier rows from row k until its coefficients are small. False if they were.
    fn subtract(&mut self, k: usize) -> bool {
        let mut changed = false;
        for j in (0..k).rev() {
            if self.mu[k][j].abs() > ETA {
                let times = self.mu[k][j].round();
                changed = true;
                let earlier = self.rows[j];
                for (x, y) in self.rows[k].iter_mut().zip(earlier) {
                    *x -= times as i64 * y;
                }
                let coefficients = self.mu[j];
                for (mu, of_earlier) in self.mu[k][..j].iter_mut().zip(coefficients) {
                    *mu -= times * of_earlier;
                }
            }
        }
        changed
    }

    /// The vector of these coefficients.
    pub(super) fn vector(&self, coefficients: &Vector) -> Vector {
        let mut vector = [0; MAX_DIMENSION];
        for (row, &times) in self.rows.iter().zip(coefficients).filter(|&(_, &times)| times != 0) {
            for (x, &y) in vector.iter_mut().zip(row) {
                *x += times * y;
            }
        }
        vector
    }
}
