//! Nearest neighbours, over arrays.

use crate::arrays::Entries;
use crate::door::enter;
use morsebar_core::knn::{self as core, Knn, Options, Scalar};
use morsebar_core::{Error, Monitor};
use numpy::{
    Element, IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods,
};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Rows of coordinates, contiguous.
#[derive(FromPyObject)]
pub(crate) enum Points<'py> {
    F32(PyReadonlyArray2<'py, f32>),
    F64(PyReadonlyArray2<'py, f64>),
}

/// Does the same with coordinates of either type, and the number of axes.
macro_rules! with_coordinates {
    ($points:expr, |$coordinates:ident, $d:ident| $body:expr) => {
        match $points {
            Points::F32(points) => {
                let ($coordinates, $d) = (points.as_slice()?, points.shape()[1]);
                $body
            }
            Points::F64(points) => {
                let ($coordinates, $d) = (points.as_slice()?, points.shape()[1]);
                $body
            }
        }
    };
}

/// How neighbours are looked for.
enum Search {
    /// In the tree, with the `eps` of the options.
    Tree,
    /// By descent, from a seed.
    Descent(u64),
}

/// A table of neighbours and the edges beside it.
type Found<S> = (Knn<S>, Vec<[u32; 2]>);

fn find<S: Scalar>(
    points: &[S],
    d: usize,
    k: usize,
    search: &Search,
    options: &Options,
    monitor: &Monitor,
) -> Result<Found<S>, Error> {
    let found = match *search {
        Search::Tree => core::knn(points, d, k, options, monitor)?,
        Search::Descent(seed) => core::nn_descent(points, d, k, seed, options, monitor)?,
    };
    let edges = core::edges_between_copies(points, d, &found, options, monitor)?;
    Ok((found, edges))
}

/// The result as a dictionary of arrays; numbers of points are signed, of 32 bits where they fit.
fn arrays<S: Scalar + Element>(py: Python<'_>, (found, edges): Found<S>, k: usize) -> PyResult<Bound<'_, PyDict>> {
    let shape = [found.indices.len() / k, k];
    let dict = PyDict::new(py);
    if i32::try_from(shape[0]).is_ok() {
        // All ones, which pads, is -1.
        let signed: Vec<i32> = found.indices.into_iter().map(|u| u as i32).collect();
        dict.set_item("indices", signed.into_pyarray(py).reshape(shape)?)?;
    } else {
        let signed = |u| if u == morsebar_core::NONE { -1 } else { i64::from(u) };
        let signed: Vec<i64> = found.indices.into_iter().map(signed).collect();
        dict.set_item("indices", signed.into_pyarray(py).reshape(shape)?)?;
    }
    dict.set_item("distances", found.distances.into_pyarray(py).reshape(shape)?)?;
    dict.set_item("order", found.order.into_pyarray(py))?;
    let m = edges.len();
    dict.set_item("extra_edges", edges.into_flattened().into_pyarray(py).reshape([m, 2])?)?;
    Ok(dict)
}

fn run<'py>(
    py: Python<'py>,
    points: &Points<'py>,
    k: usize,
    search: &Search,
    options: &Options,
    n_jobs: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    with_coordinates!(points, |coordinates, d| {
        let found = enter(py, n_jobs, progress, |monitor| find(coordinates, d, k, search, options, monitor))?;
        arrays(py, found, k)
    })
}

/// The `k` nearest other points of every point, exactly or within a factor `1 + eps`.
#[pyfunction]
#[allow(clippy::too_many_arguments, reason = "one for each of Python's")]
pub(crate) fn knn<'py>(
    py: Python<'py>,
    points: Points<'py>,
    k: usize,
    max_distance: f64,
    eps: f64,
    reorder: bool,
    n_jobs: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let options = Options { max_distance, eps, reorder, ..Options::default() };
    run(py, &points, k, &Search::Tree, &options, n_jobs, progress)
}

/// Most of the `k` nearest other points of every point, by descent.
#[pyfunction]
#[allow(clippy::too_many_arguments, reason = "one for each of Python's")]
pub(crate) fn nn_descent<'py>(
    py: Python<'py>,
    points: Points<'py>,
    k: usize,
    seed: u64,
    max_distance: f64,
    reorder: bool,
    n_jobs: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let options = Options { max_distance, reorder, ..Options::default() };
    run(py, &points, k, &Search::Descent(seed), &options, n_jobs, progress)
}

/// The dimension of the set that the points are from.
#[pyfunction]
pub(crate) fn intrinsic_dimension(py: Python<'_>, points: Points<'_>, n_jobs: usize) -> PyResult<f64> {
    with_coordinates!(&points, |coordinates, d| {
        enter(py, n_jobs, None, |monitor| core::intrinsic_dimension(coordinates, d, monitor))
    })
}

/// The share of what was found for some points that is right; `distances` has a row for each, padded by NaN.
#[pyfunction]
pub(crate) fn recall<'py>(
    py: Python<'py>,
    points: Points<'py>,
    queries: PyReadonlyArray1<'py, u32>,
    distances: Points<'py>,
    n_jobs: usize,
) -> PyResult<f64> {
    let queries = queries.as_slice()?;
    match (points, distances) {
        (Points::F32(points), Points::F32(distances)) => {
            let (coordinates, d, distances) = (points.as_slice()?, points.shape()[1], distances.as_slice()?);
            enter(py, n_jobs, None, |monitor| core::recall(coordinates, d, queries, distances, monitor))
        }
        (Points::F64(points), Points::F64(distances)) => {
            let (coordinates, d, distances) = (points.as_slice()?, points.shape()[1], distances.as_slice()?);
            enter(py, n_jobs, None, |monitor| core::recall(coordinates, d, queries, distances, monitor))
        }
        _ => Err(PyTypeError::new_err("points and distances must be of one type")),
    }
}

/// The numbers of points along the tree.
#[pyfunction]
pub(crate) fn spatial_order<'py>(
    py: Python<'py>,
    points: Points<'py>,
    n_jobs: usize,
) -> PyResult<Bound<'py, PyArray1<u32>>> {
    let order = with_coordinates!(&points, |coordinates, d| {
        enter(py, n_jobs, None, |monitor| core::spatial_order(coordinates, d, monitor))
    });
    Ok(order?.into_pyarray(py))
}

/// Edges between the closest pairs of points that join the components of a graph, shape (m, 2).
#[pyfunction]
pub(crate) fn bridges<'py>(
    py: Python<'py>,
    points: Points<'py>,
    indices: Entries<'py>,
    arcs: PyReadonlyArray2<'py, u32>,
    n_jobs: usize,
) -> PyResult<Bound<'py, PyArray2<u32>>> {
    let (table, (arcs, [])) = (indices.view()?, arcs.as_slice()?.as_chunks::<2>()) else {
        return Err(PyTypeError::new_err("arcs must have shape (m, 2)"));
    };
    let edges = with_coordinates!(&points, |coordinates, d| {
        enter(py, n_jobs, None, |monitor| {
            core::bridges(coordinates, d, table.arcs().chain(arcs.iter().copied()), monitor)
        })
    })?;
    let m = edges.len();
    edges.into_flattened().into_pyarray(py).reshape([m, 2])
}
