//! Coordinates of the points of a lattice.

use super::lattice::{Lattice, SHIFT_BITS};
use crate::{Error, Monitor};
use rayon::prelude::*;
use std::ops::Range;

/// Points between two looks at the monitor.
const CHUNK: usize = 1 << 14;

/// A type of coordinates: `f32` or `f64`.
pub trait Coordinate: Copy + Default + Send + Sync + 'static {
    /// The nearest number of the type.
    fn nearest(x: f64) -> Self;
    /// The same, but never 1: for `x` below 1.
    fn below_one(x: f64) -> Self;
}

impl Coordinate for f64 {
    #[inline]
    fn nearest(x: f64) -> Self {
        x
    }
    #[inline]
    fn below_one(x: f64) -> Self {
        x
    }
}

impl Coordinate for f32 {
    #[inline]
    fn nearest(x: f64) -> Self {
        x as Self
    }
    #[inline]
    fn below_one(x: f64) -> Self {
        (x as Self).min(1.0 - Self::EPSILON / 2.0)
    }
}

impl Lattice {
    /// The points of a range, in the unit cube, point after point.
    ///
    /// A coordinate is a whole number of units of `2^-21 / n`, rounded to the type, and lies in `[0, 1)`: what would round
    /// to 1 becomes the number below. With a margin the coordinates of the lattice are first spread over `[-margin,
    /// 1 + margin]` and then clipped to `[0, 1]`, faces included; the graph is that of the points before they are clipped.
    ///
    /// # Errors
    ///
    /// [`Error::Interrupted`].
    ///
    /// # Panics
    ///
    /// If the range is not one of points.
    ///
    /// # Example
    ///
    /// ```
    /// use morsebar_core::{Monitor, graph::Lattice};
    /// let lattice = Lattice::new(5, 2, 2, &[0, 0], Some(4))?;
    /// let points: Vec<f64> = lattice.points(1..3, 0.0, &Monitor::new())?;
    /// assert_eq!(points, [0.2, 0.4, 0.4, 0.8]);
    /// # Ok::<(), morsebar_core::Error>(())
    /// ```
    pub fn points<T: Coordinate>(&self, range: Range<usize>, margin: f64, monitor: &Monitor) -> Result<Vec<T>, Error> {
        assert!(range.start <= range.end && range.end <= self.n() as usize, "{range:?} of {} points", self.n());
        let d = self.d();
        let mut points = vec![T::default(); range.len() * d];
        let fractions: Vec<f64> =
            self.shift().iter().map(|shift| (shift % (1 << SHIFT_BITS)) as f64 / f64::from(1 << SHIFT_BITS)).collect();
        points.par_chunks_mut(CHUNK * d).enumerate().try_for_each(|(chunk, points)| {
            monitor.check()?;
            let mut place = self.place(range.start + chunk * CHUNK);
            for point in points.chunks_exact_mut(d) {
                for ((x, &place), fraction) in point.iter_mut().zip(&place).zip(&fractions) {
                    // The sum is exact: 32 and 21 bits. The quotient is below 1 - 2^-53.
                    let unit = (f64::from(place) + fraction) / f64::from(self.n());
                    *x = if margin == 0.0 {
                        T::below_one(unit)
                    } else {
                        T::nearest((unit * (1.0 + 2.0 * margin) - margin).clamp(0.0, 1.0))
                    };
                }
                self.advance(&mut place);
            }
            Ok(())
        })?;
        Ok(points)
    }
}
