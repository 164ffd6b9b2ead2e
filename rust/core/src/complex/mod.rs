//! Cell complexes whose vertices carry values, seen through their lower stars.
//!
//! The *lower star* of a vertex v holds the cells whose highest vertex is v; the lower stars of all vertices part the
//! complex. [`Complex`] is the one abstraction: it yields the lower star of a vertex, the boundary of a cell with its
//! signs, and keeps the partner of every cell in a discrete gradient. Two kinds address their cells implicitly, with one
//! byte of state a cell and no table of cells: [`Cubical`] grids and [`Freudenthal`] triangulations of grids, in one to
//! four dimensions, any axis periodic. [`Simplices`] is a table: of the cliques of a graph, or of simplices as they come.

mod axes;
mod cells;
mod cubical;
mod cubical_stars;
mod freudenthal;
mod lower_star;
mod process;
mod simplices;

pub use cells::{Complex, Manifold, Partner};
pub use cubical::Cubical;
pub use freudenthal::Freudenthal;
pub use lower_star::LowerStar;
pub use simplices::Simplices;
