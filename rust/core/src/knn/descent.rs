//! Neighbours of neighbours are neighbours: for points of many dimensions.

use super::exact::{Knn, Options, check_points, knn};
use super::rows::Rows;
use super::scalar::{Scalar, Scale};
use super::tree::spatial_order;
use crate::order::Value;
use crate::{Error, Monitor, NONE};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

/// Trees of random splits to begin with.
const TREES: u64 = 6;
/// Points of their leaves.
const LEAF: usize = 64;
/// Candidates a point offers to its neighbours, of either kind, at most.
const CANDIDATES: usize = 20;
/// Rounds, at most.
const ROUNDS: u64 = 12;
/// Rounds end when less than this share of all entries has changed.
const CONVERGED: f64 = 0.005;
/// Rows that one task computes.
const TASK: usize = 256;
/// So many points, or four times as many as neighbours, are searched exactly.
const FEW: usize = 1024;
/// Coordinates are padded to multiples of this.
const WIDTH: usize = 8;

/// Finds most of the `k` nearest other points of every point.
///
/// Method: nearest-neighbour descent (Dong, Moses & Li 2011, "Efficient k-nearest neighbor graph construction for generic
/// similarity measures") from the leaves of random projection trees (Dasgupta & Freund 2008). In every round each
/// point looks at the neighbours of its neighbours, in both directions, and writes its own row alone: the result is the
/// same for any number of threads.
///
/// Distances are those of [`knn`](super::knn); [`Options::eps`] and [`Options::portable`] have no say here.
///
/// # Errors
///
/// As for [`knn`](super::knn).
///
/// # Complexity
///
/// Empirically about O(n^1.14); memory `d + 4 k` words a point beside the result.
pub fn nn_descent<S: Scalar>(
    points: &[S],
    d: usize,
    k: usize,
    seed: u64,
    options: &Options,
    monitor: &Monitor,
) -> Result<Knn<S>, Error> {
    check_points(points, d, k)?;
    let n = points.len() / d;
    if n <= FEW.max(4 * k) {
        return knn(points, d, k, &Options { eps: 0.0, ..*options }, monitor);
    }
    let scale = Scale::of(points, d);
    // Neighbours in space are neighbours in memory.
    let order = spatial_order(points, d, monitor)?;
    let cloud = Cloud::new(points, d, &order);
    let mut graph = Graph { k, entries: vec![f32::FAR.pack(NONE); n * k], fresh: vec![true; n * k] };
    monitor.expect((TREES + ROUNDS) * n as u64);
    for tree in 0..TREES {
        let mut ids: Vec<u32> = (0..n as u32).collect();
        cloud.split(&mut ids, mix(seed, tree), monitor)?;
        cloud.join_leaves(&ids, &mut graph, monitor)?;
        monitor.advance(n as u64);
    }
    for round in 0..ROUNDS {
        let candidates = Candidates::new(&mut graph, mix(seed, TREES + round), monitor)?;
        let changes = cloud.improve(&mut graph, &candidates, monitor)?;
        monitor.advance(n as u64);
        if (changes as f64) < CONVERGED * (n * k) as f64 {
            monitor.advance((ROUNDS - 1 - round) * n as u64);
            break;
        }
    }
    finish(points, d, scale, &order, &graph, options, monitor)
}

/// A number that looks random, from two (the finalizer of `SplitMix64`, Steele, Lea & Flood 2014).
fn mix(a: u64, b: u64) -> u64 {
    let mut z = a.wrapping_add(b.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Rows of `k` packed neighbours, nearest first, and which of them are new since they were last offered around.
struct Graph {
    k: usize,
    entries: Vec<u64>,
    fresh: Vec<bool>,
}

/// Puts a packed neighbour into a sorted row; gives whether it fits.
#[inline]
fn put(row: &mut [u64], fresh: &mut [bool], packed: u64) -> bool {
    let last = row.len() - 1;
    if packed >= row[last] {
        return false;
    }
    let at = row.partition_point(|&other| other < packed);
    row.copy_within(at..last, at + 1);
    fresh.copy_within(at..last, at + 1);
    (row[at], fresh[at]) = (packed, true);
    true
}

/// Points along the tree, in single precision, padded by zeros.
struct Cloud {
    n: usize,
    width: usize,
    coordinates: Vec<f32>,
}

impl Cloud {
    fn new<S: Scalar>(points: &[S], d: usize, order: &[u32]) -> Self {
        // Into the range of single precision, whatever that of the points.
        let scale = Scale::to_side(points, d, 0);
        let width = d.next_multiple_of(WIDTH);
        let mut coordinates = vec![0.0; order.len() * width];
        coordinates.par_chunks_exact_mut(width).zip(order).for_each(|(row, &id)| {
            for (x, &y) in row.iter_mut().zip(&points[id as usize * d..(id as usize + 1) * d]) {
                *x = scale.shrink(y).to_f64() as f32;
            }
        });
        Self { n: order.len(), width, coordinates }
    }

    #[inline]
    fn point(&self, u: u32) -> &[[f32; WIDTH]] {
        self.coordinates[u as usize * self.width..][..self.width].as_chunks::<WIDTH>().0
    }

    /// The squared distance, summed in whatever order is fast.
    #[inline]
    fn distance(&self, u: u32, v: u32) -> f32 {
        let mut sums = [0.0f32; WIDTH];
        for (xs, ys) in self.point(u).iter().zip(self.point(v)) {
            for lane in 0..WIDTH {
                let difference = xs[lane] - ys[lane];
                sums[lane] += difference * difference;
            }
        }
        sums.iter().sum()
    }

    /// Sorts points into leaves: halves by the distance from two random ones, and so on.
    fn split(&self, ids: &mut [u32], seed: u64, monitor: &Monitor) -> Result<(), Error> {
        if ids.len() <= LEAF {
            return Ok(());
        }
        monitor.check()?;
        let pick = |at: u64| ids[(mix(seed, at) % ids.len() as u64) as usize];
        let (a, b) = (pick(0), pick(1));
        let side = |u: u32| {
            // Where u lies along the line from a to b, but for constants.
            let along: f32 = self
                .point(a)
                .as_flattened()
                .iter()
                .zip(self.point(b).as_flattened())
                .zip(self.point(u).as_flattened())
                .map(|((a, b), u)| (b - a) * u)
                .sum();
            along.key(u)
        };
        let mut keys: Vec<u64> = ids.par_iter().with_min_len(1 << 10).map(|&u| side(u)).collect();
        // Every leaf but the last is full.
        let half = (ids.len() / 2).next_multiple_of(LEAF);
        keys.select_nth_unstable(half);
        ids.iter_mut().zip(keys).for_each(|(id, key)| *id = f32::vertex(key));
        let (low, high) = ids.split_at_mut(half);
        let (low, high) =
            rayon::join(|| self.split(low, mix(seed, 2), monitor), || self.split(high, mix(seed, 3), monitor));
        low.and(high)
    }

    /// Offers to every point the others of its leaf.
    fn join_leaves(&self, ids: &[u32], graph: &mut Graph, monitor: &Monitor) -> Result<(), Error> {
        let k = graph.k;
        let (mut rows, mut fresh) = (Rows::new(&mut graph.entries, k, ids), Rows::new(&mut graph.fresh, k, ids));
        ids.par_chunks(LEAF).zip(rows.chunks(LEAF).zip(fresh.chunks(LEAF))).try_for_each(
            |(leaf, (mut rows, mut fresh))| {
                monitor.check()?;
                for (at, &u) in leaf.iter().enumerate() {
                    let (Some(row), Some(fresh)) = (rows.row(at), fresh.row(at)) else { continue };
                    for &v in leaf.iter().filter(|&&v| v != u) {
                        let packed = self.distance(u.min(v), u.max(v)).pack(v);
                        if packed < row[k - 1] && !row.contains(&packed) {
                            put(row, fresh, packed);
                        }
                    }
                }
                Ok(())
            },
        )
    }

    /// Offers to every point the candidates of its candidates; gives the number of entries that changed.
    fn improve(&self, graph: &mut Graph, candidates: &Candidates, monitor: &Monitor) -> Result<usize, Error> {
        let k = graph.k;
        let changes = AtomicUsize::new(0);
        graph
            .entries
            .par_chunks_mut(k * TASK)
            .zip(graph.fresh.par_chunks_mut(k * TASK))
            .enumerate()
            .try_for_each_init(
                || vec![NONE; self.n],
                |seen, (task, (rows, fresh))| {
                    let mut count = 0;
                    for (at, (row, fresh)) in rows.chunks_exact_mut(k).zip(fresh.chunks_exact_mut(k)).enumerate() {
                        monitor.check()?;
                        let u = (task * TASK + at) as u32;
                        seen[u as usize] = u;
                        for &packed in row.iter() {
                            let (_, v) = f32::unpack(packed);
                            if v != NONE {
                                seen[v as usize] = u;
                            }
                        }
                        let (new, old) = candidates.of(u);
                        let through = new.iter().map(|&c| (c, true)).chain(old.iter().map(|&c| (c, false)));
                        for (center, is_new) in through {
                            let (new, old) = candidates.of(center);
                            for &v in new.iter().chain(if is_new { old } else { &[] }) {
                                if seen[v as usize] != u {
                                    seen[v as usize] = u;
                                    count += usize::from(put(row, fresh, self.distance(u.min(v), u.max(v)).pack(v)));
                                }
                            }
                        }
                    }
                    changes.fetch_add(count, Relaxed);
                    Ok(())
                },
            )?;
        Ok(changes.into_inner())
    }
}

/// What every point offers to its neighbours: entries of its row and points in whose rows it is, new and old.
struct Candidates {
    new: Lists,
    old: Lists,
}

impl Candidates {
    /// Takes up to [`CANDIDATES`] at random of either kind; new entries that are taken are new no longer.
    fn new(graph: &mut Graph, seed: u64, monitor: &Monitor) -> Result<Self, Error> {
        let new = Lists::new(graph, true, seed);
        monitor.check()?;
        let old = Lists::new(graph, false, seed);
        monitor.check()?;
        let k = graph.k;
        graph.fresh.par_chunks_exact_mut(k).zip(graph.entries.par_chunks_exact(k)).enumerate().for_each(
            |(u, (fresh, row))| {
                let taken = new.of(u as u32);
                for (fresh, &packed) in fresh.iter_mut().zip(row) {
                    *fresh &= !taken.contains(&f32::unpack(packed).1);
                }
            },
        );
        Ok(Self { new, old })
    }

    fn of(&self, u: u32) -> (&[u32], &[u32]) {
        (self.new.of(u), self.old.of(u))
    }
}

/// Up to [`CANDIDATES`] points for each.
struct Lists {
    lengths: Vec<u8>,
    ids: Vec<u32>,
}

impl Lists {
    fn of(&self, u: u32) -> &[u32] {
        &self.ids[u as usize * CANDIDATES..][..usize::from(self.lengths[u as usize])]
    }

    /// Chooses among the entries that are new, or old, and their reverses.
    fn new(graph: &Graph, new: bool, seed: u64) -> Self {
        let (k, n) = (graph.k, graph.entries.len() / graph.k);
        let chance = |u: u32, v: u32| mix(seed, u64::from(u.min(v)) << 32 | u64::from(u.max(v)));
        // The first by chance, of the points that `others` gives.
        let choose = |u: u32, others: &mut Vec<u32>| {
            let mut drawn: Vec<(u64, u32)> = others.iter().map(|&v| (chance(u, v), v)).collect();
            drawn.sort_unstable();
            drawn.dedup();
            drawn.truncate(CANDIDATES);
            others.clear();
            others.extend(drawn.into_iter().map(|(_, v)| v));
        };
        let mut forward = Self { lengths: vec![0; n], ids: vec![NONE; n * CANDIDATES] };
        let degrees: Vec<AtomicU32> = (0..n).into_par_iter().map(|_| AtomicU32::new(0)).collect();
        forward.fill(|u, others| {
            let row = (u as usize * k..(u as usize + 1) * k).filter(|&at| graph.fresh[at] == new);
            others.extend(row.map(|at| f32::unpack(graph.entries[at]).1).filter(|&v| v != NONE));
            choose(u, others);
            for &v in others.iter() {
                degrees[v as usize].fetch_add(1, Relaxed);
            }
        });
        let mut starts = Vec::with_capacity(n + 1);
        let mut sum = 0;
        for degree in &degrees {
            starts.push(sum);
            sum += degree.load(Relaxed) as usize;
        }
        starts.push(sum);
        let backward: Vec<AtomicU32> = (0..sum).into_par_iter().map(|_| AtomicU32::new(0)).collect();
        (0..n as u32).into_par_iter().for_each(|u| {
            for &v in forward.of(u) {
                let left = degrees[v as usize].fetch_sub(1, Relaxed) as usize;
                backward[starts[v as usize + 1] - left].store(u, Relaxed);
            }
        });
        let mut both = Self { lengths: vec![0; n], ids: vec![NONE; n * CANDIDATES] };
        both.fill(|u, others| {
            others.extend_from_slice(forward.of(u));
            others.extend(backward[starts[u as usize]..starts[u as usize + 1]].iter().map(|v| v.load(Relaxed)));
            choose(u, others);
        });
        both
    }

    /// Makes every list.
    fn fill(&mut self, list: impl Fn(u32, &mut Vec<u32>) + Sync) {
        self.ids.par_chunks_mut(CANDIDATES).zip(&mut self.lengths).enumerate().for_each_init(
            Vec::new,
            |others, (u, (ids, length))| {
                others.clear();
                list(u as u32, others);
                ids[..others.len()].copy_from_slice(others);
                *length = others.len() as u8;
            },
        );
    }
}

/// Computes the distances as they are defined, and writes rows in the order asked for.
fn finish<S: Scalar>(
    points: &[S],
    d: usize,
    scale: Scale,
    order: &[u32],
    graph: &Graph,
    options: &Options,
    monitor: &Monitor,
) -> Result<Knn<S>, Error> {
    let k = graph.k;
    let far = S::from_f64(options.max_distance);
    let along: Vec<u32> = (0..order.len() as u32).collect();
    let names = if options.reorder { &along } else { order };
    let (mut indices, mut distances) = (vec![NONE; graph.entries.len()], vec![S::INFINITY; graph.entries.len()]);
    let (mut to_indices, mut to_distances) = (Rows::new(&mut indices, k, names), Rows::new(&mut distances, k, names));
    let targets = to_indices.chunks(1).zip(to_distances.chunks(1));
    graph.entries.par_chunks_exact(k).zip(targets).enumerate().try_for_each(
        |(u, (row, (mut indices, mut distances)))| {
            monitor.check()?;
            let point = |u: u32| &points[order[u as usize] as usize * d..][..d];
            let square = |v: u32| {
                let pairs = point(u as u32).iter().zip(point(v));
                pairs.fold(S::ZERO, |sum, (&x, &y)| {
                    let difference = scale.shrink(x) - scale.shrink(y);
                    sum + difference * difference
                })
            };
            let known = row.iter().map(|&packed| f32::unpack(packed).1).filter(|&v| v != NONE);
            let mut found: Vec<_> = known.map(|v| square(v).pack(names[v as usize])).collect();
            found.sort_unstable();
            let (Some(indices), Some(distances)) = (indices.row(0), distances.row(0)) else { return Ok(()) };
            for ((index, distance), packed) in indices.iter_mut().zip(distances).zip(found) {
                let (square, id) = S::unpack(packed);
                let length = scale.grow(square.sqrt());
                if length <= far {
                    (*index, *distance) = (id, length);
                }
            }
            Ok(())
        },
    )?;
    Ok(Knn { indices, distances, order: if options.reorder { order.to_vec() } else { Vec::new() } })
}
