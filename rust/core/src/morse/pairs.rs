//! The barcode of a function on a complex, in every degree: birth and death of every class, as critical cells.

use super::descent::Descent;
use super::extremal::{maximum_pairs, minimum_pairs};
use super::gradient::Gradient;
use crate::canonical::{Field, Pairing};
use crate::complex::{Complex, Manifold};
use crate::{Error, Monitor};
use std::sync::{Mutex, PoisonError};

/// The canonical pairs of a Morse complex over a field, by the fast way: degree 0 by a union-find over minima, the
/// others by matrices, from the top degree down, with clearing and compression (Chen & Kerber 2011; Bauer, Kerber &
/// Reininghaus 2014), the columns made from V-paths where they are needed, and reduced in parallel.
///
/// # Returns
///
/// `(birth, death)` as places of critical cells, rising by birth; [`NONE`](crate::NONE) is the death of an essential class. Every
/// critical cell is in one pair.
///
/// # Errors
///
/// [`Error::Interrupted`].
///
/// # Complexity
///
/// O(n log n) for degree 0; at worst cubic in the number of critical cells for the rest, near-linear in practice.
pub fn pairs<C: Complex, F: Field>(
    gradient: &Gradient<C>,
    field: &F,
    monitor: &Monitor,
) -> Result<Vec<(u32, u32)>, Error> {
    let degrees = gradient.degrees();
    let mut pairing = Pairing::new(&degrees);
    pairing.settle(&minimum_pairs(gradient, monitor)?);
    reduce_between(gradient, field, &mut pairing, gradient.complex().dimension(), monitor)?;
    Ok(pairing.finish())
}

/// [`pairs`] on a manifold: the top degree by a union-find over maxima (duality), so that in two dimensions there is no
/// matrix at all.
///
/// # Errors
///
/// As [`pairs`]; [`Error::TooManyCells`].
pub fn pairs_of_manifold<C: Manifold, F: Field>(
    gradient: &Gradient<C>,
    field: &F,
    monitor: &Monitor,
) -> Result<Vec<(u32, u32)>, Error> {
    let (degrees, dimension) = (gradient.degrees(), gradient.complex().dimension());
    let mut pairing = Pairing::new(&degrees);
    pairing.settle(&minimum_pairs(gradient, monitor)?);
    if dimension > 1 {
        pairing.settle(&maximum_pairs(gradient, monitor)?);
    }
    reduce_between(gradient, field, &mut pairing, dimension - 1, monitor)?;
    Ok(pairing.finish())
}

/// Reduces the boundaries of degrees `top` to 2.
fn reduce_between<C: Complex, F: Field>(
    gradient: &Gradient<C>,
    field: &F,
    pairing: &mut Pairing<'_>,
    top: usize,
    monitor: &Monitor,
) -> Result<(), Error> {
    // Threads take what others have laid down, and its memory with it.
    let spare: Mutex<Vec<Descent>> = Mutex::new(Vec::new());
    let spare = || spare.lock().unwrap_or_else(PoisonError::into_inner);
    for degree in (2..=top).rev() {
        let boundary = |cell| {
            let mut descent = spare().pop().unwrap_or_else(Descent::new);
            let column = descent.boundary(gradient, cell, field);
            spare().push(descent);
            column
        };
        pairing.reduce(degree as u8, boundary, field, monitor)?;
    }
    Ok(())
}
