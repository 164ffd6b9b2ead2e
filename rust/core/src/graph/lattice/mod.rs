//! Rank-1 (Korobov) lattices in the unit cube, implicit: points and neighbours are computed where they are asked for.
//!
//! The lattice of `n` points in `d` dimensions with generator `a` is `x(i) = frac(i z / n + shift)`, `z = (1, a, a^2, ..)`
//! (Korobov 1959). Everything but the last division is done in integers, in units of `1/n`.
//!
//! * [`basis`], [`enumeration`]: a reduced basis (Lenstra, Lenstra & Lovász 1982) and all vectors of the lattice up to a
//!   length (Fincke & Pohst 1985, in the order of Schnorr & Euchner 1994).
//! * [`generator`]: the search of `a`, by the longest shortest vector.
//! * [`steps`]: the steps from a point to its neighbours, in the order in which they are taken; [`voronoi`] and
//!   [`span`] say which come first and how many are needed to reach every point.
//! * [`masks`]: which steps stay in the cube, as bits.
//! * [`lattice`]: the graph; [`table`]: the same as a table; [`points`]: its coordinates; [`naive`]: neighbours by a look at every other point.

mod basis;
mod enumeration;
mod generator;
#[allow(clippy::module_inception, reason = "one noun, one file")]
mod lattice;
mod masks;
mod naive;
mod points;
mod span;
mod steps;
mod table;
mod voronoi;

pub use generator::{best_generator, shortest_vector};
pub use lattice::{Lattice, MAX_DIMENSION, MAX_POINTS, SHIFT_BITS};
pub use points::Coordinate;
