//! Discrete gradients and what is asked of them, over arrays.

use crate::arrays::{Values, ValuesView};
use crate::complex::{Complex, SimplicesView};
use crate::door::enter;
use morsebar_core::canonical::{Column, Field, Prime};
use morsebar_core::complex::{Complex as _, Cubical, Freudenthal, Manifold, Simplices};
use morsebar_core::morse::{self as core, Integers, Separatrix};
use morsebar_core::order::{Nan, Order, Value, check_values};
use morsebar_core::{Error, Monitor, NONE};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// A discrete gradient on a complex of one kind or another.
enum Kind {
    Cubical(core::Gradient<Cubical>),
    Freudenthal(core::Gradient<Freudenthal>),
    Simplices(core::Gradient<Simplices>),
}

/// Runs an expression on the gradient, whatever its complex.
macro_rules! on {
    ($kind:expr, $gradient:ident => $body:expr) => {
        match $kind {
            Kind::Cubical($gradient) => $body,
            Kind::Freudenthal($gradient) => $body,
            Kind::Simplices($gradient) => $body,
        }
    };
}

/// The discrete gradient of a function on a complex. It holds no values.
#[pyclass(frozen, module = "morsebar._core")]
pub(crate) struct Gradient {
    kind: Kind,
}

/// The discrete gradient of the lower-star filtration of values on a complex.
#[pyfunction]
pub(crate) fn discrete_gradient<'py>(
    py: Python<'py>,
    values: Values<'py>,
    complex: Complex<'py>,
    mask_nan: bool,
    n_jobs: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Gradient> {
    let nan = if mask_nan { Nan::Mask } else { Nan::Raise };
    let (values, table) = (values.view()?, complex.simplices()?);
    let grid = match &complex {
        Complex::Cubical(grid) => Some(Ok(grid.clone())),
        Complex::Freudenthal(grid) => Some(Err(grid.clone())),
        Complex::Flag(..) | Complex::Simplicial(..) => None,
    };
    let kind = enter(py, n_jobs, progress, |monitor| match values {
        ValuesView::F32(array) => build(array, values, grid, table, nan, monitor),
        ValuesView::F64(array) => build(array, values, grid, table, nan, monitor),
    })?;
    Ok(Gradient { kind })
}

fn build<V: Value>(
    array: &[V],
    values: ValuesView<'_>,
    grid: Option<Result<Cubical, Freudenthal>>,
    table: Option<SimplicesView<'_>>,
    nan: Nan,
    monitor: &Monitor,
) -> Result<Kind, Error> {
    check_values(array, nan)?;
    let order = Order::new(array);
    Ok(match (grid, table) {
        (Some(Ok(grid)), _) => Kind::Cubical(core::Gradient::new(order, grid, monitor)?),
        (Some(Err(grid)), _) => Kind::Freudenthal(core::Gradient::new(order, grid, monitor)?),
        (None, Some(table)) => Kind::Simplices(core::Gradient::new(order, table.build(values, monitor)?, monitor)?),
        (None, None) => unreachable!("a complex is a grid or a table"),
    })
}

type Array<'py, T> = Bound<'py, PyArray1<T>>;
/// Compressed columns: pointers, rows, entries.
type Compressed<'py> = (Array<'py, i64>, Array<'py, i64>, Array<'py, i64>);

/// Saddles, extrema, pointers, vertices.
type Polylines<'py> = (Array<'py, i64>, Array<'py, i64>, Array<'py, i64>, Array<'py, i64>);

/// Lists of pairs, compressed.
fn compressed<'py, R: Copy, E>(
    py: Python<'py>,
    columns: &[Vec<(R, E)>],
    row: impl Fn(R) -> i64,
    entry: impl Fn(&E) -> i64,
) -> Compressed<'py> {
    let mut ends = vec![0];
    let mut end = 0;
    ends.extend(columns.iter().map(|column| {
        end += column.len() as i64;
        end
    }));
    let rows: Vec<i64> = columns.iter().flatten().map(|&(at, _)| row(at)).collect();
    let entries: Vec<i64> = columns.iter().flatten().map(|(_, x)| entry(x)).collect();
    (ends.into_pyarray(py), rows.into_pyarray(py), entries.into_pyarray(py))
}

/// Places in filtration order as signed numbers, "none" as -1.
fn signed(at: u32) -> i64 {
    if at == NONE { -1 } else { i64::from(at) }
}

#[pymethods]
impl Gradient {
    /// The critical cells in filtration order: degrees (bytes), highest vertices, cells.
    fn critical<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (degrees, vertices, cells) = on!(&self.kind, gradient => (
            gradient.degrees(),
            gradient.vertices().iter().map(|&v| i64::from(v)).collect::<Vec<_>>(),
            gradient.cells().iter().map(|&cell| cell as i64).collect::<Vec<_>>(),
        ));
        let dict = PyDict::new(py);
        dict.set_item("degrees", degrees.into_pyarray(py))?;
        dict.set_item("vertices", vertices.into_pyarray(py))?;
        dict.set_item("cells", cells.into_pyarray(py))?;
        Ok(dict)
    }

    /// The vertices of cells, compressed: pointers, vertices.
    fn cell_vertices<'py>(
        &self,
        py: Python<'py>,
        cells: PyReadonlyArray1<'py, i64>,
    ) -> PyResult<(Array<'py, i64>, Array<'py, i64>)> {
        let (mut ends, mut vertices) = (vec![0], Vec::new());
        for &cell in cells.as_slice()? {
            on!(&self.kind, gradient => gradient.complex().vertices(cell as u64, |v| vertices.push(i64::from(v))));
            ends.push(vertices.len() as i64);
        }
        Ok((ends.into_pyarray(py), vertices.into_pyarray(py)))
    }

    /// The boundary between critical cells as compressed columns, over Z/p, or over the integers for prime 0.
    fn boundary<'py>(
        &self,
        py: Python<'py>,
        prime: u64,
        n_jobs: usize,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Compressed<'py>> {
        if prime != 0 {
            let columns = enter(py, n_jobs, progress, |monitor| {
                let field = Prime::new(prime)?;
                on!(&self.kind, gradient => core::boundary(gradient, &field, monitor))
            })?;
            return Ok(compressed(py, &columns, signed, |&x| i64::from(x)));
        }
        let columns = enter(
            py,
            n_jobs,
            progress,
            |monitor| on!(&self.kind, gradient => core::boundary(gradient, &Integers, monitor)),
        )?;
        Ok(compressed(py, &columns, signed, |&x| x))
    }

    /// The canonical pairs over Z/p by the fast way, shape (k, 2); -1 is the death of an essential class.
    fn pairs<'py>(
        &self,
        py: Python<'py>,
        prime: u64,
        n_jobs: usize,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyArray2<i64>>> {
        let pairs = enter(py, n_jobs, progress, |monitor| {
            let field = Prime::new(prime)?;
            match &self.kind {
                Kind::Cubical(gradient) => core::pairs_of_manifold(gradient, &field, monitor),
                Kind::Freudenthal(gradient) => core::pairs_of_manifold(gradient, &field, monitor),
                Kind::Simplices(gradient) => core::pairs(gradient, &field, monitor),
            }
        })?;
        let k = pairs.len();
        let flat: Vec<i64> = pairs.into_iter().flat_map(|(birth, death)| [signed(birth), signed(death)]).collect();
        flat.into_pyarray(py).reshape([k, 2])
    }

    /// Chains of critical cells (compressed columns) as chains of cells of the complex; over the integers for prime 0.
    fn lift<'py>(
        &self,
        py: Python<'py>,
        indptr: PyReadonlyArray1<'py, i64>,
        indices: PyReadonlyArray1<'py, i64>,
        data: PyReadonlyArray1<'py, i64>,
        prime: u64,
        n_jobs: usize,
    ) -> PyResult<Compressed<'py>> {
        let (indptr, indices, data) = (indptr.as_slice()?, indices.as_slice()?, data.as_slice()?);
        let columns: Vec<Column<i64>> = indptr
            .windows(2)
            .map(|pair| {
                let range = pair[0] as usize..pair[1] as usize;
                indices[range.clone()].iter().map(|&row| row as u32).zip(data[range].iter().copied()).collect()
            })
            .collect();
        if prime == 0 {
            let multiply = |x: &i64, y: &i64| x.checked_mul(*y);
            let chains = enter(
                py,
                n_jobs,
                None,
                |monitor| on!(&self.kind, gradient => core::lift(gradient, &columns, &Integers, multiply, monitor)),
            )?;
            return Ok(compressed(py, &chains, |cell| cell as i64, |&x| x));
        }
        let chains = enter(py, n_jobs, None, |monitor| {
            let field = Prime::new(prime)?;
            let over = |column: &Column<i64>| column.iter().map(|&(row, x)| (row, field.from_i64(x))).collect();
            let columns: Vec<Column<u32>> = columns.iter().map(over).collect();
            let multiply = |x: &u32, y: &u32| Some(field.mul(x, y));
            on!(&self.kind, gradient => core::lift(gradient, &columns, &field, multiply, monitor))
        })?;
        Ok(compressed(py, &chains, |cell| cell as i64, |&x| i64::from(x)))
    }

    /// The V-paths from critical cells of degree 1 down to minima and, on grids of more than one dimension, from those of
    /// degree d - 1 up to maxima: saddles, extrema (-1 where the grid ends), pointers, vertices.
    fn separatrices<'py>(
        &self,
        py: Python<'py>,
        values: Values<'py>,
        critical: PyReadonlyArray1<'py, i64>,
    ) -> PyResult<Polylines<'py>> {
        let (values, critical) = (values.view()?, critical.as_slice()?);
        let paths = enter(py, 1, None, |monitor| match values {
            ValuesView::F32(values) => self.paths(Order::new(values), critical, monitor),
            ValuesView::F64(values) => self.paths(Order::new(values), critical, monitor),
        })?;
        let mut ends = vec![0];
        let mut end = 0;
        ends.extend(paths.iter().map(|path| {
            end += path.vertices.len() as i64;
            end
        }));
        let saddles: Vec<i64> = paths.iter().map(|path| i64::from(path.saddle)).collect();
        let extrema: Vec<i64> = paths.iter().map(|path| path.extremum.map_or(-1, i64::from)).collect();
        let vertices: Vec<i64> = paths.iter().flat_map(|path| &path.vertices).map(|&v| i64::from(v)).collect();
        Ok((saddles.into_pyarray(py), extrema.into_pyarray(py), ends.into_pyarray(py), vertices.into_pyarray(py)))
    }

    /// The minimum that every vertex descends to, and on grids the maximum that every top cell ascends to, as places of
    /// critical cells; -1 outside.
    fn labels<'py>(&self, py: Python<'py>, n_jobs: usize) -> PyResult<(Array<'py, i64>, Option<Array<'py, i64>>)> {
        let (minima, maxima) = enter(py, n_jobs, None, |monitor| {
            let minima = on!(&self.kind, gradient => {
                let vertex = |v: u32| gradient.complex().vertex(v);
                places(core::labels(gradient, monitor)?, |v| gradient.place(vertex(v)))
            });
            let maxima = match &self.kind {
                Kind::Cubical(gradient) => Some(tops(gradient, monitor)?),
                Kind::Freudenthal(gradient) => Some(tops(gradient, monitor)?),
                Kind::Simplices(_) => None,
            };
            Ok((minima, maxima))
        })?;
        Ok((minima.into_pyarray(py), maxima.map(|maxima| maxima.into_pyarray(py))))
    }
}

fn tops<C: Manifold>(gradient: &core::Gradient<C>, monitor: &Monitor) -> Result<Vec<i64>, Error> {
    let top = |number: u32| gradient.complex().top(number as usize);
    Ok(places(core::top_labels(gradient, monitor)?, |number| gradient.place(top(number))))
}

/// Labels as places of critical cells; neighbours mostly share theirs.
fn places(labels: Vec<u32>, place: impl Fn(u32) -> Option<u32>) -> Vec<i64> {
    let mut last = (NONE, -1);
    let of = |label| {
        if label != last.0 {
            last = (label, if label == NONE { -1 } else { place(label).map_or(-1, i64::from) });
        }
        last.1
    };
    labels.into_iter().map(of).collect()
}

impl Gradient {
    fn paths<V: Value>(
        &self,
        order: Order<'_, V>,
        critical: &[i64],
        monitor: &Monitor,
    ) -> Result<Vec<Separatrix>, Error> {
        let mut paths = Vec::new();
        for &at in critical {
            monitor.check()?;
            let at = at as u32;
            on!(&self.kind, gradient => paths.extend(core::separatrices(gradient, at)));
            match &self.kind {
                Kind::Cubical(gradient) => paths.extend(core::ascending_separatrices(gradient, order, at)),
                Kind::Freudenthal(gradient) => paths.extend(core::ascending_separatrices(gradient, order, at)),
                Kind::Simplices(_) => {}
            }
        }
        Ok(paths)
    }
}
