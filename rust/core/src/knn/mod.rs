//! Nearest neighbours of every point among the others, by Euclidean distance: exact, or with a bounded error.
//!
//! What *exact* means: the squared distance is the sum over the axes, in order, of `(x - y)^2` in the type of the
//! input, after one scaling of all coordinates by a power of two ([`Scale`]); ties fall to the lower number.
//! [`naive`] spells it out.
//!
//! Points are sorted into a tree of full leaves; one leaf of queries at a time is searched, on AVX2 where the machine has
//! it and by the same source without it elsewhere. In many dimensions [`nn_descent`] finds most of them in less time.

#![allow(
    clippy::inline_always,
    reason = "the search is compiled once for every kind of machine: only what is inlined into it gets its instructions"
)]

#[cfg(target_arch = "x86_64")]
mod avx2;
mod best;
mod bridges;
mod copies;
mod descent;
mod dimension;
mod exact;
mod lanes;
pub mod naive;
mod recall;
mod rows;
mod scalar;
mod search;
mod tree;

pub use bridges::bridges;
pub use copies::edges_between_copies;
pub use descent::nn_descent;
pub use dimension::intrinsic_dimension;
pub use exact::{Knn, Options, knn};
pub use recall::recall;
pub use scalar::{Scalar, Scale};
pub use tree::spatial_order;
