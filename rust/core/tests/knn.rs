//! Nearest neighbours: the fast way equals the specification.
#![allow(missing_docs)]

mod support;

use morsebar_core::knn::{
    Knn, Options, Scalar, Scale, bridges, edges_between_copies, intrinsic_dimension, knn, naive, nn_descent, recall,
    spatial_order,
};
use morsebar_core::{Error, Monitor, NONE};
use support::{Random, on_threads};

fn find<S: Scalar>(threads: usize, points: &[S], d: usize, k: usize, options: &Options) -> Knn<S> {
    on_threads(threads, || knn(points, d, k, options, &Monitor::new())).expect("neighbours")
}

/// Points of many kinds: random, on integer grids (ties), in few places (duplicates), on a line, all equal, clustered.
fn cloud(random: &mut Random, n: usize, d: usize) -> Vec<f64> {
    let kind = random.below(7);
    let (size, offset) =
        [(1.0, 0.0), (1e30, 0.0), (1e-30, 0.0), (1.0, 1e6), (1e-3, -1e6), (1e15, 1e20)][random.below(6)];
    let direction: Vec<f64> = (0..d).map(|_| random.below(5) as f64 - 2.0).collect();
    let mut points = Vec::with_capacity(n * d);
    for _ in 0..n {
        let t = random.below(20) as f64;
        let center = random.below(3) as f64;
        for &step in &direction {
            points.push(match kind {
                0 => random.unit(),
                1 => random.below(4) as f64,
                2 => random.below(2) as f64,
                3 => t * step,
                4 => 1.0,
                5 => center + 1e-3 * random.unit(),
                _ => -random.unit() * [1.0, 1e-20, 0.0][random.below(3)],
            });
        }
    }
    points.iter().map(|x| x * size + offset).collect()
}

fn check<S: Scalar + std::fmt::Debug>(points: &[S], d: usize, k: usize, threads: usize) {
    let (indices, distances) = naive::knn(points, d, k);
    for portable in [false, true] {
        let found = find(threads, points, d, k, &Options { portable, ..Options::default() });
        assert_eq!(found.indices, indices, "d = {d}, k = {k}, {points:?}");
        assert!(
            found.distances.iter().map(|x| x.to_f64().to_bits()).eq(distances.iter().map(|x| x.to_f64().to_bits()))
        );
    }
}

#[test]
fn equals_the_specification() {
    let mut random = Random(1);
    for round in 0..3_000 {
        let d = 1 + random.below(if round % 4 == 0 { 20 } else { 4 });
        let most = [10, 70, 400][random.below(3)];
        let n = 2 + random.below(most);
        let k = [1, 2, 8, 63, 64, 65, n - 1, 1 + random.below(n - 1)][random.below(8)].min(n - 1);
        let points = cloud(&mut random, n, d);
        if round % 2 == 0 {
            check(&points, d, k, 1 + round % 3);
        } else {
            let points: Vec<f32> = points.iter().map(|&x| x as f32).collect();
            check(&points, d, k, 1 + round % 3);
        }
    }
}

#[test]
fn larger_clouds_equal_the_specification() {
    let mut random = Random(2);
    for (n, d, k) in [(5_000, 2, 8), (5_000, 3, 12), (3_000, 6, 24), (3_000, 10, 40), (3_000, 2, 200)] {
        let points: Vec<f32> = (0..n * d).map(|_| random.unit() as f32).collect();
        check(&points, d, k, 2);
    }
}

#[test]
fn threads_and_machines_do_not_matter() {
    let mut random = Random(3);
    for d in [1, 2, 5] {
        let points: Vec<f32> = (0..200_000 * d).map(|_| (random.unit() * 3000.0).round() as f32).collect();
        let one = find(1, &points, d, 10, &Options::default());
        for threads in [2, 7] {
            assert_eq!(find(threads, &points, d, 10, &Options::default()), one);
        }
        assert_eq!(find(2, &points, d, 10, &Options { portable: true, ..Options::default() }), one);
    }
}

#[test]
fn reordered_points_have_the_neighbours_of_their_new_order() {
    let mut random = Random(4);
    for round in 0..200 {
        let (n, d) = (10 + random.below(300), 1 + random.below(4));
        let points = cloud(&mut random, n, d);
        let k = 1 + random.below(8);
        let found = find(2, &points, d, k, &Options { reorder: true, ..Options::default() });
        let mut sorted = found.order.clone();
        sorted.sort_unstable();
        assert!(sorted.iter().copied().eq(0..n as u32), "round {round}");
        let moved: Vec<f64> =
            found.order.iter().flat_map(|&u| &points[u as usize * d..(u as usize + 1) * d]).copied().collect();
        assert_eq!((found.indices, found.distances), naive::knn(&moved, d, k));
    }
}

#[test]
fn a_largest_distance_cuts_rows() {
    let mut random = Random(5);
    for _ in 0..300 {
        let (n, d) = (5 + random.below(200), 1 + random.below(3));
        let points = cloud(&mut random, n, d);
        let k = (1 + random.below(70)).min(n - 1);
        let (mut indices, mut distances) = naive::knn(&points, d, k);
        let max_distance = distances[random.below(distances.len())];
        for (index, distance) in indices.iter_mut().zip(&mut distances) {
            if *distance > max_distance {
                (*index, *distance) = (NONE, f64::INFINITY);
            }
        }
        let found = find(1, &points, d, k, &Options { max_distance, ..Options::default() });
        assert_eq!((found.indices, found.distances), (indices, distances), "{max_distance}");
    }
}

#[test]
fn approximate_neighbours_are_at_most_that_much_further() {
    let mut random = Random(6);
    let (n, d, k, eps) = (20_000, 6, 10, 0.5);
    let points: Vec<f32> = (0..n * d).map(|_| random.unit() as f32).collect();
    let exact = find(2, &points, d, k, &Options::default());
    let found = find(2, &points, d, k, &Options { eps, ..Options::default() });
    assert_ne!(found.indices, exact.indices);
    for (a, b) in found.distances.iter().zip(&exact.distances) {
        assert!(a <= &(b * (1.0 + eps as f32) * 1.000_001), "{a} {b}");
    }
}

#[test]
fn bad_input_is_named() {
    let call = |points: &[f64], k| knn(points, 1, k, &Options::default(), &Monitor::new());
    assert_eq!(call(&[0.0, 1.0, f64::NAN, f64::INFINITY], 1), Err(Error::NotFinite { row: 2 }));
    assert_eq!(call(&[0.0, 1.0], 2), Err(Error::Neighbors { k: 2, n: 2 }));
    assert_eq!(call(&[0.0, 1.0], 0), Err(Error::Neighbors { k: 0, n: 2 }));
    assert_eq!(call(&[], 1), Err(Error::Neighbors { k: 1, n: 0 }));
    let monitor = Monitor::new();
    monitor.stop();
    assert_eq!(knn(&[0.0; 100], 1, 3, &Options::default(), &monitor), Err(Error::Interrupted));
}

#[test]
fn places_with_many_copies_are_joined_to_the_nearest_others() {
    // Ten copies of each of three points on a line: 0, 1 and 3.
    let points: Vec<f64> = (0..30).map(|u| [0.0, 1.0, 3.0][u % 3]).collect();
    let edges = |k| {
        let found = find(1, &points, 1, k, &Options::default());
        edges_between_copies(&points, 1, &found, &Options::default(), &Monitor::new()).expect("edges")
    };
    assert_eq!(edges(1), [[0, 1], [1, 0], [2, 1]]);
    assert_eq!(edges(9), [[0, 1], [0, 2], [1, 0], [1, 2], [2, 1], [2, 0]]);
    assert_eq!(edges(10), [[0; 2]; 0]);
}

#[test]
fn descent_is_the_same_for_any_number_of_threads_and_finds_most() {
    let mut random = Random(7);
    let (n, d, k) = (5_000, 15, 10);
    let points: Vec<f64> = (0..n * d).map(|_| random.unit()).collect();
    let descend = |threads, reorder| {
        let options = Options { reorder, ..Options::default() };
        on_threads(threads, || nn_descent(&points, d, k, 3, &options, &Monitor::new())).expect("neighbours")
    };
    let one = descend(1, false);
    assert_eq!(descend(2, false), one);
    assert_eq!(descend(7, false), one);
    let (_, distances) = naive::knn(&points, d, k);
    let right = (0..n * k).filter(|&at| one.distances[at] <= distances[at / k * k + k - 1]).count();
    assert!(right as f64 > 0.95 * (n * k) as f64, "{right}");
    let queries: Vec<u32> = (0..n as u32).collect();
    let share = recall(&points, d, &queries, &one.distances, &Monitor::new()).expect("a share");
    assert!((share - right as f64 / (n * k) as f64).abs() < 1e-12);
    let moved = descend(2, true);
    for (row, &u) in moved.order.iter().enumerate() {
        let named: Vec<u32> = moved.indices[row * k..][..k].iter().map(|&v| moved.order[v as usize]).collect();
        assert_eq!(named, one.indices[u as usize * k..][..k]);
    }
}

#[test]
fn descent_is_exact_for_few_points() {
    for (n, k) in [(2, 1), (70, 69), (3000, 1000)] {
        let points: Vec<f32> = (0..n).map(|u| (u * u) as f32).collect();
        let found = nn_descent(&points, 1, k, 0, &Options::default(), &Monitor::new()).expect("neighbours");
        assert_eq!((found.indices, found.distances), naive::knn(&points, 1, k));
    }
}

#[test]
fn dimensions_of_cubes() {
    let mut random = Random(8);
    for d in [1, 2, 4, 8] {
        // A cube in twice as many dimensions, every coordinate twice.
        let points: Vec<f64> = (0..20_000 * d).map(|_| random.unit()).flat_map(|x| [x, x]).collect();
        let dimension = intrinsic_dimension(&points, 2 * d, &Monitor::new()).expect("a dimension");
        // In many dimensions most points are near a face, and seem to be on one.
        assert!((dimension - d as f64).abs() < if d < 8 { 0.15 } else { 0.25 } * d as f64, "{d} {dimension}");
    }
    assert_eq!(intrinsic_dimension(&[1.0f32; 50], 5, &Monitor::new()), Ok(0.0));
}

#[test]
fn bridges_are_a_minimum_spanning_tree_of_the_components() {
    let mut random = Random(9);
    for round in 0..400 {
        let (n, d) = (2 + random.below(150), 1 + random.below(3));
        let points = cloud(&mut random, n, d);
        let edges: Vec<[u32; 2]> =
            (0..random.below(n)).map(|_| [random.below(n) as u32, random.below(n) as u32]).collect();
        let found =
            on_threads(1 + round % 3, || bridges(&points, d, edges.iter().copied(), &Monitor::new())).expect("edges");
        // Kruskal, on the edges of the graph and then on all pairs by distance and numbers.
        let scale = Scale::of(&points, d);
        let point = |u: u32| points[u as usize * d..][..d].iter().map(|&x| scale.shrink(x)).collect::<Vec<f64>>();
        let mut labels: Vec<u32> = (0..n as u32).collect();
        let mut join = |u: u32, v: u32| {
            let (a, b) = (labels[u as usize], labels[v as usize]);
            labels.iter_mut().filter(|label| **label == b).for_each(|label| *label = a);
            a != b
        };
        for &[u, v] in &edges {
            join(u, v);
        }
        let mut pairs: Vec<(f64, u32, u32)> = (0..n as u32)
            .flat_map(|v| (0..v).map(move |u| (u, v)))
            .map(|(u, v)| (naive::squared_distance(&point(u), &point(v)), u, v))
            .collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut expected: Vec<[u32; 2]> =
            pairs.into_iter().filter(|&(_, u, v)| join(u, v)).map(|(_, u, v)| [u, v]).collect();
        expected.sort_unstable();
        assert_eq!(found, expected, "round {round}");
    }
}

#[test]
fn points_in_spatial_order_are_near_their_neighbours() {
    let mut random = Random(10);
    for d in [1, 2, 3, 12] {
        let points: Vec<f64> = (0..20_000 * d).map(|_| random.unit()).collect();
        let order = on_threads(1, || spatial_order(&points, d, &Monitor::new())).expect("an order");
        assert_eq!(on_threads(7, || spatial_order(&points, d, &Monitor::new())), Ok(order.clone()));
        let moved: Vec<f64> = order.iter().flat_map(|&u| &points[u as usize * d..][..d]).copied().collect();
        let found = find(2, &moved, d, 1, &Options::default());
        let mut steps: Vec<usize> = found.indices.iter().enumerate().map(|(u, &v)| u.abs_diff(v as usize)).collect();
        steps.sort_unstable();
        assert!(steps[10_000] < if d < 10 { 32 } else { 8192 }, "{d} {}", steps[10_000]);
        let mut sorted = order;
        sorted.sort_unstable();
        assert!(sorted.iter().copied().eq(0..20_000));
    }
}

#[test]
fn copies_are_not_all_looked_at() {
    // In time n^2 this would take minutes.
    let n = 200_000;
    let found = find(2, &vec![0.5f32; n], 1, 4, &Options::default());
    for (u, row) in found.indices.chunks_exact(4).enumerate() {
        assert!(row.iter().copied().eq((0..5).filter(|&v| v as usize != u).take(4)), "{u} {row:?}");
    }
    // Two places, numbered in turn; one point sees both.
    let mut points: Vec<f64> = (0..n).map(|u| (u % 2) as f64).collect();
    points.push(0.5);
    let found = find(2, &points, 1, 4, &Options::default());
    assert_eq!(found.indices[..8], [2, 4, 6, 8, 3, 5, 7, 9]);
    assert_eq!(found.indices[4 * n..], [0, 1, 2, 3]);
}

#[test]
fn one_point_far_away_does_not_hide_the_others() {
    let mut random = Random(11);
    let mut points: Vec<f32> = (0..2000).map(|_| random.unit() as f32).collect();
    let expected = find(1, &points[2..], 2, 4, &Options::default());
    for far in [1e10, 1e22, 1e30] {
        points[0] = far;
        let found = find(1, &points, 2, 4, &Options::default());
        assert!(found.indices[4..].iter().zip(&expected.indices).all(|(&u, &v)| u == v + 1), "{far}");
        assert_eq!(found.distances[4..], expected.distances);
    }
}
