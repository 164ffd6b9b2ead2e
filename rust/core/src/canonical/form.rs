//! The canonical form with its change of basis, sparing what clearing spares.

use super::column::Column;
use super::field::Field;
use super::sum::Sum;
use crate::{Error, Monitor, NONE};
use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Zero};
use std::cmp::Reverse;
use std::iter::once;

/// Barannikov's canonical form of a filtered complex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form<E> {
    /// `(birth, death)` cells, rising by birth; the death of an essential cell is [`NONE`]. Every cell is in one pair.
    pub pairs: Vec<(u32, u32)>,
    /// The columns of the change of basis, if asked for.
    pub basis: Option<Vec<Column<E>>>,
}

/// The canonical form with its change of basis: the same, entry by entry, as
/// [`naive::canonical_form`](super::naive::canonical_form).
///
/// Method: that of the textbook, degree by degree from the top down, serial. When the turn of a birth comes, its column of
/// T is known already: it is the reduced boundary of the death (Chen & Kerber, "Persistent homology computation with a
/// twist", 2011). Only deaths and essential cells are reduced.
///
/// # Arguments
///
/// The degrees of the cells, in filtration order; the boundary of a cell by its number: a complex, as for
/// [`pairs`](super::pairs()).
///
/// # Errors
///
/// Those of the boundaries; [`Error::Interrupted`].
///
/// # Complexity
///
/// O(m^3) for m cells, O(m^2) memory; near linear on complexes of geometric origin.
///
/// # Example
///
/// ```
/// use morsebar_core::{Monitor, canonical::{Prime, canonical_form}};
/// // A triangle 0 1 2 and its edges 01, 12, 02: the circle is 5 - 3 - 4.
/// let edges = [vec![(0, 6), (1, 1)], vec![(1, 6), (2, 1)], vec![(0, 6), (2, 1)]];
/// let boundary = |j: u32| Ok(if j < 3 { vec![] } else { edges[j as usize - 3].clone() });
/// let form = canonical_form(&[0, 0, 0, 1, 1, 1], boundary, &Prime::new(7)?, &Monitor::new())?;
/// assert_eq!(form.pairs[1..3], [(1, 3), (2, 4)]);
/// assert_eq!(form.basis.unwrap()[5], [(3, 6), (4, 6), (5, 1)]);
/// # Ok::<(), morsebar_core::Error>(())
/// ```
pub fn canonical_form<F: Field>(
    degrees: &[u8],
    boundary: impl Fn(u32) -> Result<Column<F::Element>, Error>,
    field: &F,
    monitor: &Monitor,
) -> Result<Form<F::Element>, Error> {
    let m = degrees.len();
    monitor.expect(m as u64);
    let one = field.from_i64(1);
    let mut order: Vec<u32> = (0..m as u32).collect();
    order.sort_by_key(|&j| Reverse(degrees[j as usize]));
    let (mut death_of, mut is_death) = (vec![NONE; m], vec![false; m]);
    let mut basis: Vec<Column<F::Element>> = vec![Vec::new(); m];
    let (mut r, mut v) = (Sum::new(field, m), Sum::new(field, m));
    for j in order {
        monitor.check()?;
        monitor.advance(1);
        if death_of[j as usize] != NONE {
            continue;
        }
        r.start(boundary(j)?);
        v.start(vec![(j, one.clone())]);
        while let Some((pivot, x)) = r.pivot() {
            monitor.check()?;
            let birth = pivot as usize;
            if death_of[birth] == NONE {
                (death_of[birth], is_death[j as usize]) = (j, true);
                basis[birth] = r.take(&one);
                break;
            }
            let held = &basis[birth];
            let factor = field.neg(&field.mul(x, &field.inverse(&held[held.len() - 1].1)));
            r.add(&factor, held);
            v.add(&factor, &basis[death_of[birth] as usize]);
        }
        basis[j as usize] = v.take(&one);
    }
    let pairs = (0..).zip(death_of).filter(|&(cell, _)| !is_death[cell as usize]).collect();
    Ok(Form { pairs, basis: Some(basis) })
}

impl Form<BigRational> {
    /// The change of basis in whole numbers: both columns of a pair times the one positive number that makes their entries
    /// integers without a common divisor, so that `D t_j = t_i` stays true; likewise the column of an essential cell.
    ///
    /// # Errors
    ///
    /// [`Error::Interrupted`].
    ///
    /// # Example
    ///
    /// ```
    /// use morsebar_core::{Monitor, canonical::{Field, Form, Rational}};
    /// let (one, half) = (Rational.from_i64(1), Rational.inverse(&Rational.from_i64(2)));
    /// let form = Form { pairs: vec![(0, 1)], basis: Some(vec![vec![(0, one)], vec![(1, half)]]) };
    /// assert_eq!(form.whole_basis(&Monitor::new())?.unwrap(), [vec![(0, 2.into())], vec![(1, 1.into())]]);
    /// # Ok::<(), morsebar_core::Error>(())
    /// ```
    pub fn whole_basis(&self, monitor: &Monitor) -> Result<Option<Vec<Column<BigInt>>>, Error> {
        let Some(basis) = &self.basis else { return Ok(None) };
        let mut whole = vec![Vec::new(); basis.len()];
        for &(birth, death) in &self.pairs {
            monitor.check()?;
            let cells = || once(birth).chain((death != NONE).then_some(death)).map(|cell| cell as usize);
            let entries = || cells().flat_map(|cell| &basis[cell]).map(|(_, x)| x);
            let denominator = entries().fold(BigInt::one(), |all, x| all.lcm(x.denom()));
            let divisor = entries().fold(BigInt::zero(), |all, x| all.gcd(&(x.numer() * (&denominator / x.denom()))));
            for cell in cells() {
                let times = |x: &BigRational| x.numer() * (&denominator / x.denom()) / &divisor;
                whole[cell] = basis[cell].iter().map(|(row, x)| (*row, times(x))).collect();
            }
        }
        Ok(Some(whole))
    }
}
