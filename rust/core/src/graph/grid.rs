//! Regular grids of any dimension, implicit: no table is stored.

use super::neighbors::{Displaced, Neighbors};
use crate::Error;
use crate::order::check_count;
use std::ops::Range;

/// Which points of a grid are neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connectivity {
    /// One step along one axis: 2d neighbours.
    Axis,
    /// The edges of the Freudenthal (Kuhn) triangulation, steps in {0, 1}^d and their opposites: 2(2^d - 1) neighbours.
    Freudenthal,
    /// At most one step along every axis: 3^d - 1 neighbours.
    Full,
}

/// More neighbours of one vertex than this are refused: such a grid has more arcs than any machine can visit.
const MOST_STEPS: usize = 1 << 20;

/// A regular grid; vertices are numbered in C order (the last axis runs fastest).
///
/// # Example
///
/// ```
/// use morsebar_core::graph::{Connectivity, Grid, Neighbors};
/// let grid = Grid::new(&[2, 3], Connectivity::Axis, &[false, true])?;
/// grid.rows(0..1, |_, row| assert_eq!(row.collect::<Vec<_>>(), [3, 2, 1]));
/// # Ok::<(), morsebar_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Grid {
    shape: Vec<usize>,
    strides: Vec<usize>,
    periodic: Vec<bool>,
    /// Every step as its displacement along each axis (-1, 0 or 1), one after another.
    steps: Vec<i8>,
    n: usize,
}

impl Grid {
    /// The grid of a shape, each axis periodic or not.
    ///
    /// # Errors
    ///
    /// [`Error::Grid`] if there is no axis, if `periodic` has another length than `shape`, or if a vertex would have
    /// more than 2^20 neighbours; [`Error::TooManyVertices`].
    pub fn new(shape: &[usize], connectivity: Connectivity, periodic: &[bool]) -> Result<Self, Error> {
        let d = shape.len();
        if d == 0 {
            return Err(Error::Grid("shape has no axis, expected at least one".into()));
        }
        if periodic.len() != d {
            return Err(Error::Grid(format!("periodic has length {}, expected {d}, one per axis", periodic.len())));
        }
        let n = if shape.contains(&0) {
            0
        } else {
            shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size)).unwrap_or(usize::MAX)
        };
        check_count(n)?;
        let mut strides = vec![1usize; d];
        for axis in (0..d - 1).rev() {
            strides[axis] = strides[axis + 1].saturating_mul(shape[axis + 1]);
        }
        let steps = steps(d, connectivity)?;
        Ok(Self { shape: shape.to_vec(), strides, periodic: periodic.to_vec(), steps, n })
    }

    /// The displacement of a step in vertex numbers (modulo 2^32) from a point on the given borders, if it stays.
    fn displacement(&self, step: &[i8], borders: &[(bool, bool)]) -> Option<u32> {
        let mut sum = 0i64;
        for (axis, (&direction, &(first, last))) in step.iter().zip(borders).enumerate() {
            let stride = self.strides[axis] as i64;
            let around = stride * (self.shape[axis] as i64 - 1);
            sum += match (direction, first, last) {
                (0, ..) => 0,
                (-1, true, _) if self.periodic[axis] => around,
                (1, _, true) if self.periodic[axis] => -around,
                (-1, true, _) | (1, _, true) => return None,
                (direction, ..) => i64::from(direction) * stride,
            };
        }
        Some(sum as u32)
    }

    /// The displacements of all steps that stay.
    fn displacements(&self, borders: &[(bool, bool)], into: &mut Vec<u32>) {
        into.clear();
        into.extend(self.steps.chunks_exact(borders.len()).filter_map(|step| self.displacement(step, borders)));
    }
}

/// All steps of a connectivity, each as `d` displacements.
fn steps(d: usize, connectivity: Connectivity) -> Result<Vec<i8>, Error> {
    let count = match connectivity {
        Connectivity::Axis => Some(2 * d),
        Connectivity::Freudenthal => 2usize.checked_pow(d as u32 + 1).map(|two| two - 2),
        Connectivity::Full => 3usize.checked_pow(d as u32).map(|three| three - 1),
    };
    let Some(count) = count.filter(|&count| count <= MOST_STEPS) else {
        return Err(Error::Grid(format!("connectivity {connectivity:?} gives too many neighbours in {d} dimensions")));
    };
    let mut steps = Vec::with_capacity(count * d);
    if connectivity == Connectivity::Axis {
        for (axis, direction) in (0..d).flat_map(|axis| [(axis, -1), (axis, 1)]) {
            steps.extend((0..d).map(|other| if other == axis { direction } else { 0 }));
        }
        return Ok(steps);
    }
    let mut step = vec![-1i8; d];
    loop {
        let (low, high) = (step.contains(&-1), step.contains(&1));
        if (low || high) && (connectivity == Connectivity::Full || !(low && high)) {
            steps.extend_from_slice(&step);
        }
        // Counts in base 3 over the digits -1, 0, 1.
        let Some(axis) = step.iter().rposition(|&digit| digit < 1) else { return Ok(steps) };
        step[axis] += 1;
        step[axis + 1..].fill(-1);
    }
}

impl Neighbors for Grid {
    const SYMMETRIC: bool = true;
    type Row<'a> = Displaced<'a>;

    fn n_vertices(&self) -> usize {
        self.n
    }

    fn n_arcs(&self) -> usize {
        self.n * (self.steps.len() / self.shape.len())
    }

    /// Goes line by line along the last axis: all inner points of a line share their displacements, and so do lines on
    /// the same borders.
    fn rows<F: FnMut(u32, Displaced<'_>)>(&self, range: Range<usize>, mut visit: F) {
        let last = self.shape.len() - 1;
        let length = self.shape[last];
        let mut borders = vec![(false, false); last + 1];
        let mut of_lists: Option<Vec<(bool, bool)>> = None;
        let [mut first, mut inner, mut end] = [const { Vec::new() }; 3];
        let mut at = range.start;
        while at < range.end {
            let line = at / length;
            let mut rest = line;
            for axis in (0..last).rev() {
                let coordinate = rest % self.shape[axis];
                rest /= self.shape[axis];
                borders[axis] = (coordinate == 0, coordinate + 1 == self.shape[axis]);
            }
            if of_lists.as_deref() != Some(&borders[..last]) {
                of_lists = Some(borders[..last].to_vec());
                for (border, list) in
                    [((true, length == 1), &mut first), ((false, false), &mut inner), ((false, true), &mut end)]
                {
                    borders[last] = border;
                    self.displacements(&borders, list);
                }
            }
            let (start, stop) = (line * length, ((line + 1) * length).min(range.end));
            let mut visit = |u: usize, list: &[u32]| visit(u as u32, Displaced::new(u as u32, list));
            if at == start {
                visit(at, &first);
                at += 1;
            }
            while at < stop.min(start + length - 1) {
                visit(at, &inner);
                at += 1;
            }
            if at < stop {
                visit(at, &end);
                at += 1;
            }
        }
    }

    fn first_error(&self) -> Option<Error> {
        None
    }
}
