//! The triplet merge tree: components of all sublevel sets at once, from arcs in any order.

use super::descent::Contraction;
use crate::chunks::for_each_chunk;
use crate::graph::Neighbors;
use crate::order::{Order, Value};
use crate::{Error, Monitor, NONE};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// "The components of roots `a` and `b` are joined at and above the vertex `saddle`."
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Triple {
    /// The level, a vertex of the total order.
    pub saddle: u32,
    /// A root, by index.
    pub a: u32,
    /// Another.
    pub b: u32,
}

/// Steps up the forest allowed per arc before the rest of a chunk is left to sorting.
///
/// Chains cannot be shortened across rising saddles, so inputs exist on which every query walks one of length m. Others
/// take well below one step an arc.
pub const STEPS_PER_ARC: u64 = 8;

/// Arcs whose steps a chunk is lent at its beginning, while most ways have not been shortened yet.
const FIRST_ARCS: u64 = 512;

/// A forest of roots that grows as arcs are absorbed.
///
/// One word per root, `(saddle, parent)`, the parent being older (lower); [`NONE`] as a saddle means not yet merged. Words
/// only ever decrease, so a stale one is a true statement, if a weak one, and compare-and-swap has no ABA problem.
pub struct Forest<'a, V> {
    order: Order<'a, V>,
    contraction: &'a Contraction,
    words: Vec<AtomicU64>,
    /// Of every root `(level, ancestor)`: above that level, coarsely, it is joined with that older root. Like a word it stays
    /// true once written, so a query above the level may start at the ancestor, and two roots with one ancestor are
    /// joined without a look at any word.
    shortcuts: Vec<AtomicU64>,
    left_over: Mutex<Vec<Triple>>,
    steps_per_arc: u64,
}

/// A query of the forest at the level of a vertex.
#[derive(Clone, Copy)]
struct Level {
    vertex: u32,
    /// 32 bits of its value; greater only if the value is.
    coarse: u32,
}

/// What one chunk has cost so far, and the arcs left over since it cost too much.
struct Account {
    steps: u64,
    allowed: u64,
    left_over: Vec<Triple>,
}

const fn pack(high: u32, low: u32) -> u64 {
    (high as u64) << 32 | low as u64
}

const fn unpack(word: u64) -> (u32, u32) {
    ((word >> 32) as u32, word as u32)
}

impl<'a, V: Value> Forest<'a, V> {
    /// A forest of single roots.
    #[must_use]
    pub fn new(order: Order<'a, V>, contraction: &'a Contraction, steps_per_arc: u64) -> Self {
        let roots = 0..contraction.roots.len() as u32;
        Self {
            order,
            contraction,
            words: roots.clone().map(|_| AtomicU64::new(pack(NONE, NONE))).collect(),
            shortcuts: roots.map(|root| AtomicU64::new(pack(NONE, root))).collect(),
            left_over: Mutex::new(Vec::new()),
            steps_per_arc,
        }
    }

    /// Absorbs all arcs of the graph, in parallel, and gives the triples: at most one per root, and what was left to
    /// sorting.
    ///
    /// # Errors
    ///
    /// [`Error::NotAVertex`], [`Error::Interrupted`].
    pub fn grow<G: Neighbors>(self, graph: &G, monitor: &Monitor) -> Result<Vec<Triple>, Error> {
        let bad = AtomicBool::new(false);
        for_each_chunk(graph.n_vertices(), monitor, |range| {
            monitor.advance(range.len() as u64);
            bad.fetch_or(!self.absorb(graph, range), Relaxed);
            Ok(())
        })?;
        match bad.into_inner().then(|| graph.first_error()).flatten() {
            Some(error) => Err(error),
            None => Ok(self.triples()),
        }
    }

    /// Merges along all arcs from a range of vertices. False if an entry was not a vertex.
    fn absorb<G: Neighbors>(&self, graph: &G, range: Range<usize>) -> bool {
        let label = &self.contraction.label[..];
        let mut good = true;
        let mut account = Account { steps: 0, allowed: FIRST_ARCS * self.steps_per_arc, left_over: Vec::new() };
        graph.rows(range, |u, row| {
            let a = label[u as usize];
            let at_u = Level { vertex: u, coarse: self.order.value(u).coarse() };
            let mut start_a = if a == NONE { NONE } else { self.start(a, at_u) };
            for v in row {
                account.allowed += self.steps_per_arc;
                let Some(&b) = label.get(v as usize) else {
                    good &= v == NONE;
                    continue;
                };
                if b == a || b == NONE || a == NONE || self.start(b, at_u) == start_a {
                    continue;
                }
                self.join::<G>(at_u, v, [a, b], &mut account);
                start_a = self.start(a, at_u);
            }
        });
        if !account.left_over.is_empty() {
            self.left_over.lock().unwrap_or_else(PoisonError::into_inner).append(&mut account.left_over);
        }
        good
    }

    /// Joins the roots of the two ends of an arc at its upper end, if they are not joined there already.
    #[inline(never)]
    fn join<G: Neighbors>(&self, at_u: Level, v: u32, [a, b]: [u32; 2], account: &mut Account) {
        let mut level = at_u;
        if self.order.lower(at_u.vertex, v) {
            if G::SYMMETRIC {
                return; // the arc comes again from its upper end
            }
            level = Level { vertex: v, coarse: self.order.value(v).coarse() };
            if self.start(a, level) == self.start(b, level) {
                return;
            }
        }
        if account.steps >= account.allowed {
            account.left_over.push(Triple { saddle: level.vertex, a, b });
            return;
        }
        let a = self.representative(a, level, &mut account.steps);
        let b = self.representative(b, level, &mut account.steps);
        if a != b {
            self.merge(a, level.vertex, b, &mut account.steps);
        }
    }

    /// A root joined with `x` below the level: where its shortcut leads, or `x` itself.
    #[inline]
    fn start(&self, x: u32, level: Level) -> u32 {
        let (above, ancestor) = unpack(self.shortcuts[x as usize].load(Relaxed));
        if level.coarse > above { ancestor } else { x }
    }

    /// The oldest root known to be joined with `x` at the level, by the shortcut of `x`, which is renewed on the way.
    fn representative(&self, x: u32, level: Level, steps: &mut u64) -> u32 {
        let (above, ancestor) = unpack(self.shortcuts[x as usize].load(Relaxed));
        let taken = level.coarse > above;
        let (start, mut highest) = if taken { (ancestor, above) } else { (x, 0) };
        let end = self.climb(start, level.vertex, &mut highest, steps);
        // A longer way, the first one, or the same way from a lower level on.
        if end != start && (taken || above == NONE || end == ancestor) {
            self.shortcuts[x as usize].store(pack(highest, end), Relaxed);
        }
        end
    }

    /// Follows parents from `x` as long as their saddles are at or below `s`, halving the way where saddles do not rise, and
    /// raises `highest` to the coarse values of the saddles passed.
    #[inline]
    fn climb(&self, mut x: u32, s: u32, highest: &mut u32, steps: &mut u64) -> u32 {
        loop {
            let word = self.words[x as usize].load(Relaxed);
            let (saddle, parent) = unpack(word);
            if saddle == NONE || self.order.lower(s, saddle) {
                return x;
            }
            *steps += 1;
            *highest = self.order.value(saddle).coarse().max(*highest);
            let (next_saddle, next) = unpack(self.words[parent as usize].load(Relaxed));
            if next_saddle != NONE && !self.order.lower(saddle, next_saddle) {
                // The parent was swallowed no later than x, which may as well hang on the grandparent. A lost race is fine.
                let _ = self.words[x as usize].compare_exchange_weak(word, pack(saddle, next), Relaxed, Relaxed);
            }
            x = parent;
        }
    }

    /// Joins the components of `a` and `b` at level `s`, any vertex of the total order.
    fn merge(&self, mut a: u32, mut s: u32, mut b: u32, steps: &mut u64) {
        let roots = &self.contraction.roots;
        loop {
            a = self.climb(a, s, &mut 0, steps);
            b = self.climb(b, s, &mut 0, steps);
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
        let mut triples = self.left_over.into_inner().unwrap_or_else(PoisonError::into_inner);
        triples.extend(self.words.into_iter().zip(0..).filter_map(|(word, b)| {
            let (saddle, a) = unpack(word.into_inner());
            (saddle != NONE).then_some(Triple { saddle, a, b })
        }));
        triples
    }
}
