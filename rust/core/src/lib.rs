//! Minimum merge trees, gradient Morse complexes and the barcodes they give, in parallel.
//!
//! Given a value on every vertex of a graph, the *barcode of local minima* has one bar per minimum: it is born at the
//! value of the minimum and dies at the saddle where its sublevel component meets an older one (Barannikov, Korotin,
//! Oganesyan, Emtsev & Burnaev, "Barcodes as summary of objective function's topology", arXiv:1912.00043).
//!
//! The way of the data is values -> [`graph`] -> [`merge_tree()`] -> [`Bars`](merge_tree::Bars). For bars of every degree
//! it is values -> [`complex`] -> [`morse::Gradient`] -> [`morse::pairs`], and where the change of basis is wanted
//! [`morse::boundary`] -> [`canonical`]: Barannikov's canonical form. Every comparison of values goes through
//! [`order::Order`]; long work is watched and stopped through [`Monitor`].
//!
//! # Threads
//!
//! The functions run on the rayon pool they are called in (`pool.install(|| ..)`), and their results are the same,
//! bit for bit, whatever its size.
//!
//! # Limits
//!
//! Vertices are numbered by `u32`, so a graph has at most `u32::MAX` of them.
//!
//! # Example
//!
//! ```
//! use morsebar_core::{graph::{Connectivity, Grid}, merge_tree, Monitor};
//!
//! let values = [0.0, 3.0, 1.0, 2.0, 0.5];
//! let grid = Grid::new(&[5], Connectivity::Axis, &[false])?;
//! let tree = merge_tree(&values, &grid, &Monitor::new())?;
//! assert_eq!(tree.bars.minimum, [0, 4, 2]);      // essential bar first, then by falling death
//! assert_eq!(tree.bars.saddle[1..], [1, 3]);
//! assert_eq!(tree.bars.parent[1..], [0, 1]);     // indices of bars
//! # Ok::<(), morsebar_core::Error>(())
//! ```
#![deny(unsafe_code)]

pub mod canonical;
mod chunks;
pub mod complex;
mod error;
pub mod graph;
pub mod knn;
mod memory;
pub mod merge_tree;
mod monitor;
pub mod morse;
pub mod order;
mod union_find;

pub use error::Error;
pub use merge_tree::{MergeTree, merge_tree};
pub use monitor::Monitor;

/// Marks "no vertex" and "no bar" in tables of `u32`.
pub const NONE: u32 = u32::MAX;
