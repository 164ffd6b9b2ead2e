//! Laws and oracles of the merge tree.

mod support;

use morsebar_core::graph::{Connectivity, Csr, EdgeLevels, Grid, Neighbors, Table};
use morsebar_core::merge_tree::descent::contract;
use morsebar_core::merge_tree::forest::{Forest, Triple};
use morsebar_core::merge_tree::{barriers, basins, merge_tree_with_bound, naive, path, replay::replay, saddle_edges};
use morsebar_core::order::Order;
use morsebar_core::{Error, MergeTree, Monitor, NONE, merge_tree};
use support::{Random, assert_same, on_threads, tree_on};

#[test]
fn a_hundred_thousand_small_graphs_equal_the_naive_twin() {
    let mut random = Random(1);
    on_threads(2, || {
        for round in 0..100_000 {
            let (n, k) = (1 + random.below(24), random.below(5));
            let (values, table) = (random.values(n), random.table(n, k));
            let graph = Table::new(&table, n, k).unwrap();
            let expected = naive::merge_tree(&values, &graph);
            let tree = merge_tree(&values, &graph, &Monitor::new()).unwrap();
            assert_same(&tree, &expected);
            // Whatever is left to sorting, even everything, nothing changes.
            let left = merge_tree_with_bound(&values, &graph, &Monitor::new(), round % 2).unwrap();
            assert_eq!(left, tree);
        }
    });
}

#[test]
fn kinds_of_tables_agree() {
    let mut random = Random(2);
    for _ in 0..300 {
        let (n, k) = (1 + random.below(40), 1 + random.below(4));
        let (values, table) = (random.values(n), random.table(n, k));
        let tree = tree_on(1, &values, &Table::new(&table, n, k).unwrap());
        let narrow: Vec<f32> = values.iter().map(|&x| x as f32).collect();
        let unsigned: Vec<u32> = table.iter().map(|&v| v as u32).collect();
        let wide: Vec<i64> = table.iter().map(|&v| i64::from(v)).collect();
        assert_eq!(tree_on(1, &narrow, &Table::new(&unsigned, n, k).unwrap()), tree);
        assert_eq!(tree_on(1, &values, &Table::new(&wide, n, k).unwrap()), tree);
        let indptr: Vec<i64> = (0..=n).map(|u| (u * k) as i64).collect();
        assert_eq!(tree_on(1, &values, &Csr::new(&indptr, &table).unwrap()), tree);
        // Entries in another order, arcs in the other direction.
        let mut reversed = vec![-1; n * n * k];
        for (at, &v) in table.iter().enumerate().filter(|&(_, &v)| v >= 0) {
            reversed[v as usize * n * k + at] = (at / k) as i32;
        }
        assert_eq!(tree_on(1, &values, &Table::new(&reversed, n, n * k).unwrap()), tree);
    }
}

#[test]
fn grids_equal_their_tables() {
    let mut random = Random(3);
    for _ in 0..600 {
        let d = 1 + random.below(4);
        let shape: Vec<usize> = (0..d).map(|_| 1 + random.below(5)).collect();
        let periodic: Vec<bool> = (0..d).map(|_| random.below(2) == 0).collect();
        let connectivity = [Connectivity::Axis, Connectivity::Freudenthal, Connectivity::Full][random.below(3)];
        let grid = Grid::new(&shape, connectivity, &periodic).unwrap();
        let n = grid.n_vertices();
        let coordinates = |mut u: usize| {
            let mut at = vec![0i64; d];
            for axis in (0..d).rev() {
                at[axis] = (u % shape[axis]) as i64;
                u /= shape[axis];
            }
            at
        };
        // By definition: steps that keep to the connectivity, one displacement per axis, around where periodic.
        let joined = |u: usize, v: usize| {
            let displacements: Vec<Vec<i64>> = (0..d)
                .map(|axis| {
                    let (a, b, size) = (coordinates(u)[axis], coordinates(v)[axis], shape[axis] as i64);
                    let is = |step: i64| b - a == step || (periodic[axis] && (b - a - step).rem_euclid(size) == 0);
                    (-1..=1).filter(|&step| is(step)).collect()
                })
                .collect();
            let mut found = false;
            let mut choice = vec![0usize; d];
            'all: loop {
                if displacements.iter().any(Vec::is_empty) {
                    break;
                }
                let step: Vec<i64> = choice.iter().zip(&displacements).map(|(&c, list)| list[c]).collect();
                let moved = step.iter().filter(|&&s| s != 0).count();
                found |= moved > 0
                    && match connectivity {
                        Connectivity::Axis => moved == 1,
                        Connectivity::Freudenthal => !(step.contains(&1) && step.contains(&-1)),
                        Connectivity::Full => true,
                    };
                for axis in 0..d {
                    choice[axis] += 1;
                    if choice[axis] < displacements[axis].len() {
                        continue 'all;
                    }
                    choice[axis] = 0;
                }
                break;
            }
            found && u != v
        };
        let mut rows = vec![Vec::new(); n];
        let cut = random.below(n + 1);
        for range in [0..cut, cut..n] {
            grid.rows(range, |u, row| {
                rows[u as usize] = row.filter(|&v| v != u).collect::<Vec<_>>();
                rows[u as usize].sort_unstable();
                rows[u as usize].dedup();
            });
        }
        for (u, row) in rows.iter().enumerate() {
            let expected: Vec<u32> = (0..n).filter(|&v| joined(u, v)).map(|v| v as u32).collect();
            assert_eq!(row, &expected, "{shape:?} {periodic:?} {connectivity:?} {u}");
        }
        let values = random.values(n);
        assert_same(&tree_on(2, &values, &grid), &naive::merge_tree(&values, &grid));
    }
}

#[test]
fn bad_grids_are_refused() {
    assert!(matches!(Grid::new(&[], Connectivity::Axis, &[]), Err(Error::Grid(_))));
    assert!(matches!(Grid::new(&[3, 3], Connectivity::Axis, &[true]), Err(Error::Grid(_))));
    assert!(matches!(Grid::new(&[2; 15], Connectivity::Full, &[false; 15]), Err(Error::Grid(_))));
    assert!(matches!(
        Grid::new(&[1 << 20, 1 << 20], Connectivity::Axis, &[false; 2]),
        Err(Error::TooManyVertices { .. })
    ));
    assert_eq!(Grid::new(&[3, 0, 1 << 40, 1 << 40], Connectivity::Axis, &[false; 4]).unwrap().n_vertices(), 0);
}

/// Values and a table on a torus of points in the plane: `wells` deep minima, `noise` of shallow ones.
fn large(n_side: usize, spatial: bool, seed: u64) -> (Vec<f32>, Vec<i32>) {
    let n = n_side * n_side;
    let mut random = Random(seed);
    let mut name: Vec<usize> = (0..n).collect();
    if !spatial {
        for u in (1..n).rev() {
            name.swap(u, random.below(u + 1));
        }
    }
    let mut values = vec![0.0; n];
    let mut table = vec![-1; n * 5];
    for u in 0..n {
        let (x, y) = (u / n_side, u % n_side);
        let wave = (x as f32 * 0.07).sin() * (y as f32 * 0.05).sin();
        values[name[u]] = (wave * 64.0).round() / 64.0 + if random.below(50) == 0 { -0.1 } else { 0.0 };
        let (right, down) = (x * n_side + (y + 1) % n_side, (x + 1) % n_side * n_side + y);
        for (slot, v) in [right, down, x * n_side + (y + 2) % n_side].into_iter().enumerate() {
            table[name[u] * 5 + slot] = name[v] as i32;
        }
    }
    (values, table)
}

#[test]
fn bits_do_not_depend_on_threads_or_repetition() {
    for spatial in [true, false] {
        let (values, table) = large(1100, spatial, 4);
        let graph = Table::new(&table, values.len(), 5).unwrap();
        let expected = tree_on(1, &values, &graph);
        assert_same(&expected, &naive::merge_tree(&values, &graph));
        assert!(expected.bars.len() > 1000);
        for threads in [2, 2, 2, 7, 7] {
            assert!(tree_on(threads, &values, &graph) == expected, "{threads} threads, spatial {spatial}");
        }
    }
}

#[test]
fn increasing_maps_keep_the_pairing() {
    let mut random = Random(5);
    for _ in 0..200 {
        let n = 1 + random.below(60);
        let (values, table) = (random.values(n), random.table(n, 3));
        let graph = Table::new(&table, n, 3).unwrap();
        let mapped: Vec<f64> = values.iter().map(|&x| if x.is_finite() { x * 4.0 - 1.0 } else { x }).collect();
        let (tree, mapped) = (tree_on(1, &values, &graph), tree_on(1, &mapped, &graph));
        assert_eq!(
            (tree.bars.minimum, tree.bars.saddle, tree.branch),
            (mapped.bars.minimum, mapped.bars.saddle, mapped.branch)
        );
    }
}

#[test]
fn relabelling_keeps_the_diagram() {
    let mut random = Random(6);
    let diagram = |values: &[f64], tree: &MergeTree| {
        let value = |u: u32| if u == NONE { f64::INFINITY } else { values[u as usize] + 0.0 };
        let mut bars: Vec<(f64, f64)> = (tree.bars.minimum.iter().zip(&tree.bars.saddle))
            .map(|(&minimum, &saddle)| (value(minimum), value(saddle)))
            .filter(|(birth, death)| birth < death)
            .collect();
        bars.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        bars
    };
    for _ in 0..500 {
        let n = 1 + random.below(40);
        let (values, table) = (random.values(n), random.table(n, 3));
        let mut name: Vec<usize> = (0..n).collect();
        for u in (1..n).rev() {
            name.swap(u, random.below(u + 1));
        }
        let (mut renamed_values, mut renamed_table) = (vec![0.0; n], vec![-1; 3 * n]);
        for u in 0..n {
            renamed_values[name[u]] = values[u];
            for slot in 0..3 {
                let v = table[3 * u + slot];
                renamed_table[3 * name[u] + slot] = if v < 0 { -1 } else { name[v as usize] as i32 };
            }
        }
        let tree = tree_on(1, &values, &Table::new(&table, n, 3).unwrap());
        let renamed = tree_on(1, &renamed_values, &Table::new(&renamed_table, n, 3).unwrap());
        assert_eq!(diagram(&values, &tree), diagram(&renamed_values, &renamed));
    }
}

/// Union of the arcs at or below a level, by repeated spreading: the plainest possible connectivity.
fn component<G: Neighbors>(values: &[f64], graph: &G, u: usize, level: f64) -> Vec<bool> {
    let n = values.len();
    let allowed = |x: usize| values[x] < f64::INFINITY && values[x] <= level;
    let mut inside = vec![false; n];
    inside[u] = allowed(u);
    loop {
        let mut grown = false;
        graph.rows(0..n, |x, row| {
            for y in row.filter(|&y| y != NONE) {
                let (x, y) = (x as usize, y as usize);
                if allowed(x) && allowed(y) && inside[x] != inside[y] {
                    (inside[x], inside[y], grown) = (true, true, true);
                }
            }
        });
        if !grown {
            return inside;
        }
    }
}

#[test]
fn barriers_and_paths_by_brute_force() {
    let mut random = Random(7);
    for _ in 0..400 {
        let n = 1 + random.below(14);
        let (values, table) = (random.values(n), random.table(n, 2));
        let graph = Table::new(&table, n, 2).unwrap();
        let tree = tree_on(1, &values, &graph);
        let deaths: Vec<f64> =
            tree.bars.saddle.iter().map(|&s| if s == NONE { f64::INFINITY } else { values[s as usize] }).collect();
        let pairs: Vec<[u32; 2]> = (0..n as u32).flat_map(|u| (0..n as u32).map(move |v| [u, v])).collect();
        let found = barriers(&values, &tree.branch, &tree.bars.parent, &deaths, &pairs, &Monitor::new()).unwrap();
        let mut levels: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
        levels.sort_by(f64::total_cmp);
        for (&[u, v], &barrier) in pairs.iter().zip(&found) {
            let (u, v) = (u as usize, v as usize);
            let way = path(&values, &graph, u as u32, v as u32, barrier, &Monitor::new()).unwrap();
            if !(values[u] < f64::INFINITY && values[v] < f64::INFINITY) {
                assert!(barrier.is_nan() && way.is_empty());
                continue;
            }
            let joined = |&&level: &&f64| component(&values, &graph, u, level)[v];
            let expected = levels.iter().find(joined).copied().unwrap_or(f64::INFINITY);
            assert_eq!(barrier, expected, "{u} {v}");
            if barrier == f64::INFINITY {
                assert!(way.is_empty());
                continue;
            }
            assert_eq!((way[0] as usize, way[way.len() - 1] as usize), (u, v));
            let highest = way.iter().map(|&x| values[x as usize]).fold(f64::NEG_INFINITY, f64::max);
            assert_eq!(highest, barrier);
            for step in way.windows(2) {
                let arc = |a: u32, b: u32| table[2 * a as usize..2 * a as usize + 2].contains(&(b as i32));
                assert!(arc(step[0], step[1]) || arc(step[1], step[0]));
            }
        }
    }
}

#[test]
fn basins_follow_the_lowest_neighbour() {
    let mut random = Random(8);
    for round in 0..500 {
        let n = 1 + random.below(40);
        let (values, table) = (random.values(n), random.table(n, 3));
        let graph = Table::new(&table, n, 3).unwrap();
        let inside = |u: usize| values[u] < f64::INFINITY;
        let lower = |u: usize, v: usize| inside(u) && (values[u], u) < (values[v], v);
        let mut lowest: Vec<usize> = (0..n).collect();
        for (at, &v) in table.iter().enumerate().filter(|&(_, &v)| v >= 0) {
            for (u, v) in [(at / 3, v as usize), (v as usize, at / 3)] {
                if inside(u) && lower(v, lowest[u]) {
                    lowest[u] = v;
                }
            }
        }
        let expected: Vec<u32> = (0..n)
            .map(|mut u| {
                while lowest[u] != u {
                    u = lowest[u];
                }
                if inside(u) { u as u32 } else { NONE }
            })
            .collect();
        let found = on_threads(1 + round % 3, || basins(&values, &graph, &Monitor::new())).unwrap();
        assert_eq!(found, expected);
    }
}

#[test]
fn edge_levels_by_kruskal() {
    let mut random = Random(9);
    for _ in 0..2000 {
        let n = 1 + random.below(12);
        let values: Vec<f64> = (0..n).map(|_| random.below(6) as f64).collect();
        let edges: Vec<[i64; 2]> =
            (0..random.below(24)).map(|_| [random.below(n) as i64, random.below(n) as i64]).collect();
        let levels: Vec<f64> =
            (edges.iter()).map(|&[u, v]| values[u as usize].max(values[v as usize]) + random.below(4) as f64).collect();
        let graph = EdgeLevels::new(&values, &edges, &levels, &Monitor::new()).unwrap();
        let tree = tree_on(2, graph.values(), &graph);
        assert_same(&tree, &naive::merge_tree(graph.values(), &graph));
        let mut shuffled: Vec<usize> = (0..edges.len()).collect();
        shuffled.reverse();
        let reversed_edges: Vec<[i64; 2]> = shuffled.iter().map(|&e| [edges[e][1], edges[e][0]]).collect();
        let reversed_levels: Vec<f64> = shuffled.iter().map(|&e| levels[e]).collect();
        let reversed = EdgeLevels::new(&values, &reversed_edges, &reversed_levels, &Monitor::new()).unwrap();
        assert_eq!(tree_on(1, reversed.values(), &reversed), tree);
        // Kruskal on the edges themselves: the diagram, bars of length zero left out.
        let mut up: Vec<usize> = (0..n).collect();
        let find = |up: &[usize], mut u: usize| {
            while up[u] != u {
                u = up[u];
            }
            u
        };
        let mut by_level: Vec<usize> = (0..edges.len()).collect();
        by_level.sort_by(|&a, &b| levels[a].total_cmp(&levels[b]));
        let mut expected = Vec::new();
        for e in by_level {
            let (a, b) = (find(&up, edges[e][0] as usize), find(&up, edges[e][1] as usize));
            if a != b {
                let (elder, younger) = if (values[a], a) < (values[b], b) { (a, b) } else { (b, a) };
                up[younger] = elder;
                expected.push((values[younger], levels[e]));
            }
        }
        expected.extend((0..n).filter(|&u| up[u] == u).map(|u| (values[u], f64::INFINITY)));
        let level = |s: u32| if s == NONE { f64::INFINITY } else { graph.values()[s as usize] };
        let mut found: Vec<(f64, f64)> =
            (tree.bars.minimum.iter().zip(&tree.bars.saddle)).map(|(&m, &s)| (values[m as usize], level(s))).collect();
        for bars in [&mut expected, &mut found] {
            bars.retain(|(birth, death)| birth < death);
            bars.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        }
        assert_eq!(found, expected);
        let whole: u32 =
            (tree.bars.size.iter().zip(&tree.bars.saddle)).filter(|(_, s)| **s == NONE).map(|(size, _)| size).sum();
        assert_eq!(whole as usize, n);
    }
}

#[test]
fn wrong_edges_are_named() {
    let values = [0.0, 1.0, f64::INFINITY];
    let error = |edge: [i64; 2], level: f64| {
        EdgeLevels::new(&values, &[[0, 1], edge], &[1.0, level], &Monitor::new()).unwrap_err()
    };
    assert_eq!(error([0, 3], 1.0), Error::EdgeEnd { edge: 1, u: 0, v: 3, n: 3 });
    assert_eq!(error([-1, 0], 1.0), Error::EdgeEnd { edge: 1, u: -1, v: 0, n: 3 });
    assert!(matches!(error([0, 1], 0.5), Error::EdgeLevel { edge: 1, u: 0, v: 1, .. }));
    assert!(matches!(error([0, 1], f64::NAN), Error::EdgeLevel { edge: 1, .. }));
    assert!(EdgeLevels::new(&values, &[[0, 2], [1, 1]], &[f64::INFINITY, 1.0], &Monitor::new()).is_ok());
}

#[test]
fn wrong_entries_are_named_wherever_they_stand() {
    let values = vec![0.0; 50_000];
    for (row, outside) in [(0, false), (49_999, false), (20_000, true)] {
        let mut values = values.clone();
        if outside {
            values[row] = f64::INFINITY;
        }
        let mut table: Vec<i32> = (0..50_000).flat_map(|u| [u, -1]).collect();
        for wrong in [50_000, -2, i32::MAX, i32::MIN] {
            table[2 * row + 1] = wrong;
            let expected = Error::NotAVertex { row, entry: 1, neighbor: i64::from(wrong), n: 50_000 };
            let graph = Table::new(&table, 50_000, 2).unwrap();
            assert_eq!(merge_tree(&values, &graph, &Monitor::new()), Err(expected.clone()));
            assert_eq!(basins(&values, &graph, &Monitor::new()), Err(expected));
        }
        let wide: Vec<i64> = table.iter().map(|&v| if v == i32::MIN { 1 << 40 } else { i64::from(v) }).collect();
        let expected = Error::NotAVertex { row, entry: 1, neighbor: 1 << 40, n: 50_000 };
        assert_eq!(merge_tree(&values, &Table::new(&wide, 50_000, 2).unwrap(), &Monitor::new()), Err(expected));
    }
}

#[test]
fn row_pointers_are_checked() {
    let error = |indptr: &[i32]| Csr::new(indptr, &[0i32, 1]).unwrap_err();
    assert!(matches!(error(&[]), Error::RowPointer { at: 0, .. }));
    assert!(matches!(error(&[1, 2]), Error::RowPointer { at: 0, found: 1, .. }));
    assert!(matches!(error(&[0, 2, 1, 2]), Error::RowPointer { at: 2, found: 1, .. }));
    assert!(matches!(error(&[0, 1]), Error::RowPointer { at: 1, found: 1, .. }));
}

#[test]
fn empty_and_single() {
    let empty = merge_tree::<f64, _>(&[], &Table::<i32>::new(&[], 0, 3).unwrap(), &Monitor::new()).unwrap();
    assert!(empty.bars.is_empty() && empty.branch.is_empty());
    let one = merge_tree(&[7.0f32], &Table::<i32>::new(&[], 1, 0).unwrap(), &Monitor::new()).unwrap();
    assert_eq!((one.bars.minimum, one.bars.saddle, one.bars.size), (vec![0], vec![NONE], vec![1]));
    let table = Table::<i32>::new(&[], 2, 0).unwrap();
    assert_eq!(merge_tree(&[7.0f32], &table, &Monitor::new()), Err(Error::Length { values: 1, vertices: 2 }));
}

#[test]
fn a_stop_is_seen_wherever_the_work_is() {
    let stopped = Monitor::new();
    stopped.stop();
    let values = vec![0.0; 100_000];
    let grid = Grid::new(&[100_000], Connectivity::Axis, &[false]).unwrap();
    assert_eq!(merge_tree(&values, &grid, &stopped), Err(Error::Interrupted));
    assert_eq!(basins(&values, &grid, &stopped), Err(Error::Interrupted));
    assert_eq!(path(&values, &grid, 0, 9, 0.0, &stopped), Err(Error::Interrupted));
    let one_way = Table::new(&[1, -1], 2, 1).unwrap();
    assert_eq!(path(&[0.0, 0.0], &one_way, 0, 1, 0.0, &stopped), Err(Error::Interrupted));
    let order = Order::new(&values);
    let contraction = contract(order, &grid, &Monitor::new()).unwrap();
    assert!(Forest::new(order, &contraction, 0).grow(&grid, &stopped).is_err());
    let triples = vec![Triple { saddle: 2, a: 0, b: 1 }];
    assert_eq!(replay(order, &[0, 1], triples, &stopped), Err(Error::Interrupted));
    assert_eq!(replay(order, &[0, 1], Vec::new(), &stopped), Err(Error::Interrupted));
    assert!(EdgeLevels::new(&values, &[[0, 1]], &[1.0], &stopped).is_err());
    let graph = EdgeLevels::new(&[0.0, 0.0], &[[0, 1]], &[1.0], &Monitor::new()).unwrap();
    let tree = tree_on(1, graph.values(), &graph);
    assert_eq!(saddle_edges(&graph, &tree, &stopped), Err(Error::Interrupted));
    assert_eq!(barriers(&[0.0], &[0], &[NONE], &[f64::INFINITY], &[[0, 0]], &stopped), Err(Error::Interrupted));
}

#[test]
fn progress_reaches_what_was_expected() {
    let monitor = Monitor::new();
    let grid = Grid::new(&[100_000], Connectivity::Axis, &[false]).unwrap();
    merge_tree(&vec![0.0; 100_000], &grid, &monitor).unwrap();
    let (done, expected) = monitor.progress();
    assert_eq!(done, expected);
}

/// Nested minima with rising saddles: minimum i dies at saddle i in minimum i + 1, so the chain of parents has length m;
/// then arcs between the two ends of the chain at many levels, and many leaves on its low end.
fn rising_chain(m: usize, falling: bool) -> (Vec<f64>, Vec<[i64; 2]>) {
    let minimum = |i: usize| 2 * i as i64;
    let mut values = Vec::new();
    let mut edges = Vec::new();
    for i in 0..m {
        values.push(-(i as f64)); // minimum i
        values.push(1.0 + i as f64); // saddle i, between minimum i and i + 1
        edges.push([minimum(i), minimum(i) + 1]);
        if i > 0 {
            edges.push([minimum(i), minimum(i) - 1]);
        }
    }
    // Vertices above everything that touch both ends of the chain.
    for j in 0..m {
        let leaf = values.len() as i64;
        values.push((m + 2 + if falling { m - j } else { j }) as f64);
        edges.push([leaf, minimum(0)]);
        edges.push([leaf, minimum(m - 1)]);
    }
    (values, edges)
}

#[test]
fn rising_chains_equal_the_naive_twin() {
    for falling in [false, true] {
        let (values, mut edges) = rising_chain(3000, falling);
        for reversed in [false, true] {
            if reversed {
                edges.reverse();
            }
            let levels: Vec<f64> = edges.iter().map(|&[u, v]| values[u as usize].max(values[v as usize])).collect();
            let graph = EdgeLevels::new(&values, &edges, &levels, &Monitor::new()).unwrap();
            for threads in [1, 2] {
                assert_same(&tree_on(threads, &values, &graph), &naive::merge_tree(&values, &graph));
            }
        }
    }
}
