//! Coordinates: their arithmetic, and the scaling that keeps squares in range.

#[cfg(target_arch = "x86_64")]
use super::avx2::Wide;
use crate::order::Value;
use rayon::prelude::*;
use std::ops::{Add, Mul, Sub};

/// A type of coordinates: `f32` or `f64`.
pub trait Scalar: Value + Wide + Default + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// Zero.
    const ZERO: Self;
    /// Above all squared distances of scaled points, and finite.
    const FAR: Self;
    /// The binary exponents of the smallest and of the largest normal number.
    const EXPONENTS: (i32, i32);
    /// A squared distance and a number in one integer: sorts by distance, then by number.
    type Packed: Copy + Ord + Send + Sync + 'static;
    /// Packs a squared distance (at least zero, at most [`FAR`](Self::FAR)) and a number.
    fn pack(self, id: u32) -> Self::Packed;
    /// What [`pack`](Self::pack) packed.
    fn unpack(packed: Self::Packed) -> (Self, u32);
    /// The packed pairs, if they are words that sort as `f64` too.
    fn words(packed: &mut [Self::Packed]) -> Option<&mut [u64]>;
    /// The square root, correctly rounded.
    #[must_use]
    fn sqrt(self) -> Self;
    /// The nearest number.
    fn from_f64(x: f64) -> Self;
}

/// The exponent of the smallest normal number of `f32` as bits: added to a distance, no packed pair is denormal as
/// `f64`, not even that of distance zero.
const NORMAL: u32 = 1 << 23;

impl Scalar for f32 {
    const ZERO: Self = 0.0;
    const FAR: Self = (1u128 << 126) as Self;
    const EXPONENTS: (i32, i32) = (-126, 127);
    type Packed = u64;
    #[inline]
    fn pack(self, id: u32) -> u64 {
        u64::from(self.to_bits() + NORMAL) << 32 | u64::from(id)
    }
    #[inline]
    fn unpack(packed: u64) -> (Self, u32) {
        (Self::from_bits((packed >> 32) as u32 - NORMAL), packed as u32)
    }
    #[inline]
    fn words(packed: &mut [u64]) -> Option<&mut [u64]> {
        Some(packed)
    }
    #[inline]
    fn sqrt(self) -> Self {
        self.sqrt()
    }
    #[inline]
    fn from_f64(x: f64) -> Self {
        x as Self
    }
}

impl Scalar for f64 {
    const ZERO: Self = 0.0;
    const FAR: Self = Self::from_bits((1023 + 1022) << 52);
    const EXPONENTS: (i32, i32) = (-1022, 1023);
    type Packed = u128;
    #[inline]
    fn pack(self, id: u32) -> u128 {
        u128::from(self.to_bits()) << 32 | u128::from(id)
    }
    #[inline]
    fn unpack(packed: u128) -> (Self, u32) {
        (Self::from_bits((packed >> 32) as u64), packed as u32)
    }
    #[inline]
    fn words(_: &mut [u128]) -> Option<&mut [u64]> {
        None
    }
    #[inline]
    fn sqrt(self) -> Self {
        self.sqrt()
    }
    #[inline]
    fn from_f64(x: f64) -> Self {
        x
    }
}

/// Nothing is asked of registers where there are none of ours.
#[cfg(not(target_arch = "x86_64"))]
pub trait Wide {}
#[cfg(not(target_arch = "x86_64"))]
impl<T> Wide for T {}

/// A power of two that makes the bounding box of the points as large as squared distances allow.
///
/// No square overflows, and the closest points are as far from underflow as can be. Scaling is exact, but for
/// coordinates that are smaller than the smallest normal number afterwards.
///
/// # Example
///
/// ```
/// use morsebar_core::knn::Scale;
/// let scale = Scale::of(&[0.0, 3.0f32, 1.0, 2.0], 2);
/// assert_eq!(scale.shrink(3.0f32), 1.5 * 2f32.powi(62));
/// assert_eq!(scale.grow(scale.shrink(3.0f32)), 3.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    exponent: i32,
}

impl Scale {
    /// The scaling of points of `d` finite coordinates, one after another.
    #[must_use]
    pub fn of<S: Scalar>(points: &[S], d: usize) -> Self {
        // d squares of sides below 2^e have a sum below 2^(2 e + log2 d), which must not reach FAR.
        let sum = (d.max(1) as u64).next_power_of_two().ilog2() as i32;
        Self::to_side::<S>(points, d, (S::EXPONENTS.1 - 1 - sum) / 2)
    }

    /// The scaling that brings the longest side of the bounding box below `2^e`, not below half of that.
    pub(super) fn to_side<S: Scalar>(points: &[S], d: usize, e: i32) -> Self {
        // Halves, because the difference of two numbers may overflow.
        let extent = bounding_box(points, d).into_iter().map(|(lo, hi)| hi / 2.0 - lo / 2.0).fold(0.0, f64::max);
        let largest = points.par_iter().map(|x| x.to_f64().abs()).reduce(|| 0.0, f64::max);
        let side = if extent > 0.0 { exponent(extent) + 2 - e } else { 0 };
        // Axes far from the origin must not overflow when a tiny box is blown up.
        let lowest = if largest > 0.0 { exponent(largest) - S::EXPONENTS.1 + 1 } else { side };
        Self { exponent: side.max(lowest) }
    }

    /// A coordinate, scaled.
    #[inline]
    #[must_use]
    pub fn shrink<S: Scalar>(self, x: S) -> S {
        times_power(x, -self.exponent)
    }

    /// A distance of scaled points, in the units of the input; infinite if it is beyond the largest number.
    #[inline]
    #[must_use]
    pub fn grow<S: Scalar>(self, x: S) -> S {
        times_power(x, self.exponent)
    }
}

/// `x 2^e`, in steps whose factors are normal numbers of either type.
#[inline]
fn times_power<S: Scalar>(x: S, e: i32) -> S {
    let (low, high) = S::EXPONENTS;
    let first = e.clamp(low, high);
    let second = (e - first).clamp(low, high);
    let third = e - first - second;
    let mut x = x * power(first);
    if second != 0 {
        x = x * power(second) * power(third);
    }
    x
}

#[inline]
fn power<S: Scalar>(e: i32) -> S {
    S::from_f64(f64::from_bits(((1023 + e) as u64) << 52))
}

/// The binary exponent of a positive number.
fn exponent(x: f64) -> i32 {
    let bits = x.to_bits();
    let biased = (bits >> 52) as i32;
    if biased > 0 { biased - 1023 } else { -1011 - bits.leading_zeros() as i32 }
}

/// The lowest and highest coordinate along every axis.
pub(super) fn bounding_box<S: Scalar>(points: &[S], d: usize) -> Vec<(f64, f64)> {
    const EMPTY: (f64, f64) = (f64::INFINITY, f64::NEG_INFINITY);
    let join = |(a, b): (f64, f64), (c, d): (f64, f64)| (a.min(c), b.max(d));
    points
        .par_chunks(d << 12)
        .fold(
            || vec![EMPTY; d],
            |mut sides, rows| {
                for row in rows.chunks_exact(d) {
                    for (side, x) in sides.iter_mut().zip(row) {
                        *side = join(*side, (x.to_f64(), x.to_f64()));
                    }
                }
                sides
            },
        )
        .reduce(|| vec![EMPTY; d], |a, b| a.into_iter().zip(b).map(|(a, b)| join(a, b)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_of_extremes() {
        for (x, expected) in [(1.0, 0), (0.75, -1), (f64::MAX, 1023), (f64::MIN_POSITIVE, -1022), (5e-324, -1074)] {
            assert_eq!(exponent(x), expected, "{x}");
        }
    }

    #[test]
    fn the_longest_side_is_as_long_as_squares_allow() {
        for size in [1e-300, 1e-30, 1.0, 3.0, 1e30, 1e300] {
            let scale = Scale::of(&[size, 5.0 * size], 1);
            let side = scale.shrink(5.0 * size) - scale.shrink(size);
            assert!(side * side < f64::FAR && side * side > f64::FAR / 16.0, "{size} {side}");
            assert_eq!(scale.grow(scale.shrink(size)), size);
        }
        for size in [1e-37f32, 1e-30, 1.0, 1e30, 6e37] {
            let scale = Scale::of(&[size, 5.0 * size], 1);
            let side = scale.shrink(5.0 * size) - scale.shrink(size);
            assert!(side * side < f32::FAR && side * side > f32::FAR / 16.0, "{size} {side}");
            assert_eq!(scale.grow(scale.shrink(size)), size);
            let side = Scale::to_side(&[size, 5.0 * size], 1, 0).shrink(4.0 * size);
            assert!((0.5..1.0).contains(&side));
        }
        // The corners of a cube of many dimensions.
        let d = 1000;
        let corners: Vec<f32> = (0..2 * d).map(|at| if at < d { f32::MIN } else { f32::MAX }).collect();
        let scale = Scale::of(&corners, d);
        let side = scale.shrink(f32::MAX) - scale.shrink(f32::MIN);
        assert!((0..d).fold(0.0, |sum, _| sum + side * side) < f32::FAR);
        let far = Scale::of(&[1e30f32, 0.0, 1e30, 1e-30], 2);
        assert!(far.shrink(1e30f32).is_finite());
    }

    #[test]
    fn packed_pairs_sort_by_distance_then_number() {
        let pairs = [(0.0f32, 3), (0.0, 4), (1e-45, 0), (1.0, 7), (2.0, 1), (f32::FAR, u32::MAX)];
        for (i, &(a, u)) in pairs.iter().enumerate() {
            assert_eq!(f32::unpack(a.pack(u)), (a, u));
            assert_eq!(f64::unpack(f64::from(a).pack(u)), (f64::from(a), u));
            assert!(f64::from_bits(a.pack(u)).is_normal());
            for &(b, v) in &pairs[i + 1..] {
                assert!(a.pack(u) < b.pack(v) && f64::from_bits(a.pack(u)) < f64::from_bits(b.pack(v)));
                assert!(f64::from(a).pack(u) < f64::from(b).pack(v));
            }
        }
    }
}
