//! Laws of lattices: neighbours, points and generators by definition.

mod support;

use morsebar_core::graph::{
    Lattice, MAX_DIMENSION, MAX_POINTS, Neighbors, SHIFT_BITS, Table, best_generator, shortest_vector,
};
use morsebar_core::{Error, Monitor, NONE};
use std::f64::consts::PI;
use support::{Random, on_threads, tree_on};

fn generating_vector(n: u32, d: usize, generator: u32) -> Vec<i64> {
    let mut z = vec![1 % i64::from(n)];
    while z.len() < d {
        z.push(z[z.len() - 1] * i64::from(generator) % i64::from(n));
    }
    z
}

/// The points in units of `1/n`, rounded down.
fn places(n: u32, d: usize, generator: u32, shift: &[u64]) -> Vec<Vec<i64>> {
    let z = generating_vector(n, d, generator);
    let coordinate = |i: i64, axis: usize| (i * z[axis] + (shift[axis] >> SHIFT_BITS) as i64) % i64::from(n);
    (0..i64::from(n)).map(|i| (0..d).map(|axis| coordinate(i, axis)).collect()).collect()
}

fn squared_length(vector: &[i64]) -> i64 {
    vector.iter().map(|x| x * x).sum()
}

/// All vectors of the lattice with coordinates below `reach` in size, 0 left out.
fn vectors(n: u32, d: usize, generator: u32, reach: i64) -> Vec<Vec<i64>> {
    let z = generating_vector(n, d, generator);
    let mut all: Vec<Vec<i64>> = vec![vec![]];
    for &z in &z {
        let longer = |v: Vec<i64>| {
            // z of the first axis is 1, so that the first coordinate gives the multiple.
            let first = if v.is_empty() { 0 } else { (v[0] * z).rem_euclid(i64::from(n)) };
            let step = if v.is_empty() { 1 } else { i64::from(n) };
            let low = first - (first + reach - 1) / step * step;
            (0..).map(move |at| low + at * step).take_while(move |&x| x < reach).map(move |x| [&v[..], &[x]].concat())
        };
        all = all.into_iter().flat_map(longer).collect();
    }
    all.retain(|v| v.iter().any(|&x| x != 0));
    all
}

/// Voronoi-relevant vectors among all up to a size that is large enough, by definition: the half of the vector is
/// nearer to 0 and to the vector than to any other point.
fn relevant(all: &[Vec<i64>]) -> Vec<Vec<i64>> {
    let strictly_between = |v: &Vec<i64>| {
        let squared_distance = |w: &Vec<i64>| v.iter().zip(w).map(|(v, w)| (v - 2 * w).pow(2)).sum::<i64>();
        all.iter().all(|w| w == v || squared_distance(w) > squared_length(v))
    };
    all.iter().filter(|v| strictly_between(v)).cloned().collect()
}

/// A row by definition: of all vectors to other points, in order, the first `k`.
fn row_by_definition(places: &[Vec<i64>], relevant: &[Vec<i64>], k: usize, u: usize) -> Vec<u32> {
    let others = (0u32..).zip(places).filter(|&(v, _)| v as usize != u);
    let mut steps: Vec<_> = others
        .map(|(v, to)| {
            let step: Vec<i64> = to.iter().zip(&places[u]).map(|(to, from)| to - from).collect();
            let backward = step[0] < 0;
            let forward = if backward { step.iter().map(|x| -x).collect() } else { step };
            (!relevant.contains(&forward), squared_length(&forward), forward, backward, v)
        })
        .collect();
    steps.sort();
    steps.into_iter().take(k).map(|(.., v)| v).collect()
}

fn rows_by_definition(places: &[Vec<i64>], relevant: &[Vec<i64>], k: usize) -> Vec<Vec<u32>> {
    (0..places.len()).map(|u| row_by_definition(places, relevant, k, u)).collect()
}

fn rows(lattice: &Lattice) -> Vec<Vec<u32>> {
    let mut rows = Vec::new();
    lattice.rows(0..lattice.n_vertices(), |u, row| {
        assert_eq!(u as usize, rows.len());
        rows.push(row.collect());
    });
    rows
}

fn random_shift(random: &mut Random, n: u32, d: usize) -> Vec<u64> {
    let cells = |axis| if axis == 0 { 1 } else { n as usize };
    (0..d).map(|axis| random.below(cells(axis) << SHIFT_BITS) as u64).collect()
}

#[test]
fn neighbors_by_definition_in_one_to_eight_dimensions() {
    let mut random = Random(1);
    for d in 1..=8 {
        for n in [1, 2, 3, 4, 5, 8, 13, 30, 64, 101, 256, 499, 1000] {
            let generator = best_generator(n, d, &Monitor::new()).unwrap();
            let shift = if random.below(2) == 0 { vec![0; d] } else { random_shift(&mut random, n, d) };
            let places = places(n, d, generator, &shift);
            let reach = (2 * i64::from(n)).min(4 + 4 * f64::from(n).powf(1.0 - 1.0 / d as f64) as i64);
            let relevant = if d <= 4 { relevant(&vectors(n, d, generator, reach)) } else { vec![] };
            let full = (2 << d) - 2;
            assert!(d > 4 || (2 * d..=full).contains(&relevant.len()), "n {n} d {d}: {} relevant", relevant.len());
            for k in [2 * d, 4 * d, 8 * d, full.min(100)] {
                match Lattice::new(n, d, generator, &shift, Some(k)) {
                    Ok(lattice) => {
                        assert_eq!(rows(&lattice), rows_by_definition(&places, &relevant, k), "n {n} d {d} k {k}");
                    }
                    // Few steps need not generate the lattice; many do, unless it is very small.
                    Err(error) => assert!(k < 4 * d || n < 64, "{error}"),
                }
            }
        }
    }
}

#[test]
fn any_generator_and_any_range_will_do() {
    let mut random = Random(2);
    for _ in 0..300 {
        let (n, d) = (2 + random.below(200) as u32, 1 + random.below(MAX_DIMENSION));
        let generator = random.below(n as usize) as u32;
        let shift = random_shift(&mut random, n, d);
        let k = (n as usize - 1).next_multiple_of(2).max(2 * d);
        let lattice = Lattice::new(n, d, generator, &shift, Some(k)).unwrap();
        let places = places(n, d, generator, &shift);
        let cut = random.below(n as usize);
        let mut found = Vec::new();
        for range in [0..cut, cut..n as usize] {
            lattice.rows(range, |_, row| found.push(row.collect::<Vec<_>>()));
        }
        let mut ordered = rows_by_definition(&places, &[], k);
        if d <= 4 {
            found.iter_mut().chain(&mut ordered).for_each(|row| row.sort_unstable());
        }
        assert_eq!(found, ordered, "n {n} d {d} generator {generator}");
    }
}

#[test]
fn corners_of_large_lattices_by_definition() {
    let mut random = Random(3);
    for (n, d, k) in [(20_000, 3, 14), (20_000, 4, 30), (30_000, 6, 48), (20_011, 9, 72), (12_000, 12, 48)] {
        let generator = best_generator(n, d, &Monitor::new()).unwrap();
        for shift in [vec![0; d], random_shift(&mut random, n, d)] {
            let lattice = Lattice::new(n, d, generator, &shift, Some(k)).unwrap();
            let places = places(n, d, generator, &shift);
            let relevant = if d <= 4 {
                relevant(&vectors(n, d, generator, 4 * f64::from(n).powf(1.0 - 1.0 / d as f64) as i64))
            } else {
                vec![]
            };
            // Points by how near they are to a corner: the nearest and some others.
            let last = i64::from(n) - 1;
            let mut order: Vec<usize> = (0..n as usize).collect();
            order.sort_by_key(|&u| places[u].iter().map(|&x| x.min(last - x).pow(2)).sum::<i64>());
            let chosen = (0..30).map(|at| order[at]).chain((0..30).map(|_| random.below(n as usize)));
            for u in chosen.chain([0, n as usize - 1]) {
                let expected = row_by_definition(&places, &relevant, k, u);
                lattice.rows(u..u + 1, |_, row| assert_eq!(row.collect::<Vec<_>>(), expected, "n {n} d {d} u {u}"));
            }
        }
    }
}

#[test]
fn all_points_are_one_component_with_four_and_eight_neighbors_an_axis() {
    for d in 1..=MAX_DIMENSION {
        for n in [2, 3, 7, 61, 211, 1000, 4096] {
            let generator = best_generator(n, d, &Monitor::new()).unwrap();
            for k in [4 * d, 8 * d] {
                let lattice = Lattice::new(n, d, generator, &vec![0; d], Some(k)).unwrap();
                let tree = tree_on(2, &vec![0.0; n as usize], &lattice);
                let components = tree.bars.saddle.iter().filter(|&&saddle| saddle == NONE).count();
                assert_eq!(components, 1, "n {n} d {d} k {k}");
            }
        }
    }
}

#[test]
fn trees_do_not_depend_on_threads_and_equal_those_of_tables() {
    let mut random = Random(4);
    for (n, d) in [(40_000, 1), (40_000, 2), (50_000, 3), (30_000, 5), (20_000, 10)] {
        let generator = best_generator(n, d, &Monitor::new()).unwrap();
        let lattice = Lattice::new(n, d, generator, &random_shift(&mut random, n, d), None).unwrap();
        let points: Vec<f64> = lattice.points(0..n as usize, 0.0, &Monitor::new()).unwrap();
        let wave = |x: &[f64]| x.iter().map(|x| (9.0 * x).sin()).product::<f64>() + (random.below(9) as f64) * 0.01;
        let values: Vec<f64> = points.chunks_exact(d).map(wave).collect();
        let k = lattice.row_length();
        let mut table = Vec::new();
        lattice.rows(0..n as usize, |_, row| {
            table.extend(row);
            table.resize(table.len().next_multiple_of(k), NONE);
        });
        let expected = tree_on(1, &values, &Table::new(&table, n as usize, k).unwrap());
        for threads in [1, 2, 7] {
            assert_eq!(tree_on(threads, &values, &lattice), expected);
        }
    }
}

#[test]
fn shortest_vectors_by_definition() {
    let mut random = Random(5);
    for round in 0..400 {
        let d = 1 + round % 5;
        let n = 1 + random.below([300, 300, 300, 100, 40][d - 1]) as u32;
        let generator = random.below(n as usize) as u32;
        let z = generating_vector(n, d, generator);
        let vector = shortest_vector(n, d, generator);
        let multiple = vector[0];
        for (x, z) in vector.iter().zip(z) {
            assert_eq!((x - multiple * z).rem_euclid(i64::from(n)), 0, "{vector:?} is not of the lattice");
        }
        let expected = vectors(n, d, generator, i64::from(n) + 1).iter().map(|v| squared_length(v)).min();
        assert_eq!(Some(squared_length(&vector)), expected, "n {n} d {d} generator {generator}");
    }
}

#[test]
fn shortest_vectors_of_large_lattices_are_below_minkowskis_bound() {
    for (n, d) in [(1_000_000_007, 15), (MAX_POINTS, 15), (MAX_POINTS, 2), (1 << 31, 8), (1_000_000, 10)] {
        let generator = best_generator(n, d, &Monitor::new()).unwrap();
        let length = shortest_vector(n, d, generator).iter().map(|&x| (x as f64).powi(2)).sum::<f64>().sqrt();
        // Of the unit ball: V(d) = V(d - 2) 2 pi / d.
        let volume = (1..=d).rev().step_by(2).map(|d| if d == 1 { 2.0 } else { 2.0 * PI / d as f64 }).product::<f64>();
        let mean_radius = (f64::from(n).powi(d as i32 - 1) / volume).powf(1.0 / d as f64);
        assert!(length <= 2.0 * mean_radius, "n {n} d {d}");
        // The best of many random lattices.
        assert!(length >= 0.95 * mean_radius, "n {n} d {d}: {}", length / mean_radius);
    }
}

#[test]
fn the_best_generator_is_the_best_and_the_same_on_any_number_of_threads() {
    for (n, d) in [(5, 2), (101, 2), (210, 3), (360, 4), (1999, 6)] {
        let expected = on_threads(1, || best_generator(n, d, &Monitor::new())).unwrap();
        for threads in [2, 7] {
            assert_eq!(on_threads(threads, || best_generator(n, d, &Monitor::new())).unwrap(), expected);
        }
        let score = |a| shortest_vector(n, d, a).iter().map(|x| x * x).sum::<i64>();
        let coprime = |a: u32| (2..=n).all(|p| !(a.is_multiple_of(p) && n.is_multiple_of(p)));
        let best = (1..n).filter(|&a| coprime(a)).map(score).max();
        assert_eq!(best, Some(score(expected)), "n {n} d {d}");
        assert!(coprime(expected));
    }
    for n in [1, 2, 3] {
        assert_eq!(best_generator(n, 3, &Monitor::new()).unwrap(), 1 % n);
    }
}

#[test]
fn points_lie_in_the_cube_and_in_order() {
    let mut random = Random(6);
    for (n, d) in [(1, 1), (7, 2), (1000, 3), (40_000, 15), (MAX_POINTS, 15)] {
        let generator = if n == MAX_POINTS { 1_234_567_891 } else { best_generator(n, d, &Monitor::new()).unwrap() };
        let mut shift = random_shift(&mut random, n, d);
        if n == MAX_POINTS {
            shift =
                (0..d as u64).map(|axis| ((u64::from(axis > 0) * (u64::from(n) - 1) + 1) << SHIFT_BITS) - 1).collect();
        }
        let lattice = Lattice::new(n, d, generator, &shift, None).unwrap();
        let z = generating_vector(n, d, generator);
        for start in [0, n as usize / 2, (n as usize).saturating_sub(1000)] {
            let range = start..(n as usize).min(start + 20_000);
            let points: Vec<f64> = lattice.points(range.clone(), 0.0, &Monitor::new()).unwrap();
            let singles: Vec<f32> = lattice.points(range.clone(), 0.0, &Monitor::new()).unwrap();
            let unit = 1u128 << SHIFT_BITS;
            for (i, (point, single)) in range.clone().zip(points.chunks_exact(d).zip(singles.chunks_exact(d))) {
                for axis in 0..d {
                    let whole = u128::from(n) * unit;
                    let at = (i as u128 * z[axis] as u128 * unit + u128::from(shift[axis])) % whole;
                    assert_eq!(point[axis], at as f64 / unit as f64 / f64::from(n));
                    assert!((0.0..1.0).contains(&point[axis]) && (0.0..1.0).contains(&single[axis]));
                    assert!((f64::from(single[axis]) - point[axis]).abs() <= 0.6e-7);
                }
            }
            let along: Vec<f64> = points.chunks_exact(d).map(|point| point[0]).collect();
            assert!(along.is_sorted_by(|a, b| a < b));
            let clipped: Vec<f64> = lattice.points(range.clone(), 0.2, &Monitor::new()).unwrap();
            let expected = points.iter().map(|x| (x * 1.4 - 0.2).clamp(0.0, 1.0));
            assert!(clipped.iter().copied().eq(expected));
        }
    }
}

#[test]
fn bad_lattices_are_refused() {
    let message = |n, d, generator, shift: &[u64], k| match Lattice::new(n, d, generator, shift, k) {
        Err(Error::Lattice(message)) => message,
        other => panic!("{other:?}"),
    };
    assert!(message(0, 2, 0, &[0, 0], None).starts_with("n is 0, expected 1 to 4294967294"));
    assert!(message(u32::MAX, 1, 0, &[0], None).starts_with("n is 4294967295"));
    assert!(message(5, 0, 0, &[], None).starts_with("d is 0, expected 1 to 15"));
    assert!(message(5, 16, 0, &[0; 16], None).starts_with("d is 16"));
    assert!(message(5, 2, 5, &[0, 0], None).starts_with("generator is 5, expected 0 to 4"));
    assert!(message(5, 2, 2, &[0], None).starts_with("shift is [0], expected 2"));
    assert!(message(5, 2, 2, &[1 << SHIFT_BITS, 0], None).starts_with("shift is [2097152, 0]"));
    assert!(message(5, 2, 2, &[0, 5 << SHIFT_BITS], None).starts_with("shift is"));
    assert!(message(5, 2, 2, &[0, 0], Some(5)).starts_with("n_neighbors is 5, expected an even number of at least 4"));
    assert!(message(5, 2, 2, &[0, 0], Some(2)).starts_with("n_neighbors is 2, expected an even number of at least 4"));
    assert_eq!(message(9000, 2, 7, &[0, 0], Some(5000)), "n_neighbors is 5000, expected at most 4096");
    assert!(Lattice::new(4000, 2, 7, &[0, 0], Some(5000)).is_ok());
    // Points on the diagonal: the nearest ones of all lie there, too.
    let text = message(1000, 5, 1, &[0; 5], Some(10));
    assert!(text.starts_with("n_neighbors is 10, but the first 10 steps of the lattice of n = 1000, d = 5 do not"));
    assert!(Lattice::new(1000, 5, 1, &[0; 5], Some(1000)).is_ok());
}

#[test]
fn a_stopped_search_and_stopped_points_end() {
    let monitor = Monitor::new();
    monitor.stop();
    assert_eq!(best_generator(1_000_003, 5, &monitor), Err(Error::Interrupted));
    let lattice = Lattice::new(5, 2, 2, &[0, 0], None).unwrap();
    assert_eq!(lattice.points::<f64>(0..5, 0.0, &monitor), Err(Error::Interrupted));
}
