//! Lattices: the search of their generators, their points and their neighbours.

use crate::door::enter;
use morsebar_core::graph::{Coordinate, Lattice, best_generator};
use morsebar_core::{Error, Monitor};
use numpy::{Element, IntoPyArray, PyArray2, PyArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// What a lattice is made of: `(n, generator, shift, n_neighbors)`; its dimension is the length of the shift.
#[derive(FromPyObject)]
pub(crate) struct Parameters(u32, u32, Vec<u64>, Option<usize>);

impl Parameters {
    /// Takes milliseconds, and so is done behind the door.
    pub(crate) fn lattice(&self) -> Result<Lattice, Error> {
        let Self(n, generator, shift, n_neighbors) = self;
        Lattice::new(*n, shift.len(), *generator, shift, *n_neighbors)
    }

    fn check(&self, start: usize, stop: usize) -> PyResult<()> {
        if start <= stop && stop <= self.0 as usize {
            return Ok(());
        }
        Err(PyValueError::new_err(format!("start, stop are {start}, {stop}, expected a range of {} points", self.0)))
    }
}

/// The best generator of about 1000 candidates.
#[pyfunction]
pub(crate) fn lattice_generator(py: Python<'_>, n: u32, d: usize, n_jobs: usize) -> PyResult<u32> {
    enter(py, n_jobs, None, |monitor| best_generator(n, d, monitor))
}

/// The number of neighbours of a point, which may be left to the lattice.
#[pyfunction]
pub(crate) fn lattice_n_neighbors(py: Python<'_>, lattice: Parameters) -> PyResult<usize> {
    enter(py, 1, None, |_| Ok(lattice.lattice()?.n_neighbors()))
}

/// The points of a range in the unit cube, shape (stop - start, d).
#[pyfunction]
pub(crate) fn lattice_points(
    py: Python<'_>,
    lattice: Parameters,
    start: usize,
    stop: usize,
    margin: f64,
    single: bool,
    n_jobs: usize,
) -> PyResult<Bound<'_, PyAny>> {
    fn points<'py, T: Coordinate + Element>(
        py: Python<'py>,
        lattice: &Parameters,
        (start, stop): (usize, usize),
        margin: f64,
        n_jobs: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let work = |monitor: &Monitor| lattice.lattice()?.points::<T>(start..stop, margin, monitor);
        let points = enter(py, n_jobs, None, work)?.into_pyarray(py);
        Ok(points.reshape([stop - start, lattice.2.len()])?.into_any())
    }
    lattice.check(start, stop)?;
    let points = if single { points::<f32> } else { points::<f64> };
    points(py, &lattice, (start, stop), margin, n_jobs)
}

/// Indices, padded by the largest number, and distances.
type Table<'py> = (Bound<'py, PyArray2<u32>>, Bound<'py, PyArray2<f64>>);

/// The neighbours of a range of points, and how far away they are, shape (stop - start, k) each.
#[pyfunction]
pub(crate) fn lattice_table(
    py: Python<'_>,
    lattice: Parameters,
    start: usize,
    stop: usize,
    n_jobs: usize,
) -> PyResult<Table<'_>> {
    lattice.check(start, stop)?;
    let (indices, distances, k) = enter(py, n_jobs, None, |monitor| {
        let lattice = lattice.lattice()?;
        let (indices, distances) = lattice.table(start..stop, monitor)?;
        Ok((indices, distances, lattice.n_neighbors()))
    })?;
    let shape = [stop - start, k];
    Ok((indices.into_pyarray(py).reshape(shape)?, distances.into_pyarray(py).reshape(shape)?))
}
