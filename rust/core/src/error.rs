//! What can go wrong in the core.

/// An error of the core. Messages are lower-case and carry the offending number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value is NaN, and NaN was not masked.
    #[error("values[{index}] is NaN; pass nan=\"mask\" to leave such vertices out of the domain")]
    NotANumber {
        /// The first such vertex.
        index: usize,
    },
    /// A value is `-inf`: it would have no finite persistence.
    #[error("values[{index}] is -inf, expected finite values (or +inf for vertices outside the domain)")]
    NegativeInfinity {
        /// The first such vertex.
        index: usize,
    },
    /// More vertices than `u32` can number.
    #[error("{n} vertices are too many, expected at most 4294967295")]
    TooManyVertices {
        /// How many came.
        n: usize,
    },
    /// The graph and the values disagree about the number of vertices.
    #[error("values has length {values}, expected {vertices}, the number of vertices of graph")]
    Length {
        /// The number of values.
        values: usize,
        /// The number of vertices of the graph.
        vertices: usize,
    },
    /// A neighbour that is not a vertex.
    #[error("graph row {row}, entry {entry}: {neighbor} is not a vertex, expected 0 to {n} - 1 (or -1 as padding)")]
    NotAVertex {
        /// The row in the table.
        row: usize,
        /// The entry in that row.
        entry: usize,
        /// What stood there.
        neighbor: i64,
        /// The number of vertices.
        n: usize,
    },
    /// Row pointers of a sparse graph that do not describe rows.
    #[error("graph indptr[{at}] is {found}, expected {expected}")]
    RowPointer {
        /// Which pointer.
        at: usize,
        /// Its value.
        found: i64,
        /// What it may be.
        expected: String,
    },
    /// A grid whose axes make no sense.
    #[error("{0}")]
    Grid(String),
    /// Cells that are no complex.
    #[error("{0}")]
    Complex(String),
    /// Memory that the machine does not have.
    #[error("not enough memory: {bytes} bytes were asked for at once")]
    Memory {
        /// How many bytes.
        bytes: usize,
    },
    /// A number of paths beyond 64 bits.
    #[error(
        "the boundary of critical cell {cell} (number {number}) has a coefficient beyond 64 bits: ask for a canonical \
         form over a prime field, which counts modulo the prime"
    )]
    Coefficient {
        /// The critical cell, in filtration order.
        cell: usize,
        /// Its number in the complex.
        number: u64,
    },
    /// A lattice that cannot be.
    #[error("{0}")]
    Lattice(String),
    /// An edge that joins something that is not a vertex.
    #[error("edges[{edge}] = ({u}, {v}) names a vertex that is not there, expected 0 to {n} - 1")]
    EdgeEnd {
        /// Which edge.
        edge: usize,
        /// One end.
        u: i64,
        /// The other end.
        v: i64,
        /// The number of vertices.
        n: usize,
    },
    /// An edge that enters before its ends.
    #[error(
        "the level of edges[{edge}] = ({u}, {v}) is {level}, expected at least the values of both ends, {expected}"
    )]
    EdgeLevel {
        /// Which edge.
        edge: usize,
        /// One end.
        u: u32,
        /// The other end.
        v: u32,
        /// Its level, printed.
        level: String,
        /// The higher value of its ends, printed.
        expected: String,
    },
    /// A coordinate that is NaN or infinite.
    #[error("points[{row}] is not finite, expected finite coordinates")]
    NotFinite {
        /// The first such row.
        row: usize,
    },
    /// A number of neighbours that the points do not have.
    #[error("n_neighbors is {k}, expected 1 to n - 1 for n = {n} points")]
    Neighbors {
        /// How many were asked for.
        k: usize,
        /// The number of points.
        n: usize,
    },
    /// More cells than `u32` can number.
    #[error("{n} cells or more are too many, expected at most 4294967293")]
    TooManyCells {
        /// How many came.
        n: usize,
    },
    /// A matrix that is not the boundary of a filtered complex.
    #[error("{0}")]
    Boundary(String),
    /// A boundary whose boundary is not zero.
    #[error("the boundary of the boundary of cell {cell} is {coefficient} at cell {face}, expected 0 everywhere")]
    BoundaryOfBoundary {
        /// The first such cell.
        cell: u32,
        /// The first face of its faces that stays.
        face: u32,
        /// Its coefficient, printed.
        coefficient: String,
    },
    /// A field that is not there.
    #[error("field is {found}, expected a prime below 2147483648 or \"rational\"")]
    Field {
        /// The number of elements asked for.
        found: u64,
    },
    /// The work was stopped through its [`Monitor`](crate::Monitor).
    #[error("interrupted")]
    Interrupted,
}
