//! Edges for points of which there are so many copies that their rows hold nothing else.

use super::exact::{Knn, Options, knn};
use super::scalar::Scalar;
use crate::{Error, Monitor, NONE};
use rayon::prelude::*;

/// Joins places that hold more copies of a point than rows hold neighbours: through the lowest number there, to the
/// lowest numbers of the `k` nearest other places.
///
/// `found` is a table of the neighbours of `points`, rows of `d` coordinates. Gives edges between its rows, by rising
/// number and distance; none if every row sees another place. Places further away than [`Options::max_distance`] are
/// not joined.
///
/// # Errors
///
/// [`Error::Interrupted`].
///
/// # Complexity
///
/// O(n) if there are no such places, else a sort of all points and the neighbours of all places.
pub fn edges_between_copies<S: Scalar>(
    points: &[S],
    d: usize,
    found: &Knn<S>,
    options: &Options,
    monitor: &Monitor,
) -> Result<Vec<[u32; 2]>, Error> {
    let n = points.len() / d;
    let k = found.distances.len() / n.max(1);
    let is_full = |row: usize| found.distances[(row + 1) * k - 1] == S::ZERO;
    if k == 0 || !(0..n).into_par_iter().any(is_full) {
        return Ok(Vec::new());
    }
    let point = |row: u32| &points[found.order.get(row as usize).map_or(row, |&at| at) as usize * d..][..d];
    let mut rows: Vec<u32> = (0..n as u32).collect();
    let keys = |row: u32| point(row).iter().map(|x| x.key(0));
    rows.par_sort_unstable_by(|&u, &v| keys(u).cmp(keys(v)).then(u.cmp(&v)));
    monitor.check()?;
    // The first of every run of copies has the lowest number.
    let places: Vec<u32> = rows.chunk_by(|&u, &v| point(u) == point(v)).map(|copies| copies[0]).collect();
    let k = k.min(places.len() - 1);
    if k == 0 {
        return Ok(Vec::new());
    }
    let of_places: Vec<S> = places.iter().flat_map(|&row| point(row)).copied().collect();
    let found = knn(&of_places, d, k, &Options { reorder: false, ..*options }, monitor)?;
    let mut edges: Vec<[u32; 2]> = Vec::new();
    for (&row, others) in places.iter().zip(found.indices.chunks_exact(k)).filter(|&(&row, _)| is_full(row as usize)) {
        edges.extend(others.iter().filter(|&&other| other != NONE).map(|&other| [row, places[other as usize]]));
    }
    // Places are sorted by coordinates; the sort is stable, so that the nearest stay first.
    edges.sort_by_key(|edge| edge[0]);
    Ok(edges)
}
