//! Barannikov's canonical form of a filtered complex over a field: algebra alone, which knows no values.
//!
//! A complex is a boundary matrix D over a [`Field`], one column per cell, cells numbered in filtration order: faces before
//! their cofaces, and D D = 0. An upper triangular, invertible change of basis T brings it to the form in which every
//! cell is the boundary of at most one other, and no more (S. A. Barannikov, "The framed Morse complex and its
//! invariants", 1994). The *pairs* of birth and death cells do not depend on T: they are the barcodes of all degrees
//! (Barannikov, Korotin, Oganesyan, Emtsev & Burnaev, "Barcodes as summary of objective function's topology",
//! arXiv:1912.00043).
//!
//! - [`naive`] is the specification: the textbook reduction, with T.
//! - [`pairs()`] is the fast way, for pairs alone: [`Pairing`] goes through the degrees from the top down with clearing
//!   (Chen & Kerber 2011) and compression (Bauer, Kerber & Reininghaus 2014) and has each matrix [reduced](reduce()) by
//!   all threads (Morozov & Nigmetov 2020).
//! - [`canonical_form`] gives pairs and T, serial, with clearing.
//! - [`Boundary`] is a matrix of integers as it comes, [`check_boundary`] tells whether it is a complex.
//!
//! Pairs may depend on the field: where the integral homology has torsion, they do.

mod boundary;
mod check;
pub mod column;
mod field;
mod form;
pub mod naive;
mod pairs;
mod reduction;
mod sum;

pub use boundary::Boundary;
pub use check::check_boundary;
pub use column::Column;
pub use field::{Field, Prime, Rational};
pub use form::{Form, canonical_form};
pub use pairs::{Pairing, pairs};
pub use reduction::reduce;
