//! From triples to bars: a union-find in order of saddles.

use super::forest::Triple;
use super::tree::Bars;
use crate::NONE;
use crate::order::{Order, Value};
use rayon::prelude::*;

/// Replays triples in order of their saddles. Any set of triples will do, not only a forest: forests of parts of a
/// graph can be put together here.
///
/// Gives the bars, with sizes and heights still zero, and for every root the bar that contains it at its own level.
///
/// # Complexity
///
/// O(t log t) for t triples.
#[must_use]
pub fn replay<V: Value>(order: Order<'_, V>, roots: &[u32], mut triples: Vec<Triple>) -> (Bars, Vec<u32>) {
    triples.par_sort_unstable_by_key(|triple| order.key(triple.saddle));
    let mut pieces = Pieces { up: (0..roots.len() as u32).collect() };
    // Of every root that dies, in order of death: the root, its saddle, and the oldest root of what forms there.
    let mut deaths: Vec<(u32, u32, u32)> = Vec::with_capacity(roots.len());
    for group in triples.chunk_by(|one, two| one.saddle == two.saddle) {
        let saddle = group[0].saddle;
        let first = deaths.len();
        for triple in group {
            let (a, b) = (pieces.find(triple.a), pieces.find(triple.b));
            if a != b {
                let (elder, younger) = if order.lower(roots[a as usize], roots[b as usize]) { (a, b) } else { (b, a) };
                pieces.up[younger as usize] = elder;
                deaths.push((younger, saddle, NONE));
            }
        }
        // Several bars may share the saddle: all get the oldest minimum of the component that forms there as parent,
        // and stand in an order of their own.
        for death in &mut deaths[first..] {
            death.2 = pieces.find(death.0);
        }
        deaths[first..].sort_unstable_by_key(|death| std::cmp::Reverse(order.key(roots[death.0 as usize])));
    }
    let mut bars = Bars::default();
    let mut bar_of_root = vec![NONE; roots.len()];
    let mut essential: Vec<u32> = (0..roots.len() as u32).filter(|&root| pieces.up[root as usize] == root).collect();
    essential.par_sort_unstable_by_key(|&root| order.key(roots[root as usize]));
    for root in essential {
        bar_of_root[root as usize] = bars.push(roots[root as usize], NONE, NONE);
    }
    // Last death first, so that parents come before children.
    for (root, saddle, parent) in deaths.into_iter().rev() {
        let parent = bar_of_root[parent as usize];
        let minimum = roots[root as usize];
        // A root that dies at itself was no minimum.
        bar_of_root[root as usize] = if minimum == saddle { parent } else { bars.push(minimum, saddle, parent) };
    }
    (bars, bar_of_root)
}

/// A union-find whose representatives are the oldest roots: the younger is always hung under the elder.
struct Pieces {
    up: Vec<u32>,
}

impl Pieces {
    fn find(&mut self, mut x: u32) -> u32 {
        while self.up[x as usize] != x {
            let next = self.up[self.up[x as usize] as usize];
            self.up[x as usize] = next;
            x = next;
        }
        x
    }
}
