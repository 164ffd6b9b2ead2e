//! Graphs as merge trees see them: something that yields the neighbours of a vertex.

mod csr;
mod grid;
mod levels;
mod neighbors;
mod table;

pub use csr::Csr;
pub use grid::{Connectivity, Grid};
pub use levels::EdgeLevels;
pub use neighbors::{Index, Neighbors};
pub use table::Table;
