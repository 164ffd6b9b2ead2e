//! Contraction along descents: every vertex is labelled by a root it reaches going down.

use super::chunks::{CHUNK, for_each_chunk};
use crate::graph::Neighbors;
use crate::order::{Order, Value};
use crate::{Error, Monitor, NONE};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A partition of the domain into pieces, each connected within the sublevel set of any of its vertices.
pub(super) struct Contraction {
    /// The piece of every vertex, [`NONE`] outside the domain.
    pub(super) label: Vec<u32>,
    /// The lowest vertex of every piece, rising by number. All minima are among them.
    pub(super) roots: Vec<u32>,
}

/// Lets every vertex descend to the first lower neighbour in its row, and on.
///
/// A neighbour in whose row the vertex stands but not the other way round is not seen; such a vertex becomes a root
/// without being a minimum, and the forest gives it a saddle equal to itself.
///
/// Besides the labels, O(m) memory for m roots.
pub(super) fn contract<V: Value, G: Neighbors>(
    order: Order<'_, V>,
    graph: &G,
    monitor: &Monitor,
) -> Result<Contraction, Error> {
    let n = graph.n_vertices();
    let pointer: Vec<AtomicU32> = (0..n).into_par_iter().with_min_len(CHUNK).map(|_| AtomicU32::new(NONE)).collect();
    for_each_chunk(n, monitor, |range| {
        graph.rows(range, |u, mut row| {
            if order.inside(u) {
                let lower = row.find(|&v| (v as usize) < n && order.lower(v, u));
                pointer[u as usize].store(lower.unwrap_or(u), Relaxed);
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

/// Follows pointers down to where they end, at vertices that point at themselves, and stores the end at every vertex.
pub(super) fn settle(pointer: &[AtomicU32], monitor: &Monitor) -> Result<(), Error> {
    for_each_chunk(pointer.len(), monitor, |range| {
        for u in range {
            halve(pointer, u as u32);
        }
        Ok(())
    })?;
    // A halving store of another thread may have come late and put back a pointer that is not final, so ends are taken by
    // a find that writes nothing but its own result.
    for_each_chunk(pointer.len(), monitor, |range| {
        for u in range {
            pointer[u].store(find(pointer, u as u32), Relaxed);
        }
        Ok(())
    })
}

/// Shortens the way of `u` down by pointing every second vertex on it at its grandparent.
#[inline]
fn halve(pointer: &[AtomicU32], mut u: u32) {
    let mut down = pointer[u as usize].load(Relaxed);
    if down == NONE {
        return;
    }
    loop {
        let next = pointer[down as usize].load(Relaxed);
        if next == down {
            return;
        }
        pointer[u as usize].store(next, Relaxed);
        u = next;
        down = pointer[u as usize].load(Relaxed);
    }
}

#[inline]
fn find(pointer: &[AtomicU32], mut u: u32) -> u32 {
    loop {
        let down = pointer[u as usize].load(Relaxed);
        if down == u || down == NONE {
            return down;
        }
        u = down;
    }
}
