//! The triplet merge tree: components of all sublevel sets at once, from arcs in any order.

use super::chunks::for_each_chunk;
use super::descent::Contraction;
use crate::graph::Neighbors;
use crate::order::{Order, Value};
use crate::{Error, Monitor, NONE};
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// "The components of roots `a` and `b` are joined at and above `saddle`."
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Triple {
    pub(super) saddle: u32,
    pub(super) a: u32,
    pub(super) b: u32,
}

/// Steps of [`Forest::representative`] allowed per arc before the rest of a chunk is left to sorting.
///
/// Chains cannot be shortened across rising saddles, so some inputs make every query walk one of length m. Typical
/// inputs take well below one step an arc.
pub(super) const STEPS_PER_ARC: u64 = 8;

/// One word per root: `(saddle, parent)`, the parent being older (lower). [`NONE`] as a saddle means not yet merged.
///
/// Words only ever decrease, so a stale one is a true statement, if a weak one, and compare-and-swap has no ABA problem.
pub(super) struct Forest<'a, V> {
    order: Order<'a, V>,
    contraction: &'a Contraction,
    words: Vec<AtomicU64>,
    left_over: Mutex<Vec<Triple>>,
    steps_per_arc: u64,
}

const fn pack(saddle: u32, parent: u32) -> u64 {
    (saddle as u64) << 32 | parent as u64
}

const fn unpack(word: u64) -> (u32, u32) {
    ((word >> 32) as u32, word as u32)
}

impl<'a, V: Value> Forest<'a, V> {
    pub(super) fn new(order: Order<'a, V>, contraction: &'a Contraction, steps_per_arc: u64) -> Self {
        let words = contraction.roots.iter().map(|_| AtomicU64::new(pack(NONE, NONE))).collect();
        Self { order, contraction, words, left_over: Mutex::new(Vec::new()), steps_per_arc }
    }

    /// Merges along all arcs of the graph, in parallel, and gives the triples: at most one per root, and what was left
    /// to sorting.
    pub(super) fn grow<G: Neighbors>(self, graph: &G, monitor: &Monitor) -> Result<Vec<Triple>, Error> {
        let bad = AtomicBool::new(false);
        for_each_chunk(graph.n_vertices(), monitor, |range| {
            bad.fetch_or(!self.absorb(graph, range), Relaxed);
            Ok(())
        })?;
        if bad.into_inner() {
            return Err(graph.first_error().unwrap_or(Error::Interrupted));
        }
        Ok(self.triples())
    }

    /// Merges along all arcs out of a range of vertices. False if an entry was not a vertex.
    fn absorb<G: Neighbors>(&self, graph: &G, range: Range<usize>) -> bool {
        let label = &self.contraction.label[..];
        let mut good = true;
        let mut steps = 0;
        let mut allowed = 1 << 12;
        let mut left_over = Vec::new();
        graph.rows(range, |u, row| {
            let a = label[u as usize];
            let mut a_at_u = NONE;
            for v in row {
                allowed += self.steps_per_arc;
                let Some(&b) = label.get(v as usize) else {
                    good &= v == NONE;
                    continue;
                };
                if b == a || b == NONE || a == NONE {
                    continue;
                }
                if steps > allowed {
                    left_over.push(Triple { saddle: self.order.max(u, v), a, b });
                    continue;
                }
                if a_at_u == NONE {
                    a_at_u = self.representative(a, u, &mut steps);
                }
                let b_at_u = self.representative(b, u, &mut steps);
                if a_at_u == b_at_u {
                    continue;
                }
                if self.order.lower(v, u) {
                    self.merge(a_at_u, u, b_at_u, &mut steps);
                    a_at_u = NONE;
                } else if !G::SYMMETRIC {
                    self.merge(a_at_u, v, b_at_u, &mut steps);
                }
            }
        });
        if !left_over.is_empty() {
            self.left_over.lock().unwrap_or_else(std::sync::PoisonError::into_inner).append(&mut left_over);
        }
        good
    }

    /// The oldest root known to be joined with `x` at or below `s`. Halves the path where saddles do not rise.
    #[inline]
    fn representative(&self, mut x: u32, s: u32, steps: &mut u64) -> u32 {
        loop {
            let word = self.words[x as usize].load(Relaxed);
            let (saddle, parent) = unpack(word);
            if saddle == NONE || self.order.lower(s, saddle) {
                return x;
            }
            *steps += 1;
            let (next_saddle, next) = unpack(self.words[parent as usize].load(Relaxed));
            if next_saddle != NONE && !self.order.lower(saddle, next_saddle) {
                // The parent was swallowed no later than x: x may as well hang on the grandparent. Losing the race is fine.
                let _ = self.words[x as usize].compare_exchange_weak(word, pack(saddle, next), Relaxed, Relaxed);
            }
            x = parent;
        }
    }

    /// Joins the components of `a` and `b` at level `s`, any vertex of the total order.
    fn merge(&self, mut a: u32, mut s: u32, mut b: u32, steps: &mut u64) {
        let roots = &self.contraction.roots;
        loop {
            a = self.representative(a, s, steps);
            b = self.representative(b, s, steps);
            if a == b {
                return;
            }
            if self.order.lower(roots[b as usize], roots[a as usize]) {
                (a, b) = (b, a);
            }
            let word = self.words[b as usize].load(Relaxed);
            let (old_saddle, old_parent) = unpack(word);
            if old_saddle != NONE && !self.order.lower(s, old_saddle) {
                continue; // another thread swallowed b at or below s in the meantime
            }
            if self.words[b as usize].compare_exchange(word, pack(s, a), Relaxed, Relaxed).is_err() {
                continue;
            }
            if old_saddle == NONE {
                return;
            }
            // b was joined with its old parent later than with a: now a is.
            (b, s) = (old_parent, old_saddle);
        }
    }

    fn triples(self) -> Vec<Triple> {
        let mut triples = self.left_over.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        triples.extend(self.words.into_iter().zip(0..).filter_map(|(word, b)| {
            let (saddle, a) = unpack(word.into_inner());
            (saddle != NONE).then_some(Triple { saddle, a, b })
        }));
        triples
    }
}
