//! Whether a matrix is the boundary of a complex.

use super::column::{Column, collect};
use super::field::Field;
use crate::{Error, Monitor};
use rayon::prelude::*;

/// Columns between two looks at the monitor.
const CHUNK: u32 = 1024;

/// Checks that the boundary of every boundary is zero.
///
/// # Arguments
///
/// The number of cells; the boundary of a cell by its number, from any thread.
///
/// # Errors
///
/// [`Error::BoundaryOfBoundary`] names the first cell that fails, the first face of its faces and the coefficient there;
/// those of the boundaries; [`Error::Interrupted`].
///
/// # Complexity
///
/// O(sum of k log k), where k counts the faces of the faces of a cell; parallel.
///
/// # Example
///
/// ```
/// use morsebar_core::{Monitor, canonical::{Prime, check_boundary}};
/// // A path 0 - 1, and a cell glued along it twice.
/// let columns = [vec![], vec![], vec![(0, 4), (1, 1)], vec![(2, 2)]];
/// let error = check_boundary(4, |j| Ok(columns[j as usize].clone()), &Prime::new(5)?, &Monitor::new()).unwrap_err();
/// assert_eq!(error.to_string(), "the boundary of the boundary of cell 3 is 3 at cell 0, expected 0 everywhere");
/// # Ok::<(), morsebar_core::Error>(())
/// ```
pub fn check_boundary<F: Field>(
    n_cells: u32,
    boundary: impl Fn(u32) -> Result<Column<F::Element>, Error> + Sync,
    field: &F,
    monitor: &Monitor,
) -> Result<(), Error> {
    monitor.expect(u64::from(n_cells));
    let check = |cell| {
        let mut faces = Vec::new();
        for (face, x) in boundary(cell)? {
            faces.extend(boundary(face)?.into_iter().map(|(face, y)| (face, field.mul(&x, &y))));
        }
        match collect(field, faces).first() {
            Some((face, x)) => Err(Error::BoundaryOfBoundary { cell, face: *face, coefficient: x.to_string() }),
            None => Ok(()),
        }
    };
    let error = (0..n_cells.div_ceil(CHUNK)).into_par_iter().find_map_first(|chunk| {
        let cells = chunk * CHUNK..n_cells.min(chunk.saturating_add(1).saturating_mul(CHUNK));
        monitor.advance(cells.len() as u64);
        monitor.check().and_then(|()| cells.into_iter().try_for_each(check)).err()
    });
    monitor.check()?;
    error.map_or(Ok(()), Err)
}
