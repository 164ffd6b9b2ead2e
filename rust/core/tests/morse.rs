//! Laws of discrete gradients and Morse complexes, on small nasty complexes of every kind.
#![allow(missing_docs)]

mod support;

use morsebar_core::canonical::{Column, Prime, naive};
use morsebar_core::complex::{Complex, Cubical, Freudenthal, LowerStar, Manifold, Partner, Simplices};
use morsebar_core::graph::{Connectivity, Grid, Neighbors, Table};
use morsebar_core::morse::{Gradient, Integers, boundary, lift, pairs, pairs_of_manifold};
use morsebar_core::order::{Order, Value};
use morsebar_core::{Error, Monitor, NONE, merge_tree};
use std::collections::{BTreeMap, BTreeSet};
use support::{Random, on_threads};

const ROUNDS: usize = 2000;
const PRIMES: [u64; 3] = [2, 3, 101];

/// All cells inside the domain, in filtration order.
fn cells<C: Complex, V: Value>(order: Order<'_, V>, complex: &C) -> Vec<u64> {
    let mut vertices: Vec<u32> = (0..complex.n_vertices() as u32).filter(|&v| order.inside(v)).collect();
    vertices.sort_by_key(|&v| order.key(v));
    let mut cells = Vec::new();
    let mut star = LowerStar::new();
    for v in vertices {
        star.clear();
        complex.lower_star(order, v, &mut star);
        for (at, &cell) in star.cells().iter().enumerate() {
            assert_eq!(complex.falling_vertices(order, cell)[0], v, "a cell in the star of its highest vertex");
            let mut facets: Vec<u64> = star.facets(at).iter().map(|&facet| star.cells()[facet as usize]).collect();
            let mut expected = Vec::new();
            complex.boundary(cell, |facet, _| {
                if complex.falling_vertices(order, facet)[0] == v {
                    expected.push(facet);
                }
            });
            facets.sort_unstable();
            expected.sort_unstable();
            assert_eq!(facets, expected, "the facets in the star");
            let falling = |at: usize| -> Vec<V::Key> {
                complex.falling_vertices(order, star.cells()[at]).into_iter().map(|u| order.key(u)).collect()
            };
            assert!(at == 0 || falling(at - 1) < falling(at), "filtration order");
        }
        cells.extend_from_slice(star.cells());
    }
    cells
}

/// The boundary of every cell, in filtration order.
fn matrix<C: Complex>(complex: &C, cells: &[u64]) -> Vec<Column<i64>> {
    let place: BTreeMap<u64, u32> = cells.iter().copied().zip(0..).collect();
    cells
        .iter()
        .map(|&cell| {
            let mut column = Vec::new();
            complex.boundary(cell, |facet, sign| column.push((place[&facet], sign)));
            column.sort_unstable();
            assert!(column.windows(2).all(|pair| pair[0].0 < pair[1].0), "no facet comes twice");
            column
        })
        .collect()
}

fn assert_square_is_zero(columns: &[Column<i64>]) {
    for column in columns {
        let mut sum = BTreeMap::new();
        for &(face, x) in column {
            for &(face, y) in &columns[face as usize] {
                *sum.entry(face).or_insert(0) += x * y;
            }
        }
        assert!(sum.values().all(|&x| x == 0), "the boundary of the boundary is zero");
    }
}

fn over(field: Prime, columns: &[Column<i64>]) -> Vec<Column<u32>> {
    let p = i64::from(field.order());
    let column = |column: &Column<i64>| {
        column.iter().map(|&(row, x)| (row, x.rem_euclid(p) as u32)).filter(|&(_, x)| x != 0).collect()
    };
    columns.iter().map(column).collect()
}

fn textbook(field: Prime, columns: &[Column<i64>]) -> Vec<(u32, u32)> {
    let form = naive::canonical_form(&over(field, columns), &field, false, &Monitor::new()).expect("a form");
    let mut pairs: Vec<(u32, u32)> = form.pairs.iter().map(|&(birth, death)| (birth, death)).collect();
    pairs.sort_unstable();
    pairs
}

/// Every law that holds of any complex. `fast` gives the pairs over a field.
fn check<C: Complex + Send, V: Value>(
    values: &[V],
    make: impl Fn() -> C + Sync,
    fast: impl Fn(&Gradient<C>, Prime) -> Vec<(u32, u32)> + Sync,
    random: &mut Random,
) {
    let order = Order::new(values);
    let gradient = Gradient::new(order, make(), &Monitor::new()).expect("a gradient");
    let complex = gradient.complex();
    let cells = cells(order, complex);
    let all = matrix(complex, &cells);
    assert_square_is_zero(&all);

    // A matching of all cells inside the domain, and of no others, within lower stars.
    let inside: BTreeSet<u64> = cells.iter().copied().collect();
    assert_eq!(inside.len(), cells.len(), "every cell is in one star");
    let highest = |cell| complex.falling_vertices(order, cell)[0];
    let mut critical = Vec::new();
    for cell in 0..complex.n_numbers() {
        match gradient.partner(cell) {
            Partner::Outside => assert!(!inside.contains(&cell)),
            Partner::Critical => critical.push(cell),
            Partner::Cofacet(partner) => {
                assert_eq!(gradient.partner(partner), Partner::Facet(cell));
                assert_eq!(highest(cell), highest(partner));
                let mut found = false;
                complex.boundary(partner, |facet, _| found |= facet == cell);
                assert!(found, "a facet of its cofacet");
            }
            Partner::Facet(partner) => assert_eq!(gradient.partner(partner), Partner::Cofacet(cell)),
        }
        assert!(gradient.partner(cell) == Partner::Outside || inside.contains(&cell));
    }
    let in_order: Vec<u64> = cells.iter().copied().filter(|cell| critical.contains(cell)).collect();
    assert_eq!(gradient.cells(), in_order, "critical cells in filtration order");
    assert_acyclic(&gradient, &cells);

    // The Morse complex.
    let morse = boundary(&gradient, &Integers, &Monitor::new()).expect("a boundary");
    assert_square_is_zero(&morse);
    let degrees: Vec<usize> = (0..gradient.len() as u32).map(|at| gradient.degree(at)).collect();
    let sign = |degree: usize| if degree.is_multiple_of(2) { 1 } else { -1 };
    let euler: i32 = cells.iter().map(|&cell| sign(complex.degree(cell))).sum();
    assert_eq!(euler, degrees.iter().map(|&degree| sign(degree)).sum::<i32>(), "Euler characteristic");
    assert_lift_is_chain_map(&gradient, &morse);

    // The canonical form.
    for p in PRIMES {
        let field = Prime::new(p).expect("a prime");
        let found = fast(&gradient, field);
        assert_eq!(found, textbook(field, &morse), "{p}: the fast way, and the textbook on the Morse complex");
        let of_all = textbook(field, &all);
        let vertex = |cell: u32| highest(cells[cell as usize]);
        let mut expected: Vec<(usize, u32, u32)> = (of_all.iter())
            .map(|&(a, b)| (complex.degree(cells[a as usize]), vertex(a), if b == NONE { NONE } else { vertex(b) }))
            .filter(|&(_, a, b)| a != b)
            .collect();
        let vertex = |cell: u32| gradient.vertices()[cell as usize];
        let mut bars: Vec<(usize, u32, u32)> = (found.iter())
            .map(|&(a, b)| (degrees[a as usize], vertex(a), if b == NONE { NONE } else { vertex(b) }))
            .filter(|&(_, a, b)| a != b)
            .collect();
        expected.sort_unstable();
        bars.sort_unstable();
        assert_eq!(bars, expected, "{p}: bars of the whole complex");
        for degree in 0..=complex.dimension() {
            let betti = found.iter().filter(|&&(a, b)| b == NONE && degrees[a as usize] == degree).count();
            assert!(degrees.iter().filter(|&&other| other == degree).count() >= betti, "Morse inequalities");
        }
    }

    if random.below(20) == 0 {
        let field = Prime::new(3).expect("a prime");
        let on = |threads| {
            on_threads(threads, || {
                let gradient = Gradient::new(order, make(), &Monitor::new()).expect("a gradient");
                let columns = boundary(&gradient, &Integers, &Monitor::new()).expect("a boundary");
                (gradient.cells().to_vec(), gradient.vertices().to_vec(), columns, fast(&gradient, field))
            })
        };
        assert!(on(1) == on(2) && on(2) == on(7), "any number of threads");
    }
}

/// Follows every V-path, and never comes back.
fn assert_acyclic<C: Complex>(gradient: &Gradient<C>, cells: &[u64]) {
    #[derive(PartialEq, Clone, Copy)]
    enum Mark {
        Open,
        Done,
    }
    let mut marks: BTreeMap<u64, Mark> = BTreeMap::new();
    let next = |facet: u64| {
        let mut next = Vec::new();
        if let Partner::Cofacet(cofacet) = gradient.partner(facet) {
            gradient.complex().boundary(cofacet, |other, _| {
                if other != facet && matches!(gradient.partner(other), Partner::Cofacet(_)) {
                    next.push(other);
                }
            });
        }
        next
    };
    for &cell in cells {
        let mut stack = vec![(cell, None::<Vec<u64>>)];
        while let Some((at, ways)) = stack.last_mut() {
            let (at, ways) = (
                *at,
                ways.get_or_insert_with(|| {
                    marks.insert(*at, Mark::Open);
                    next(*at)
                }),
            );
            match ways.pop() {
                None => {
                    marks.insert(at, Mark::Done);
                    stack.pop();
                }
                Some(way) => match marks.get(&way) {
                    Some(Mark::Open) => panic!("a closed V-path through cell {way}"),
                    Some(Mark::Done) => {}
                    None => stack.push((way, None)),
                },
            }
        }
    }
}

/// The boundary of what a critical cell lifts to is what its boundary lifts to.
fn assert_lift_is_chain_map<C: Complex>(gradient: &Gradient<C>, morse: &[Column<i64>]) {
    let chains: Vec<Column<i64>> = (0..gradient.len() as u32).map(|at| vec![(at, 1)]).collect();
    let multiply = |x: &i64, y: &i64| x.checked_mul(*y);
    let lifts = lift(gradient, &chains, &Integers, multiply, &Monitor::new()).expect("lifts");
    for ((chain, column), &cell) in lifts.iter().zip(morse).zip(gradient.cells()) {
        assert!(chain.contains(&(cell, 1)));
        let mut sum: BTreeMap<u64, i64> = BTreeMap::new();
        for &(cell, x) in chain {
            gradient.complex().boundary(cell, |facet, sign| *sum.entry(facet).or_insert(0) += x * sign);
        }
        for &(face, x) in column {
            for &(cell, y) in &lifts[face as usize] {
                *sum.entry(cell).or_insert(0) -= x * y;
            }
        }
        assert!(sum.values().all(|&x| x == 0), "a chain map");
    }
}

/// Bars of degree 0 of the pairs equal those of the merge tree on the 1-skeleton, vertex by vertex.
fn check_degree_zero<C: Complex, G: Neighbors>(values: &[f64], complex: C, graph: &G) {
    let monitor = Monitor::new();
    let gradient = Gradient::new(Order::new(values), complex, &monitor).expect("a gradient");
    let tree = merge_tree(values, graph, &monitor).expect("a tree");
    let mut expected: Vec<(u32, u32)> =
        tree.bars.minimum.iter().copied().zip(tree.bars.saddle.iter().copied()).collect();
    let found = pairs(&gradient, &Prime::new(2).expect("a prime"), &monitor).expect("pairs");
    let vertex = |at: u32| if at == NONE { NONE } else { gradient.vertices()[at as usize] };
    let mut found: Vec<(u32, u32)> = (found.into_iter())
        .filter(|&(birth, _)| gradient.degree(birth) == 0)
        .map(|(birth, death)| (vertex(birth), vertex(death)))
        .collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

/// The sizes of a grid, of at most about so many vertices.
fn shape(random: &mut Random, d: usize, most: usize) -> (Vec<usize>, Vec<bool>) {
    let side = (most as f64).powf(1.0 / d as f64).ceil() as usize;
    let shape: Vec<usize> = (0..d).map(|_| 1 + random.below(side)).collect();
    let periodic = shape.iter().map(|&size| size >= 3 && random.below(3) == 0).collect();
    (shape, periodic)
}

fn prime_pairs<C: Complex>(gradient: &Gradient<C>, field: Prime) -> Vec<(u32, u32)> {
    pairs(gradient, &field, &Monitor::new()).expect("pairs")
}

fn prime_pairs_of_manifold<C: Manifold>(gradient: &Gradient<C>, field: Prime) -> Vec<(u32, u32)> {
    let found = pairs_of_manifold(gradient, &field, &Monitor::new()).expect("pairs");
    assert_eq!(found, prime_pairs(gradient, field), "with and without duality");
    found
}

#[test]
fn cubical_grids() {
    let mut random = Random(1);
    for round in 0..ROUNDS {
        let d = 1 + round % 4;
        let (shape, periodic) = shape(&mut random, d, [40, 40, 30, 24][d - 1]);
        let values = random.values(shape.iter().product());
        let make = || Cubical::new(&shape, &periodic).expect("a complex");
        check(&values, make, prime_pairs_of_manifold, &mut random);
        check_degree_zero(&values, make(), &Grid::new(&shape, Connectivity::Axis, &periodic).expect("a grid"));
    }
}

#[test]
fn freudenthal_grids() {
    let mut random = Random(2);
    for round in 0..ROUNDS {
        let d = 1 + round % 4;
        let (shape, periodic) = shape(&mut random, d, [40, 30, 20, 12][d - 1]);
        let values = random.values(shape.iter().product());
        let make = || Freudenthal::new(&shape, &periodic).expect("a complex");
        check(&values, make, prime_pairs_of_manifold, &mut random);
        check_degree_zero(&values, make(), &Grid::new(&shape, Connectivity::Freudenthal, &periodic).expect("a grid"));
    }
}

#[test]
fn flag_complexes() {
    let mut random = Random(3);
    for _ in 0..ROUNDS {
        let (n, k) = (1 + random.below(25), 1 + random.below(4));
        let (values, table) = (random.values(n), random.table(n, k));
        let graph = Table::new(&table, n, k).expect("a table");
        let dimension = random.below(5);
        let make = || Simplices::flag(Order::new(&values), &graph, dimension, &Monitor::new()).expect("a complex");
        check(&values, make, prime_pairs, &mut random);
        if dimension > 0 {
            check_degree_zero(&values, make(), &graph);
        }
    }
}

#[test]
fn explicit_complexes() {
    let mut random = Random(4);
    for _ in 0..ROUNDS {
        let n = 4 + random.below(12);
        let values = random.values(n);
        let mut simplices: Vec<BTreeSet<Vec<u32>>> = vec![BTreeSet::new(); 4];
        for _ in 0..random.below(20) {
            let mut simplex: Vec<u32> = (0..2 + random.below(3)).map(|_| random.below(n) as u32).collect();
            simplex.sort_unstable();
            simplex.dedup();
            for subset in 1u32..1 << simplex.len() {
                let face: Vec<u32> =
                    simplex.iter().enumerate().filter(|&(at, _)| subset >> at & 1 == 1).map(|(_, &v)| v).collect();
                simplices[face.len() - 1].insert(face);
            }
        }
        let lists: Vec<(usize, Vec<u32>)> = (simplices.iter().enumerate().skip(1))
            .map(|(dimension, rows)| (dimension + 1, rows.iter().flatten().copied().collect()))
            .collect();
        let lists: Vec<(usize, &[u32])> = lists.iter().map(|(size, list)| (*size, list.as_slice())).collect();
        let make = || Simplices::explicit(Order::new(&values), &lists, &Monitor::new()).expect("a complex");
        check(&values, make, prime_pairs, &mut random);
    }
}

/// A cubical grid without its fast way through bit masks.
#[derive(Debug)]
struct ByStars(Cubical);

impl Complex for ByStars {
    type Matching = <Cubical as Complex>::Matching;
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    fn n_vertices(&self) -> usize {
        self.0.n_vertices()
    }
    fn n_numbers(&self) -> u64 {
        self.0.n_numbers()
    }
    fn vertex(&self, v: u32) -> u64 {
        self.0.vertex(v)
    }
    fn degree(&self, cell: u64) -> usize {
        self.0.degree(cell)
    }
    fn vertices(&self, cell: u64, visit: impl FnMut(u32)) {
        self.0.vertices(cell, visit);
    }
    fn boundary(&self, cell: u64, visit: impl FnMut(u64, i64)) {
        self.0.boundary(cell, visit);
    }
    fn lower_star<V: Value>(&self, order: Order<'_, V>, v: u32, star: &mut LowerStar) {
        self.0.lower_star(order, v, star);
    }
    fn matching(&self) -> Result<Self::Matching, Error> {
        self.0.matching()
    }
    fn join(&self, matching: &Self::Matching, facet: u64, cofacet: u64) {
        self.0.join(matching, facet, cofacet);
    }
    fn set_critical(&self, matching: &Self::Matching, cell: u64) {
        self.0.set_critical(matching, cell);
    }
    fn partner(&self, matching: &Self::Matching, cell: u64) -> Partner {
        self.0.partner(matching, cell)
    }
}

#[test]
fn cubical_stars_by_masks_are_those_of_the_specification() {
    let mut random = Random(5);
    for round in 0..4 * ROUNDS {
        let d = 1 + round % 4;
        let (shape, periodic) = shape(&mut random, d, [60, 80, 100, 100][d - 1]);
        let values = random.values(shape.iter().product());
        let complex = Cubical::new(&shape, &periodic).expect("a complex");
        let order = Order::new(&values);
        let fast = Gradient::new(order, complex.clone(), &Monitor::new()).expect("a gradient");
        let slow = Gradient::new(order, ByStars(complex), &Monitor::new()).expect("a gradient");
        for cell in 0..fast.complex().n_numbers() {
            assert_eq!(fast.partner(cell), slow.partner(cell), "cell {cell} of {shape:?} {periodic:?} {values:?}");
        }
    }
}

/// A telescope of circles, each wound twice around the one before: from the disc at its end to the first circle lead
/// 2^(n - 1) V-paths. Its vertices are no concern: all circles begin and end at their own. Of every vertex k the star holds the vertex, an edge matched with it, the circle k, and what is
/// glued in between the circles k and k - 1; of the last vertex the disc in place of its circle.
#[derive(Debug)]
struct Telescope {
    n: u32,
}

impl Telescope {
    const VERTEX: u64 = 0;
    const EDGE: u64 = 1;
    const CIRCLE: u64 = 2;
    const BETWEEN: u64 = 3;
}

impl Complex for Telescope {
    type Matching = std::sync::Mutex<BTreeMap<u64, Partner>>;
    fn dimension(&self) -> usize {
        2
    }
    fn n_vertices(&self) -> usize {
        self.n as usize + 1
    }
    fn n_numbers(&self) -> u64 {
        4 * (u64::from(self.n) + 1)
    }
    fn vertex(&self, v: u32) -> u64 {
        4 * u64::from(v)
    }
    fn degree(&self, cell: u64) -> usize {
        [0, 1, 1, 2][cell as usize % 4]
    }
    fn vertices(&self, cell: u64, mut visit: impl FnMut(u32)) {
        for _ in 0..=self.degree(cell) {
            visit((cell / 4) as u32);
        }
    }
    fn boundary(&self, cell: u64, mut visit: impl FnMut(u64, i64)) {
        if cell % 4 == Self::BETWEEN {
            let below = cell - 4 - Self::BETWEEN + Self::CIRCLE;
            visit(below, 1);
            if cell / 4 < u64::from(self.n) {
                visit(below, 1);
                visit(cell - Self::BETWEEN + Self::CIRCLE, -1);
            }
        }
    }
    fn lower_star<V: Value>(&self, _: Order<'_, V>, v: u32, star: &mut LowerStar) {
        let first = self.vertex(v);
        star.push(first + Self::VERTEX, []);
        star.push(first + Self::EDGE, [0]);
        if v < self.n {
            star.push(first + Self::CIRCLE, [0]);
        }
        if v == self.n {
            star.push(first + Self::BETWEEN, [1]);
        } else if v > 0 {
            star.push(first + Self::BETWEEN, [1, 2]);
        }
    }
    fn matching(&self) -> Result<Self::Matching, Error> {
        Ok(std::sync::Mutex::default())
    }
    fn join(&self, matching: &Self::Matching, facet: u64, cofacet: u64) {
        let mut matching = matching.lock().expect("a lock");
        matching.extend([(facet, Partner::Cofacet(cofacet)), (cofacet, Partner::Facet(facet))]);
    }
    fn set_critical(&self, matching: &Self::Matching, cell: u64) {
        matching.lock().expect("a lock").insert(cell, Partner::Critical);
    }
    fn partner(&self, matching: &Self::Matching, cell: u64) -> Partner {
        matching.lock().expect("a lock").get(&cell).copied().unwrap_or(Partner::Outside)
    }
}

#[test]
fn paths_are_counted_not_followed_and_too_many_are_told() {
    let gradient = |n: u32| {
        let values: Vec<f64> = (0..=n).map(f64::from).collect();
        Gradient::new(Order::new(&values), Telescope { n }, &Monitor::new()).expect("a gradient")
    };
    let critical = |n: u32| vec![Telescope::CIRCLE, 4 * u64::from(n) + Telescope::BETWEEN];
    for n in [1, 5, 63] {
        assert_eq!(gradient(n).cells(), critical(n));
        let columns = boundary(&gradient(n), &Integers, &Monitor::new()).expect("a boundary");
        assert_eq!(columns, [vec![], vec![(0, 1 << (n - 1))]]);
    }
    let error = boundary(&gradient(64), &Integers, &Monitor::new()).expect_err("2^63 paths");
    assert_eq!(error, Error::Coefficient { cell: 1, number: 4 * 64 + Telescope::BETWEEN });
    // Modulo a prime there is no limit; an even number of paths is none over Z/2.
    for (p, expected) in [(2, None), (3, Some(1))] {
        let found = pairs(&gradient(64), &Prime::new(p).expect("a prime"), &Monitor::new()).expect("pairs");
        assert_eq!(found, expected.map_or(vec![(0, NONE), (1, NONE)], |death| vec![(0, death)]));
    }
}
