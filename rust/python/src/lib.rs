//! Python bindings of `morsebar-core`: functions over borrowed numpy arrays, and nothing else.
//!
//! [`door`] is the only way into the core: it releases the interpreter lock, and watches Ctrl-C while rayon works.

#![allow(clippy::needless_pass_by_value, reason = "Python's arguments come by value")]

mod arrays;
mod canonical;
mod complex;
mod door;
mod knn;
mod lattice;
mod merge_tree;
mod morse;

use pyo3::prelude::*;

/// The compiled core of morsebar.
#[pymodule]
mod _core {
    #[pymodule_export]
    use crate::canonical::{canonical_form, canonical_pairs, check_boundary, naive_canonical_form};
    #[pymodule_export]
    use crate::knn::{bridges, intrinsic_dimension, knn, nn_descent, recall, spatial_order};

    #[pymodule_export]
    use crate::lattice::{lattice_generator, lattice_n_neighbors, lattice_points, lattice_table};
    #[pymodule_export]
    use crate::merge_tree::{barriers, basins, edges, merge_tree, naive_merge_tree, path};
    #[pymodule_export]
    use crate::morse::{Gradient, discrete_gradient};

    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
