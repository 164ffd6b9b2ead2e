//! Graphs as merge trees see them: something that yields the neighbours of a vertex.

mod csr;
mod edges;
mod grid;
mod joined;
mod lattice;
mod levels;
mod neighbors;
mod table;

pub use csr::Csr;
pub use edges::edges;
pub use grid::{Connectivity, Grid};
pub use joined::{Joined, JoinedRow};
pub use lattice::{Coordinate, Lattice, MAX_DIMENSION, MAX_POINTS, SHIFT_BITS, best_generator, shortest_vector};
pub use levels::EdgeLevels;
pub use neighbors::{Index, Neighbors};
pub use table::Table;
