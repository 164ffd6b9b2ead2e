//! Seeded random inputs, small and nasty.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::must_use_candidate,
    reason = "each test file uses its own part"
)]

use morsebar_core::{MergeTree, Monitor, graph::Neighbors, merge_tree, order::Value};
use rayon::ThreadPoolBuilder;

/// `SplitMix64` (Steele, Lea & Flood 2014).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Values with many ties, both zeros, plateaus and, now and then, vertices outside the domain.
    pub fn values(&mut self, n: usize) -> Vec<f64> {
        let levels = [1, 2, 4, 1000][self.below(4)];
        let outside = self.below(3) == 0;
        (0..n)
            .map(|_| match self.below(12) {
                0 if outside => f64::INFINITY,
                1 if outside => f64::NAN,
                2 if outside => -f64::NAN,
                3 => -0.0,
                _ => self.below(levels) as f64 - (levels / 2) as f64,
            })
            .collect()
    }

    /// Rows with padding, self-loops, duplicates, and arcs in one direction.
    pub fn table(&mut self, n: usize, k: usize) -> Vec<i32> {
        let near = self.below(2) == 0;
        (0..n * k)
            .map(|at| match self.below(10) {
                0 => -1,
                1 => (at / k) as i32,
                _ if near => ((at / k + self.below(5)) % n) as i32,
                _ => self.below(n) as i32,
            })
            .collect()
    }
}

pub fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(work)
}

pub fn tree_on<V: Value, G: Neighbors>(threads: usize, values: &[V], graph: &G) -> MergeTree {
    on_threads(threads, || merge_tree(values, graph, &Monitor::new())).expect("a tree")
}

/// All of the tree equal, mean heights to rounding.
#[track_caller]
pub fn assert_same(tree: &MergeTree, expected: &MergeTree) {
    assert_eq!(tree.bars.minimum, expected.bars.minimum);
    assert_eq!(tree.bars.saddle, expected.bars.saddle);
    assert_eq!(tree.bars.parent, expected.bars.parent);
    assert_eq!(tree.bars.size, expected.bars.size);
    assert_eq!(tree.branch, expected.branch);
    for (a, b) in tree.bars.mean_height.iter().zip(&expected.bars.mean_height) {
        assert!((a - b).abs() <= 1e-12 * a.abs().max(1.0), "{a} {b}");
    }
}
