//! The axes of a grid that carries a complex.

use crate::Error;
use crate::order::check_count;

/// A complex on a grid has at most so many axes.
pub(super) const MOST_AXES: usize = 4;

/// The axes of a grid, in C order: sizes, strides, and which are periodic.
#[derive(Debug, Clone)]
pub(super) struct Axes {
    pub(super) shape: Vec<u32>,
    pub(super) strides: Vec<u32>,
    pub(super) periodic: Vec<bool>,
    pub(super) n: usize,
}

impl Axes {
    /// # Errors
    ///
    /// [`Error::Complex`] for none or more than four axes, a `periodic` of another length, and a periodic axis of one or
    /// two vertices; [`Error::TooManyVertices`].
    pub(super) fn new(shape: &[usize], periodic: &[bool]) -> Result<Self, Error> {
        let d = shape.len();
        if d == 0 || d > MOST_AXES {
            return Err(Error::Complex(format!("the grid has {d} axes, expected 1 to {MOST_AXES}")));
        }
        if periodic.len() != d {
            return Err(Error::Complex(format!("periodic has length {}, expected {d}, one per axis", periodic.len())));
        }
        if let Some(axis) = (0..d).find(|&axis| periodic[axis] && matches!(shape[axis], 1 | 2)) {
            return Err(Error::Complex(format!(
                "axis {axis} is periodic and has size {}, expected at least 3: else its cells are no complex",
                shape[axis]
            )));
        }
        let n = if shape.contains(&0) {
            0
        } else {
            shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size)).unwrap_or(usize::MAX)
        };
        check_count(n)?;
        // No vertex, no stride: sizes that do not fit are never asked for.
        let sizes = |size: usize| if n == 0 { 0 } else { size as u32 };
        let shape: Vec<u32> = shape.iter().map(|&size| sizes(size)).collect();
        let mut strides = vec![1u32; d];
        for axis in (0..d - 1).rev() {
            strides[axis] = strides[axis + 1] * shape[axis + 1];
        }
        Ok(Self { shape, strides, periodic: periodic.to_vec(), n })
    }

    pub(super) fn d(&self) -> usize {
        self.shape.len()
    }

    /// The coordinate of a vertex along an axis.
    pub(super) fn coordinate(&self, v: u32, axis: usize) -> u32 {
        v / self.strides[axis] % self.shape[axis]
    }

    /// One step up or down an axis, if it stays.
    pub(super) fn step(&self, v: u32, axis: usize, up: bool) -> Option<u32> {
        let (stride, size) = (self.strides[axis], self.shape[axis]);
        let at = self.coordinate(v, axis);
        match (up, self.periodic[axis]) {
            (true, _) if at + 1 < size => Some(v + stride),
            (true, true) => Some(v - stride * (size - 1)),
            (false, _) if at > 0 => Some(v - stride),
            (false, true) => Some(v + stride * (size - 1)),
            _ => None,
        }
    }

    /// One step that is known to stay: no division unless the axis is periodic.
    #[inline]
    pub(super) fn step_inside(&self, v: u32, axis: usize, up: bool) -> u32 {
        let stride = self.strides[axis];
        if self.periodic[axis] {
            let (at, last) = (self.coordinate(v, axis), self.shape[axis] - 1);
            match up {
                true if at == last => return v - stride * last,
                false if at == 0 => return v + stride * last,
                _ => {}
            }
        }
        if up { v + stride } else { v - stride }
    }
}
