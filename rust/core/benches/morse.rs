//! The phases of a barcode in every degree: discrete gradient, labels, pairs.
//!
//! On grids of the shapes that `benches/morse.py` takes, with a sum of waves in every axis and a little noise; the pairs
//! are checked to be as many as the critical cells.
#![allow(missing_docs)]

use divan::{Bencher, black_box};
use morsebar_core::Monitor;
use morsebar_core::canonical::Prime;
use morsebar_core::complex::Cubical;
use morsebar_core::morse::{Gradient, labels, pairs_of_manifold, top_labels};
use morsebar_core::order::Order;

fn main() {
    rayon::ThreadPoolBuilder::new().num_threads(2).build_global().expect("a pool of two threads");
    divan::main();
}

const SHAPES: [&[usize]; 3] = [&[2000, 2000], &[128, 128, 128], &[40, 40, 40, 40]];

/// Waves along every axis, and noise that makes no ties.
fn values(shape: &[usize]) -> Vec<f64> {
    let mut state = 1u64;
    let n: usize = shape.iter().product();
    (0..n)
        .map(|u| {
            let mut rest = u;
            let mut sum = 0.0;
            for &size in shape.iter().rev() {
                let x = 20.0 * (rest % size) as f64 / (size - 1) as f64 - 10.0;
                rest /= size;
                sum += (x * x.sin() + 0.1 * x).abs();
            }
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sum + 1e-9 * (state >> 33) as f64 / (1u64 << 31) as f64
        })
        .collect()
}

fn gradient(shape: &[usize]) -> Gradient<Cubical> {
    let complex = Cubical::new(shape, &vec![false; shape.len()]).expect("a grid");
    Gradient::new(Order::new(&values(shape)), complex, &Monitor::new()).expect("a gradient")
}

#[divan::bench(args = SHAPES, sample_count = 5)]
fn discrete_gradient(bencher: Bencher, shape: &[usize]) {
    let values = values(shape);
    let complex = Cubical::new(shape, &vec![false; shape.len()]).expect("a grid");
    bencher.bench_local(|| {
        black_box(Gradient::new(Order::new(&values), complex.clone(), &Monitor::new()).expect("a gradient"))
    });
}

#[divan::bench(args = SHAPES, sample_count = 5)]
fn both_labels(bencher: Bencher, shape: &[usize]) {
    let gradient = gradient(shape);
    bencher.bench_local(|| {
        black_box(labels(&gradient, &Monitor::new()).expect("labels"));
        black_box(top_labels(&gradient, &Monitor::new()).expect("labels"));
    });
}

#[divan::bench(args = SHAPES, sample_count = 5)]
fn canonical_pairs(bencher: Bencher, shape: &[usize]) {
    let gradient = gradient(shape);
    let field = Prime::new(2).expect("a prime");
    bencher.bench_local(|| {
        let pairs = pairs_of_manifold(&gradient, &field, &Monitor::new()).expect("pairs");
        assert_eq!(2 * pairs.len(), gradient.len() + 1, "all pairs but one are finite");
        black_box(pairs)
    });
}
