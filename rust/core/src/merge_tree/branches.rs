//! The branch of every vertex, and what its vertices add to the bars.

use super::ancestors::Ancestors;
use super::tree::Bars;
use crate::chunks::CHUNK;
use crate::order::{Order, Value};
use crate::{Error, Monitor, NONE};
use rayon::prelude::*;

/// Chunks between two additions to the totals: fixed, like the chunks, so that sums do not depend on the threads.
const WAVE: usize = 64;

/// Parents tried one by one before the logarithmic climb.
const SHORT_WALK: usize = 8;

/// Turns labels into branches, and fills in the sizes and mean heights of the bars.
///
/// `labels` holds a root for every vertex, `bar_of_root` the bar that contains the root at its own level. Only the
/// first `n_counted` vertices count.
///
/// # Errors
///
/// [`Error::Interrupted`].
///
/// # Complexity
///
/// O(n log m) for m bars, O(n) where chains of bars are short; O(m) memory.
pub fn name_branches<V: Value>(
    order: Order<'_, V>,
    labels: &mut [u32],
    bar_of_root: &[u32],
    bars: &mut Bars,
    n_counted: usize,
    monitor: &Monitor,
) -> Result<(), Error> {
    let m = bars.len();
    monitor.check()?;
    let ancestors = Ancestors::new(&bars.parent);
    monitor.check()?;
    let saddles: Vec<V::Key> = bars.saddle.iter().map(|&saddle| order.key(saddle)).collect();
    // A saddle belongs to the bar that survives it; the key of "none" is above all others.
    let leave = |bar: u32, x: V::Key| saddles[bar as usize] <= x;
    let branch_of = |x: V::Key, root: u32| {
        let mut bar = bar_of_root[root as usize];
        for _ in 0..SHORT_WALK {
            if !leave(bar, x) {
                return bar;
            }
            bar = bars.parent[bar as usize];
        }
        ancestors.climb(bar, |bar| leave(bar, x))
    };
    let births: Vec<f64> = bars.minimum.iter().map(|&minimum| order.value(minimum).to_f64()).collect();
    let mut size = vec![0u32; m];
    let mut height = vec![0f64; m];
    for (wave, labels) in labels.chunks_mut(WAVE * CHUNK).enumerate() {
        monitor.check()?;
        let sums: Vec<Vec<Sum>> = labels
            .par_chunks_mut(CHUNK)
            .enumerate()
            .map(|(chunk, labels)| {
                let mut sums = Sums::new();
                let start = (wave * WAVE + chunk) * CHUNK;
                for (x, label) in (start..).zip(labels) {
                    if *label == NONE {
                        continue;
                    }
                    let value = order.value(x as u32);
                    *label = branch_of(value.key(x as u32), *label);
                    if x < n_counted {
                        sums.add(*label, value.to_f64() - births[*label as usize]);
                    }
                }
                sums.finish()
            })
            .collect();
        for sum in sums.iter().flatten() {
            size[sum.bar as usize] += sum.count;
            height[sum.bar as usize] += sum.height;
        }
        monitor.advance(labels.len() as u64);
    }
    // Children stand after their parents: when a bar's turn comes, all its children have been added to it.
    for bar in (0..m).rev() {
        let up = bars.parent[bar];
        if up != NONE {
            let up = up as usize;
            size[up] += size[bar];
            height[up] += height[bar] + f64::from(size[bar]) * (births[bar] - births[up]);
        }
    }
    bars.mean_height = size.iter().zip(&height).map(|(&size, &height)| height / f64::from(size)).collect();
    bars.size = size;
    Ok(())
}

/// A count and a sum of heights for one bar.
#[derive(Clone, Copy)]
struct Sum {
    bar: u32,
    count: u32,
    height: f64,
}

/// Sums by bar over one chunk: a small direct-mapped cache in front of a list, so that memory does not grow with the
/// number of bars. The order of the additions is that of the vertices.
struct Sums {
    cache: [Sum; Self::SLOTS],
    list: Vec<Sum>,
}

impl Sums {
    const SLOTS: usize = 256;

    fn new() -> Self {
        Self { cache: [Sum { bar: NONE, count: 0, height: 0.0 }; Self::SLOTS], list: Vec::new() }
    }

    #[inline]
    fn add(&mut self, bar: u32, height: f64) {
        let slot = &mut self.cache[bar as usize % Self::SLOTS];
        if slot.bar != bar {
            if slot.bar != NONE {
                self.list.push(*slot);
            }
            *slot = Sum { bar, count: 0, height: 0.0 };
        }
        slot.count += 1;
        slot.height += height;
    }

    fn finish(mut self) -> Vec<Sum> {
        self.list.extend(self.cache.iter().filter(|slot| slot.bar != NONE));
        self.list
    }
}
