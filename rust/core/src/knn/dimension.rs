//! How many dimensions points really have.

use super::exact::{Options, knn};
use super::scalar::Scalar;
use crate::{Error, Monitor};

/// Points looked at.
const SAMPLE: usize = 4096;
/// Neighbours of each.
const NEIGHBORS: usize = 12;

/// Estimates the dimension of the set that points were drawn from, at most `d`.
///
/// Method: maximum likelihood from the distances of the nearest neighbours (Levina & Bickel 2004, "Maximum likelihood
/// estimation of intrinsic dimension"), inverses averaged (`MacKay` & Ghahramani 2005), on up to 4096 points evenly
/// spaced in the input. Copies of a point are left out; 0 if there is nothing else. In
/// many dimensions the estimate is low, as most points are near the boundary: 7.6 for a cube of 10.
///
/// # Errors
///
/// Those of [`knn`].
///
/// # Complexity
///
/// O(d) times a constant.
pub fn intrinsic_dimension<S: Scalar>(points: &[S], d: usize, monitor: &Monitor) -> Result<f64, Error> {
    let n = points.len() / d;
    let step = n.div_ceil(SAMPLE).max(1);
    let sample: Vec<S> = (0..n).step_by(step).flat_map(|row| &points[row * d..(row + 1) * d]).copied().collect();
    let k = NEIGHBORS.min((sample.len() / d).saturating_sub(1));
    if k < 2 {
        return Ok(0.0);
    }
    let found = knn(&sample, d, k, &Options::default(), monitor)?;
    let (mut sum, mut count) = (0.0, 0.0);
    for row in found.distances.chunks_exact(k) {
        let last = row[k - 1].to_f64();
        for distance in row[..k - 1].iter().map(|x| x.to_f64()).filter(|&x| x > 0.0 && last.is_finite()) {
            sum += (last / distance).ln();
            count += 1.0;
        }
    }
    // The mean over k - 1 distances overestimates the inverse's inverse; k - 2 of them are unbiased.
    let unbiased = (k as f64 - 2.0).max(1.0) / (k as f64 - 1.0);
    Ok(if sum > 0.0 { (unbiased * count / sum).min(d as f64) } else { 0.0 })
}
