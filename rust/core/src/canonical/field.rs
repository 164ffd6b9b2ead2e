//! Fields of coefficients: the integers modulo a prime, and the rationals.

use crate::Error;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};
use std::fmt::{Debug, Display};

/// A field: what the entries of a boundary matrix are counted in.
///
/// A field is a value, as a prime is known only when the program runs; its elements are plain data without it. All
/// operations are exact.
///
/// # Example
///
/// ```
/// use morsebar_core::canonical::{Field, Prime};
/// let field = Prime::new(101)?;
/// let third = field.inverse(&field.from_i64(3));
/// assert_eq!(field.mul(&third, &field.from_i64(-6)), field.from_i64(-2));
/// # Ok::<(), morsebar_core::Error>(())
/// ```
pub trait Field: Sync {
    /// An element; equal elements are the same data.
    type Element: Clone + PartialEq + Debug + Display + Send + Sync;

    /// The image of an integer.
    #[allow(clippy::wrong_self_convention, reason = "the element comes from the integer, by way of the field")]
    fn from_i64(&self, x: i64) -> Self::Element;

    /// Whether an element is 0.
    fn is_zero(&self, x: &Self::Element) -> bool;

    /// Whether an element is 1.
    fn is_one(&self, x: &Self::Element) -> bool;

    /// `x + y`.
    fn add(&self, x: &Self::Element, y: &Self::Element) -> Self::Element;

    /// `x * y`.
    fn mul(&self, x: &Self::Element, y: &Self::Element) -> Self::Element;

    /// `-x`.
    fn neg(&self, x: &Self::Element) -> Self::Element;

    /// `1 / x`.
    ///
    /// # Panics
    ///
    /// If `x` is 0.
    fn inverse(&self, x: &Self::Element) -> Self::Element;
}

/// The integers modulo a prime below 2^31; elements are 0 to p - 1.
///
/// Products are reduced without a division, by Barrett's method ("Implementing the Rivest Shamir and Adleman public key
/// encryption algorithm on a standard digital signal processor", 1986).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prime {
    p: u32,
    /// The integer part of `(2^64 - 1) / p`.
    reciprocal: u64,
}

impl Prime {
    /// The field of `p` elements.
    ///
    /// Complexity: O(sqrt p), at most a tenth of a millisecond.
    ///
    /// # Errors
    ///
    /// [`Error::Field`] unless `p` is a prime below 2^31.
    pub fn new(p: u64) -> Result<Self, Error> {
        match u32::try_from(p) {
            Ok(small) if small < 1 << 31 && is_prime(small) => Ok(Self { p: small, reciprocal: u64::MAX / p }),
            _ => Err(Error::Field { found: p }),
        }
    }

    /// The number of elements.
    #[must_use]
    pub fn order(self) -> u32 {
        self.p
    }

    #[inline]
    fn remainder(self, x: u64) -> u32 {
        // The quotient is at most one too small, so the remainder is below 2p.
        let quotient = (u128::from(x) * u128::from(self.reciprocal)) >> 64;
        let rest = (x - quotient as u64 * u64::from(self.p)) as u32;
        if rest >= self.p { rest - self.p } else { rest }
    }
}

/// By trial division: there are fewer than 2^15 odd numbers up to the root of 2^31.
fn is_prime(p: u32) -> bool {
    let mut odd = (3..).step_by(2).take_while(|d| d * d <= p);
    p == 2 || (p > 2 && p % 2 == 1 && odd.all(|d| !p.is_multiple_of(d)))
}

impl Field for Prime {
    type Element = u32;

    fn from_i64(&self, x: i64) -> u32 {
        x.rem_euclid(i64::from(self.p)) as u32
    }

    #[inline]
    fn is_zero(&self, &x: &u32) -> bool {
        x == 0
    }

    #[inline]
    fn is_one(&self, &x: &u32) -> bool {
        x == 1
    }

    #[inline]
    fn add(&self, &x: &u32, &y: &u32) -> u32 {
        let sum = x + y;
        if sum >= self.p { sum - self.p } else { sum }
    }

    #[inline]
    fn mul(&self, &x: &u32, &y: &u32) -> u32 {
        self.remainder(u64::from(x) * u64::from(y))
    }

    #[inline]
    fn neg(&self, &x: &u32) -> u32 {
        if x == 0 { 0 } else { self.p - x }
    }

    fn inverse(&self, &x: &u32) -> u32 {
        assert_ne!(x, 0, "0 has no inverse");
        // Euclid's algorithm; the first coefficient of each pair times x is congruent to the second.
        let (mut a, mut b) = ((0, i64::from(self.p)), (1, i64::from(x)));
        while b.1 != 1 {
            let quotient = a.1 / b.1;
            (a, b) = (b, (a.0 - quotient * b.0, a.1 - quotient * b.1));
        }
        self.from_i64(b.0)
    }
}

/// The rational numbers, as fractions of integers of any size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rational;

impl Field for Rational {
    type Element = BigRational;

    fn from_i64(&self, x: i64) -> BigRational {
        BigInt::from(x).into()
    }

    fn is_zero(&self, x: &BigRational) -> bool {
        x.is_zero()
    }

    fn is_one(&self, x: &BigRational) -> bool {
        x.is_one()
    }

    fn add(&self, x: &BigRational, y: &BigRational) -> BigRational {
        x + y
    }

    fn mul(&self, x: &BigRational, y: &BigRational) -> BigRational {
        x * y
    }

    fn neg(&self, x: &BigRational) -> BigRational {
        -x
    }

    fn inverse(&self, x: &BigRational) -> BigRational {
        x.recip()
    }
}
