//! Contraction along descents: every vertex is labelled by a root it reaches going down.

use crate::chunks::{CHUNK, for_each_chunk};
use crate::graph::Neighbors;
use crate::order::{Order, Value};
use crate::{Error, Monitor, NONE};
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

/// A partition of the domain into pieces, each connected within the sublevel set of any of its vertices.
#[derive(Debug, Clone)]
pub struct Contraction {
    /// The piece of every vertex, [`NONE`] outside the domain.
    pub label: Vec<u32>,
    /// The lowest vertex of every piece, rising by number. All minima are among them.
    pub roots: Vec<u32>,
}

/// Lets every vertex descend to some lower neighbour in its row, and on.
///
/// A neighbour in whose row the vertex stands but not the other way round is not seen; a vertex may so become a root
/// without being a minimum, and the forest gives it a saddle equal to itself.
///
/// # Errors
///
/// [`Error::Interrupted`].
///
/// # Complexity
///
/// O(n log n + E); besides the labels, O(m) memory for m roots.
pub fn contract<V: Value, G: Neighbors>(
    order: Order<'_, V>,
    graph: &G,
    monitor: &Monitor,
) -> Result<Contraction, Error> {
    let n = graph.n_vertices();
    let pointer: Vec<AtomicU32> = (0..n).into_par_iter().with_min_len(CHUNK).map(|_| AtomicU32::new(NONE)).collect();
    for_each_chunk(n, monitor, |range| {
        monitor.advance(range.len() as u64);
        graph.rows(range, |u, mut row| {
            if order.inside(u) {
                pointer[u as usize].store(lower_neighbor(order, u, &mut row), Relaxed);
            }
        });
        Ok(())
    })?;
    settle(&pointer, monitor)?;
    let roots: Vec<u32> =
        (0..n as u32).into_par_iter().with_min_len(CHUNK).filter(|&u| pointer[u as usize].load(Relaxed) == u).collect();
    // Pointers become labels in place: the roots' own entries first, which then serve as the dictionary of the rest.
    for (label, &root) in (0..).zip(&roots) {
        pointer[root as usize].store(label, Relaxed);
    }
    for_each_chunk(n, monitor, |range| {
        let mut skip = roots[roots.partition_point(|&root| (root as usize) < range.start)..].iter().peekable();
        for u in range {
            if skip.next_if(|&&root| root as usize == u).is_none() {
                let root = pointer[u].load(Relaxed);
                if root != NONE {
                    pointer[u].store(pointer[root as usize].load(Relaxed), Relaxed);
                }
            }
        }
        Ok(())
    })?;
    let label = pointer.into_iter().map(AtomicU32::into_inner).collect();
    Ok(Contraction { label, roots })
}

/// Entries of a row looked at together.
const LOOK: usize = 3;

/// The lowest of the first few neighbours, of the next few if none of them is lower than `u`, and so on; `u` itself if
/// none is.
///
/// Any lower neighbour will do. The lowest of several shortens the ways down, and values read together do not wait for
/// one another, as they would if the search stopped at the first.
#[inline]
fn lower_neighbor<V: Value>(order: Order<'_, V>, u: u32, row: &mut impl Iterator<Item = u32>) -> u32 {
    let n = order.len();
    let own = order.value(u).key(u);
    loop {
        let mut lowest = own;
        let mut seen = 0;
        for v in row.by_ref().take(LOOK) {
            seen += 1;
            // Padding, and entries that are no vertices (the forest reports them), are replaced by u itself.
            let v = if (v as usize) < n { v } else { u };
            lowest = lowest.min(order.value(v).key(v));
        }
        if lowest != own || seen < LOOK {
            return V::vertex(lowest);
        }
    }
}

/// Follows pointers down to where they end, at vertices that point at themselves, and stores the end at every vertex.
///
/// Pointer doubling: rounds in which every vertex takes the pointer of the one it points at, until nothing changes. In
/// place, so that ways shorten by more than half in a round; a store that comes late only repeats work.
pub(crate) fn settle(pointer: &[AtomicU32], monitor: &Monitor) -> Result<(), Error> {
    loop {
        let changed = AtomicBool::new(false);
        for_each_chunk(pointer.len(), monitor, |range| {
            let mut changed_here = false;
            for at in &pointer[range] {
                let down = at.load(Relaxed);
                if down != NONE {
                    let next = pointer[down as usize].load(Relaxed);
                    if next != down {
                        at.store(next, Relaxed);
                        changed_here = true;
                    }
                }
            }
            changed.fetch_or(changed_here, Relaxed);
            Ok(())
        })?;
        if !changed.into_inner() {
            return Ok(());
        }
    }
}
