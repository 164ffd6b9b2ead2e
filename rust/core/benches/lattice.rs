//! Lattices: the search of a generator, the tables, the rows, and the merge tree beside that of the stored table.
//!
//! Rows are checked by a look at all points, trees against those of stored tables.

#![allow(missing_docs, reason = "divan's macros")]

use divan::{Bencher, black_box, counter::ItemsCount};
use morsebar_core::graph::{Lattice, Neighbors, Table, best_generator, shortest_vector};
use morsebar_core::{MergeTree, Monitor, NONE, merge_tree};

fn main() {
    rayon::ThreadPoolBuilder::new().num_threads(2).build_global().expect("a pool of two threads");
    divan::main();
}

fn lattice(n: u32, d: usize, k: usize) -> Lattice {
    let generator = best_generator(n, d, &Monitor::new()).expect("a generator");
    Lattice::new(n, d, generator, &vec![0; d], Some(k)).expect("a lattice")
}

#[divan::bench(args = [3, 8, 15])]
fn generator(bencher: Bencher<'_, '_>, d: usize) {
    const N: u32 = 1_000_000_000;
    let generator = best_generator(N, d, &Monitor::new()).expect("a generator");
    let length = shortest_vector(N, d, generator).iter().map(|&x| (x as f64).powi(2)).sum::<f64>().sqrt();
    let spacing = f64::from(N).powf(1.0 - 1.0 / d as f64);
    assert!(length > spacing, "the shortest vector is longer than the mean spacing");
    bencher.bench(|| best_generator(black_box(N), d, &Monitor::new()));
}

#[divan::bench(args = [(3, 14), (6, 48), (10, 40), (15, 60)])]
fn tables(bencher: Bencher<'_, '_>, (d, k): (usize, usize)) {
    bencher.bench(|| lattice(black_box(1_000_000), d, k));
}

/// Some rows hold the nearest of all points: above 4 dimensions nothing comes before them.
fn assert_nearest(lattice: &Lattice, d: usize) {
    let n = lattice.n_vertices();
    let points: Vec<f64> = lattice.points(0..n, 0.0, &Monitor::new()).expect("points");
    for u in (0..n).step_by(n / 5) {
        lattice.rows(u..u + 1, |_, row| {
            let distance = |v: usize| {
                let steps = points[u * d..][..d].iter().zip(&points[v * d..][..d]).map(|(x, y)| x - y);
                steps.map(|step| step * step).sum::<f64>()
            };
            let row: Vec<f64> = row.map(|v| distance(v as usize)).collect();
            assert_eq!(row.len(), lattice.row_length());
            let farthest = row.iter().copied().fold(0.0, f64::max);
            let nearer = (0..n).filter(|&v| v != u && distance(v) < farthest * (1.0 - 1e-9)).count();
            assert!(d <= 4 || nearer < row.len(), "{nearer} points are nearer than the last of {}", row.len());
        });
    }
}

#[divan::bench(args = [(3, 14), (6, 48), (10, 40), (15, 60)])]
fn rows(bencher: Bencher<'_, '_>, (d, k): (usize, usize)) {
    const N: u32 = 1_000_000;
    let lattice = lattice(N, d, k);
    assert_nearest(&lattice, d);
    let sum = || {
        let mut sum = 0;
        lattice.rows(0..N as usize, |_, row| sum += row.map(u64::from).sum::<u64>());
        sum
    };
    bencher.counter(ItemsCount::new(N)).bench(sum);
}

/// The sum of |x sin x + x / 10| over the axes of [-10, 10]^3, on a lattice of a million points.
struct Input {
    lattice: Lattice,
    values: Vec<f32>,
    table: Vec<u32>,
}

const N: u32 = 1_000_000;
const K: usize = 14;

impl Input {
    fn new() -> Self {
        let lattice = lattice(N, 3, K);
        let points: Vec<f32> = lattice.points(0..N as usize, 0.0, &Monitor::new()).expect("points");
        let wave = |&x: &f32| {
            let x = 20.0 * x - 10.0;
            (x * x.sin() + 0.1 * x).abs()
        };
        let values = points.chunks_exact(3).map(|point| point.iter().map(wave).sum()).collect();
        let (table, _) = lattice.table(0..N as usize, &Monitor::new()).expect("a table");
        assert!(!table.contains(&NONE));
        Self { lattice, values, table }
    }

    fn tree_of_table(&self) -> MergeTree {
        let table = Table::new(&self.table, N as usize, K).expect("a table");
        merge_tree(&self.values, &table, &Monitor::new()).expect("a tree")
    }

    fn tree(&self) -> MergeTree {
        merge_tree(&self.values, &self.lattice, &Monitor::new()).expect("a tree")
    }
}

#[divan::bench(args = [false, true])]
fn tree(bencher: Bencher<'_, '_>, stored: bool) {
    let input = Input::new();
    assert_eq!(input.tree(), input.tree_of_table());
    bencher.bench(|| if stored { input.tree_of_table() } else { input.tree() });
}
