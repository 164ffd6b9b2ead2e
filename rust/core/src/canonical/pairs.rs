//! The pairs of a filtered complex, the fast way.

use super::column::Column;
use super::field::Field;
use super::reduction::reduce;
use crate::{Error, Monitor, NONE};

/// The pairs of the canonical form: those of [`naive::canonical_form`](super::naive::canonical_form).
///
/// Method: one parallel reduction per degree, from the top down; see [`Pairing`].
///
/// # Arguments
///
/// The degrees of the cells, in filtration order; the boundary of a cell by its number (asked at most once, from any
/// thread): a complex, that is, all faces come before the cell and have its degree less one, and D D = 0
/// ([`check_boundary`](super::check_boundary)).
///
/// # Errors
///
/// Those of the boundaries, that of the first cell in the highest degree; [`Error::Interrupted`].
///
/// # Complexity
///
/// As [`reduce`], degree by degree; besides, 8 bytes a cell.
///
/// # Example
///
/// ```
/// use morsebar_core::{Monitor, NONE, canonical::{Prime, pairs}};
/// // The projective plane: one cell in degrees 0, 1, 2; the boundary of the last is twice the one before.
/// let boundary = |prime: Prime| move |j| Ok(if j == 2 { vec![(1, 2 % prime.order())] } else { vec![] });
/// let mod3 = Prime::new(3)?;
/// assert_eq!(pairs(&[0, 1, 2], boundary(mod3), &mod3, &Monitor::new())?, [(0, NONE), (1, 2)]);
/// # Ok::<(), morsebar_core::Error>(())
/// ```
pub fn pairs<F: Field>(
    degrees: &[u8],
    boundary: impl Fn(u32) -> Result<Column<F::Element>, Error> + Sync,
    field: &F,
    monitor: &Monitor,
) -> Result<Vec<(u32, u32)>, Error> {
    let mut pairing = Pairing::new(degrees);
    for degree in (1..=degrees.iter().copied().max().unwrap_or(0)).rev() {
        pairing.reduce(degree, &boundary, field, monitor)?;
    }
    Ok(pairing.finish())
}

/// The pairs found so far, degree by degree.
///
/// What is known of one degree spares work in its neighbours, so a caller that has pairs by other means settles them first.
///
/// - *Clearing* (Chen & Kerber, "Persistent homology computation with a twist", 2011): a cell that is born is no death, so
///   its boundary need not even be made.
/// - *Compression* (Bauer, Kerber & Reininghaus, "Clear and compress: computing persistent homology in chunks", 2014): a
///   cell that is a death is no birth, so its row is dropped.
///
/// # Example
///
/// ```
/// use morsebar_core::{Monitor, NONE, canonical::{Pairing, Prime}};
/// // A triangle 0 1 2, its edges 01, 12, 02 and its inside. Degree 0 is known.
/// let mut pairing = Pairing::new(&[0, 0, 0, 1, 1, 1, 2]);
/// pairing.settle(&[(1, 3), (2, 4)]);
/// let inside = |_| Ok(vec![(3, 1), (4, 1), (5, 1)]);
/// pairing.reduce(2, inside, &Prime::new(2)?, &Monitor::new())?;
/// assert_eq!(pairing.finish(), [(0, NONE), (1, 3), (2, 4), (5, 6)]);
/// # Ok::<(), morsebar_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Pairing<'a> {
    degrees: &'a [u8],
    /// The other cell of the pair: a later one of a birth, an earlier one of a death, [`NONE`] if there is none yet.
    partner: Vec<u32>,
}

impl<'a> Pairing<'a> {
    /// No pairs yet, of cells of these degrees in filtration order.
    #[must_use]
    pub fn new(degrees: &'a [u8]) -> Self {
        Self { degrees, partner: vec![NONE; degrees.len()] }
    }

    /// Takes pairs `(birth, death)` that are known: all that have their deaths in one degree.
    pub fn settle(&mut self, pairs: &[(u32, u32)]) {
        for &(birth, death) in pairs {
            self.partner[birth as usize] = death;
            self.partner[death as usize] = birth;
        }
    }

    /// Finds all pairs that have their deaths in a degree above 0, by [`reduce`]. Only the boundaries of cells of that
    /// degree not known to be births are asked for.
    ///
    /// # Errors
    ///
    /// As [`reduce`].
    pub fn reduce<F: Field>(
        &mut self,
        degree: u8,
        boundary: impl Fn(u32) -> Result<Column<F::Element>, Error> + Sync,
        field: &F,
        monitor: &Monitor,
    ) -> Result<(), Error> {
        monitor.check()?;
        let cells = |of: u8| (0..).zip(self.degrees).filter(move |&(_, &degree)| degree == of).map(|(cell, _)| cell);
        let born = |&cell: &u32| self.partner[cell as usize] != NONE && self.partner[cell as usize] > cell;
        let columns: Vec<u32> = cells(degree).filter(|cell| !born(cell)).collect();
        let rows: Vec<u32> = cells(degree - 1).filter(|&cell| self.partner[cell as usize] >= cell).collect();
        let mut row_of = vec![NONE; self.degrees.len()];
        for (row, &cell) in (0..).zip(&rows) {
            row_of[cell as usize] = row;
        }
        let column = |cell| {
            let mut entries = boundary(cell)?;
            entries.retain_mut(|(face, _)| {
                *face = row_of[*face as usize];
                *face != NONE
            });
            Ok(entries)
        };
        let pivots = reduce(rows.len(), &columns, column, field, monitor)?;
        self.settle(&pivots.into_iter().map(|(row, death)| (rows[row as usize], death)).collect::<Vec<_>>());
        Ok(())
    }

    /// All pairs `(birth, death)`, rising by birth; the death of a cell without a partner is [`NONE`].
    #[must_use]
    pub fn finish(self) -> Vec<(u32, u32)> {
        (0..).zip(self.partner).filter(|&(cell, partner)| partner > cell).collect()
    }
}
