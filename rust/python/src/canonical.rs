//! Boundary matrices and their canonical form, over arrays.
//!
//! A matrix is three arrays, compressed sparse columns; a field is its number of elements, 0 for the rationals.

use crate::door::enter;
use morsebar_core::canonical::{self as core, Boundary, Column, Field, Form, Prime, Rational, naive};
use morsebar_core::{Error, Monitor, NONE};
use num_bigint::BigInt;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::borrow::Cow;

/// Degrees of cells, of either type.
#[derive(FromPyObject)]
pub(crate) enum Degrees<'py> {
    U8(PyReadonlyArray1<'py, u8>),
    I64(PyReadonlyArray1<'py, i64>),
}

impl Degrees<'_> {
    fn bytes(&self) -> PyResult<Result<Cow<'_, [u8]>, Error>> {
        let wide = match self {
            Self::U8(degrees) => return Ok(Ok(degrees.as_slice()?.into())),
            Self::I64(degrees) => degrees.as_slice()?,
        };
        let byte = |(cell, &degree): (usize, &i64)| {
            let wrong = |_| Error::Boundary(format!("degrees[{cell}] is {degree}, expected 0 to 255"));
            u8::try_from(degree).map_err(wrong)
        };
        Ok(wide.iter().enumerate().map(byte).collect())
    }
}

/// What is done over whichever field.
trait Task {
    type Output;

    fn over<F: Integers>(self, field: &F) -> Result<Self::Output, Error>;
}

fn over<T: Task>(prime: u64, task: T) -> Result<T::Output, Error> {
    if prime == 0 { task.over(&Rational) } else { task.over(&Prime::new(prime)?) }
}

/// A field whose forms can be written in integers.
trait Integers: Field {
    fn basis(form: Form<Self::Element>, monitor: &Monitor) -> Result<Option<Basis>, Error>;
}

impl Integers for Prime {
    fn basis(form: Form<u32>, _: &Monitor) -> Result<Option<Basis>, Error> {
        Ok(form.basis.map(Basis::new))
    }
}

impl Integers for Rational {
    fn basis(form: Form<Self::Element>, monitor: &Monitor) -> Result<Option<Basis>, Error> {
        let whole = form.whole_basis(monitor)?;
        drop(form);
        monitor.check()?;
        Ok(whole.map(Basis::new))
    }
}

type PairList = Vec<(u32, u32)>;

/// Shape (k, 2); -1 where there is no death.
fn array(py: Python<'_>, pairs: PairList) -> PyResult<Bound<'_, PyArray2<i64>>> {
    let cell = |cell: u32| if cell == NONE { -1 } else { i64::from(cell) };
    let cells: Vec<i64> = pairs.iter().flat_map(|&(birth, death)| [cell(birth), cell(death)]).collect();
    cells.into_pyarray(py).reshape([pairs.len(), 2])
}

/// A complex in filtration order.
#[derive(Clone, Copy)]
struct Complex<'a> {
    boundary: Boundary<'a>,
    degrees: &'a [u8],
    monitor: &'a Monitor,
}

/// Pairs, the fast way.
struct Pairs<'a>(Complex<'a>);

impl Task for Pairs<'_> {
    type Output = PairList;

    fn over<F: Integers>(self, field: &F) -> Result<PairList, Error> {
        let Complex { boundary, degrees, monitor } = self.0;
        core::pairs(degrees, |j| Ok(boundary.column(j, field)), field, monitor)
    }
}

/// The pairs of a complex: every cell once, rising by birth.
#[pyfunction]
#[allow(clippy::too_many_arguments, reason = "a matrix is three arrays")]
pub(crate) fn canonical_pairs<'py>(
    py: Python<'py>,
    indptr: PyReadonlyArray1<'py, i64>,
    indices: PyReadonlyArray1<'py, i64>,
    data: PyReadonlyArray1<'py, i64>,
    degrees: Degrees<'py>,
    prime: u64,
    n_jobs: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyArray2<i64>>> {
    let (indptr, indices, data) = (indptr.as_slice()?, indices.as_slice()?, data.as_slice()?);
    let degrees = degrees.bytes()?;
    let pairs = enter(py, n_jobs, progress, |monitor| {
        let (boundary, degrees) = (Boundary::new(indptr, indices, data)?, &degrees?[..]);
        boundary.check_faces(degrees, monitor)?;
        over(prime, Pairs(Complex { boundary, degrees, monitor }))
    })?;
    array(py, pairs)
}

/// The columns of a change of basis, compressed.
struct Basis {
    indptr: Vec<i64>,
    indices: Vec<i64>,
    data: Entries,
}

/// Its entries, big if one of them does not fit.
enum Entries {
    Small(Vec<i64>),
    Big(Vec<BigInt>),
}

impl Basis {
    fn new<E: Clone + Into<BigInt> + TryInto<i64>>(columns: Vec<Column<E>>) -> Self {
        let mut indptr = vec![0];
        for column in &columns {
            indptr.push(indptr[indptr.len() - 1] + column.len() as i64);
        }
        let (indices, data): (Vec<i64>, Vec<E>) =
            columns.into_iter().flatten().map(|(row, x)| (i64::from(row), x)).unzip();
        let small: Option<Vec<i64>> = data.iter().map(|x| x.clone().try_into().ok()).collect();
        let data = small.map_or_else(|| Entries::Big(data.into_iter().map(Into::into).collect()), Entries::Small);
        Self { indptr, indices, data }
    }
}

/// Pairs, and the change of basis if asked for.
struct Forms<'a> {
    complex: Complex<'a>,
    basis: bool,
    naive: bool,
}

impl Task for Forms<'_> {
    type Output = (PairList, Option<Basis>);

    fn over<F: Integers>(self, field: &F) -> Result<Self::Output, Error> {
        let Complex { boundary, degrees, monitor } = self.complex;
        let column = |j| boundary.column(j, field);
        let form = if self.naive {
            let columns: Vec<_> = (0..boundary.n_cells()).map(column).collect();
            naive::canonical_form(&columns, field, self.basis, monitor)?
        } else if self.basis {
            core::canonical_form(degrees, |j| Ok(column(j)), field, monitor)?
        } else {
            Form { pairs: core::pairs(degrees, |j| Ok(column(j)), field, monitor)?, basis: None }
        };
        Ok((form.pairs.clone(), F::basis(form, monitor)?))
    }
}

/// Pairs, and nothing or the columns of the change of basis.
type FormArrays<'py> = (Bound<'py, PyArray2<i64>>, Option<BasisArrays<'py>>);

/// Column pointers, rows, and entries: an array, or a list of integers of any size.
type BasisArrays<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>, Bound<'py, PyAny>);

fn form<'py>(
    py: Python<'py>,
    naive: bool,
    [indptr, indices, data]: [&PyReadonlyArray1<'py, i64>; 3],
    degrees: &Degrees<'py>,
    prime: u64,
    basis: bool,
) -> PyResult<FormArrays<'py>> {
    let (indptr, indices, data) = (indptr.as_slice()?, indices.as_slice()?, data.as_slice()?);
    let degrees = degrees.bytes()?;
    let (pairs, basis) = enter(py, 1, None, |monitor| {
        let (boundary, degrees) = (Boundary::new(indptr, indices, data)?, &degrees?[..]);
        boundary.check_faces(degrees, monitor)?;
        over(prime, Forms { complex: Complex { boundary, degrees, monitor }, basis, naive })
    })?;
    let arrays = |Basis { indptr, indices, data }: Basis| {
        let data = match data {
            Entries::Small(data) => data.into_pyarray(py).into_any(),
            Entries::Big(data) => PyList::new(py, data)?.into_any(),
        };
        PyResult::Ok((indptr.into_pyarray(py), indices.into_pyarray(py), data))
    };
    Ok((array(py, pairs)?, basis.map(arrays).transpose()?))
}

/// The canonical form of a complex, serial. Entries of the basis are 0 to p - 1; over the rationals, whole numbers.
#[pyfunction]
pub(crate) fn canonical_form<'py>(
    py: Python<'py>,
    indptr: PyReadonlyArray1<'py, i64>,
    indices: PyReadonlyArray1<'py, i64>,
    data: PyReadonlyArray1<'py, i64>,
    degrees: Degrees<'py>,
    prime: u64,
    basis: bool,
) -> PyResult<FormArrays<'py>> {
    form(py, false, [&indptr, &indices, &data], &degrees, prime, basis)
}

/// The same by the specification: the textbook reduction.
#[pyfunction]
pub(crate) fn naive_canonical_form<'py>(
    py: Python<'py>,
    indptr: PyReadonlyArray1<'py, i64>,
    indices: PyReadonlyArray1<'py, i64>,
    data: PyReadonlyArray1<'py, i64>,
    degrees: Degrees<'py>,
    prime: u64,
    basis: bool,
) -> PyResult<FormArrays<'py>> {
    form(py, true, [&indptr, &indices, &data], &degrees, prime, basis)
}

/// Whether the boundary of every boundary is zero.
struct Check<'a>(Boundary<'a>, &'a Monitor);

impl Task for Check<'_> {
    type Output = ();

    fn over<F: Integers>(self, field: &F) -> Result<(), Error> {
        let Self(boundary, monitor) = self;
        core::check_boundary(boundary.n_cells(), |j| Ok(boundary.column(j, field)), field, monitor)
    }
}

/// Nothing if the boundary of every boundary is zero, cells numbered in any order; an error that names the entry if not.
#[pyfunction]
pub(crate) fn check_boundary<'py>(
    py: Python<'py>,
    indptr: PyReadonlyArray1<'py, i64>,
    indices: PyReadonlyArray1<'py, i64>,
    data: PyReadonlyArray1<'py, i64>,
    prime: u64,
) -> PyResult<()> {
    let (indptr, indices, data) = (indptr.as_slice()?, indices.as_slice()?, data.as_slice()?);
    enter(py, 1, None, |monitor| over(prime, Check(Boundary::new(indptr, indices, data)?, monitor)))
}
