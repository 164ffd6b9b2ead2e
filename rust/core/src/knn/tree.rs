//! The tree of points: full leaves, no pointers.
//!
//! Points are sorted into leaves of [`LEAF`] by selection on the widest axis. Splits fall on multiples of powers of
//! [`FAN`] leaves, so that every leaf but the last is full and any [`FAN`] aligned leaves, or nodes, are one node.

use super::scalar::{Scalar, Scale};
use crate::{Error, Monitor, NONE};
use rayon::prelude::*;

/// Points of a leaf.
pub(super) const LEAF: usize = 32;
/// Children of a node.
pub(super) const FAN: usize = 8;

/// Ranges of more points than this are split in parallel.
const SERIAL: usize = 1 << 13;
/// Points looked at to find the widest axis of a range.
const SAMPLE: usize = 256;

/// Points in leaves, and the boxes of leaves and nodes.
pub(super) struct Tree<S> {
    pub(super) d: usize,
    pub(super) n: usize,
    /// Numbers of the points, leaf after leaf; [`NONE`] beyond the last.
    pub(super) order: Vec<u32>,
    /// Scaled coordinates: of every leaf `d` axes of [`LEAF`]; infinite beyond the last point.
    coordinates: Vec<S>,
    /// Boxes, level by level from the leaves up, the last level one group: see [`Group`].
    levels: Vec<Vec<S>>,
}

/// The boxes of [`FAN`] siblings: for every axis their low sides, then their high sides; empty boxes are
/// `(+inf, -inf)`.
pub(super) type Group<'a, S> = &'a [[[S; FAN]; 2]];

impl<S: Scalar> Tree<S> {
    /// Sorts finite points, rows of `d` coordinates.
    pub(super) fn new(points: &[S], d: usize, scale: Scale, monitor: &Monitor) -> Result<Self, Error> {
        let source = Source { points, d, scale };
        let order = sort(&source, monitor)?;
        let mut coordinates = vec![S::INFINITY; order.len() * d];
        coordinates.par_chunks_mut(LEAF * d).zip(order.par_chunks(LEAF)).for_each(|(block, ids)| {
            for (lane, &id) in ids.iter().enumerate().filter(|&(_, &id)| id != NONE) {
                for axis in 0..d {
                    block[axis * LEAF + lane] = source.coordinate(id, axis);
                }
            }
        });
        monitor.check()?;
        let mut levels = vec![boxes(d, order.len() / LEAF, |leaf, axis| {
            let lanes = &coordinates[(leaf * d + axis) * LEAF..][..LEAF];
            let valid = lanes.iter().filter(|&&x| x < S::INFINITY);
            valid.fold((S::INFINITY, S::ZERO - S::INFINITY), |(lo, hi), &x| (least(lo, x), greatest(hi, x)))
        })];
        while levels[levels.len() - 1].len() > d * 2 * FAN {
            let below = &levels[levels.len() - 1];
            let above = boxes(d, below.len() / (d * 2 * FAN), |node, axis| {
                let [los, his] = group(below, d, node)[axis];
                (los.into_iter().fold(S::INFINITY, least), his.into_iter().fold(S::ZERO - S::INFINITY, greatest))
            });
            levels.push(above);
        }
        Ok(Self { d, n: points.len() / d, order, coordinates, levels })
    }

    /// The number of leaves.
    pub(super) fn n_leaves(&self) -> usize {
        self.order.len() / LEAF
    }

    /// The number of levels of boxes; the last is one group.
    pub(super) fn n_levels(&self) -> usize {
        self.levels.len()
    }

    /// The coordinates of a leaf, axis by axis.
    #[inline]
    pub(super) fn leaf(&self, leaf: usize) -> &[[S; LEAF]] {
        let size = LEAF * self.d;
        self.coordinates[leaf * size..(leaf + 1) * size].as_chunks::<LEAF>().0
    }

    /// The boxes of the siblings `FAN * index ..` of a level.
    #[inline]
    pub(super) fn group(&self, level: usize, index: usize) -> Group<'_, S> {
        group(&self.levels[level], self.d, index)
    }
}

/// The numbers of points in the order of the leaves of the tree: neighbours in space become neighbours in memory.
///
/// Points are rows of `d` finite coordinates.
///
/// # Errors
///
/// [`Error::Interrupted`].
///
/// # Complexity
///
/// O(n log n).
///
/// # Example
///
/// ```
/// use morsebar_core::{knn::spatial_order, Monitor};
/// let points: Vec<f64> = (0..64).map(|i| f64::from(i % 2)).collect();
/// let order = spatial_order(&points, 1, &Monitor::new())?;
/// assert!(order[..32].iter().all(|i| i % 2 == 0));
/// # Ok::<(), morsebar_core::Error>(())
/// ```
pub fn spatial_order<S: Scalar>(points: &[S], d: usize, monitor: &Monitor) -> Result<Vec<u32>, Error> {
    let mut order = sort(&Source { points, d, scale: Scale::of(points, d) }, monitor)?;
    order.truncate(points.len() / d);
    Ok(order)
}

#[inline]
fn group<S>(level: &[S], d: usize, index: usize) -> Group<'_, S> {
    let size = d * 2 * FAN;
    level[index * size..(index + 1) * size].as_chunks::<FAN>().0.as_chunks::<2>().0
}

/// The groups of `count` boxes, given side by side.
fn boxes<S: Scalar>(d: usize, count: usize, sides: impl Fn(usize, usize) -> (S, S) + Sync) -> Vec<S> {
    let mut level = vec![S::ZERO; count.div_ceil(FAN) * d * 2 * FAN];
    level.par_chunks_mut(d * 2 * FAN).enumerate().for_each(|(index, group)| {
        for (at, axis) in group.chunks_exact_mut(2 * FAN).zip(0..d) {
            for slot in 0..FAN {
                let child = index * FAN + slot;
                let empty = (S::INFINITY, S::ZERO - S::INFINITY);
                (at[slot], at[FAN + slot]) = if child < count { sides(child, axis) } else { empty };
            }
        }
    });
    level
}

#[inline(always)]
pub(super) fn least<S: Scalar>(x: S, y: S) -> S {
    if y < x { y } else { x }
}

#[inline(always)]
pub(super) fn greatest<S: Scalar>(x: S, y: S) -> S {
    if y > x { y } else { x }
}

/// The points as they came.
struct Source<'a, S> {
    points: &'a [S],
    d: usize,
    scale: Scale,
}

impl<S: Scalar> Source<'_, S> {
    #[inline]
    fn coordinate(&self, id: u32, axis: usize) -> S {
        self.scale.shrink(self.points[id as usize * self.d + axis])
    }
}

/// A point while it is sorted.
trait Item<S>: Copy + Send + Sync {
    fn new(source: &Source<'_, S>, id: u32) -> Self;
    fn id(&self) -> u32;
    /// Makes ready for comparisons along an axis.
    fn aim(&mut self, source: &Source<'_, S>, axis: usize);
    /// The coordinate along the axis aimed at.
    fn position(&self, axis: usize) -> S;
    fn coordinate(&self, source: &Source<'_, S>, axis: usize) -> S;
}

/// Carries its coordinates, at most `D`.
#[derive(Clone, Copy)]
struct Inline<S, const D: usize> {
    x: [S; D],
    id: u32,
}

impl<S: Scalar, const D: usize> Item<S> for Inline<S, D> {
    #[inline]
    fn new(source: &Source<'_, S>, id: u32) -> Self {
        let mut x = [S::ZERO; D];
        for (axis, x) in x.iter_mut().enumerate().take(source.d) {
            *x = source.coordinate(id, axis);
        }
        Self { x, id }
    }
    #[inline]
    fn id(&self) -> u32 {
        self.id
    }
    #[inline]
    fn aim(&mut self, _: &Source<'_, S>, _: usize) {}
    #[inline]
    fn position(&self, axis: usize) -> S {
        self.x[axis]
    }
    #[inline]
    fn coordinate(&self, _: &Source<'_, S>, axis: usize) -> S {
        self.x[axis]
    }
}

/// Looks its coordinates up.
#[derive(Clone, Copy)]
struct Indirect<S> {
    position: S,
    id: u32,
}

impl<S: Scalar> Item<S> for Indirect<S> {
    fn new(_: &Source<'_, S>, id: u32) -> Self {
        Self { position: S::ZERO, id }
    }
    fn id(&self) -> u32 {
        self.id
    }
    fn aim(&mut self, source: &Source<'_, S>, axis: usize) {
        self.position = source.coordinate(self.id, axis);
    }
    fn position(&self, _: usize) -> S {
        self.position
    }
    fn coordinate(&self, source: &Source<'_, S>, axis: usize) -> S {
        source.coordinate(self.id, axis)
    }
}

/// The numbers of all points in the order of the leaves, each leaf by rising number, the last padded.
fn sort<S: Scalar>(source: &Source<'_, S>, monitor: &Monitor) -> Result<Vec<u32>, Error> {
    match source.d {
        1 => sort_items::<S, Inline<S, 1>>(source, monitor),
        2 => sort_items::<S, Inline<S, 2>>(source, monitor),
        3 => sort_items::<S, Inline<S, 3>>(source, monitor),
        4 => sort_items::<S, Inline<S, 4>>(source, monitor),
        5 | 6 => sort_items::<S, Inline<S, 6>>(source, monitor),
        7 | 8 => sort_items::<S, Inline<S, 8>>(source, monitor),
        _ => sort_items::<S, Indirect<S>>(source, monitor),
    }
}

fn sort_items<S: Scalar, I: Item<S>>(source: &Source<'_, S>, monitor: &Monitor) -> Result<Vec<u32>, Error> {
    let n = source.points.len() / source.d;
    let n_leaves = n.div_ceil(LEAF);
    let mut items: Vec<I> = (0..n as u32).into_par_iter().map(|id| I::new(source, id)).collect();
    split(source, &mut items, n_leaves, monitor)?;
    let mut order = vec![NONE; n_leaves * LEAF];
    order.par_chunks_mut(LEAF).zip(items.par_chunks(LEAF)).for_each(|(ids, items)| {
        for (id, item) in ids.iter_mut().zip(items) {
            *id = item.id();
        }
        ids.sort_unstable();
    });
    Ok(order)
}

/// Sorts a range of leaves.
fn split<S: Scalar, I: Item<S>>(
    source: &Source<'_, S>,
    items: &mut [I],
    n_leaves: usize,
    monitor: &Monitor,
) -> Result<(), Error> {
    if n_leaves <= 1 {
        return Ok(());
    }
    monitor.check()?;
    let step = items.len().div_ceil(SAMPLE);
    let extent = |axis: usize| {
        let sample = items.iter().step_by(step).map(|item| item.coordinate(source, axis));
        let (lo, hi) = sample.fold((S::INFINITY, S::ZERO - S::INFINITY), |(lo, hi), x| (least(lo, x), greatest(hi, x)));
        hi - lo
    };
    let first = (0, extent(0));
    let (axis, _) = (1..source.d)
        .map(|axis| (axis, extent(axis)))
        .fold(first, |widest, next| if next.1 > widest.1 { next } else { widest });
    // The multiple nearest to the middle of the largest subtree that is smaller than the range.
    let subtree = FAN.pow((n_leaves - 1).ilog(FAN));
    let left = n_leaves.midpoint(subtree) / subtree * subtree;
    for item in &mut *items {
        item.aim(source, axis);
    }
    items.select_nth_unstable_by_key(left * LEAF, |item| item.position(axis).key(item.id()));
    let parallel = items.len() > SERIAL;
    let (low, high) = items.split_at_mut(left * LEAF);
    if parallel {
        let (low, high) =
            rayon::join(|| split(source, low, left, monitor), || split(source, high, n_leaves - left, monitor));
        low.and(high)
    } else {
        split(source, low, left, monitor)?;
        split(source, high, n_leaves - left, monitor)
    }
}
