//! The specification: every distance is computed, and every row sorted.

use super::scalar::{Scalar, Scale};
use crate::NONE;

/// Numbers and distances of the `k` nearest other points of each, nearest first; for [`knn`](super::knn) to agree with.
///
/// Points are rows of `d` finite coordinates. Rows have `k` entries, the rest padded by [`NONE`] at infinite distance.
///
/// # Complexity
///
/// O(n^2 (d + log n)).
#[must_use]
pub fn knn<S: Scalar>(points: &[S], d: usize, k: usize) -> (Vec<u32>, Vec<S>) {
    let scale = Scale::of(points, d);
    let scaled: Vec<S> = points.iter().map(|&x| scale.shrink(x)).collect();
    let rows: Vec<&[S]> = scaled.chunks_exact(d).collect();
    let (mut indices, mut distances) = (Vec::new(), Vec::new());
    for (u, x) in rows.iter().enumerate() {
        let mut row: Vec<_> =
            (0..rows.len()).filter(|&v| v != u).map(|v| squared_distance(x, rows[v]).pack(v as u32)).collect();
        row.sort_unstable();
        row.truncate(k);
        let found = row.len();
        indices.extend(row.iter().map(|&packed| S::unpack(packed).1));
        distances.extend(row.iter().map(|&packed| scale.grow(S::unpack(packed).0.sqrt())));
        indices.extend(std::iter::repeat_n(NONE, k - found));
        distances.extend(std::iter::repeat_n(S::INFINITY, k - found));
    }
    (indices, distances)
}

/// The sum over the axes, in order, of the squared differences.
pub fn squared_distance<S: Scalar>(x: &[S], y: &[S]) -> S {
    x.iter().zip(y).fold(S::ZERO, |sum, (&a, &b)| sum + (a - b) * (a - b))
}
