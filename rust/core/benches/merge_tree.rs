//! The phases of the merge tree, one by one, on a wavy function over a scattered and a spatial neighbour table.
//!
//! Every phase's answer is checked before it is timed: the whole tree equals the naive twin.

#![allow(missing_docs, reason = "divan's macros")]

use divan::{Bencher, black_box};
use morsebar_core::graph::Table;
use morsebar_core::merge_tree::branches::name_branches;
use morsebar_core::merge_tree::descent::{Contraction, contract};
use morsebar_core::merge_tree::forest::{Forest, STEPS_PER_ARC, Triple};
use morsebar_core::merge_tree::{merge_tree, naive, replay::replay};
use morsebar_core::order::Order;
use morsebar_core::{MergeTree, Monitor};
use std::sync::LazyLock;

const SIDE: usize = 1000;
const K: usize = 8;

fn main() {
    rayon::ThreadPoolBuilder::new().num_threads(2).build_global().expect("a pool of two threads");
    divan::main();
}

/// Values and neighbours on a torus of `SIDE` x `SIDE` points, numbered line by line or at random.
struct Input {
    values: Vec<f32>,
    entries: Vec<i32>,
}

impl Input {
    fn new(scattered: bool) -> Self {
        let n = SIDE * SIDE;
        let mut state = 20_191_200_u64;
        let mut random = move |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let mut name: Vec<usize> = (0..n).collect();
        if scattered {
            for u in (1..n).rev() {
                name.swap(u, random(u + 1));
            }
        }
        let (mut values, mut entries) = (vec![0.0; n], vec![0; n * K]);
        for u in 0..n {
            let (x, y) = (u / SIDE, u % SIDE);
            values[name[u]] = (x as f32 * 0.13).sin() + (y as f32 * 0.09).cos() + random(1000) as f32 * 1e-4;
            let around = (0..9).filter(|&at| at != 4).map(|at| {
                let (x, y) = ((x + at / 3 + SIDE - 1) % SIDE, (y + at % 3 + SIDE - 1) % SIDE);
                name[x * SIDE + y] as i32
            });
            for (entry, v) in entries[name[u] * K..].iter_mut().zip(around) {
                *entry = v;
            }
        }
        let input = Self { values, entries };
        let tree = merge_tree(&input.values, &input.graph(), &Monitor::new()).expect("a tree");
        let expected = naive::merge_tree(&input.values, &input.graph());
        assert_eq!(
            (tree.bars.saddle, tree.bars.parent, tree.branch),
            (expected.bars.saddle, expected.bars.parent, expected.branch)
        );
        input
    }

    fn graph(&self) -> Table<'_, i32> {
        Table::new(&self.entries, self.values.len(), K).expect("a table")
    }

    fn order(&self) -> Order<'_, f32> {
        Order::new(&self.values)
    }

    fn contraction(&self) -> Contraction {
        contract(self.order(), &self.graph(), &Monitor::new()).expect("a contraction")
    }

    fn triples(&self, contraction: &Contraction) -> Vec<Triple> {
        Forest::new(self.order(), contraction, STEPS_PER_ARC).grow(&self.graph(), &Monitor::new()).expect("triples")
    }
}

static INPUTS: [LazyLock<Input>; 2] = [LazyLock::new(|| Input::new(false)), LazyLock::new(|| Input::new(true))];
const SCATTERED: [bool; 2] = [false, true];

fn input(scattered: bool) -> &'static Input {
    &INPUTS[usize::from(scattered)]
}

#[divan::bench(args = SCATTERED)]
fn p1_p2_contract(bencher: Bencher<'_, '_>, scattered: bool) {
    let input = input(scattered);
    bencher.bench(|| input.contraction());
}

#[divan::bench(args = SCATTERED)]
fn p3_forest(bencher: Bencher<'_, '_>, scattered: bool) {
    let input = input(scattered);
    let contraction = input.contraction();
    bencher.bench(|| input.triples(black_box(&contraction)));
}

#[divan::bench(args = SCATTERED)]
fn p4_replay(bencher: Bencher<'_, '_>, scattered: bool) {
    let input = input(scattered);
    let contraction = input.contraction();
    let triples = input.triples(&contraction);
    bencher
        .with_inputs(|| triples.clone())
        .bench_values(|triples| replay(input.order(), &contraction.roots, triples, &Monitor::new()).expect("bars"));
}

#[divan::bench(args = SCATTERED)]
fn p5_branches(bencher: Bencher<'_, '_>, scattered: bool) {
    let input = input(scattered);
    let contraction = input.contraction();
    let (bars, bar_of_root) =
        replay(input.order(), &contraction.roots, input.triples(&contraction), &Monitor::new()).expect("bars");
    bencher.with_inputs(|| (contraction.label.clone(), bars.clone())).bench_values(|(mut label, mut bars)| {
        let n = label.len();
        name_branches(input.order(), &mut label, &bar_of_root, &mut bars, n, &Monitor::new()).expect("branches");
        bars
    });
}

#[divan::bench(args = SCATTERED)]
fn whole(bencher: Bencher<'_, '_>, scattered: bool) {
    let input = input(scattered);
    bencher.bench(|| -> MergeTree { merge_tree(&input.values, &input.graph(), &Monitor::new()).expect("a tree") });
}
