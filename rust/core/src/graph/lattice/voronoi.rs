//! Voronoi-relevant vectors: those that point across a facet of the Voronoi cell of 0.

use super::steps::Pair;

/// Marks the relevant ones among the pairs of opposite vectors up to some length.
///
/// Method: a vector `v` is relevant if and only if `v` and `-v` are the only shortest ones in `v + 2L` (Voronoi 1908;
/// Conway & Sloane 1992). Lengths are compared exactly.
///
/// Returns whether the pairs go far enough: every class but that of 0 has a vector among them.
pub(super) fn mark_relevant(pairs: &mut [Pair], d: usize) -> bool {
    // Of every class: the smallest squared length and how many pairs have it.
    let mut classes = vec![(u128::MAX, 0); 1 << d];
    let class = |pair: &Pair| pair.coefficients[..d].iter().rev().fold(0, |class, c| 2 * class + (c & 1) as usize);
    for pair in &*pairs {
        let (shortest, count) = &mut classes[class(pair)];
        if pair.squared_length < *shortest {
            (*shortest, *count) = (pair.squared_length, 1);
        } else if pair.squared_length == *shortest {
            *count += 1;
        }
    }
    for pair in pairs {
        let class = class(pair);
        pair.relevant = class != 0 && classes[class] == (pair.squared_length, 1);
    }
    classes[1..].iter().all(|&(_, count)| count > 0)
}
