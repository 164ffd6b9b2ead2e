//! Arithmetic on many numbers at once.

use super::scalar::Scalar;
use super::tree::{FAN, LEAF, greatest};

/// `N` numbers; `P` is who can compute with them.
pub trait Lanes<S, const N: usize, P>: Copy {
    fn load(path: P, numbers: &[S; N]) -> Self;
    fn splat(path: P, number: S) -> Self;
    fn store(self, numbers: &mut [S; N]);
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    /// The greater, lane by lane, of numbers that are not NaN.
    fn greatest(self, other: Self) -> Self;
    /// The lanes that are at most those of `other`; false for NaN.
    fn at_most(self, other: Self) -> u32;
}

/// The registers of a kind of machine.
pub(super) trait Path<S>: Copy + Sync {
    type Leaf: Lanes<S, LEAF, Self>;
    type Fan: Lanes<S, FAN, Self>;
}

/// Any machine.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl<S: Scalar> Path<S> for Portable {
    type Leaf = [S; LEAF];
    type Fan = [S; FAN];
}

#[inline(always)]
fn zip<S: Copy, const N: usize>(a: [S; N], b: [S; N], f: impl Fn(S, S) -> S) -> [S; N] {
    std::array::from_fn(|lane| f(a[lane], b[lane]))
}

impl<S: Scalar, const N: usize> Lanes<S, N, Portable> for [S; N] {
    #[inline(always)]
    fn load(_: Portable, numbers: &[S; N]) -> Self {
        *numbers
    }
    #[inline(always)]
    fn splat(_: Portable, number: S) -> Self {
        [number; N]
    }
    #[inline(always)]
    fn store(self, numbers: &mut [S; N]) {
        *numbers = self;
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        zip(self, other, |a, b| a + b)
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        zip(self, other, |a, b| a - b)
    }
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        zip(self, other, |a, b| a * b)
    }
    #[inline(always)]
    fn greatest(self, other: Self) -> Self {
        zip(self, other, greatest)
    }
    #[inline(always)]
    fn at_most(self, other: Self) -> u32 {
        self.iter().zip(other).rev().fold(0, |mask, (&a, b)| mask << 1 | u32::from(a <= b))
    }
}
