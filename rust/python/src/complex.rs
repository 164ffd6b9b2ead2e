//! Complexes, as the Python layer spells them.

use crate::arrays::{Graph, GraphView, Level, Named, Task, ValuesView, run};
use crate::door::exception;
use morsebar_core::complex::{Cubical, Freudenthal, Simplices};
use morsebar_core::order::Order;
use morsebar_core::{Error, Monitor};
use numpy::{PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// A complex, as the Python layer spells it: a tuple that begins with the kind.
pub(crate) enum Complex<'py> {
    /// `("grid", shape, "axis", periodic)`
    Cubical(Cubical),
    /// `("grid", shape, "freudenthal", periodic)`
    Freudenthal(Freudenthal),
    /// `("flag", graph, max_dimension)`
    Flag(Graph<'py>, usize),
    /// `("simplicial", n_vertices, [simplices of dimension 1, of dimension 2, ...])`
    Simplicial(usize, Vec<PyReadonlyArray2<'py, u32>>),
}

impl<'a, 'py> FromPyObject<'a, 'py> for Complex<'py> {
    type Error = PyErr;

    fn extract(complex: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let complex = complex.cast::<PyTuple>()?;
        let kind: String = complex.get_item(0)?.extract()?;
        match kind.as_str() {
            "grid" => {
                let (_, shape, connectivity, periodic): (String, Vec<usize>, String, Vec<bool>) = complex.extract()?;
                match connectivity.as_str() {
                    "axis" => Ok(Self::Cubical(Cubical::new(&shape, &periodic).map_err(exception)?)),
                    "freudenthal" => Ok(Self::Freudenthal(Freudenthal::new(&shape, &periodic).map_err(exception)?)),
                    other => Err(PyValueError::new_err(format!(
                        "connectivity is {other:?}, expected \"axis\" (cubes) or \"freudenthal\" (simplices): with other \
                         neighbours a grid has no complex"
                    ))),
                }
            }
            "flag" => match complex.get_item(1)?.extract()? {
                Graph::Edges(..) => Err(PyValueError::new_err(
                    "graph has edges with levels of their own, expected a graph whose edges enter with their ends",
                )),
                graph => Ok(Self::Flag(graph, complex.get_item(2)?.extract()?)),
            },
            "simplicial" => Ok(Self::Simplicial(complex.get_item(1)?.extract()?, complex.get_item(2)?.extract()?)),
            other => Err(PyTypeError::new_err(format!("no complex kind {other:?}"))),
        }
    }
}

/// The flag complex of a graph, whatever its type.
struct Flag {
    max_dimension: usize,
}

impl Task for Flag {
    type Output = Simplices;

    fn run<V: Level, G: Named>(self, values: &[V], graph: &G, monitor: &Monitor) -> Result<Simplices, Error> {
        if values.len() != graph.n_vertices() {
            return Err(Error::Length { values: values.len(), vertices: graph.n_vertices() });
        }
        Simplices::flag(Order::new(values), graph, self.max_dimension, monitor)
    }
}

/// A table of simplices as slices, which may cross threads.
pub(crate) enum SimplicesView<'a> {
    Flag(GraphView<'a>, usize),
    Simplicial(usize, Vec<(usize, &'a [u32])>),
}

impl SimplicesView<'_> {
    /// The complex, in the order of the values.
    pub(crate) fn build(self, values: ValuesView<'_>, monitor: &Monitor) -> Result<Simplices, Error> {
        match self {
            Self::Flag(graph, max_dimension) => run(Flag { max_dimension }, values, graph, monitor),
            Self::Simplicial(vertices, lists) => match values {
                ValuesView::F32(values) => explicit(values, vertices, &lists, monitor),
                ValuesView::F64(values) => explicit(values, vertices, &lists, monitor),
            },
        }
    }
}

fn explicit<V: Level>(
    values: &[V],
    vertices: usize,
    lists: &[(usize, &[u32])],
    monitor: &Monitor,
) -> Result<Simplices, Error> {
    if values.len() != vertices {
        return Err(Error::Length { values: values.len(), vertices });
    }
    Simplices::explicit(Order::new(values), lists, monitor)
}

impl Complex<'_> {
    /// The table of simplices, unless the complex is a grid.
    pub(crate) fn simplices(&self) -> PyResult<Option<SimplicesView<'_>>> {
        Ok(match self {
            Self::Cubical(_) | Self::Freudenthal(_) => None,
            Self::Flag(graph, max_dimension) => Some(SimplicesView::Flag(graph.view()?, *max_dimension)),
            Self::Simplicial(n, lists) => {
                let lists = lists.iter().map(|list| Ok((list.shape()[1], list.as_slice()?)));
                Some(SimplicesView::Simplicial(*n, lists.collect::<PyResult<_>>()?))
            }
        })
    }
}
