//! The minimum merge tree of a function on any graph.
//!
//! Vertices are not sorted. Rows of neighbours are streamed twice:
//!
//! 1. [`descent`]: every vertex points at some lower neighbour, and pointer jumping labels it with the root it reaches. A
//!    vertex reaches its root at or below its own value, so contracting these pieces keeps the components of every
//!    sublevel set, whichever lower neighbour was taken.
//! 2. [`forest`]: every arc between two labels merges them at its upper end, in a lock-free triplet merge tree
//!    (Smirnov & Morozov, "Triplet merge trees", 2017). Arcs in any order, from any thread, give the same components.
//! 3. [`replay`]: the few triples left are sorted by saddle and replayed through a union-find: exact parents.
//! 4. [`branches`]: one more pass names the branch of every vertex and sums sizes and heights.
//!
//! [`naive`] is the specification: a sorted union-find on one screen.

mod ancestors;
mod barriers;
mod basins;
pub mod branches;
mod build;
pub mod descent;
pub mod forest;
pub mod naive;
mod path;
pub mod replay;
mod saddle_edges;
mod sorted;
mod tree;

pub use barriers::barriers;
pub use basins::basins;
pub use build::{merge_tree, merge_tree_with_bound};
pub use path::path;
pub use saddle_edges::saddle_edges;
pub use tree::{Bars, MergeTree};
