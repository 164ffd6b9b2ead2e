//! How many steps it takes to reach every point of a lattice.

use super::basis::Vector;
use super::lattice::MAX_DIMENSION;

/// How many of the vectors, from the first on, generate all of `Z^d`, if they do.
///
/// Method: an echelon form that takes one vector after the other; it generates everything once all its pivots are 1.
pub(super) fn generating_count<'a>(vectors: impl Iterator<Item = &'a Vector>, d: usize) -> Option<usize> {
    let mut echelon = [[0i128; MAX_DIMENSION]; MAX_DIMENSION];
    for (count, vector) in (1..).zip(vectors) {
        let mut rest = vector.map(i128::from);
        for axis in 0..d {
            let pivot = &mut echelon[axis];
            // Euclid's algorithm on the leading entries: what is left of the vector begins further right.
            while rest[axis] != 0 {
                let times = pivot[axis] / rest[axis];
                for (x, y) in pivot.iter_mut().zip(&rest) {
                    *x -= times * y;
                }
                std::mem::swap(pivot, &mut rest);
            }
        }
        // Entries above a pivot are kept below it, so that numbers stay small.
        for axis in (0..d).rev() {
            for below in axis + 1..d {
                let pivot = echelon[below];
                if pivot[below] != 0 {
                    let times = echelon[axis][below].div_euclid(pivot[below]);
                    for (x, y) in echelon[axis].iter_mut().zip(pivot) {
                        *x -= times * y;
                    }
                }
            }
        }
        if (0..d).all(|axis| echelon[axis][axis].abs() == 1) {
            return Some(count);
        }
    }
    None
}
