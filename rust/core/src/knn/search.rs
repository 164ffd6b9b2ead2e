//! The search of one leaf of queries at a time, from its own leaf outwards.
//!
//! A box is left out if its squared distance, computed in the same order as those of points, is *greater* than the
//! `k`-th best, or as great and its lowest number is greater. Rounding is monotone, so nothing that counts is left out,
//! ties included; and copies of a point, however many, are not all looked at.

use super::best::Best;
use super::lanes::{Lanes, Path};
use super::scalar::Scalar;
use super::tree::{FAN, Group, LEAF, Tree, greatest};
use crate::NONE;

/// From so many axes on the common box of the queries is too large to tell alone, and nodes ask every query.
const MANY: usize = 7;

/// What the search of a leaf needs to know.
pub(super) struct Query<'a, S> {
    pub(super) tree: &'a Tree<S>,
    /// The numbers under which points are reported, leaf by leaf; ties fall to the lower.
    pub(super) ids: &'a [u32],
    /// The lowest number of every leaf, then of every node, level by level.
    lowest: Vec<Vec<u32>>,
    /// Squared distances above this do not count.
    pub(super) bound: S,
    /// What squared distances of boxes are multiplied by: one for exact results.
    pub(super) stretch: S,
}

impl<'a, S: Scalar> Query<'a, S> {
    pub(super) fn new(tree: &'a Tree<S>, ids: &'a [u32], bound: S, stretch: S) -> Self {
        let lowest = |numbers: &[u32], size: usize| -> Vec<u32> {
            numbers.chunks(size).map(|chunk| chunk.iter().copied().fold(NONE, u32::min)).collect()
        };
        let mut levels = vec![lowest(ids, LEAF)];
        for _ in 1..tree.n_levels() {
            levels.push(lowest(&levels[levels.len() - 1], FAN));
        }
        Self { tree, ids, lowest: levels, bound, stretch }
    }
}

/// A node to look at: its squared distance from the queries, its lowest number, level and place.
#[derive(Clone, Copy)]
struct Visit<S> {
    distance: S,
    lowest: u32,
    level: usize,
    index: usize,
}

/// What the search of one leaf after another uses again.
pub(super) struct Scratch<S> {
    stack: Vec<Visit<S>>,
    /// The sides of the common box of the queries, axis by axis.
    sides: Vec<(S, S)>,
}

impl<S> Scratch<S> {
    pub(super) fn new() -> Self {
        Self { stack: Vec::new(), sides: Vec::new() }
    }
}

/// One leaf of queries while it is searched.
struct Search<'a, S, B, P> {
    query: &'a Query<'a, S>,
    best: &'a mut B,
    path: P,
    queries: &'a [[S; LEAF]],
    own: usize,
    sides: &'a [(S, S)],
    /// The `k`-th distance of each query, or the bound; below zero for lanes without a point.
    bounds: [S; LEAF],
    /// The number of the `k`-th of each query: what is as far away must have a lower one.
    numbers: [u32; LEAF],
    largest: S,
}

/// Finds the best of every point of leaf `own`; `D` is the number of axes, or 0 for any.
#[inline(always)]
pub(super) fn search<S: Scalar, const D: usize, B: Best<S>, P: Path<S>>(
    query: &Query<'_, S>,
    own: usize,
    best: &mut B,
    scratch: &mut Scratch<S>,
    path: P,
) {
    let tree = query.tree;
    let Scratch { stack, sides } = scratch;
    let siblings = tree.group(0, own / FAN);
    sides.clear();
    sides.extend(siblings.iter().map(|[lo, hi]| (lo[own % FAN], hi[own % FAN])));
    let mut bounds = best.begin().map(|bound| if query.bound < bound { query.bound } else { bound });
    bounds[(tree.n - own * LEAF).min(LEAF)..].fill(S::ZERO - S::FAR);
    let queries = tree.leaf(own);
    let numbers = [NONE; LEAF];
    let mut search = Search { query, best, path, queries, own, sides, bounds, numbers, largest: query.bound };
    search.scan::<D>(own);
    for level in 0..tree.n_levels() {
        let at = own / FAN.pow(level as u32);
        search.expand::<D>(level, at / FAN, Some(at % FAN), stack);
        while let Some(visit) = stack.pop() {
            if search.is_beyond(visit.distance, visit.lowest) {
                continue;
            }
            if visit.level == 0 {
                search.scan::<D>(visit.index);
            } else if tree.d < MANY || search.concerned::<D>(visit.level, visit.index) != 0 {
                search.expand::<D>(visit.level - 1, visit.index, None, stack);
            }
        }
    }
}

/// The order of squared distances and numbers.
#[inline(always)]
fn is_before<S: Scalar>(a: (S, u32), b: (S, u32)) -> bool {
    a.0 < b.0 || (a.0 == b.0 && a.1 < b.1)
}

/// The number of axes, known to the compiler where `D` is not 0.
#[inline(always)]
fn axes<const D: usize>(d: usize) -> usize {
    if D == 0 { d } else { D }
}

impl<S: Scalar, B: Best<S>, P: Path<S>> Search<'_, S, B, P> {
    /// Pushes those of a group of siblings that are near enough, the nearest last.
    #[inline(always)]
    fn expand<const D: usize>(
        &mut self,
        level: usize,
        index: usize,
        without: Option<usize>,
        stack: &mut Vec<Visit<S>>,
    ) {
        let group = self.query.tree.group(level, index);
        let distances = self.box_distances::<D>(group);
        let start = stack.len();
        for (slot, &distance) in distances.iter().enumerate() {
            if distance > self.largest || Some(slot) == without {
                continue;
            }
            let child = index * FAN + slot;
            let lowest = self.query.lowest[level][child];
            if !self.is_beyond(distance, lowest) {
                stack.push(Visit { distance, lowest, level, index: child });
                let mut at = stack.len() - 1;
                while at > start && is_before((stack[at - 1].distance, stack[at - 1].lowest), (distance, lowest)) {
                    stack.swap(at - 1, at);
                    at -= 1;
                }
            }
        }
    }

    /// Whether no query can want what is at least so far away and has at least this number.
    #[inline(always)]
    fn is_beyond(&self, distance: S, lowest: u32) -> bool {
        distance > self.largest || (distance == self.largest && self.is_beyond_ties(lowest))
    }

    /// The same for what is as far away as the largest bound.
    #[cold]
    fn is_beyond_ties(&self, lowest: u32) -> bool {
        self.bounds.iter().zip(&self.numbers).all(|(&bound, &number)| bound < self.largest || number < lowest)
    }

    /// The squared distances of the common box of the queries from the boxes of a group.
    #[inline(always)]
    fn box_distances<const D: usize>(&self, group: Group<'_, S>) -> [S; FAN] {
        let splat = |x| P::Fan::splat(self.path, x);
        let mut sums = splat(S::ZERO);
        for ([los, his], &(low, high)) in group.iter().zip(self.sides).take(axes::<D>(group.len())) {
            let before = P::Fan::load(self.path, los).minus(splat(high));
            let behind = splat(low).minus(P::Fan::load(self.path, his));
            let gap = before.greatest(behind).greatest(splat(S::ZERO));
            sums = sums.plus(gap.times(gap));
        }
        let mut distances = [S::ZERO; FAN];
        sums.times(splat(self.query.stretch)).store(&mut distances);
        distances
    }

    /// Offers the points of a leaf to the queries that are near enough to its box.
    #[inline(always)]
    fn scan<const D: usize>(&mut self, leaf: usize) {
        let tree = self.query.tree;
        let points = tree.leaf(leaf);
        let ids: &[u32; LEAF] = self.query.ids[leaf * LEAF..].first_chunk().expect("a full leaf");
        let mut concerned = self.concerned::<D>(0, leaf);
        while concerned != 0 {
            let lane = concerned.trailing_zeros() as usize;
            concerned &= concerned - 1;
            let splat = |x| P::Leaf::splat(self.path, x);
            let mut sums = splat(S::ZERO);
            for (xs, ys) in self.queries.iter().zip(points).take(axes::<D>(points.len())) {
                let difference = splat(xs[lane]).minus(P::Leaf::load(self.path, ys));
                sums = sums.plus(difference.times(difference));
            }
            let mut near = sums.at_most(splat(self.bounds[lane]));
            if leaf == self.own {
                near &= !(1 << lane);
            }
            if near != 0 {
                let mut distances = [S::ZERO; LEAF];
                sums.store(&mut distances);
                let last = self.best.offer(lane, &distances, ids, near);
                if is_before(last, (self.bounds[lane], self.numbers[lane])) {
                    (self.bounds[lane], self.numbers[lane]) = last;
                }
            }
        }
        self.largest = self.bounds.iter().copied().fold(S::ZERO - S::FAR, greatest);
    }

    /// The queries that are near enough to the box of a node, or leaf.
    #[inline(always)]
    fn concerned<const D: usize>(&self, level: usize, index: usize) -> u32 {
        let (group, slot) = (self.query.tree.group(level, index / FAN), index % FAN);
        let splat = |x| P::Leaf::splat(self.path, x);
        let mut sums = splat(S::ZERO);
        for ([los, his], xs) in group.iter().zip(self.queries).take(axes::<D>(group.len())) {
            let xs = P::Leaf::load(self.path, xs);
            let gap = splat(los[slot]).minus(xs).greatest(xs.minus(splat(his[slot]))).greatest(splat(S::ZERO));
            sums = sums.plus(gap.times(gap));
        }
        sums.times(splat(self.query.stretch)).at_most(P::Leaf::load(self.path, &self.bounds))
    }
}
