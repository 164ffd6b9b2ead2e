//! Pairs of large complexes: all cells of a grid of cubes under noise and under a wave, short columns each, and triangles in
//! random order over all edges of a few vertices, whose columns fill up.
//!
//! Every answer is checked before it is timed: the pairs equal those of the serial canonical form with its basis.

#![allow(missing_docs, reason = "divan's macros")]

use divan::Bencher;
use morsebar_core::Monitor;
use morsebar_core::canonical::{Boundary, Field, Form, Prime, canonical_form, pairs};
use std::sync::LazyLock;

const SIDE: usize = 32;
const VERTICES: usize = 48;
const PRIMES: [u64; 2] = [2, 101];

fn main() {
    rayon::ThreadPoolBuilder::new().num_threads(2).build_global().expect("a pool of two threads");
    divan::main();
}

fn random(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

/// A complex in filtration order.
struct Input {
    degrees: Vec<u8>,
    indptr: Vec<i64>,
    indices: Vec<i64>,
    data: Vec<i64>,
}

impl Input {
    fn checked(input: Self) -> Self {
        for p in PRIMES {
            let field = Prime::new(p).expect("a prime");
            assert_eq!(input.pairs(&field), input.form(&field).pairs);
        }
        input
    }

    /// Cells as (level, degree, name), with signed faces by name.
    fn sorted(mut cells: Vec<(f64, u8, usize)>, faces: impl Fn(usize) -> Vec<(usize, i64)>) -> Self {
        cells.sort_by(|one, two| one.0.total_cmp(&two.0).then((one.1, one.2).cmp(&(two.1, two.2))));
        let mut number = vec![0; cells.len()];
        for (at, cell) in (0..).zip(&cells) {
            number[cell.2] = at;
        }
        let (mut indptr, mut indices, mut data) = (vec![0], Vec::new(), Vec::new());
        for &(_, _, name) in &cells {
            let mut column: Vec<_> = faces(name).into_iter().map(|(face, sign)| (number[face], sign)).collect();
            column.sort_unstable();
            for (row, sign) in column {
                indices.push(row);
                data.push(sign);
            }
            indptr.push(indices.len() as i64);
        }
        Self { degrees: cells.iter().map(|cell| cell.1).collect(), indptr, indices, data }
    }

    /// A torus of `SIDE`^3 cubes; a cell enters with its highest vertex. Name: 8 times the lowest corner, plus axes.
    fn cubes(noise: bool) -> Self {
        let n = SIDE.pow(3);
        let step = |v: usize, axis: u32| {
            let stride = SIDE.pow(axis);
            if v / stride % SIDE == SIDE - 1 { v + stride - SIDE * stride } else { v + stride }
        };
        let mut state = 5;
        let wave = |v: usize| {
            (0..3).map(move |axis| ((v / SIDE.pow(axis) % SIDE) as f64 * (0.3 + 0.1 * f64::from(axis))).sin())
        };
        let mut value =
            |v: usize| random(&mut state) as f64 * 1e-9 * if noise { 1e3 } else { 0.05 } + wave(v).sum::<f64>();
        let values: Vec<f64> = (0..n).map(&mut value).collect();
        let corners = |name: usize| {
            (0..3).filter(|axis| name >> axis & 1 == 1).fold(vec![name / 8], |list, axis| {
                let moved: Vec<usize> = list.iter().map(|&v| step(v, axis)).collect();
                [list, moved].concat()
            })
        };
        let level = |name| corners(name).into_iter().map(|v| values[v]).fold(f64::NEG_INFINITY, f64::max);
        let cells = (0..8 * n).map(|name| (level(name), (name % 8).count_ones() as u8, name)).collect();
        Self::sorted(cells, |name| {
            let axes = (0..3).filter(|axis| name >> axis & 1 == 1);
            let pair = |(place, axis): (usize, u32)| {
                let sign = 1 - 2 * (place as i64 % 2);
                [(name - (1 << axis), -sign), (8 * step(name / 8, axis) + name % 8 - (1 << axis), sign)]
            };
            axes.enumerate().flat_map(pair).collect()
        })
    }

    fn triangles() -> Self {
        let edge = |a: usize, b: usize| VERTICES + b * (b - 1) / 2 + a;
        let mut state = 7;
        let mut cells: Vec<(f64, u8, usize)> = (0..VERTICES).map(|v| (0.0, 0, v)).collect();
        let mut faces = vec![Vec::new(); VERTICES];
        for (a, b) in (0..VERTICES).flat_map(|b| (0..b).map(move |a| (a, b))) {
            cells.push((1.0, 1, faces.len()));
            faces.push(vec![(b, 1), (a, -1)]);
        }
        for c in 0..VERTICES {
            for (a, b) in (0..c).flat_map(|b| (0..b).map(move |a| (a, b))) {
                cells.push((2.0 + random(&mut state) as f64, 2, faces.len()));
                faces.push(vec![(edge(b, c), 1), (edge(a, c), -1), (edge(a, b), 1)]);
            }
        }
        Self::sorted(cells, |name| faces[name].clone())
    }

    fn boundary(&self) -> Boundary<'_> {
        Boundary::new(&self.indptr, &self.indices, &self.data).expect("a boundary")
    }

    fn pairs<F: Field>(&self, field: &F) -> Vec<(u32, u32)> {
        let boundary = self.boundary();
        pairs(&self.degrees, |j| Ok(boundary.column(j, field)), field, &Monitor::new()).expect("pairs")
    }

    fn form<F: Field>(&self, field: &F) -> Form<F::Element> {
        let boundary = self.boundary();
        canonical_form(&self.degrees, |j| Ok(boundary.column(j, field)), field, &Monitor::new()).expect("a form")
    }
}

static NOISE: LazyLock<Input> = LazyLock::new(|| Input::checked(Input::cubes(true)));
static WAVE: LazyLock<Input> = LazyLock::new(|| Input::checked(Input::cubes(false)));
static TRIANGLES: LazyLock<Input> = LazyLock::new(|| Input::checked(Input::triangles()));

fn input(kind: &str) -> &'static Input {
    match kind {
        "noise" => &NOISE,
        "wave" => &WAVE,
        _ => &TRIANGLES,
    }
}

#[divan::bench(args = ["noise", "wave", "triangles"], consts = PRIMES, sample_count = 10)]
fn fast_pairs<const P: u64>(bencher: Bencher<'_, '_>, kind: &str) {
    let (input, field) = (input(kind), Prime::new(P).expect("a prime"));
    bencher.bench(|| input.pairs(&field));
}

#[divan::bench(args = ["noise", "wave", "triangles"], consts = PRIMES, sample_count = 3)]
fn form_with_basis<const P: u64>(bencher: Bencher<'_, '_>, kind: &str) {
    let (input, field) = (input(kind), Prime::new(P).expect("a prime"));
    bencher.bench(|| input.form(&field));
}
