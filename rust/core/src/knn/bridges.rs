//! Edges that join the components of a graph of neighbours: their closest pairs of points.

use super::best::Best;
use super::lanes::Portable;
use super::scalar::{Scalar, Scale};
use super::search::{Query, Scratch, search};
use super::tree::{LEAF, Tree};
use crate::union_find::UnionFind;
use crate::{Error, Monitor, NONE};
use rayon::prelude::*;
use std::sync::Mutex;

/// Edges between the closest pairs of points of different components, until there is one component.
///
/// Method: rounds in which every component but the largest is joined to the nearest point outside (Borůvka 1926), so
/// that the edges are those of a minimum spanning tree of the components. Ties fall to the pair with the lower numbers.
///
/// `points` are rows of `d` finite coordinates, `edges` those of the graph. Gives edges `[u, v]` with `u < v`, sorted;
/// none if the graph is connected.
///
/// # Errors
///
/// [`Error::Interrupted`].
///
/// # Panics
///
/// If an edge names something else than two points.
///
/// # Complexity
///
/// O(E) for E edges, and a nearest-neighbour search of the points outside the largest component in each of at most
/// log2 of the number of components rounds.
pub fn bridges<S: Scalar>(
    points: &[S],
    d: usize,
    edges: impl Iterator<Item = [u32; 2]>,
    monitor: &Monitor,
) -> Result<Vec<[u32; 2]>, Error> {
    let n = points.len() / d;
    let mut pieces = UnionFind::new(n);
    for (at, [u, v]) in edges.enumerate() {
        if at % (1 << 16) == 0 {
            monitor.check()?;
        }
        join(&mut pieces, u, v);
    }
    let mut found = Vec::new();
    let mut labels = lowest_members(&mut pieces, n);
    if labels.iter().all(|&label| label == labels[0]) {
        return Ok(found);
    }
    let scale = Scale::of(points, d);
    let tree = Tree::new(points, d, scale, monitor)?;
    let query = Query::new(&tree, &tree.order, S::FAR, S::from_f64(1.0));
    loop {
        let mut sizes = vec![0u32; n];
        for &label in &labels {
            sizes[label as usize] += 1;
        }
        let largest = (0..n as u32).max_by_key(|&u| (sizes[u as usize], u32::MAX - u)).unwrap_or(0);
        if sizes[largest as usize] as usize == n {
            found.sort_unstable();
            return Ok(found);
        }
        // The nearest pair of every component, under its label: squared distance and ends.
        let nearest: Vec<Mutex<Pair<S>>> = labels.iter().map(|_| Mutex::new(Pair::none())).collect();
        (0..tree.n_leaves()).into_par_iter().try_for_each_init(Scratch::new, |scratch, leaf| {
            monitor.check()?;
            let mut foreign = Foreign::new(&query, leaf, &labels, largest, &nearest);
            if foreign.bounds.iter().any(|&bound| bound >= S::ZERO) {
                search::<S, 0, _, _>(&query, leaf, &mut foreign, scratch, Portable);
            }
            Ok(())
        })?;
        for pair in nearest {
            let Pair { ends: [u, v], .. } = pair.into_inner().expect("no thread panicked");
            if u != NONE && join(&mut pieces, u, v) {
                found.push([u, v]);
            }
        }
        labels = lowest_members(&mut pieces, n);
    }
}

/// Joins two pieces, named by their lowest members; gives whether they were two.
fn join(pieces: &mut UnionFind, u: u32, v: u32) -> bool {
    let (a, b) = (pieces.find(u), pieces.find(v));
    pieces.hang(a.max(b), a.min(b));
    a != b
}

/// The lowest member of everyone's piece.
fn lowest_members(pieces: &mut UnionFind, n: usize) -> Vec<u32> {
    (0..n as u32).map(|u| pieces.find(u)).collect()
}

/// Two points and the square of their distance.
#[derive(Clone, Copy, PartialEq)]
struct Pair<S> {
    square: S,
    ends: [u32; 2],
}

impl<S: Scalar> Pair<S> {
    fn none() -> Self {
        Self { square: S::FAR, ends: [NONE; 2] }
    }

    fn closer(self, other: Self) -> bool {
        self.square < other.square || (self.square == other.square && self.ends < other.ends)
    }
}

/// The nearest point of another component, for every point of a leaf that is not in the largest.
struct Foreign<'a, S> {
    members: [u32; LEAF],
    labels: &'a [u32],
    nearest: &'a [Mutex<Pair<S>>],
    /// What is known to be near enough for the component of each; below zero where nothing is asked.
    bounds: [S; LEAF],
}

impl<'a, S: Scalar> Foreign<'a, S> {
    fn new(query: &Query<'a, S>, leaf: usize, labels: &'a [u32], largest: u32, nearest: &'a [Mutex<Pair<S>>]) -> Self {
        let members: [u32; LEAF] = *query.ids[leaf * LEAF..].first_chunk().expect("a full leaf");
        let bounds = members.map(|u| {
            if u == NONE || labels[u as usize] == largest {
                return S::ZERO - S::FAR;
            }
            nearest[labels[u as usize] as usize].lock().expect("no thread panicked").square
        });
        Self { members, labels, nearest, bounds }
    }
}

impl<S: Scalar> Best<S> for Foreign<'_, S> {
    fn begin(&mut self) -> [S; LEAF] {
        self.bounds
    }

    fn offer(&mut self, query: usize, distances: &[S; LEAF], ids: &[u32; LEAF], mask: u32) -> (S, u32) {
        let u = self.members[query];
        let label = self.labels[u as usize];
        let mut best = *self.nearest[label as usize].lock().expect("no thread panicked");
        for lane in (0..LEAF).filter(|lane| mask >> lane & 1 == 1) {
            let v = ids[lane];
            let pair = Pair { square: distances[lane], ends: [u.min(v), u.max(v)] };
            if self.labels[v as usize] != label && pair.closer(best) {
                best = pair;
            }
        }
        let mut nearest = self.nearest[label as usize].lock().expect("no thread panicked");
        if best.closer(*nearest) {
            *nearest = best;
        }
        // Ties fall by both ends: none is left out for its number.
        (nearest.square, NONE)
    }
}
