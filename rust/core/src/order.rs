//! The total order on vertices, the only place where values are compared.
//!
//! `u` is lower than `v` iff `(f(u), u) < (f(v), v)`: simulation of simplicity (Edelsbrunner & Mücke 1990). Ties in
//! value fall to the lower number, `-0.0` equals `0.0`, and a vertex at `+inf` or NaN is outside the domain.

use crate::{Error, NONE};
use rayon::prelude::*;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// A type of values: `f32` or `f64`, compared as given and never cast to one another.
pub trait Value: sealed::Sealed + Copy + PartialOrd + Send + Sync + 'static {
    /// Outside the domain.
    const INFINITY: Self;
    /// The value as `f64`, exactly.
    fn to_f64(self) -> f64;
    /// An integer that holds a value and the number of a vertex.
    type Key: Copy + Ord + Send + Sync;
    /// Keys sort by value, then by number (`-0.0` as `0.0`, NaN of either sign above `+inf`).
    fn key(self, u: u32) -> Self::Key;
    /// The vertex in a key.
    fn vertex(key: Self::Key) -> u32;
    /// 32 bits that sort like the values, but for ties: if they are greater the value is.
    fn coarse(self) -> u32;
    /// A key above all others.
    const LAST: Self::Key;
}

impl Value for f32 {
    const INFINITY: Self = Self::INFINITY;
    #[inline]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    type Key = u64;
    const LAST: u64 = u64::MAX;
    #[inline]
    fn key(self, u: u32) -> u64 {
        // Negative floats sort backwards as integers: all their bits are flipped, of the others the sign is set.
        let bits = (self + 0.0).to_bits();
        u64::from(if self < 0.0 { !bits } else { bits | 1 << 31 }) << 32 | u64::from(u)
    }
    #[inline]
    fn vertex(key: u64) -> u32 {
        key as u32
    }
    #[inline]
    fn coarse(self) -> u32 {
        (self.key(0) >> 32) as u32
    }
}

impl Value for f64 {
    const INFINITY: Self = Self::INFINITY;
    #[inline]
    fn to_f64(self) -> f64 {
        self
    }
    type Key = u128;
    const LAST: u128 = u128::MAX;
    #[inline]
    fn key(self, u: u32) -> u128 {
        let bits = (self + 0.0).to_bits();
        u128::from(if self < 0.0 { !bits } else { bits | 1 << 63 }) << 32 | u128::from(u)
    }
    #[inline]
    fn vertex(key: u128) -> u32 {
        key as u32
    }
    #[inline]
    fn coarse(self) -> u32 {
        (self.key(0) >> 64) as u32
    }
}

/// The total order of the vertices by `(value, number)`.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a, V> {
    values: &'a [V],
}

impl<'a, V: Value> Order<'a, V> {
    /// The order given by one value per vertex.
    #[must_use]
    pub fn new(values: &'a [V]) -> Self {
        Self { values }
    }

    /// The number of vertices.
    #[inline]
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "an order is no container")]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// The value of `u`, as given.
    #[inline]
    #[must_use]
    pub fn value(&self, u: u32) -> V {
        self.values[u as usize]
    }

    /// Whether `u` comes strictly before `v`. Never true of a `u` outside the domain and a `v` inside.
    #[inline]
    #[must_use]
    pub fn lower(&self, u: u32, v: u32) -> bool {
        let (a, b) = (self.value(u), self.value(v));
        a < b || (a == b && u < v)
    }

    /// The higher of the two.
    #[inline]
    #[must_use]
    pub fn max(&self, u: u32, v: u32) -> u32 {
        if self.lower(u, v) { v } else { u }
    }

    /// Whether `u` is inside the domain: neither `+inf` nor NaN.
    #[inline]
    #[must_use]
    pub fn inside(&self, u: u32) -> bool {
        self.value(u) < V::INFINITY
    }

    /// An integer that sorts like the order itself; [`NONE`] sorts last.
    #[inline]
    #[must_use]
    pub fn key(&self, u: u32) -> V::Key {
        if u == NONE { V::LAST } else { self.value(u).key(u) }
    }
}

/// What to do with NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nan {
    /// NaN is [`Error::NotANumber`].
    Raise,
    /// A vertex whose value is NaN is outside the domain.
    Mask,
}

/// Checks that the values can be ordered: no `-inf`, no NaN unless masked, at most `u32::MAX` of them.
///
/// # Errors
///
/// [`Error::NotANumber`] and [`Error::NegativeInfinity`] name the first such vertex; [`Error::TooManyVertices`].
///
/// # Complexity
///
/// O(n), in parallel.
pub fn check_values<V: Value>(values: &[V], nan: Nan) -> Result<(), Error> {
    const CHUNK: usize = 1 << 14;
    check_count(values.len())?;
    let is_low = |x: V| x.to_f64() == f64::NEG_INFINITY;
    let is_nan = |x: V| x.to_f64().is_nan();
    let first = values.par_chunks(CHUNK).enumerate().find_map_first(|(chunk, part)| {
        // Nearly always nothing is wrong: looked for without a branch.
        if !part.iter().fold(false, |any, &x| any | is_nan(x) | is_low(x)) {
            return None;
        }
        part.iter().position(|&x| is_low(x) || (nan == Nan::Raise && is_nan(x))).map(|at| chunk * CHUNK + at)
    });
    match first {
        None => Ok(()),
        Some(index) if is_low(values[index]) => Err(Error::NegativeInfinity { index }),
        Some(index) => Err(Error::NotANumber { index }),
    }
}

/// Checks that `n` vertices can be numbered by `u32` with [`NONE`] to spare.
///
/// # Errors
///
/// [`Error::TooManyVertices`].
pub fn check_count(n: usize) -> Result<(), Error> {
    if u32::try_from(n).is_ok() { Ok(()) } else { Err(Error::TooManyVertices { n }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_fall_to_the_lower_number_and_zeros_are_equal() {
        let order_values = [0.0, -0.0, -1.0, f64::INFINITY, f64::NAN];
        let order = Order::new(&order_values);
        assert!(order.lower(0, 1) && !order.lower(1, 0));
        assert!(order.lower(2, 0) && order.lower(0, 3));
        assert!(!order.inside(3) && !order.inside(4) && order.inside(2));
        assert!(!order.lower(4, 0) && !order.lower(3, 0));
    }

    #[test]
    fn keys_sort_like_the_order() {
        let values = [0.0f32, -0.0, 1e-45, -1e-45, 3.5, -3.5, f32::MAX, f32::MIN, f32::INFINITY, 3.5];
        let wide: Vec<f64> = values.iter().map(|&x| f64::from(x)).collect();
        let (order, wide) = (Order::new(&values), Order::new(&wide));
        for u in 0..values.len() as u32 {
            for v in 0..values.len() as u32 {
                assert_eq!(order.lower(u, v), order.key(u) < order.key(v), "{u} {v}");
                assert_eq!(order.lower(u, v), wide.key(u) < wide.key(v), "{u} {v}");
            }
            assert!(order.key(u) < order.key(NONE));
            for nan in [f32::NAN, -f32::NAN] {
                assert!(order.key(u) < nan.key(0) && nan.key(u) < order.key(NONE));
                assert!(wide.key(u) < f64::from(nan).key(0) && f64::from(nan).key(u) < wide.key(NONE));
            }
        }
    }

    #[test]
    fn bad_values_are_named() {
        let mut values = vec![0.0f32; 40_000];
        assert_eq!(check_values(&values, Nan::Raise), Ok(()));
        values[39_000] = f32::NEG_INFINITY;
        values[20_000] = f32::NAN;
        values[3] = f32::INFINITY;
        assert_eq!(check_values(&values, Nan::Raise), Err(Error::NotANumber { index: 20_000 }));
        assert_eq!(check_values(&values, Nan::Mask), Err(Error::NegativeInfinity { index: 39_000 }));
    }
}
