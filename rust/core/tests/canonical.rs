//! Laws and oracles of the canonical form.

#![allow(clippy::unwrap_used, reason = "helpers of tests, too")]

mod support;

use morsebar_core::canonical::{
    Boundary, Column, Field, Form, Pairing, Prime, Rational, canonical_form, check_boundary, column, naive, pairs,
    reduce,
};
use morsebar_core::{Error, Monitor, NONE};
use rayon::{ThreadPool, ThreadPoolBuilder};
use support::Random;

/// A filtered complex over the integers, in filtration order.
struct Complex {
    degrees: Vec<u8>,
    columns: Vec<Vec<(u32, i64)>>,
}

/// Compressed sparse columns.
type Csc = (Vec<i64>, Vec<i64>, Vec<i64>);

impl Complex {
    fn csc(&self) -> Csc {
        let (mut indptr, mut indices, mut data) = (vec![0], Vec::new(), Vec::new());
        for column in &self.columns {
            indices.extend(column.iter().map(|entry| i64::from(entry.0)));
            data.extend(column.iter().map(|entry| entry.1));
            indptr.push(indices.len() as i64);
        }
        (indptr, indices, data)
    }

    /// All faces of a few random simplices, in a random order in which faces come first.
    fn simplicial(random: &mut Random) -> Self {
        let n = 1 + random.below(7);
        let mut simplices: Vec<(usize, u32)> = Vec::new();
        for _ in 0..=random.below(6) {
            let mut top = 0u32;
            for _ in 0..=random.below(4) {
                top |= 1 << random.below(n);
            }
            simplices.extend((1..=top).filter(|face| face & !top == 0).map(|face| (0, face)));
        }
        simplices.sort_unstable();
        simplices.dedup();
        let levels = 1 + random.below(20);
        for at in 0..simplices.len() {
            let below = simplices[..at].iter().filter(|(_, face)| face & !simplices[at].1 == 0).map(|face| face.0);
            simplices[at].0 = below.max().unwrap_or(0).max(random.below(levels));
        }
        simplices.sort_unstable_by_key(|&(level, vertices)| (level, vertices.count_ones(), vertices));
        let columns = simplices.iter().map(|&(_, simplex)| {
            let vertices = (0..32).filter(|v| simplex >> v & 1 == 1);
            let face = |(place, v): (i64, u32)| {
                let at = simplices.iter().position(|other| other.1 == simplex & !(1 << v));
                Some((at? as u32, 1 - 2 * (place % 2)))
            };
            (0..).zip(vertices).filter_map(face).collect()
        });
        let degrees = simplices.iter().map(|simplex| simplex.1.count_ones() as u8 - 1).collect();
        Self { degrees, columns: columns.collect() }
    }

    /// D = B C B^-1 for a random canonical C with integers in place of ones and a random upper triangular B with ones on
    /// its diagonal; and the pairs of C with their entries.
    fn conjugate(random: &mut Random) -> (Self, Vec<(u32, u32, i64)>) {
        let m = random.below(15);
        let degrees: Vec<u8> = (0..m).map(|_| random.below(4) as u8).collect();
        let mut free: Vec<bool> = vec![true; m];
        let mut expected = Vec::new();
        let mut d = vec![vec![0i64; m]; m];
        for j in 0..m {
            let births: Vec<usize> = (0..j).filter(|&i| free[i] && degrees[i] + 1 == degrees[j]).collect();
            if births.is_empty() || random.below(4) == 0 {
                continue;
            }
            let i = births[random.below(births.len())];
            d[i][j] = [1, -1, 2, -3, 6, 101][random.below(6)];
            (free[i], free[j]) = (false, false);
            expected.push((i as u32, j as u32, d[i][j]));
        }
        // Elementary changes of basis, one after another: row i gains a multiple of row j, column j loses one of column i.
        for _ in 0..2 * m {
            let (i, j) = (random.below(m), random.below(m));
            let factor = random.below(5) as i64 - 2;
            if i < j && degrees[i] == degrees[j] {
                let below = d[j].clone();
                d[i].iter_mut().zip(below).for_each(|(x, y)| *x += factor * y);
                for row in &mut d {
                    row[j] -= factor * row[i];
                }
            }
        }
        let column = |j: usize| (0..m).filter(|&i| d[i][j] != 0).map(|i| (i as u32, d[i][j])).collect();
        (Self { columns: (0..m).map(column).collect(), degrees }, expected)
    }
}

/// The sum of columns of a matrix, taken with the coefficients of a column.
fn times<F: Field>(field: &F, matrix: &[Column<F::Element>], by: &[(u32, F::Element)]) -> Column<F::Element> {
    let terms = by.iter().flat_map(|(j, y)| matrix[*j as usize].iter().map(move |(i, x)| (*i, field.mul(x, y))));
    column::collect(field, terms.collect())
}

/// T is upper triangular and invertible, and D T = T C, exactly.
fn assert_canonical<F: Field>(
    field: &F,
    d: &[Column<F::Element>],
    t: &[Column<F::Element>],
    pairs: &[(u32, u32)],
    degrees: &[u8],
) {
    let mut seen = vec![false; d.len()];
    for (j, column) in t.iter().enumerate() {
        assert_eq!(column.last().unwrap().0 as usize, j);
        assert!(column.iter().all(|(i, x)| degrees[*i as usize] == degrees[j] && !field.is_zero(x)));
        assert!(column.is_sorted_by(|a, b| a.0 < b.0));
    }
    for &(birth, death) in pairs {
        assert!(!std::mem::replace(&mut seen[birth as usize], true));
        assert_eq!(times(field, d, &t[birth as usize]), []);
        if death != NONE {
            assert!(birth < death && !std::mem::replace(&mut seen[death as usize], true));
            assert_eq!(times(field, d, &t[death as usize]), t[birth as usize]);
        }
    }
    assert!(seen.iter().all(|&seen| seen));
    assert!(pairs.is_sorted());
}

/// The fast pairs on any number of threads are those of the textbook, and its change of basis is one. Returns the pairs.
fn assert_agree<F: Field>(field: &F, complex: &Complex, pools: &[ThreadPool]) -> Form<F::Element> {
    let (indptr, indices, data) = complex.csc();
    let boundary = Boundary::new(&indptr, &indices, &data).unwrap();
    let (degrees, monitor) = (&complex.degrees[..], &Monitor::new());
    boundary.check_faces(degrees, monitor).unwrap();
    let column = |j| Ok(boundary.column(j, field));
    check_boundary(boundary.n_cells(), column, field, monitor).unwrap();
    let columns: Vec<_> = (0..boundary.n_cells()).map(|j| boundary.column(j, field)).collect();
    let form = naive::canonical_form(&columns, field, true, monitor).unwrap();
    assert_canonical(field, &columns, form.basis.as_ref().unwrap(), &form.pairs, degrees);
    let without = naive::canonical_form(&columns, field, false, monitor).unwrap();
    assert_eq!((&without.pairs, without.basis), (&form.pairs, None));
    assert_eq!(canonical_form(degrees, column, field, monitor).unwrap(), form);
    for pool in pools {
        assert_eq!(pool.install(|| pairs(degrees, column, field, monitor)).unwrap(), form.pairs);
    }
    // What is known beforehand changes nothing.
    for known in 1..4 {
        let mut pairing = Pairing::new(degrees);
        let deaths = form.pairs.iter().filter(|pair| pair.1 != NONE && degrees[pair.1 as usize] == known);
        pairing.settle(&deaths.copied().collect::<Vec<_>>());
        for degree in (1..8).filter(|&degree| degree != known) {
            pairing.reduce(degree, column, field, monitor).unwrap();
        }
        assert_eq!(pairing.finish(), form.pairs);
    }
    form
}

fn pools() -> Vec<ThreadPool> {
    [1, 2, 7].map(|threads| ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool")).into()
}

/// Also the whole numbers over the rationals.
fn assert_agree_over_all(complex: &Complex, pools: &[ThreadPool], mut see: impl FnMut(u32, &[(u32, u32)])) {
    for p in [2, 3, 101, 2_147_483_647] {
        see(p as u32, &assert_agree(&Prime::new(p).unwrap(), complex, pools).pairs);
    }
    let form = assert_agree(&Rational, complex, pools);
    see(0, &form.pairs);
    let fraction = |(i, x): &(u32, num_bigint::BigInt)| (*i, x.clone().into());
    let whole: Vec<Column<_>> = form
        .whole_basis(&Monitor::new())
        .unwrap()
        .unwrap()
        .iter()
        .map(|column| column.iter().map(fraction).collect())
        .collect();
    let columns: Vec<Column<_>> =
        complex.columns.iter().map(|column| column.iter().map(|&(i, x)| (i, Rational.from_i64(x))).collect()).collect();
    assert_canonical(&Rational, &columns, &whole, &form.pairs, &complex.degrees);
}

#[test]
fn two_thousand_simplicial_complexes() {
    let (mut random, pools) = (Random(1), pools());
    for _ in 0..2000 {
        let complex = Complex::simplicial(&mut random);
        let euler: i64 = complex.degrees.iter().map(|degree| 1 - 2 * i64::from(degree % 2)).sum();
        assert_agree_over_all(&complex, &pools, |_, pairs| {
            let essential = pairs.iter().filter(|pair| pair.1 == NONE).map(|pair| complex.degrees[pair.0 as usize]);
            assert_eq!(essential.map(|degree| 1 - 2 * i64::from(degree % 2)).sum::<i64>(), euler);
        });
    }
}

#[test]
fn two_thousand_complexes_with_torsion() {
    let (mut random, pools) = (Random(2), pools());
    for _ in 0..2000 {
        let (complex, canonical) = Complex::conjugate(&mut random);
        assert_agree_over_all(&complex, &pools, |p, pairs| {
            let there = |x: i64| p == 0 || x % i64::from(p) != 0;
            let mut expected: Vec<_> = (0..complex.degrees.len() as u32).map(|cell| (cell, NONE)).collect();
            for &(birth, death, _) in canonical.iter().filter(|pair| there(pair.2)) {
                expected[birth as usize].1 = death;
                expected[death as usize].0 = NONE;
            }
            expected.retain(|pair| pair.0 != NONE);
            assert_eq!(pairs, expected);
        });
    }
}

#[test]
fn a_grid_of_squares_on_any_number_of_threads() {
    // A torus of 60 x 60 squares, values with ties: large enough for threads to meet.
    const SIDE: usize = 60;
    let mut random = Random(3);
    let values: Vec<usize> = (0..SIDE * SIDE).map(|_| random.below(500)).collect();
    let vertex = |x: usize, y: usize| x % SIDE * SIDE + y % SIDE;
    let mut cells = Vec::new(); // value, degree, the faces as (kind, number), own (kind, number)
    for (x, y) in (0..SIDE * SIDE).map(|v| (v / SIDE, v % SIDE)) {
        let [a, b, c, d] = [vertex(x, y), vertex(x + 1, y), vertex(x, y + 1), vertex(x + 1, y + 1)];
        let top = |list: &[usize]| list.iter().map(|&v| values[v]).max();
        cells.push((top(&[a]), 0, (0, a), vec![]));
        cells.push((top(&[a, b]), 1, (1, a), vec![((0, b), 1), ((0, a), -1)]));
        cells.push((top(&[a, c]), 1, (2, a), vec![((0, c), 1), ((0, a), -1)]));
        cells.push((top(&[a, b, c, d]), 2, (3, a), vec![((1, a), 1), ((2, b), 1), ((1, c), -1), ((2, a), -1)]));
    }
    cells.sort();
    let mut number = vec![[0; 4]; SIDE * SIDE];
    for (at, cell) in (0..).zip(&cells) {
        number[cell.2.1][cell.2.0] = at;
    }
    let faces = |cell: &(_, _, _, Vec<((usize, usize), i64)>)| {
        cell.3.iter().map(|&((kind, at), sign)| (number[at][kind], sign)).collect()
    };
    let complex =
        Complex { degrees: cells.iter().map(|cell| cell.1).collect(), columns: cells.iter().map(faces).collect() };
    for p in [2, 3] {
        let form = assert_agree(&Prime::new(p).unwrap(), &complex, &pools());
        let essential = |degree| {
            let of = |pair: &&(u32, u32)| pair.1 == NONE && complex.degrees[pair.0 as usize] == degree;
            form.pairs.iter().filter(of).count()
        };
        assert_eq!([essential(0), essential(1), essential(2)], [1, 2, 1]);
    }
}

#[test]
fn the_projective_plane() {
    let plane = Complex { degrees: vec![0, 1, 2], columns: vec![vec![], vec![], vec![(1, 2)]] };
    assert_agree_over_all(&plane, &pools(), |p, pairs| {
        let expected = if p == 2 { vec![(0, NONE), (1, NONE), (2, NONE)] } else { vec![(0, NONE), (1, 2)] };
        assert_eq!(pairs, expected);
    });
}

#[test]
fn nothing_at_all() {
    let nothing = Complex { degrees: vec![], columns: vec![] };
    assert_agree_over_all(&nothing, &pools(), |_, pairs| assert_eq!(pairs, []));
    let column = |_| -> Result<Column<u32>, Error> { unreachable!("there are no columns") };
    assert_eq!(reduce(0, &[], column, &Prime::new(2).unwrap(), &Monitor::new()), Ok(vec![]));
}

#[test]
fn fields_are_fields() {
    let primes: Vec<u64> = (0..10_000).filter(|&p| Prime::new(p).is_ok()).collect();
    let sieve: Vec<u64> =
        (2..10_000).filter(|&p: &u64| (2..p).take_while(|d| d * d <= p).all(|d| p % d != 0)).collect();
    assert_eq!(primes, sieve);
    for wrong in [6, 46_337 * 46_339, 46_349 * 46_349, 2_147_483_646, 2_147_483_648, 4_294_967_291, u64::MAX] {
        let message = format!("field is {wrong}, expected a prime below 2147483648 or \"rational\"");
        assert_eq!(Prime::new(wrong).unwrap_err().to_string(), message);
    }
    let mut random = Random(4);
    for p in [2, 3, 5, 101, 65_537, 2_147_483_629, 2_147_483_647] {
        let field = Prime::new(p).unwrap();
        for round in 0..20_000 {
            let [x, y] = [(); 2].map(|()| if round < 4 { p - 1 - round % 2 % p } else { random.next() % p });
            let (a, b) = (x as u32, y as u32);
            assert_eq!(u64::from(field.mul(&a, &b)), x * y % p);
            assert_eq!(u64::from(field.add(&a, &b)), (x + y) % p);
            assert_eq!(field.add(&a, &field.neg(&a)), 0);
            assert!(a == 0 || field.is_one(&field.mul(&a, &field.inverse(&a))));
        }
        for x in [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX] {
            assert_eq!(i128::from(field.from_i64(x)), i128::from(x).rem_euclid(i128::from(p)));
        }
    }
}

#[test]
fn a_matrix_that_is_no_boundary() {
    let wrong = |indptr: &[i64], indices: &[i64], data: &[i64], message: &str| {
        assert_eq!(Boundary::new(indptr, indices, data).unwrap_err().to_string(), message);
    };
    wrong(&[], &[], &[], "boundary indptr is empty, expected one entry more than there are columns");
    wrong(&[1, 1], &[0], &[1], "boundary indptr[0] is 1, expected 0");
    wrong(&[0, 2, 1], &[0], &[1], "boundary indptr[2] is 1, expected at least 2");
    wrong(&[0, 0, 2], &[0], &[1], "boundary indptr[2] is 2, expected 1, the length of indices");
    wrong(&[0, 0, 1], &[0], &[], "boundary data has length 0, expected 1, the length of indices");
    wrong(&[0, 0, 0, 2, 2], &[0, 4], &[1, 1], "boundary column 2 has an entry in row 4, expected 0 to 4 - 1");
    wrong(&[0, 0, 1], &[-1], &[1], "boundary column 1 has an entry in row -1, expected 0 to 2 - 1");

    let check = |degrees: &[u8], columns: &[&[(u32, i64)]], message: &str| {
        let columns = columns.iter().map(|column| column.to_vec()).collect();
        let (indptr, indices, data) = Complex { degrees: vec![], columns }.csc();
        let boundary = Boundary::new(&indptr, &indices, &data).unwrap();
        assert_eq!(boundary.check_faces(degrees, &Monitor::new()).unwrap_err().to_string(), message);
    };
    check(&[0], &[&[], &[]], "degrees has length 1, expected 2, the number of cells");
    check(&[1, 0], &[&[(1, 5)], &[]], "boundary[1, 0] is 5, but 1 does not come before 0");
    check(&[0, 0], &[&[], &[(1, 1)]], "boundary[1, 1] is 1, but 1 does not come before 1");
    check(
        &[0, 0],
        &[&[], &[(1, 0), (0, -2)]],
        "boundary[0, 1] is -2, but the degrees of 0 and 1 are 0 and 0, expected a drop by one",
    );
    check(
        &[0, 2],
        &[&[], &[(0, 1)]],
        "boundary[0, 1] is 1, but the degrees of 0 and 1 are 0 and 2, expected a drop by one",
    );
}

#[test]
fn entries_in_one_place_are_added() {
    let boundary = Boundary::new(&[0, 0, 0, 5], &[1, 0, 1, 0, 1], &[1, 2, 1, 1, 0]).unwrap();
    assert_eq!(boundary.column(2, &Prime::new(3).unwrap()), [(1, 2)]);
    assert_eq!(boundary.column(2, &Prime::new(2).unwrap()), [(0, 1)]);
}

#[test]
fn a_boundary_with_a_boundary() {
    fn check<F: Field>(boundary: Boundary<'_>, field: &F) -> String {
        let column = |j| Ok(boundary.column(j, field));
        check_boundary(boundary.n_cells(), column, field, &Monitor::new()).unwrap_err().to_string()
    }
    // An edge, a cell glued along it twice, another thrice: a complex over Z/2, or Z/3, but not both.
    let columns = [vec![], vec![], vec![(0, -1), (1, 1)], vec![(2, 2)], vec![(2, 3)]];
    let (indptr, indices, data) = Complex { degrees: vec![], columns: columns.to_vec() }.csc();
    let boundary = Boundary::new(&indptr, &indices, &data).unwrap();
    let message = |cell, coefficient| {
        format!("the boundary of the boundary of cell {cell} is {coefficient} at cell 0, expected 0 everywhere")
    };
    assert_eq!(check(boundary, &Prime::new(2).unwrap()), message(4, "1"));
    assert_eq!(check(boundary, &Prime::new(3).unwrap()), message(3, "1"));
    assert_eq!(check(boundary, &Rational), message(3, "-2"));
}

#[test]
fn the_first_error_comes_out() {
    let columns: Vec<u32> = (0..10_000).collect();
    let error = |n: u32| Error::Boundary(n.to_string());
    let field = Prime::new(2).unwrap();
    for pool in pools() {
        for _ in 0..20 {
            let column = |j: u32| if j % 1000 == 777 { Err(error(j)) } else { Ok(vec![(j, 1)]) };
            let found = pool.install(|| reduce(10_000, &columns, column, &field, &Monitor::new()));
            assert_eq!(found, Err(error(777)));
        }
    }
}

#[test]
fn stopped_within_a_column() {
    // The last column has all rows, and each is held by another: it would take 5000 additions.
    let n = 5000;
    let columns: Vec<u32> = (0..=n).collect();
    let field = Prime::new(3).unwrap();
    for pool in pools() {
        let monitor = Monitor::new();
        let column = |j: u32| {
            if j < n {
                return Ok(vec![(j, 1)]);
            }
            monitor.stop();
            Ok((0..n).map(|row| (row, 1)).collect())
        };
        let stopped = pool.install(|| reduce(n as usize, &columns, column, &field, &monitor));
        assert_eq!(stopped, Err(Error::Interrupted));
    }
    let monitor = Monitor::new();
    monitor.stop();
    let columns = [vec![], vec![(0, 1)]];
    let column = |j: u32| Ok(columns[j as usize].clone());
    assert_eq!(pairs(&[0, 1], column, &field, &monitor), Err(Error::Interrupted));
    assert_eq!(canonical_form(&[0, 1], column, &field, &monitor), Err(Error::Interrupted));
    assert_eq!(check_boundary(2, column, &field, &monitor), Err(Error::Interrupted));
    assert_eq!(naive::canonical_form(&columns, &field, false, &monitor), Err(Error::Interrupted));
    assert_eq!(Boundary::new(&[0, 0], &[], &[]).unwrap().check_faces(&[0], &monitor), Err(Error::Interrupted));
}
