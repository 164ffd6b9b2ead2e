//! The discrete gradient of a lower-star filtration.

use crate::chunks::for_each_chunk;
use crate::complex::{Complex, Partner};
use crate::memory::room;
use crate::order::{Order, Value};
use crate::{Error, Monitor};
use rayon::prelude::*;
use std::cmp::Ordering;

/// Numbers of cells looked at together for critical ones.
const SCAN: u64 = 1 << 16;

/// A discrete gradient: an acyclic matching of the cells of a complex, and the critical cells that it leaves.
#[derive(Debug)]
pub struct Gradient<C: Complex> {
    complex: C,
    matching: C::Matching,
    cells: Vec<u64>,
    vertices: Vec<u32>,
    places: Places,
}

impl<C: Complex> Gradient<C> {
    /// The discrete gradient of the lower-star filtration of a function on the vertices (Robins, Wood & Sheppard, IEEE
    /// TPAMI 33, 2011: `ProcessLowerStars`), the same for any number of threads.
    ///
    /// # Arguments
    ///
    /// One value per vertex, checked with [`check_values`](crate::order::check_values); a complex of as many vertices,
    /// made for this order; a monitor.
    ///
    /// # Errors
    ///
    /// [`Error::Length`], [`Error::Memory`], [`Error::TooManyCells`], [`Error::Interrupted`].
    ///
    /// # Complexity
    ///
    /// O(n s log s) for n vertices with lower stars of s cells; a byte a cell on grids, besides 28 a critical cell.
    ///
    /// # Example
    ///
    /// ```
    /// use morsebar_core::{complex::Cubical, morse::Gradient, order::Order, Monitor};
    /// let values = [0.0, 3.0, 1.0, 2.0, 0.5];
    /// let gradient = Gradient::new(Order::new(&values), Cubical::new(&[5], &[false])?, &Monitor::new())?;
    /// assert_eq!(gradient.vertices(), [0, 4, 2, 3, 1]); // three minima, then the upper ends of two critical edges
    /// # Ok::<(), morsebar_core::Error>(())
    /// ```
    pub fn new<V: Value>(order: Order<'_, V>, complex: C, monitor: &Monitor) -> Result<Self, Error> {
        let n = complex.n_vertices();
        if order.len() != n {
            return Err(Error::Length { values: order.len(), vertices: n });
        }
        monitor.expect(n as u64);
        let matching = complex.matching()?;
        for_each_chunk(n, monitor, |range| {
            monitor.advance(range.len() as u64);
            complex.match_lower_stars(order, range.start as u32..range.end as u32, &matching);
            Ok(())
        })?;
        let mut critical = critical_cells(order, &complex, &matching, monitor)?;
        critical.par_sort_unstable_by(|a, b| a.key.cmp(&b.key).then_with(|| in_star(order, &complex, a.cell, b.cell)));
        monitor.check()?;
        let places = Places::new(critical.iter().map(|critical| critical.cell), complex.n_numbers());
        let (cells, vertices) = critical.into_iter().map(|critical| (critical.cell, V::vertex(critical.key))).unzip();
        Ok(Self { complex, matching, cells, vertices, places })
    }

    /// The complex.
    pub fn complex(&self) -> &C {
        &self.complex
    }

    /// The critical cells, in filtration order: by their highest vertices, then by the falling lists of their vertices.
    pub fn cells(&self) -> &[u64] {
        &self.cells
    }

    /// The highest vertex of every critical cell.
    pub fn vertices(&self) -> &[u32] {
        &self.vertices
    }

    /// The number of critical cells.
    #[allow(clippy::len_without_is_empty, reason = "a gradient is no container")]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// The degree of a critical cell.
    pub fn degree(&self, at: u32) -> usize {
        self.complex.degree(self.cells[at as usize])
    }

    /// The degrees of all critical cells.
    pub fn degrees(&self) -> Vec<u8> {
        self.cells.par_iter().map(|&cell| self.complex.degree(cell) as u8).collect()
    }

    /// The critical cells of a degree, rising.
    pub(super) fn of_degree(&self, degree: usize) -> Vec<u32> {
        (0..self.len() as u32).into_par_iter().filter(|&at| self.degree(at) == degree).collect()
    }

    /// The place of a critical cell in filtration order.
    pub fn place(&self, cell: u64) -> Option<u32> {
        self.places.of(cell)
    }

    /// What a cell is matched with.
    #[inline]
    pub fn partner(&self, cell: u64) -> Partner {
        self.complex.partner(&self.matching, cell)
    }
}

/// From cells to their places: cells rising, in buckets of equal ranges of numbers, about as many as there are cells.
#[derive(Debug)]
struct Places {
    cells: Vec<(u64, u32)>,
    shift: u32,
    /// Where every bucket begins, and the number of cells.
    buckets: Vec<u32>,
}

impl Places {
    fn new(cells: impl Iterator<Item = u64>, n_numbers: u64) -> Self {
        let mut cells: Vec<(u64, u32)> = cells.zip(0..).collect();
        cells.par_sort_unstable();
        let range = n_numbers.div_ceil(cells.len().max(1) as u64).max(1);
        let shift = range.ilog2();
        let mut buckets = Vec::with_capacity((n_numbers >> shift) as usize + 2);
        for (at, &(cell, _)) in (0..).zip(&cells) {
            buckets.resize((cell >> shift) as usize + 1, at);
        }
        buckets.resize((n_numbers >> shift) as usize + 2, cells.len() as u32);
        Self { cells, shift, buckets }
    }

    fn of(&self, cell: u64) -> Option<u32> {
        let bucket = (cell >> self.shift) as usize;
        let bucket = &self.cells[self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize];
        let at = bucket.binary_search_by_key(&cell, |&(cell, _)| cell).ok()?;
        Some(bucket[at].1)
    }
}

/// A critical cell and the key of its highest vertex.
struct Critical<V: Value> {
    key: V::Key,
    cell: u64,
}

fn critical_cells<C: Complex, V: Value>(
    order: Order<'_, V>,
    complex: &C,
    matching: &C::Matching,
    monitor: &Monitor,
) -> Result<Vec<Critical<V>>, Error> {
    let n = complex.n_numbers();
    let parts = (0..n.div_ceil(SCAN)).into_par_iter().map(|part| {
        monitor.check()?;
        let mut found = Vec::new();
        for cell in part * SCAN..n.min((part + 1) * SCAN) {
            if complex.partner(matching, cell) == Partner::Critical {
                let mut key = None;
                complex.vertices(cell, |v| key = key.max(Some(order.key(v))));
                found.extend(key.map(|key| Critical { key, cell }));
            }
        }
        Ok(found)
    });
    let parts: Vec<Vec<_>> = parts.collect::<Result<_, Error>>()?;
    let mut critical = room(parts.iter().map(Vec::len).sum())?;
    for part in parts {
        critical.extend(part);
    }
    if u32::try_from(critical.len()).is_err() {
        return Err(Error::TooManyCells { n: critical.len() });
    }
    Ok(critical)
}

/// Filtration order within a lower star: falling lists of vertices, lexicographically.
fn in_star<C: Complex, V: Value>(order: Order<'_, V>, complex: &C, a: u64, b: u64) -> Ordering {
    let [a, b] = [a, b].map(|cell| complex.falling_vertices(order, cell));
    a.iter().map(|&v| order.key(v)).cmp(b.iter().map(|&v| order.key(v)))
}
