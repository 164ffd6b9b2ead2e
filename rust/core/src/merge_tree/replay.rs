//! From triples to bars: a union-find in order of saddles.

use super::forest::Triple;
use super::sorted::sorted;
use super::tree::Bars;
use crate::chunks::CHUNK;
use crate::order::{Order, Value};
use crate::union_find::UnionFind;
use crate::{Error, Monitor, NONE};
use std::cmp::Reverse;

/// Replays triples in order of their saddles. Any set of triples will do, not only a forest: forests of parts of a
/// graph can be put together here.
///
/// Gives the bars, with sizes and heights still zero, and for every root the bar that contains it at its own level.
///
/// # Errors
///
/// [`Error::Interrupted`].
///
/// # Complexity
///
/// O(t log t) for t triples.
pub fn replay<V: Value>(
    order: Order<'_, V>,
    roots: &[u32],
    mut triples: Vec<Triple>,
    monitor: &Monitor,
) -> Result<(Bars, Vec<u32>), Error> {
    // Named by their oldest roots.
    let mut pieces = UnionFind::new(roots.len());
    // Of every root that dies, in order of death: the root, its saddle, and the oldest root of what forms there.
    let mut deaths: Vec<(u32, u32, u32)> = Vec::with_capacity(roots.len());
    let mut first = 0;
    let mut saddle = NONE;
    for (at, triple) in sorted(&mut triples, |triple| order.key(triple.saddle), monitor)?.enumerate() {
        if at % CHUNK == 0 {
            monitor.check()?;
        }
        if triple.saddle != saddle {
            settle(&mut pieces, order, roots, &mut deaths[first..]);
            (first, saddle) = (deaths.len(), triple.saddle);
        }
        let (a, b) = (pieces.find(triple.a), pieces.find(triple.b));
        if a != b {
            let (elder, younger) = if order.lower(roots[a as usize], roots[b as usize]) { (a, b) } else { (b, a) };
            pieces.hang(younger, elder);
            deaths.push((younger, saddle, NONE));
        }
    }
    settle(&mut pieces, order, roots, &mut deaths[first..]);
    let mut bars = Bars::default();
    let mut bar_of_root = vec![NONE; roots.len()];
    let mut essential: Vec<u32> = (0..roots.len() as u32).filter(|&root| pieces.is_eldest(root)).collect();
    for (at, root) in sorted(&mut essential, |root| order.key(roots[root as usize]), monitor)?.enumerate() {
        if at % CHUNK == 0 {
            monitor.check()?;
        }
        bar_of_root[root as usize] = bars.push(roots[root as usize], NONE, NONE);
    }
    // Last death first, so that parents come before children.
    for (at, (root, saddle, parent)) in deaths.into_iter().rev().enumerate() {
        if at % CHUNK == 0 {
            monitor.check()?;
        }
        let parent = bar_of_root[parent as usize];
        let minimum = roots[root as usize];
        // A root that dies at itself was no minimum.
        bar_of_root[root as usize] = if minimum == saddle { parent } else { bars.push(minimum, saddle, parent) };
    }
    Ok((bars, bar_of_root))
}

/// Completes the deaths at one saddle: several bars may share it. All get the oldest minimum of the component that forms
/// there as parent, and stand in an order of their own.
fn settle<V: Value>(pieces: &mut UnionFind, order: Order<'_, V>, roots: &[u32], deaths: &mut [(u32, u32, u32)]) {
    for death in &mut *deaths {
        death.2 = pieces.find(death.0);
    }
    deaths.sort_unstable_by_key(|death| Reverse(order.key(roots[death.0 as usize])));
}
