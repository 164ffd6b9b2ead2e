//! The merge tree and what is asked of it, over arrays.

use crate::arrays::{Graph, Level, Named, Task, Values, ValuesView, run};
use crate::door::enter;
use morsebar_core::graph::edges as edges_of;
use morsebar_core::merge_tree as core;
use morsebar_core::order::{Nan, Order, check_values};
use morsebar_core::{Error, MergeTree, Monitor, NONE};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Builds the tree, by the fast way or by the specification.
struct Build {
    naive: bool,
}

/// A tree, the level at which every bar dies, and the edge along which, if edges have levels.
type Built = (MergeTree, Vec<f64>, Option<Vec<[u32; 2]>>);

impl Task for Build {
    type Output = Built;

    fn run<V: Level, G: Named>(self, values: &[V], graph: &G, monitor: &Monitor) -> Result<Built, Error> {
        let mut tree = if self.naive {
            if values.len() != graph.n_vertices() {
                return Err(Error::Length { values: values.len(), vertices: graph.n_vertices() });
            }
            core::naive::merge_tree(values, graph)
        } else {
            core::merge_tree(values, graph, monitor)?
        };
        let edges = graph.saddle_edges(&tree, monitor)?;
        let level = |&saddle: &u32| if saddle == NONE { f64::INFINITY } else { values[saddle as usize].to_f64() };
        let deaths = tree.bars.saddle.iter().map(level).collect();
        // A raised edge is spelled by its upper end.
        for saddle in &mut tree.bars.saddle {
            if let Some([u, v]) = graph.edge(*saddle) {
                *saddle = Order::new(values).max(u, v);
            }
        }
        tree.branch.truncate(graph.n_counted());
        Ok((tree, deaths, edges))
    }
}

/// The tree as a dictionary of arrays: bars in the order of the core, parents as indices of bars.
fn arrays(py: Python<'_>, (tree, deaths, edges): Built) -> PyResult<Bound<'_, PyDict>> {
    let signed = |u: u32| if u == NONE { -1 } else { i64::from(u) };
    let vertices = |list: Vec<u32>| list.into_iter().map(signed).collect::<Vec<i64>>().into_pyarray(py);
    let m = deaths.len();
    let dict = PyDict::new(py);
    dict.set_item("branches", tree.branch.into_pyarray(py))?;
    dict.set_item("minima", vertices(tree.bars.minimum))?;
    dict.set_item("saddles", vertices(tree.bars.saddle))?;
    dict.set_item("parents", tree.bars.parent.into_pyarray(py))?;
    dict.set_item("deaths", deaths.into_pyarray(py))?;
    dict.set_item("sizes", vertices(tree.bars.size))?;
    dict.set_item("mean_heights", tree.bars.mean_height.into_pyarray(py))?;
    let edges = edges.map(|edges| vertices(edges.into_flattened()).reshape([m, 2])).transpose()?;
    dict.set_item("saddle_edges", edges)?;
    Ok(dict)
}

fn build<'py>(
    py: Python<'py>,
    naive: bool,
    values: &Values<'py>,
    graph: &Graph<'py>,
    mask_nan: bool,
    n_jobs: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let (values, graph) = (values.view()?, graph.view()?);
    let nan = if mask_nan { Nan::Mask } else { Nan::Raise };
    let built = enter(py, n_jobs, progress, |monitor| {
        match values {
            ValuesView::F32(values) => check_values(values, nan)?,
            ValuesView::F64(values) => check_values(values, nan)?,
        }
        run(Build { naive }, values, graph, monitor)
    })?;
    arrays(py, built)
}

/// The minimum merge tree of values on a graph.
#[pyfunction]
pub(crate) fn merge_tree<'py>(
    py: Python<'py>,
    values: Values<'py>,
    graph: Graph<'py>,
    mask_nan: bool,
    n_jobs: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    build(py, false, &values, &graph, mask_nan, n_jobs, progress)
}

/// The same by the specification: serial, O(E log E).
#[pyfunction]
pub(crate) fn naive_merge_tree<'py>(
    py: Python<'py>,
    values: Values<'py>,
    graph: Graph<'py>,
    mask_nan: bool,
) -> PyResult<Bound<'py, PyDict>> {
    build(py, true, &values, &graph, mask_nan, 1, None)
}

/// Where steepest descent ends.
struct Basins;

impl Task for Basins {
    type Output = Vec<u32>;

    fn run<V: Level, G: Named>(self, values: &[V], graph: &G, monitor: &Monitor) -> Result<Vec<u32>, Error> {
        let mut basins = core::basins(values, graph, monitor)?;
        basins.truncate(graph.n_counted());
        Ok(basins)
    }
}

/// The minimum reached from every vertex by always going to the lowest neighbour; the largest number where outside.
#[pyfunction]
pub(crate) fn basins<'py>(
    py: Python<'py>,
    values: Values<'py>,
    graph: Graph<'py>,
    n_jobs: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyArray1<u32>>> {
    let (values, graph) = (values.view()?, graph.view()?);
    Ok(enter(py, n_jobs, progress, |monitor| run(Basins, values, graph, monitor))?.into_pyarray(py))
}

/// The edges of a graph.
struct Edges;

impl Task for Edges {
    type Output = Vec<i64>;

    fn run<V: Level, G: Named>(self, _: &[V], graph: &G, monitor: &Monitor) -> Result<Vec<i64>, Error> {
        Ok(edges_of(graph, monitor)?.into_iter().flatten().map(i64::from).collect())
    }
}

/// All edges of a graph, lower end first, sorted, shape (m, 2).
#[pyfunction]
pub(crate) fn edges<'py>(
    py: Python<'py>,
    values: Values<'py>,
    graph: Graph<'py>,
    n_jobs: usize,
) -> PyResult<Bound<'py, PyArray2<i64>>> {
    let (values, graph) = (values.view()?, graph.view()?);
    let edges = enter(py, n_jobs, None, |monitor| run(Edges, values, graph, monitor))?;
    let m = edges.len() / 2;
    edges.into_pyarray(py).reshape([m, 2])
}

/// A path below a level.
struct PathBelow {
    ends: [u32; 2],
    level: f64,
}

impl Task for PathBelow {
    type Output = Vec<i64>;

    fn run<V: Level, G: Named>(self, values: &[V], graph: &G, monitor: &Monitor) -> Result<Vec<i64>, Error> {
        let [u, v] = self.ends;
        let path = core::path(values, graph, u, v, self.level, monitor)?;
        Ok(path.into_iter().filter(|&x| (x as usize) < graph.n_counted()).map(i64::from).collect())
    }
}

/// A shortest path from `u` to `v` in the sublevel set of `level`; empty if there is none.
#[pyfunction]
pub(crate) fn path<'py>(
    py: Python<'py>,
    values: Values<'py>,
    graph: Graph<'py>,
    u: u32,
    v: u32,
    level: f64,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let (values, graph) = (values.view()?, graph.view()?);
    Ok(enter(py, 1, None, |monitor| run(PathBelow { ends: [u, v], level }, values, graph, monitor))?.into_pyarray(py))
}

/// The barriers between pairs of vertices, shape (p, 2).
#[pyfunction]
pub(crate) fn barriers<'py>(
    py: Python<'py>,
    values: Values<'py>,
    branches: PyReadonlyArray1<'py, u32>,
    parents: PyReadonlyArray1<'py, u32>,
    deaths: PyReadonlyArray1<'py, f64>,
    pairs: PyReadonlyArray2<'py, u32>,
    n_jobs: usize,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let values = values.view()?;
    let (branches, parents, deaths) = (branches.as_slice()?, parents.as_slice()?, deaths.as_slice()?);
    let (pairs, []) = pairs.as_slice()?.as_chunks::<2>() else {
        return Err(PyTypeError::new_err("pairs must have shape (p, 2)"));
    };
    let barriers = enter(py, n_jobs, None, |monitor| match values {
        ValuesView::F32(values) => core::barriers(values, branches, parents, deaths, pairs, monitor),
        ValuesView::F64(values) => core::barriers(values, branches, parents, deaths, pairs, monitor),
    })?;
    Ok(barriers.into_pyarray(py))
}
