//! All nearest neighbours, leaf by leaf, in parallel.

#[cfg(target_arch = "x86_64")]
use super::avx2::{Avx2, Registers};
use super::best::{Best, Buffered, Lists, SHORT, Sorted};
use super::lanes::Portable;
use super::rows::Rows;
use super::scalar::{Scalar, Scale};
use super::search::{Query, Scratch, search};
use super::tree::{LEAF, Tree};
use crate::order::check_count;
use crate::{Error, Monitor, NONE};
use rayon::prelude::*;

/// Leaves searched one after another by one thread: neighbours in space, so that what one has read serves the next.
const TASK: usize = 16;

/// What is asked for besides the number of neighbours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Neighbours further away are left out.
    pub max_distance: f64,
    /// Squared distances of boxes are taken `(1 + eps)^2` times as large: a neighbour that is missed is replaced by one
    /// at most `1 + eps` times as far away. Zero for exact results.
    pub eps: f64,
    /// Number the points along the tree, so that neighbours in space are neighbours in memory.
    pub reorder: bool,
    /// Leave the instructions alone that not every machine of this kind has; the result is the same.
    pub portable: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_distance: f64::INFINITY, eps: 0.0, reorder: false, portable: false }
    }
}

/// Nearest neighbours.
#[derive(Debug, Clone, PartialEq)]
pub struct Knn<S> {
    /// Rows of `k` numbers of points, nearest first, padded by [`NONE`].
    pub indices: Vec<u32>,
    /// Rows of `k` distances, padded by infinity.
    pub distances: Vec<S>,
    /// With [`Options::reorder`], the point that each row is of: row `i` belongs to point `order[i]`, and `indices`
    /// name rows. Empty without.
    pub order: Vec<u32>,
}

/// Finds the `k` nearest other points of every point.
///
/// Method: a tree of full leaves, searched one leaf of queries at a time (Friedman, Bentley & Finkel 1977, "An
/// algorithm for finding best matches in logarithmic expected time").
///
/// Points are rows of `d` coordinates. The same for any number of threads and on any machine.
///
/// # Errors
///
/// [`Error::NotFinite`] names the first row with a coordinate that is NaN or infinite; [`Error::Neighbors`] if `k` is
/// not in `1 .. n`; [`Error::TooManyVertices`]; [`Error::Interrupted`].
///
/// # Panics
///
/// If `d` is 0 or does not divide the number of coordinates.
///
/// # Complexity
///
/// About O(n (log n + k)) in few dimensions, towards O(n^2) with many. Memory besides the result: about `2 d` numbers
/// and 12 bytes a point.
///
/// # Example
///
/// ```
/// use morsebar_core::{knn::{knn, Options}, Monitor};
/// let found = knn(&[0.0, 1.0, 3.0], 1, 2, &Options::default(), &Monitor::new())?;
/// assert_eq!(found.indices, [1, 2, 0, 2, 1, 0]);
/// assert_eq!(found.distances, [1.0, 3.0, 1.0, 2.0, 2.0, 3.0]);
/// # Ok::<(), morsebar_core::Error>(())
/// ```
pub fn knn<S: Scalar>(points: &[S], d: usize, k: usize, options: &Options, monitor: &Monitor) -> Result<Knn<S>, Error> {
    check_points(points, d, k)?;
    let n = points.len() / d;
    monitor.expect(n as u64);
    let scale = Scale::of(points, d);
    let tree = Tree::new(points, d, scale, monitor)?;
    let along = |at: usize| if at < n { at as u32 } else { NONE };
    let along: Vec<u32> = if options.reorder { (0..tree.order.len()).map(along).collect() } else { Vec::new() };
    let ids = if options.reorder { &along } else { &tree.order };
    let stretch = (1.0 + options.eps) * (1.0 + options.eps);
    let far = S::from_f64(options.max_distance);
    // Rounding may bring a distance down to the largest one allowed: what is too far is left out when rows are written.
    let bound = scale.shrink(far).to_f64().powi(2) * (1.0 + 1e-5);
    let bound = if bound < S::FAR.to_f64() { S::from_f64(bound) } else { S::FAR };
    let query = Query::new(&tree, ids, bound, S::from_f64(stretch));
    // Zeros cost nothing before they are written over, by the threads that write the rows.
    let mut indices = vec![0; n * k];
    let mut distances = vec![S::ZERO; n * k];
    let rows = (Rows::new(&mut indices, k, ids), Rows::new(&mut distances, k, ids));
    let job = Job { query, k, scale, far, monitor };
    #[cfg(target_arch = "x86_64")]
    let machine = Avx2::detect().filter(|_| !options.portable);
    #[cfg(not(target_arch = "x86_64"))]
    let machine: Option<std::convert::Infallible> = None;
    match machine {
        #[cfg(target_arch = "x86_64")]
        Some(machine) => job.run_on_avx2(machine, rows)?,
        _ => job.run_portable(rows)?,
    }
    let order = if options.reorder { tree.order[..n].to_vec() } else { Vec::new() };
    Ok(Knn { indices, distances, order })
}

/// Checks that there are `k` other points, and that all coordinates are finite.
pub(super) fn check_points<S: Scalar>(points: &[S], d: usize, k: usize) -> Result<(), Error> {
    assert!(d > 0 && points.len().is_multiple_of(d), "{} coordinates in rows of {d}", points.len());
    let n = points.len() / d;
    check_count(n)?;
    if k == 0 || k >= n {
        return Err(Error::Neighbors { k, n });
    }
    let wrong = |x: &S| !x.to_f64().is_finite();
    match points.par_chunks(d << 10).position_first(|chunk| chunk.iter().any(wrong)) {
        None => Ok(()),
        Some(chunk) => {
            let at = points[chunk * (d << 10)..].iter().position(wrong).expect("a coordinate of this chunk");
            Err(Error::NotFinite { row: (chunk << 10) + at / d })
        }
    }
}

/// Everything that the threads share.
struct Job<'a, S> {
    query: Query<'a, S>,
    k: usize,
    scale: Scale,
    far: S,
    monitor: &'a Monitor,
}

/// Where neighbours and distances go, leaf by leaf.
type Tables<'a, S> = (Rows<'a, u32>, Rows<'a, S>);

impl<S: Scalar> Job<'_, S> {
    fn run_portable(&self, rows: Tables<'_, S>) -> Result<(), Error> {
        let k = self.k;
        if k > SHORT {
            return self.run(
                rows,
                || Buffered::new(k),
                |q, own, best, scratch| search::<S, 0, _, _>(q, own, best, scratch, Portable),
            );
        }
        let leaf = match self.query.tree.d {
            1 => portable::<S, 1>,
            2 => portable::<S, 2>,
            3 => portable::<S, 3>,
            4 => portable::<S, 4>,
            _ => portable::<S, 0>,
        };
        self.run(rows, || Sorted::new(k, k), leaf)
    }

    #[cfg(target_arch = "x86_64")]
    fn run_on_avx2(&self, machine: Avx2, rows: Tables<'_, S>) -> Result<(), Error> {
        let k = self.k;
        if k > SHORT {
            return self.run(
                rows,
                || Buffered::new(k),
                |q, own, best, scratch| machine.search::<S, 0, _>(q, own, best, scratch),
            );
        }
        if Registers::<S>::new(machine, k).is_some() {
            let leaf = of_dimension(self.query.tree.d);
            return self.run(
                rows,
                || Registers::new(machine, k).expect("f32"),
                |q, own, best, scratch| leaf(machine, q, own, best, scratch),
            );
        }
        let leaf = of_dimension(self.query.tree.d);
        self.run(rows, || Sorted::new(k, k), |q, own, best, scratch| leaf(machine, q, own, best, scratch))
    }

    /// Searches every leaf and writes the rows of its points.
    fn run<B: Lists<S>>(
        &self,
        (mut indices, mut distances): Tables<'_, S>,
        best: impl Fn() -> B + Sync,
        leaf: impl Fn(&Query<'_, S>, usize, &mut B, &mut Scratch<S>) + Sync,
    ) -> Result<(), Error> {
        let n_leaves = self.query.tree.n_leaves();
        let tasks = indices.chunks(TASK * LEAF).zip(distances.chunks(TASK * LEAF)).enumerate();
        tasks.try_for_each_init(
            || (best(), Scratch::new()),
            |(best, scratch), (task, (mut indices, mut distances))| {
                for at in 0..TASK.min(n_leaves - task * TASK) {
                    self.monitor.check()?;
                    leaf(&self.query, task * TASK + at, best, scratch);
                    for lane in 0..LEAF {
                        let place = at * LEAF + lane;
                        if let (Some(indices), Some(distances)) = (indices.row(place), distances.row(place)) {
                            self.write(best.list(lane), indices, distances);
                        }
                    }
                }
                self.monitor.advance((TASK * LEAF) as u64);
                Ok(())
            },
        )
    }

    fn write(&self, list: &[S::Packed], indices: &mut [u32], distances: &mut [S]) {
        for ((index, distance), &packed) in indices.iter_mut().zip(distances).zip(list) {
            let (square, id) = S::unpack(packed);
            let length = self.scale.grow(square.sqrt());
            // What fills up a list is at FAR, under the number NONE.
            let counts = id != NONE && length <= self.far;
            (*index, *distance) = if counts { (id, length) } else { (NONE, S::INFINITY) };
        }
    }
}

fn portable<S: Scalar, const D: usize>(
    query: &Query<'_, S>,
    own: usize,
    best: &mut Sorted<S>,
    scratch: &mut Scratch<S>,
) {
    search::<S, D, _, _>(query, own, best, scratch, Portable);
}

/// The search of a leaf by lists of one kind.
#[cfg(target_arch = "x86_64")]
type Leaf<S, B> = fn(Avx2, &Query<'_, S>, usize, &mut B, &mut Scratch<S>);

#[cfg(target_arch = "x86_64")]
fn of_dimension<S: Scalar, B: Best<S>>(d: usize) -> Leaf<S, B> {
    match d {
        1 => Avx2::search::<S, 1, B>,
        2 => Avx2::search::<S, 2, B>,
        3 => Avx2::search::<S, 3, B>,
        4 => Avx2::search::<S, 4, B>,
        _ => Avx2::search::<S, 0, B>,
    }
}
