//! The search of a generator.

use super::basis::{Basis, squared_length};
use super::lattice::check_size;
use super::span::generating_count;
use super::steps::Steps;
use crate::{Error, Monitor};
use rayon::prelude::*;
use std::cmp::Reverse;

/// Candidates that are tried.
const CANDIDATES: u64 = 1000;
/// The best ones, of which one is taken that needs few steps.
const BEST: usize = 100;

/// The squared length, in units of `1/n`, of the shortest vector of a lattice, as many axes of it as there are.
///
/// # Panics
///
/// If `n` is 0, or `d` not 1 to 15.
///
/// # Example
///
/// ```
/// use morsebar_core::graph::shortest_vector;
/// let vector = shortest_vector(5, 2, 2); // points (i, 2i mod 5): a square lattice
/// assert_eq!(vector.iter().map(|x| x * x).sum::<i64>(), 5);
/// ```
#[must_use]
pub fn shortest_vector(n: u32, d: usize, generator: u32) -> Vec<i64> {
    Basis::reduced(n, d, generator).shortest()[..d].to_vec()
}

/// The generator, of about 1000 candidates, whose lattice has the longest shortest vector; the first of equals.
///
/// Candidates are coprime to `n`, so that every axis sees `n` different coordinates, and lie below `n / 2`, because `a`
/// and `n - a` give mirrored lattices: all of them if `n / 2` is no more than 1000, otherwise the next ones from the
/// numbers of a fixed pseudo-random sequence. The length is a filter that excludes bad lattices, not a ranking of good
/// ones; passed over are lattices whose first `4 d` steps reach only some of the points, unless the hundred best all do.
///
/// # Errors
///
/// [`Error::Lattice`] if `n` or `d` is out of range, [`Error::Interrupted`].
///
/// # Complexity
///
/// A reduction and a search for each candidate; in 15 dimensions about a millisecond.
///
/// # Example
///
/// ```
/// use morsebar_core::{Monitor, graph::best_generator};
/// assert_eq!(best_generator(5, 2, &Monitor::new())?, 2);
/// # Ok::<(), morsebar_core::Error>(())
/// ```
pub fn best_generator(n: u32, d: usize, monitor: &Monitor) -> Result<u32, Error> {
    check_size(n, d)?;
    if d == 1 {
        return Ok(1 % n);
    }
    let half = u64::from(n / 2).max(1);
    let count = half.min(CANDIDATES);
    monitor.expect(count);
    let candidates = (0..count).into_par_iter().map(|at| {
        monitor.check()?;
        monitor.advance(1);
        let mut candidate = (at + 1) as u32 % n;
        if half > count {
            candidate = (1 + mixed(at) % half) as u32;
            while gcd(candidate, n) > 1 {
                candidate += 1;
            }
        }
        let length = || squared_length(&Basis::reduced(n, d, candidate).shortest());
        Ok((gcd(candidate, n) == 1).then(|| (Reverse(length()), at, candidate)))
    });
    let mut scored: Vec<_> = candidates.collect::<Result<Vec<_>, Error>>()?.into_iter().flatten().collect();
    scored.sort_unstable();
    let all_reached = |candidate: u32| {
        let steps = Steps::first(&Basis::reduced(n, d, candidate), n, 2 * d);
        generating_count(steps.pairs[..steps.pairs.len().min(2 * d)].iter().map(|pair| &pair.coefficients), d).is_some()
    };
    for &(.., candidate) in scored.iter().take(BEST) {
        monitor.check()?;
        if all_reached(candidate) {
            return Ok(candidate);
        }
    }
    Ok(scored.first().map_or(1 % n, |&(.., candidate)| candidate))
}

/// The `at`-th number of `SplitMix64` (Steele, Lea & Flood 2014).
fn mixed(at: u64) -> u64 {
    let mut z = (at + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn gcd(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
