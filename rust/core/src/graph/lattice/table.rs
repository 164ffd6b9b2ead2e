//! Rows of a lattice as a table, to be looked at.

use super::lattice::Lattice;
use crate::graph::Neighbors;
use crate::{Error, Monitor, NONE};
use rayon::prelude::*;
use std::ops::Range;

/// Points between two looks at the monitor.
const CHUNK: usize = 1 << 12;

impl Lattice {
    /// The neighbours of a range of points, `n_neighbors` entries each, padded by [`NONE`], and their distances in the
    /// unit cube before anything is clipped, padded by infinity.
    ///
    /// # Errors
    ///
    /// [`Error::Interrupted`].
    ///
    /// # Complexity
    ///
    /// O(k d) for each point, and 12 bytes an entry.
    ///
    /// # Example
    ///
    /// ```
    /// use morsebar_core::{Monitor, graph::Lattice};
    /// let lattice = Lattice::new(5, 2, 2, &[0, 0], Some(4))?;
    /// let (indices, distances) = lattice.table(0..1, &Monitor::new())?;
    /// assert_eq!(indices, [1, 3, 2, 4]);
    /// assert_eq!(distances[0], 0.2 * 5.0f64.sqrt());
    /// # Ok::<(), morsebar_core::Error>(())
    /// ```
    pub fn table(&self, range: Range<usize>, monitor: &Monitor) -> Result<(Vec<u32>, Vec<f64>), Error> {
        let k = self.n_neighbors();
        let mut indices = vec![NONE; range.len() * k];
        let mut distances = vec![f64::INFINITY; range.len() * k];
        monitor.expect(range.len() as u64);
        let chunks = indices.par_chunks_mut(CHUNK * k).zip(distances.par_chunks_mut(CHUNK * k));
        chunks.enumerate().try_for_each(|(chunk, (indices, distances))| {
            monitor.check()?;
            let start = range.start + chunk * CHUNK;
            let mut entries = indices.chunks_exact_mut(k).zip(distances.chunks_exact_mut(k));
            self.rows(start..range.end.min(start + CHUNK), |u, row| {
                let Some((indices, distances)) = entries.next() else { return };
                let place = self.place(u as usize);
                for ((index, distance), v) in indices.iter_mut().zip(distances).zip(row) {
                    let squares = place.iter().enumerate().map(|(axis, &x)| {
                        let step = i64::from(self.coordinate(v as usize, axis)) - i64::from(x);
                        (step as f64).powi(2)
                    });
                    (*index, *distance) = (v, squares.sum::<f64>().sqrt() / f64::from(self.n()));
                }
                monitor.advance(1);
            });
            Ok(())
        })?;
        Ok((indices, distances))
    }
}
