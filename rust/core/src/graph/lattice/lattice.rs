//! The graph of a lattice.

use super::basis::{Basis, Vector, generating_vector};
use super::masks::{Masks, Rows};
use super::span::generating_count;
use super::steps::{MAX_RELEVANT, Steps};
use crate::Error;
use crate::graph::Neighbors;
use crate::graph::neighbors::Displaced;
use std::ops::Range;
use std::sync::OnceLock;

/// The most dimensions of a lattice.
pub const MAX_DIMENSION: usize = 15;
/// The most points of a lattice.
pub const MAX_POINTS: u32 = u32::MAX - 1;
/// Shifts are counted in units of `2^-SHIFT_BITS / n`: so many that coordinates are exact in `f64` before the division.
pub const SHIFT_BITS: u32 = 21;

/// The most neighbours of a point: tables are made for all of them.
const MOST_NEIGHBORS: usize = 1 << 12;
/// Steps held for every neighbour in the first list.
const STEPS_PER_NEIGHBOR: usize = 8;
/// The most steps in the first list, unless a row alone is longer.
const FIRST_STEPS: usize = 2048;
/// Buckets of a side of an axis in the first list; each longer list, which fewer points need, has half as many as the one
/// before, but not fewer than the least.
const BUCKETS: usize = 128;
const LEAST_BUCKETS: usize = 16;
/// How much longer each list is than the one before.
const GROWTH: usize = 4;
/// No list has more pairs than this: beyond, a look at all points is tried.
const MOST_PAIRS: usize = 1 << 18;
/// Nor are more pairs listed than there are points, divided by this: to look at a point costs as much as to list some.
const POINTS_PER_PAIR: usize = 2;

/// A rank-1 lattice in the unit cube of up to 15 dimensions; vertex `i` is the point `frac(i z / n + shift)`.
///
/// # Neighbours
///
/// The vectors of the lattice are put in an order: up to 4 dimensions the Voronoi-relevant ones come first; then by
/// length, and equal ones by the lexicographic order of the vector of `v` and `-v` that goes forward along the first axis,
/// which itself comes before its opposite. The row of a point holds the first `k` of them that end in the cube, in this
/// order, nothing wrapped around; fewer only if there are no more. This is not symmetric near the faces: the graph is
/// the symmetrised one.
///
/// # Complexity
///
/// Making one takes milliseconds; it holds tables of some hundred kilobytes (a few megabytes above 8 dimensions) and
/// nothing for each point. A row takes O(k + d) for most points; near corners longer lists of steps are searched, made
/// when first needed.
///
/// # Example
///
/// ```
/// use morsebar_core::graph::{Lattice, Neighbors};
/// let lattice = Lattice::new(5, 2, 2, &[0, 0], Some(4))?; // (0, 0) (1, 2) (2, 4) (3, 1) (4, 3), in fifths
/// lattice.rows(0..1, |_, row| assert_eq!(row.collect::<Vec<_>>(), [1, 3, 2, 4]));
/// # Ok::<(), morsebar_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Lattice {
    n: u32,
    d: usize,
    n_neighbors: usize,
    /// In units of `2^-SHIFT_BITS / n`.
    shift: Vec<u64>,
    /// What a step of 1 in index adds to every coordinate, modulo `n`, in units of `1/n`.
    direction: Vec<u32>,
    basis: Basis,
    relevant: Vec<Vector>,
    /// The first `n_neighbors` steps, as displacements in index, which is the same as along the first axis, and how far
    /// they reach along every axis: points further inside than that take just these.
    first: Vec<u32>,
    reach: Vec<u32>,
    near: Masks,
    /// The square of the length up to which `near` has all steps.
    near_radius: u128,
    /// Longer lists, the shorter first.
    far: Vec<Far>,
}

/// A list of all steps from some length on.
#[derive(Debug)]
struct Far {
    n_pairs: usize,
    buckets: usize,
    masks: OnceLock<(Masks, u128)>,
}

/// Refuses what is not the size of a lattice.
pub(super) fn check_size(n: u32, d: usize) -> Result<(), Error> {
    if n == 0 || n > MAX_POINTS {
        return Err(Error::Lattice(format!("n is {n}, expected 1 to {MAX_POINTS}")));
    }
    if d == 0 || d > MAX_DIMENSION {
        return Err(Error::Lattice(format!("d is {d}, expected 1 to {MAX_DIMENSION}")));
    }
    Ok(())
}

impl Lattice {
    /// The lattice of `n` points in `d` dimensions with a generator, shifted.
    ///
    /// # Arguments
    ///
    /// `shift`: one number per axis, in units of `2^-21 / n`, below `2^21 n`; along the first axis below `2^21`, so that
    /// points stay in order there. `n_neighbors`: the length of a row, whole pairs of opposite steps; by default 2, 16,
    /// 14 and 30 in 1 to 4 dimensions and `8 d` above, or what it takes more to connect. These are the Voronoi-relevant
    /// steps but for d = 2, where the six of them leave false minima on the faces.
    ///
    /// # Errors
    ///
    /// [`Error::Lattice`] for a size out of range, a generator that is not below `n` (1 if `n` is 1), a shift out of
    /// range, a number of neighbours that is odd, below `2 d` or above 4096, and one whose steps do not generate the lattice (which is
    /// no matter where every point neighbours every other one).
    pub fn new(n: u32, d: usize, generator: u32, shift: &[u64], n_neighbors: Option<usize>) -> Result<Self, Error> {
        check_size(n, d)?;
        if generator >= n {
            return Err(Error::Lattice(format!("generator is {generator}, expected 0 to {}", n - 1)));
        }
        let most = |axis: usize| if axis == 0 { 1 << SHIFT_BITS } else { u64::from(n) << SHIFT_BITS };
        if shift.len() != d || shift.iter().enumerate().any(|(axis, &shift)| shift >= most(axis)) {
            return Err(Error::Lattice(format!("shift is {shift:?}, expected {d} numbers in the cell of the lattice")));
        }
        let default = if d == 2 || d > MAX_RELEVANT { 8 * d } else { (2 << d) - 2 };
        let asked = n_neighbors.unwrap_or(default);
        if asked % 2 == 1 || asked < 2 * d {
            return Err(Error::Lattice(format!(
                "n_neighbors is {asked}, expected an even number of at least {}: whole pairs of opposite steps, as \
                 many as axes",
                2 * d
            )));
        }
        let row = asked.min(n as usize - 1);
        if row > MOST_NEIGHBORS {
            return Err(Error::Lattice(format!("n_neighbors is {asked}, expected at most {MOST_NEIGHBORS}")));
        }
        let basis = Basis::reduced(n, d, generator);
        let n_steps = row.max((STEPS_PER_NEIGHBOR * row).min(FIRST_STEPS)).max(1).next_multiple_of(64);
        let steps = Steps::first(&basis, n, n_steps / 2);
        let n_neighbors = if asked >= n as usize - 1 {
            asked
        } else {
            let enough = generating_count(steps.pairs.iter().map(|pair| &pair.coefficients), d).map(|count| 2 * count);
            match (enough, n_neighbors) {
                (Some(enough), None) => enough.max(asked),
                (Some(enough), Some(_)) if enough <= asked => asked,
                _ => {
                    let expected = enough.map_or("more".into(), |enough| format!("at least {enough}"));
                    return Err(Error::Lattice(format!(
                        "n_neighbors is {asked}, but the first {asked} steps of the lattice of n = {n}, d = {d} do not \
                         reach all of its points, expected {expected}"
                    )));
                }
            }
        };
        let first = &steps.pairs[..steps.pairs.len().min(n_neighbors / 2)];
        let furthest = |axis: usize| first.iter().map(|pair| pair.vector[axis].unsigned_abs() as u32).max();
        let most_pairs = MOST_PAIRS.min(n as usize / POINTS_PER_PAIR);
        let longer = |&(n_pairs, buckets): &(usize, usize)| Some((n_pairs * GROWTH, (buckets / 2).max(LEAST_BUCKETS)));
        let lists = std::iter::successors(Some((n_steps / 2, BUCKETS)), longer).skip(1);
        Ok(Self {
            n,
            d,
            n_neighbors,
            shift: shift.to_vec(),
            direction: generating_vector(n, d, generator),
            relevant: steps.pairs.iter().filter(|pair| pair.relevant).map(|pair| pair.vector).collect(),
            first: first.iter().flat_map(|pair| [pair.vector[0] as u32, -pair.vector[0] as u32]).collect(),
            reach: (0..d).map(|axis| furthest(axis).unwrap_or(0)).collect(),
            near: Masks::new(n, d, steps.pairs.iter().map(|pair| &pair.vector), BUCKETS),
            near_radius: steps.radius,
            far: lists
                .take_while(|&(n_pairs, _)| n_pairs <= most_pairs)
                .map(|(n_pairs, buckets)| Far { n_pairs, buckets, masks: OnceLock::new() })
                .collect(),
            basis,
        })
    }

    /// The number of points.
    #[must_use]
    pub fn n(&self) -> u32 {
        self.n
    }

    /// The number of axes.
    #[must_use]
    pub fn d(&self) -> usize {
        self.d
    }

    /// The number of neighbours asked for.
    #[must_use]
    pub fn n_neighbors(&self) -> usize {
        self.n_neighbors
    }

    /// How many neighbours every point has: all others, if there are no more.
    #[must_use]
    pub fn row_length(&self) -> usize {
        self.n_neighbors.min(self.n as usize - 1)
    }

    /// The shift, in units of `2^-21 / n`.
    pub(super) fn shift(&self) -> &[u64] {
        &self.shift
    }

    /// The coordinates of a point in units of `1/n`, rounded down. The first is its number.
    pub(super) fn place(&self, u: usize) -> Vec<u32> {
        (0..self.d).map(|axis| self.coordinate(u, axis)).collect()
    }

    /// One coordinate of a point in units of `1/n`, rounded down.
    pub(super) fn coordinate(&self, u: usize, axis: usize) -> u32 {
        let n = u64::from(self.n);
        let (direction, shift) = (u64::from(self.direction[axis]), self.shift[axis] >> SHIFT_BITS);
        ((u as u64 % n * direction % n + shift) % n) as u32
    }

    /// Goes to the next point.
    #[inline]
    pub(super) fn advance(&self, place: &mut [u32]) {
        for (x, &direction) in place.iter_mut().zip(&self.direction) {
            let before_the_end = self.n - direction;
            *x = if *x >= before_the_end { *x - before_the_end } else { *x + direction };
        }
    }

    /// Whether any step comes before shorter ones.
    pub(super) fn has_relevant(&self) -> bool {
        !self.relevant.is_empty()
    }

    pub(super) fn is_relevant(&self, forward: &Vector) -> bool {
        self.relevant.contains(forward)
    }

    /// Whether the first steps all stay.
    #[inline]
    fn is_inner(&self, place: &[u32]) -> bool {
        let last = self.n - 1;
        place.iter().zip(&self.reach).all(|(&x, &reach)| x >= reach && last - x >= reach)
    }

    /// Writes the displacements of all neighbours of a point in its place.
    fn displacements(&self, u: u32, place: &[u32], rows: &mut Rows, into: &mut [u32]) {
        let mut found = self.near.collect(place, rows, into);
        let mut radius = self.near_radius;
        for far in &self.far {
            if found == into.len() {
                return;
            }
            // Made without rayon: a thread that waited here could be the one that was to help.
            let (masks, reached) = far.masks.get_or_init(|| {
                let steps = Steps::beyond(&self.basis, self.n, radius, far.n_pairs);
                let pairs = steps.pairs.iter().map(|pair| &pair.vector);
                (Masks::new(self.n, self.d, pairs, far.buckets), steps.radius)
            });
            found += masks.collect(place, rows, &mut into[found..]);
            radius = *reached;
        }
        if found < into.len() {
            for (displacement, v) in into.iter_mut().zip(self.neighbors_by_search(u)) {
                *displacement = v.wrapping_sub(u);
            }
        }
    }
}

impl Neighbors for Lattice {
    /// A point near a face takes longer steps than the points they lead to.
    const SYMMETRIC: bool = false;
    type Row<'a> = Displaced<'a>;

    fn n_vertices(&self) -> usize {
        self.n as usize
    }

    fn n_arcs(&self) -> usize {
        self.n_vertices() * self.row_length()
    }

    fn rows<F: FnMut(u32, Displaced<'_>)>(&self, range: Range<usize>, mut visit: F) {
        let mut place = self.place(range.start);
        let (mut rows, mut displacements) = (Rows::new(), vec![0; self.row_length()]);
        let enough = self.first.len() >= self.row_length();
        for u in range {
            let u = u as u32;
            if enough && self.is_inner(&place) {
                visit(u, Displaced::new(u, &self.first[..self.row_length()]));
            } else {
                self.displacements(u, &place, &mut rows, &mut displacements);
                visit(u, Displaced::new(u, &displacements));
            }
            self.advance(&mut place);
        }
    }

    fn first_error(&self) -> Option<Error> {
        None
    }
}
