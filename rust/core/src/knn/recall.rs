//! How much of the truth a table of neighbours holds.

use super::naive::squared_distance;
use super::scalar::{Scalar, Scale};
use crate::{Error, Monitor};
use rayon::prelude::*;

/// The share of found neighbours that are among the nearest indeed, by computing all distances.
///
/// `queries` are numbers of points, and `distances` one row for each of what was found, padded by NaN. A neighbour
/// counts if it is no further away than the true one of the last place of its row. One if nothing was found.
///
/// # Errors
///
/// [`Error::Interrupted`].
///
/// # Panics
///
/// If a query is not a point, or its row has as many neighbours as there are points.
///
/// # Complexity
///
/// O(n d) a query.
pub fn recall<S: Scalar>(
    points: &[S],
    d: usize,
    queries: &[u32],
    distances: &[S],
    monitor: &Monitor,
) -> Result<f64, Error> {
    let k = distances.len() / queries.len().max(1);
    let scale = Scale::of(points, d);
    let scaled: Vec<S> = points.par_iter().map(|&x| scale.shrink(x)).collect();
    let point = |u: u32| &scaled[u as usize * d..][..d];
    monitor.expect(queries.len() as u64);
    let counts = queries.par_iter().zip(distances.par_chunks_exact(k.max(1))).map(|(&u, row)| {
        monitor.check()?;
        let entries = row.iter().filter(|distance| !distance.to_f64().is_nan()).count();
        if entries == 0 {
            return Ok((0, 0));
        }
        let others = (0..(scaled.len() / d) as u32).filter(|&v| v != u);
        let mut squares: Vec<_> = others.map(|v| squared_distance(point(u), point(v)).pack(0)).collect();
        let (_, &mut last, _) = squares.select_nth_unstable(entries - 1);
        let last = scale.grow(S::unpack(last).0.sqrt());
        monitor.advance(1);
        Ok((row.iter().filter(|&&distance| distance <= last).count(), entries))
    });
    let (right, all) = counts.try_reduce(|| (0, 0), |(a, b), (c, d)| Ok((a + c, b + d)))?;
    Ok(if all == 0 { 1.0 } else { right as f64 / all as f64 })
}
