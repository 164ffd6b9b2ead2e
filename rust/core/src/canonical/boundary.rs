//! Boundary matrices as they come: compressed sparse columns of integers.

use super::column::{Column, collect};
use super::field::Field;
use crate::{Error, Monitor};
use rayon::prelude::*;

/// Columns between two looks at the monitor.
const CHUNK: u32 = 1 << 14;

/// A borrowed square matrix: the entries of column j are `indptr[j]..indptr[j + 1]` of `indices` (their rows) and `data`.
///
/// Rows may come in any order; entries in one place are added, and zeros do not count.
///
/// # Example
///
/// ```
/// use morsebar_core::canonical::{Boundary, Prime};
/// let edge = Boundary::new(&[0, 0, 0, 2], &[1, 0], &[1, -1])?;
/// assert_eq!(edge.column(2, &Prime::new(3)?), [(0, 2), (1, 1)]);
/// # Ok::<(), morsebar_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Boundary<'a> {
    indptr: &'a [i64],
    indices: &'a [i64],
    data: &'a [i64],
}

impl<'a> Boundary<'a> {
    /// The matrix of `indptr.len() - 1` rows and columns. O(k) for k entries, parallel.
    ///
    /// # Errors
    ///
    /// [`Error::Boundary`] unless `indptr` rises from 0 to the length of `indices` and `data`, and all rows are there;
    /// [`Error::TooManyCells`].
    pub fn new(indptr: &'a [i64], indices: &'a [i64], data: &'a [i64]) -> Result<Self, Error> {
        let wrong = |message: String| Err(Error::Boundary(message));
        let Some((&first, &last)) = indptr.first().zip(indptr.last()) else {
            return wrong("boundary indptr is empty, expected one entry more than there are columns".into());
        };
        let (n, length) = (indptr.len() - 1, indices.len());
        if u32::try_from(n).is_err() {
            return Err(Error::TooManyCells { n });
        }
        if length != data.len() {
            return wrong(format!("boundary data has length {}, expected {length}, the length of indices", data.len()));
        }
        if first != 0 {
            return wrong(format!("boundary indptr[0] is {first}, expected 0"));
        }
        if let Some(at) = indptr.par_windows(2).position_first(|pair| pair[1] < pair[0]) {
            let (before, found) = (indptr[at], indptr[at + 1]);
            return wrong(format!("boundary indptr[{}] is {found}, expected at least {before}", at + 1));
        }
        if usize::try_from(last) != Ok(length) {
            return wrong(format!("boundary indptr[{n}] is {last}, expected {length}, the length of indices"));
        }
        if let Some(at) = indices.par_iter().position_first(|&row| usize::try_from(row).map_or(true, |row| row >= n)) {
            let (column, row) = (indptr.partition_point(|&start| start <= at as i64) - 1, indices[at]);
            return wrong(format!("boundary column {column} has an entry in row {row}, expected 0 to {n} - 1"));
        }
        Ok(Self { indptr, indices, data })
    }

    /// The number of rows and of columns.
    #[must_use]
    pub fn n_cells(&self) -> u32 {
        (self.indptr.len() - 1) as u32
    }

    /// A column over a field.
    pub fn column<F: Field>(&self, j: u32, field: &F) -> Column<F::Element> {
        collect(field, self.entries(j).map(|(row, x)| (row, field.from_i64(x))).collect())
    }

    /// Checks that every face comes before its cell, and has its degree less one.
    ///
    /// O(k) for k entries, parallel.
    ///
    /// # Errors
    ///
    /// [`Error::Boundary`] names the first entry that is not as it should be, or the number of degrees;
    /// [`Error::Interrupted`].
    ///
    /// # Example
    ///
    /// ```
    /// use morsebar_core::{Monitor, canonical::Boundary};
    /// let error = Boundary::new(&[0, 0, 1], &[0], &[1])?.check_faces(&[0, 2], &Monitor::new()).unwrap_err();
    /// assert_eq!(error.to_string(), "boundary[0, 1] is 1, but the degrees of 0 and 1 are 0 and 2, expected a drop by one");
    /// # Ok::<(), morsebar_core::Error>(())
    /// ```
    pub fn check_faces(&self, degrees: &[u8], monitor: &Monitor) -> Result<(), Error> {
        let n = self.n_cells();
        if degrees.len() != n as usize {
            let found = degrees.len();
            return Err(Error::Boundary(format!("degrees has length {found}, expected {n}, the number of cells")));
        }
        let wrong = |j: u32| {
            self.entries(j).find_map(|(i, x)| {
                let (low, high) = (degrees[i as usize], degrees[j as usize]);
                if x == 0 || (i < j && high.checked_sub(1) == Some(low)) {
                    None
                } else if i >= j {
                    Some(format!("boundary[{i}, {j}] is {x}, but {i} does not come before {j}"))
                } else {
                    Some(format!(
                        "boundary[{i}, {j}] is {x}, but the degrees of {i} and {j} are {low} and {high}, expected a drop by one"
                    ))
                }
            })
        };
        let error = (0..n.div_ceil(CHUNK)).into_par_iter().find_map_first(|chunk| {
            let mut columns = chunk * CHUNK..n.min(chunk.saturating_add(1).saturating_mul(CHUNK));
            monitor
                .check()
                .and_then(|()| columns.find_map(wrong).map_or(Ok(()), |text| Err(Error::Boundary(text))))
                .err()
        });
        monitor.check()?;
        error.map_or(Ok(()), Err)
    }

    fn entries(&self, j: u32) -> impl Iterator<Item = (u32, i64)> {
        let range = self.indptr[j as usize] as usize..self.indptr[j as usize + 1] as usize;
        self.indices[range.clone()].iter().map(|&row| row as u32).zip(self.data[range].iter().copied())
    }
}
