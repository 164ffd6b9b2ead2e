//! Borrowed arrays: the values, and the graph in whichever form it comes.

use crate::door::exception;
use morsebar_core::graph::{Connectivity, Csr, EdgeLevels, Grid, Index, Neighbors, Table};
use morsebar_core::merge_tree::saddle_edges;
use morsebar_core::order::Value;
use morsebar_core::{Error, MergeTree, Monitor};
use numpy::{Element, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::fmt::Display;

/// One-dimensional values, contiguous.
#[derive(FromPyObject)]
pub(crate) enum Values<'py> {
    F32(PyReadonlyArray1<'py, f32>),
    F64(PyReadonlyArray1<'py, f64>),
}

/// A graph, as the Python layer spells it: a tuple that begins with the kind.
pub(crate) enum Graph<'py> {
    /// `("table", indices)`
    Table(Entries<'py>),
    /// `("csr", indptr, indices)`
    Csr(Sparse<'py>),
    /// `("grid", shape, connectivity, periodic)`
    Grid(Grid),
    /// `("edges", edges, levels)`, the levels of the type of the values
    Edges(PyReadonlyArray2<'py, i64>, Values<'py>),
}

/// The entries of a table.
#[derive(FromPyObject)]
pub(crate) enum Entries<'py> {
    I32(PyReadonlyArray2<'py, i32>),
    U32(PyReadonlyArray2<'py, u32>),
    I64(PyReadonlyArray2<'py, i64>),
}

/// Row pointers and indices, of one type.
#[derive(FromPyObject)]
pub(crate) enum Sparse<'py> {
    I32(PyReadonlyArray1<'py, i32>, PyReadonlyArray1<'py, i32>),
    I64(PyReadonlyArray1<'py, i64>, PyReadonlyArray1<'py, i64>),
}

impl<'a, 'py> FromPyObject<'a, 'py> for Graph<'py> {
    type Error = PyErr;

    fn extract(graph: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let graph = graph.cast::<PyTuple>()?;
        let kind: String = graph.get_item(0)?.extract()?;
        match kind.as_str() {
            "table" => Ok(Self::Table(graph.get_item(1)?.extract()?)),
            "csr" => Ok(Self::Csr(graph.get_slice(1, 3).extract()?)),
            "grid" => {
                let (_, shape, connectivity, periodic): (String, Vec<usize>, String, Vec<bool>) = graph.extract()?;
                let connectivity = match connectivity.as_str() {
                    "axis" => Connectivity::Axis,
                    "freudenthal" => Connectivity::Freudenthal,
                    "full" => Connectivity::Full,
                    other => return Err(PyTypeError::new_err(format!("no connectivity {other:?}"))),
                };
                Ok(Self::Grid(Grid::new(&shape, connectivity, &periodic).map_err(exception)?))
            }
            "edges" => Ok(Self::Edges(graph.get_item(1)?.extract()?, graph.get_item(2)?.extract()?)),
            other => Err(PyTypeError::new_err(format!("no graph kind {other:?}"))),
        }
    }
}

/// Values as slices, which may cross threads.
#[derive(Clone, Copy)]
pub(crate) enum ValuesView<'a> {
    F32(&'a [f32]),
    F64(&'a [f64]),
}

impl Values<'_> {
    pub(crate) fn view(&self) -> PyResult<ValuesView<'_>> {
        Ok(match self {
            Self::F32(values) => ValuesView::F32(values.as_slice()?),
            Self::F64(values) => ValuesView::F64(values.as_slice()?),
        })
    }
}

/// A graph as slices, which may cross threads.
pub(crate) enum GraphView<'a> {
    TableI32(TableView<'a, i32>),
    TableU32(TableView<'a, u32>),
    TableI64(TableView<'a, i64>),
    CsrI32(&'a [i32], &'a [i32]),
    CsrI64(&'a [i64], &'a [i64]),
    Grid(&'a Grid),
    Edges(&'a [[i64; 2]], ValuesView<'a>),
}

/// Entries, row after row, and the shape.
pub(crate) struct TableView<'a, I> {
    entries: &'a [I],
    shape: (usize, usize),
}

impl<'a, I: Element> TableView<'a, I> {
    fn new(table: &'a PyReadonlyArray2<'_, I>) -> PyResult<Self> {
        Ok(Self { entries: table.as_slice()?, shape: (table.shape()[0], table.shape()[1]) })
    }
}

impl Graph<'_> {
    pub(crate) fn view(&self) -> PyResult<GraphView<'_>> {
        Ok(match self {
            Self::Table(Entries::I32(table)) => GraphView::TableI32(TableView::new(table)?),
            Self::Table(Entries::U32(table)) => GraphView::TableU32(TableView::new(table)?),
            Self::Table(Entries::I64(table)) => GraphView::TableI64(TableView::new(table)?),
            Self::Csr(Sparse::I32(indptr, indices)) => GraphView::CsrI32(indptr.as_slice()?, indices.as_slice()?),
            Self::Csr(Sparse::I64(indptr, indices)) => GraphView::CsrI64(indptr.as_slice()?, indices.as_slice()?),
            Self::Grid(grid) => GraphView::Grid(grid),
            Self::Edges(edges, levels) => match edges.as_slice()?.as_chunks::<2>() {
                (edges, []) if levels.len() == edges.len() => GraphView::Edges(edges, levels.view()?),
                _ => return Err(PyTypeError::new_err("edges must have shape (m, 2), with m levels")),
            },
        })
    }
}

impl Values<'_> {
    fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }
}

/// Something to do with values and a graph, whatever their types.
pub(crate) trait Task {
    type Output;
    fn run<V: Level, G: Named>(self, values: &[V], graph: &G, monitor: &Monitor) -> Result<Self::Output, Error>;
}

/// A value type that can be picked out of a view.
pub(crate) trait Level: Value + Display {
    fn pick(view: ValuesView<'_>) -> Option<&[Self]>;
}

impl Level for f32 {
    fn pick(view: ValuesView<'_>) -> Option<&[Self]> {
        if let ValuesView::F32(values) = view { Some(values) } else { None }
    }
}

impl Level for f64 {
    fn pick(view: ValuesView<'_>) -> Option<&[Self]> {
        if let ValuesView::F64(values) = view { Some(values) } else { None }
    }
}

/// A graph that can name the edges along which bars die, where its edges have levels of their own.
pub(crate) trait Named: Neighbors {
    /// The edge that the vertex of a subdivided graph stands for.
    fn edge(&self, _: u32) -> Option<[u32; 2]> {
        None
    }
    fn saddle_edges(&self, _: &MergeTree, _: &Monitor) -> Result<Option<Vec<[u32; 2]>>, Error> {
        Ok(None)
    }
}

impl<I: Index> Named for Table<'_, I> {}
impl<P: Index, I: Index> Named for Csr<'_, P, I> {}
impl Named for Grid {}
impl<V: Level> Named for EdgeLevels<V> {
    fn edge(&self, vertex: u32) -> Option<[u32; 2]> {
        Self::edge(self, vertex)
    }
    fn saddle_edges(&self, tree: &MergeTree, monitor: &Monitor) -> Result<Option<Vec<[u32; 2]>>, Error> {
        saddle_edges(self, tree, monitor).map(Some)
    }
}

/// Runs a task on the types that the views turn out to have.
pub(crate) fn run<T: Task>(
    task: T,
    values: ValuesView<'_>,
    graph: GraphView<'_>,
    monitor: &Monitor,
) -> Result<T::Output, Error> {
    match values {
        ValuesView::F32(values) => run_on(task, values, graph, monitor),
        ValuesView::F64(values) => run_on(task, values, graph, monitor),
    }
}

fn run_on<T: Task, V: Level>(
    task: T,
    values: &[V],
    graph: GraphView<'_>,
    monitor: &Monitor,
) -> Result<T::Output, Error> {
    fn table<'a, I: Index>(view: &TableView<'a, I>) -> Result<Table<'a, I>, Error> {
        Table::new(view.entries, view.shape.0, view.shape.1)
    }
    match graph {
        GraphView::TableI32(view) => task.run(values, &table(&view)?, monitor),
        GraphView::TableU32(view) => task.run(values, &table(&view)?, monitor),
        GraphView::TableI64(view) => task.run(values, &table(&view)?, monitor),
        GraphView::CsrI32(indptr, indices) => task.run(values, &Csr::new(indptr, indices)?, monitor),
        GraphView::CsrI64(indptr, indices) => task.run(values, &Csr::new(indptr, indices)?, monitor),
        GraphView::Grid(grid) => task.run(values, grid, monitor),
        GraphView::Edges(edges, levels) => {
            let levels = V::pick(levels).expect("levels of the type of the values");
            let graph = EdgeLevels::new(values, edges, levels, monitor)?;
            task.run(graph.values(), &graph, monitor)
        }
    }
}
