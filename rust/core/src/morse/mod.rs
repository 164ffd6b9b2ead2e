//! Discrete gradients, and the Morse complexes they give.
//!
//! 1. [`Gradient`]: the cells of every lower star are matched in pairs, vertex by vertex, in parallel (Robins, Wood &
//!    Sheppard 2011); what stays alone is critical.
//! 2. [`boundary`]: the boundary between critical cells counts V-paths with their signs (Forman, "Morse theory for cell
//!    complexes", 1998), and [`lift`] turns chains of critical cells into chains of the complex.
//! 3. [`labels`]: which minimum every vertex descends to, and which maximum every top cell ascends to; [`separatrices`]:
//!    the V-paths at saddles as polylines.
//! 4. [`pairs`]: the barcode in every degree. Degree 0 and, on grids, the top degree need no matrix, only labels and a
//!    union-find; what is left in between is reduced ([`crate::canonical`]).

mod descent;
mod extremal;
mod gradient;
mod labels;
mod pairs;
mod separatrices;

pub use descent::{Chain, Integers, Ring, boundary, lift};
pub use gradient::Gradient;
pub use labels::{labels, top_labels};
pub use pairs::{pairs, pairs_of_manifold};
pub use separatrices::{Separatrix, ascending_separatrices, separatrices};
