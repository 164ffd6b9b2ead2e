//! Simplicial complexes as a table of lower stars: the cliques of a graph, or simplices as they come.

use super::cells::{Complex, Partner};
use super::lower_star::LowerStar;
use crate::graph::{Neighbors, edges};
use crate::memory::{filled, room};
use crate::order::{Order, Value};
use crate::{Error, Monitor};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

/// Vertices, or simplices, of one task: few, as one vertex may have many cliques.
const TASK: usize = 1 << 6;

/// A simplex of more vertices has more faces than can be numbered.
const MOST_VERTICES: usize = 32;

/// Cliques found between two looks at their number.
const LOOK: usize = 1 << 14;

/// A simplicial complex on the vertices of a total order: a table of its simplices, lower star after lower star.
///
/// The lower stars come in the order of the vertices, the simplices of one in filtration order, each as the list of its
/// vertices from the highest down, which is also its orientation. A vertex outside the domain has a cell, and nothing
/// else.
#[derive(Debug)]
pub struct Simplices {
    dimension: usize,
    /// Of every vertex, where its lower star begins; and the number of simplices.
    stars: Vec<u32>,
    /// Of every simplex, where its lists begin; and their length.
    starts: Vec<usize>,
    vertices: Vec<u32>,
    /// Of every vertex of a simplex, the facet without it; of a vertex, itself.
    facets: Vec<u32>,
}

/// A cell without a partner.
const CRITICAL: u32 = u32::MAX - 1;
/// Not in the domain.
const OUTSIDE: u32 = u32::MAX;

/// Falling lists of vertices, one after another, sorted, and how long each is.
struct Lists {
    vertices: Vec<u32>,
    sizes: Vec<u8>,
}

/// Neighbouring parts of given lengths.
fn parts<T>(mut whole: &mut [T], lengths: impl Iterator<Item = usize>) -> Vec<&mut [T]> {
    let take = |length| {
        let (part, rest) = std::mem::take(&mut whole).split_at_mut(length);
        whole = rest;
        part
    };
    lengths.map(take).collect()
}

impl Simplices {
    /// The flag complex of a graph: all cliques of at most `max_dimension + 1` vertices inside the domain.
    ///
    /// # Errors
    ///
    /// [`Error::Length`]; [`Error::NotAVertex`]; [`Error::TooManyCells`] and [`Error::Memory`] before anything is stored;
    /// [`Error::Interrupted`].
    ///
    /// # Complexity
    ///
    /// O(E log E + c d k) for E arcs and c cliques of d vertices with k lower neighbours each; 8 bytes for each vertex
    /// of each clique, and 8 a clique.
    ///
    /// # Example
    ///
    /// ```
    /// use morsebar_core::{complex::{Complex, Simplices}, graph::{Connectivity, Grid}, order::Order, Monitor};
    /// // All six points of a 2 x 3 grid with diagonals: two squares with their four faces each.
    /// let graph = Grid::new(&[2, 3], Connectivity::Full, &[false, false])?;
    /// let values = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    /// let complex = Simplices::flag(Order::new(&values), &graph, 3, &Monitor::new())?;
    /// assert_eq!(complex.dimension(), 3);
    /// assert_eq!(complex.n_numbers(), 6 + 11 + 8 + 2);
    /// # Ok::<(), morsebar_core::Error>(())
    /// ```
    pub fn flag<V: Value, G: Neighbors>(
        order: Order<'_, V>,
        graph: &G,
        max_dimension: usize,
        monitor: &Monitor,
    ) -> Result<Self, Error> {
        let n = graph.n_vertices();
        if order.len() != n {
            return Err(Error::Length { values: order.len(), vertices: n });
        }
        let ranks = ranks(order, monitor)?;
        let lower = LowerNeighbors::new(order, &ranks, &edges(graph, monitor)?);
        let each_clique = |task: usize, visit: &mut dyn FnMut(&[u32]) -> Result<(), Error>| {
            let mut cliques = Cliques { lower: &lower, max_dimension, clique: Vec::new() };
            for v in task * TASK..n.min((task + 1) * TASK) {
                monitor.check()?;
                cliques.clique.push(v as u32);
                visit(&cliques.clique)?;
                if order.inside(v as u32) {
                    cliques.grow(lower.of(v as u32), visit)?;
                }
                cliques.clique.clear();
            }
            Ok(())
        };
        // Counted first, so that too many are noticed before any is stored.
        let tasks = || (0..n.div_ceil(TASK)).into_par_iter();
        let found = AtomicUsize::new(0);
        let counts = tasks().map(|task| {
            let (mut cells, mut entries) = (0, 0);
            each_clique(task, &mut |clique| {
                cells += 1;
                entries += clique.len();
                if cells % LOOK == 0 {
                    monitor.check()?;
                    check_cells(found.fetch_add(LOOK, Relaxed))?;
                }
                Ok(())
            })?;
            Ok((cells, entries))
        });
        let counts: Vec<(usize, usize)> = counts.collect::<Result<_, Error>>()?;
        let (cells, entries) = counts.iter().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
        check_cells(cells)?;
        let mut lists = Lists { vertices: filled(entries, || 0)?, sizes: filled(cells, || 0)? };
        let vertices = parts(&mut lists.vertices, counts.iter().map(|count| count.1));
        let sizes = parts(&mut lists.sizes, counts.iter().map(|count| count.0));
        vertices.into_par_iter().zip(sizes).enumerate().try_for_each(|(task, (vertices, sizes))| {
            let (mut at, mut cells) = (0, 0);
            each_clique(task, &mut |clique| {
                vertices[at..at + clique.len()].copy_from_slice(clique);
                sizes[cells] = clique.len() as u8;
                at += clique.len();
                cells += 1;
                Ok(())
            })
        })?;
        Self::new(n, lists, &ranks, monitor)
    }

    /// The complex of given simplices, `k + 1` vertices each in the lists of dimension k = 1, 2, ...: closed under
    /// faces, no simplex twice. Those with a vertex outside the domain are left out.
    ///
    /// # Errors
    ///
    /// [`Error::Complex`] for a face that is missing, a simplex that comes twice, a vertex that comes twice or is none, more
    /// than 32 vertices;
    /// [`Error::TooManyCells`]; [`Error::Interrupted`].
    ///
    /// # Complexity
    ///
    /// O(c d log c) for c simplices of d vertices.
    pub fn explicit<V: Value>(
        order: Order<'_, V>,
        simplices: &[(usize, &[u32])],
        monitor: &Monitor,
    ) -> Result<Self, Error> {
        let n = order.len();
        let ranks = ranks(order, monitor)?;
        let total = simplices.iter().map(|(size, list)| list.len() / size).sum::<usize>() + n;
        check_cells(total)?;
        // Lists of ranks fall with the order; the vertices are looked up again below.
        let mut rows: Vec<Vec<u32>> = Vec::with_capacity(total);
        rows.extend((0..n as u32).map(|v| vec![v]));
        for &(size, list) in simplices {
            monitor.check()?;
            if size > MOST_VERTICES {
                return Err(Error::Complex(format!(
                    "a simplex has {size} vertices, expected at most {MOST_VERTICES}: its faces are cells, too"
                )));
            }
            for (at, simplex) in list.chunks_exact(size).enumerate() {
                if at % LOOK == 0 {
                    monitor.check()?;
                }
                if let Some(&v) = simplex.iter().find(|&&v| v as usize >= n) {
                    return Err(Error::Complex(format!(
                        "simplex {simplex:?} has vertex {v}, expected 0 to {n} - 1: one value per vertex"
                    )));
                }
                if simplex.iter().all(|&v| order.inside(v)) {
                    let mut row = simplex.to_vec();
                    row.sort_unstable_by_key(|&v| std::cmp::Reverse(ranks[v as usize]));
                    if row.windows(2).any(|pair| pair[0] == pair[1]) {
                        return Err(Error::Complex(format!("simplex {simplex:?} has a vertex twice")));
                    }
                    rows.push(row);
                }
            }
        }
        monitor.check()?;
        let rank = |&v: &u32| ranks[v as usize];
        rows.par_sort_unstable_by(|a, b| a[0].cmp(&b[0]).then_with(|| a.iter().map(rank).cmp(b.iter().map(rank))));
        if let Some((row, _)) = rows.iter().zip(rows.iter().skip(1)).find(|(row, next)| row == next) {
            return Err(Error::Complex(format!("simplex {row:?} comes twice")));
        }
        let sizes = rows.iter().map(|row| row.len() as u8).collect();
        let lists = Lists { vertices: rows.concat(), sizes };
        Self::new(n, lists, &ranks, monitor)
    }

    fn new(n: usize, lists: Lists, ranks: &[u32], monitor: &Monitor) -> Result<Self, Error> {
        let count = lists.sizes.len();
        let mut starts = room(count + 1)?;
        starts.push(0);
        let mut end = 0;
        starts.extend(lists.sizes.iter().map(|&size| {
            end += usize::from(size);
            end
        }));
        let dimension = usize::from(lists.sizes.iter().copied().max().unwrap_or(1)) - 1;
        drop(lists.sizes);
        let mut stars = vec![count as u32; n + 1];
        for cell in (0..count).rev() {
            stars[lists.vertices[starts[cell]] as usize] = cell as u32;
        }
        let mut facets = filled(lists.vertices.len(), || 0)?;
        let table = Self { dimension, stars, starts, vertices: lists.vertices, facets: Vec::new() };
        let tasks = (0..count.div_ceil(TASK)).map(|task| task * TASK..count.min((task + 1) * TASK));
        let lengths = tasks.clone().map(|cells| table.starts[cells.end] - table.starts[cells.start]);
        let parts = parts(&mut facets, lengths);
        parts.into_par_iter().zip(tasks.collect::<Vec<_>>()).try_for_each(|(part, cells)| {
            monitor.check()?;
            let mut slots = part.iter_mut();
            let mut facet = Vec::new();
            for cell in cells {
                let list = table.list(cell as u64);
                for (left_out, slot) in (0..list.len()).zip(&mut slots) {
                    facet.clear();
                    facet.extend(list.iter().enumerate().filter(|&(at, _)| at != left_out).map(|(_, &v)| v));
                    let found = if facet.is_empty() { Some(cell as u32) } else { table.find(&facet, ranks) };
                    *slot = found.ok_or_else(|| {
                        Error::Complex(format!("simplex {list:?} has no face {facet:?} in the complex"))
                    })?;
                }
            }
            Ok(())
        })?;
        Ok(Self { facets, ..table })
    }

    /// The vertices of a simplex, from the highest down.
    fn list(&self, cell: u64) -> &[u32] {
        &self.vertices[self.starts[cell as usize]..self.starts[cell as usize + 1]]
    }

    fn star(&self, v: u32) -> Range<u32> {
        self.stars[v as usize]..self.stars[v as usize + 1]
    }

    /// The simplex of a falling list of vertices.
    fn find(&self, list: &[u32], ranks: &[u32]) -> Option<u32> {
        let star = self.star(list[0]);
        let rank = |&v: &u32| ranks[v as usize];
        let (mut low, mut high) = (star.start, star.end);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.list(u64::from(middle)).iter().map(rank).cmp(list.iter().map(rank)) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }
}

fn check_cells(n: usize) -> Result<(), Error> {
    if n < CRITICAL as usize { Ok(()) } else { Err(Error::TooManyCells { n }) }
}

/// The place of every vertex in the total order.
fn ranks<V: Value>(order: Order<'_, V>, monitor: &Monitor) -> Result<Vec<u32>, Error> {
    let mut falling: Vec<u32> = (0..order.len() as u32).collect();
    // NaN has no key of its own; vertices outside have no cells but themselves, and may stand anywhere.
    falling.par_sort_unstable_by_key(|&v| (order.inside(v), order.key(v)));
    monitor.check()?;
    let mut ranks = vec![0; order.len()];
    for (rank, &v) in falling.iter().enumerate() {
        ranks[v as usize] = rank as u32;
    }
    Ok(ranks)
}

/// The lower neighbours of every vertex inside the domain, from the lowest up.
struct LowerNeighbors {
    starts: Vec<usize>,
    /// Ranks and vertices.
    entries: Vec<(u32, u32)>,
}

impl LowerNeighbors {
    fn new<V: Value>(order: Order<'_, V>, ranks: &[u32], edges: &[[u32; 2]]) -> Self {
        let inside = || edges.iter().filter(|edge| edge.iter().all(|&v| order.inside(v)));
        let falling = |&[u, v]: &[u32; 2]| if order.lower(u, v) { (v, u) } else { (u, v) };
        let mut starts = vec![0; ranks.len() + 1];
        for (upper, _) in inside().map(falling) {
            starts[upper as usize + 1] += 1;
        }
        for at in 0..ranks.len() {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut entries = vec![(0, 0); starts[ranks.len()]];
        for (upper, lower) in inside().map(falling) {
            entries[next[upper as usize]] = (ranks[lower as usize], lower);
            next[upper as usize] += 1;
        }
        let mut rest = entries.as_mut_slice();
        let mut rows = Vec::with_capacity(ranks.len());
        for pair in starts.windows(2) {
            let (row, other) = rest.split_at_mut(pair[1] - pair[0]);
            rows.push(row);
            rest = other;
        }
        rows.par_iter_mut().for_each(|row| row.sort_unstable());
        Self { starts, entries }
    }

    fn of(&self, v: u32) -> &[(u32, u32)] {
        &self.entries[self.starts[v as usize]..self.starts[v as usize + 1]]
    }
}

/// The cliques with a given highest vertex, depth first: in filtration order.
struct Cliques<'a> {
    lower: &'a LowerNeighbors,
    max_dimension: usize,
    clique: Vec<u32>,
}

impl Cliques<'_> {
    /// Visits every clique that extends the one at hand by candidates, all of them lower, and neighbours of all its
    /// vertices. The depth is that of a clique, at most `max_dimension`.
    fn grow(
        &mut self,
        candidates: &[(u32, u32)],
        visit: &mut dyn FnMut(&[u32]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.clique.len() > self.max_dimension {
            return Ok(());
        }
        for (at, &(_, v)) in candidates.iter().enumerate() {
            self.clique.push(v);
            visit(&self.clique)?;
            if at > 0 && self.clique.len() <= self.max_dimension {
                self.grow(&common(&candidates[..at], self.lower.of(v)), visit)?;
            }
            self.clique.pop();
        }
        Ok(())
    }
}

/// The entries of two rising lists that are in both.
fn common(a: &[(u32, u32)], b: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut both = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                both.push(a[i]);
                i += 1;
                j += 1;
            }
        }
    }
    both
}

impl Complex for Simplices {
    type Matching = Vec<AtomicU32>;

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn n_vertices(&self) -> usize {
        self.stars.len() - 1
    }

    fn n_numbers(&self) -> u64 {
        self.starts.len() as u64 - 1
    }

    fn vertex(&self, v: u32) -> u64 {
        u64::from(self.stars[v as usize])
    }

    fn degree(&self, cell: u64) -> usize {
        self.list(cell).len() - 1
    }

    fn vertices(&self, cell: u64, visit: impl FnMut(u32)) {
        self.list(cell).iter().copied().for_each(visit);
    }

    fn boundary(&self, cell: u64, mut visit: impl FnMut(u64, i64)) {
        let facets = &self.facets[self.starts[cell as usize]..self.starts[cell as usize + 1]];
        if facets.len() > 1 {
            let mut sign = 1;
            for &facet in facets {
                visit(u64::from(facet), sign);
                sign = -sign;
            }
        }
    }

    fn lower_star<V: Value>(&self, _: Order<'_, V>, v: u32, star: &mut LowerStar) {
        let cells = self.star(v);
        for cell in cells.clone() {
            let facets = &self.facets[self.starts[cell as usize]..self.starts[cell as usize + 1]];
            // A vertex stands for its own facet.
            let inside = |&&facet: &&u32| facet != cell && cells.contains(&facet);
            star.push(u64::from(cell), facets.iter().filter(inside).map(|&facet| facet - cells.start));
        }
    }

    fn matching(&self) -> Result<Vec<AtomicU32>, Error> {
        filled(self.n_numbers() as usize, || AtomicU32::new(OUTSIDE))
    }

    fn join(&self, matching: &Vec<AtomicU32>, facet: u64, cofacet: u64) {
        matching[facet as usize].store(cofacet as u32, Relaxed);
        matching[cofacet as usize].store(facet as u32, Relaxed);
    }

    fn set_critical(&self, matching: &Vec<AtomicU32>, cell: u64) {
        matching[cell as usize].store(CRITICAL, Relaxed);
    }

    fn partner(&self, matching: &Vec<AtomicU32>, cell: u64) -> Partner {
        match matching[cell as usize].load(Relaxed) {
            CRITICAL => Partner::Critical,
            OUTSIDE => Partner::Outside,
            partner if self.degree(cell) < self.degree(u64::from(partner)) => Partner::Cofacet(u64::from(partner)),
            partner => Partner::Facet(u64::from(partner)),
        }
    }
}
