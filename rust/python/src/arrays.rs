//! Borrowed arrays: the values, and the graph in whichever form it comes.

use crate::door::exception;
use crate::lattice::Parameters;
use morsebar_core::graph::{Connectivity, Csr, EdgeLevels, Grid, Index, Joined, Lattice, Neighbors, Table};
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
    /// `("joined", indices, arcs)`
    Joined(Entries<'py>, PyReadonlyArray2<'py, u32>),
    /// `("csr", indptr, indices)`
    Csr(Sparse<'py>),
    /// `("grid", shape, connectivity, periodic)`
    Grid(Grid),
    /// `("lattice", n, generator, shift, n_neighbors)`
    Lattice(Parameters),
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
            "joined" => Ok(Self::Joined(graph.get_item(1)?.extract()?, graph.get_item(2)?.extract()?)),
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
            "lattice" => Ok(Self::Lattice(graph.get_slice(1, 5).extract()?)),
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
    Table(EntriesView<'a>),
    Joined(EntriesView<'a>, &'a [[u32; 2]]),
    CsrI32(&'a [i32], &'a [i32]),
    CsrI64(&'a [i64], &'a [i64]),
    Grid(&'a Grid),
    Lattice(&'a Parameters),
    Edges(&'a [[i64; 2]], ValuesView<'a>),
}

/// The entries of a table, as slices.
pub(crate) enum EntriesView<'a> {
    I32(TableView<'a, i32>),
    U32(TableView<'a, u32>),
    I64(TableView<'a, i64>),
}

impl EntriesView<'_> {
    /// The pairs of a row and an entry of it that is a vertex.
    pub(crate) fn arcs(&self) -> Box<dyn Iterator<Item = [u32; 2]> + '_> {
        match self {
            Self::I32(view) => Box::new(view.arcs()),
            Self::U32(view) => Box::new(view.arcs()),
            Self::I64(view) => Box::new(view.arcs()),
        }
    }
}

impl Entries<'_> {
    pub(crate) fn view(&self) -> PyResult<EntriesView<'_>> {
        Ok(match self {
            Self::I32(table) => EntriesView::I32(TableView::new(table)?),
            Self::U32(table) => EntriesView::U32(TableView::new(table)?),
            Self::I64(table) => EntriesView::I64(TableView::new(table)?),
        })
    }
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

impl<'a, I: Index> TableView<'a, I> {
    fn arcs(&self) -> impl Iterator<Item = [u32; 2]> + '_ {
        let (n, k) = (self.shape.0 as u32, self.shape.1);
        let vertices = self.entries.iter().map(move |entry| entry.vertex(n)).enumerate();
        vertices.filter(move |&(_, v)| v < n).map(move |(at, v)| [(at / k) as u32, v])
    }

    fn table(&self) -> Result<Table<'a, I>, Error> {
        Table::new(self.entries, self.shape.0, self.shape.1)
    }
}

impl Graph<'_> {
    pub(crate) fn view(&self) -> PyResult<GraphView<'_>> {
        Ok(match self {
            Self::Table(entries) => GraphView::Table(entries.view()?),
            Self::Joined(entries, arcs) => match arcs.as_slice()?.as_chunks::<2>() {
                (arcs, []) => GraphView::Joined(entries.view()?, arcs),
                _ => return Err(PyTypeError::new_err("arcs must have shape (m, 2)")),
            },
            Self::Csr(Sparse::I32(indptr, indices)) => GraphView::CsrI32(indptr.as_slice()?, indices.as_slice()?),
            Self::Csr(Sparse::I64(indptr, indices)) => GraphView::CsrI64(indptr.as_slice()?, indices.as_slice()?),
            Self::Grid(grid) => GraphView::Grid(grid),
            Self::Lattice(parameters) => GraphView::Lattice(parameters),
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
impl<I: Index> Named for Joined<'_, I> {}
impl<P: Index, I: Index> Named for Csr<'_, P, I> {}
impl Named for Grid {}
impl Named for Lattice {}
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
    match graph {
        GraphView::Table(EntriesView::I32(view)) => task.run(values, &view.table()?, monitor),
        GraphView::Table(EntriesView::U32(view)) => task.run(values, &view.table()?, monitor),
        GraphView::Table(EntriesView::I64(view)) => task.run(values, &view.table()?, monitor),
        GraphView::Joined(entries, arcs) => match entries {
            EntriesView::I32(view) => task.run(values, &Joined::new(view.table()?, arcs.to_vec())?, monitor),
            EntriesView::U32(view) => task.run(values, &Joined::new(view.table()?, arcs.to_vec())?, monitor),
            EntriesView::I64(view) => task.run(values, &Joined::new(view.table()?, arcs.to_vec())?, monitor),
        },
        GraphView::CsrI32(indptr, indices) => task.run(values, &Csr::new(indptr, indices)?, monitor),
        GraphView::CsrI64(indptr, indices) => task.run(values, &Csr::new(indptr, indices)?, monitor),
        GraphView::Grid(grid) => task.run(values, grid, monitor),
        GraphView::Lattice(parameters) => task.run(values, &parameters.lattice()?, monitor),
        GraphView::Edges(edges, levels) => {
            let levels = V::pick(levels).expect("levels of the type of the values");
            let graph = EdgeLevels::new(values, edges, levels, monitor)?;
            task.run(graph.values(), &graph, monitor)
        }
    }
}
