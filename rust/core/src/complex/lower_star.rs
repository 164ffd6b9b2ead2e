//! The lower star of one vertex, as a small complex of its own.

/// The cells whose highest vertex is a given one, in filtration order, with their facets among themselves.
///
/// The first cell is the vertex itself. Filtration order within a lower star compares the lists of vertices, sorted from
/// the highest down, lexicographically; so a face comes before its cofaces.
#[derive(Debug, Clone, Default)]
pub struct LowerStar {
    cells: Vec<u64>,
    /// Where the facets of every cell end; they start where those of the cell before end.
    ends: Vec<u32>,
    facets: Vec<u32>,
}

impl LowerStar {
    /// Without any cell.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets all cells.
    pub fn clear(&mut self) {
        self.cells.clear();
        self.ends.clear();
        self.facets.clear();
    }

    /// Adds a cell and the places of its facets in this star.
    pub fn push(&mut self, cell: u64, facets: impl IntoIterator<Item = u32>) {
        self.cells.push(cell);
        self.facets.extend(facets);
        self.ends.push(self.facets.len() as u32);
    }

    /// The cells, in filtration order.
    #[must_use]
    pub fn cells(&self) -> &[u64] {
        &self.cells
    }

    /// The places of the facets of a cell that lie in this star.
    #[must_use]
    pub fn facets(&self, at: usize) -> &[u32] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.facets[start as usize..self.ends[at] as usize]
    }
}
