//! Which steps stay in the cube, as bits.

use super::basis::Vector;

/// Steps, in order, with a table for each axis that says by coordinate which of them stay.
///
/// Coordinates near a face fall into buckets; the rest of the axis is one bucket. Of every bucket and 64 steps there
/// are two words: the steps that stay for some coordinate in the bucket, and those that stay for every one. The AND of
/// the words of all axes is the answer, but for the few steps in the first and not in the second: they are tried.
#[derive(Debug)]
pub(super) struct Masks {
    n: u32,
    d: usize,
    /// Forward steps, `d` coordinates each.
    forward: Vec<i64>,
    /// Displacements in index of all steps; 64 of them share a block of the table.
    displacements: Vec<u32>,
    /// `[block][axis][side and bucket]`: (some, every).
    table: Vec<(u64, u64)>,
    /// Buckets on either side of an axis, the middle included.
    buckets: usize,
    scales: Vec<Scale>,
}

/// From the distance to the nearer face, in units of `1/n`, to a bucket: rising, and constant from `reach` on.
#[derive(Debug, Clone, Copy)]
struct Scale {
    reach: u32,
    factor: u64,
}

impl Scale {
    fn new(reach: u32, buckets: usize) -> Self {
        Self { reach, factor: ((buckets as u64 - 1) << 32) / u64::from(reach) }
    }

    #[inline]
    fn bucket(self, distance: u32) -> usize {
        ((u64::from(distance.min(self.reach)) * self.factor) >> 32) as usize
    }

    /// The smallest distance in a bucket, or in one that comes later if it is empty.
    fn start(self, bucket: usize) -> i64 {
        ((bucket as u64) << 32).div_ceil(self.factor) as i64
    }
}

/// Scratch of [`Masks::collect`].
pub(super) type Rows = Vec<usize>;

impl Masks {
    /// The tables of pairs of opposite steps, each pair spelled by its forward step, which comes first.
    pub(super) fn new<'a>(n: u32, d: usize, pairs: impl Iterator<Item = &'a Vector>, buckets: usize) -> Self {
        let forward: Vec<i64> = pairs.flat_map(|vector| &vector[..d]).copied().collect();
        let mut reach = vec![1; d];
        for step in forward.chunks_exact(d) {
            for (reach, x) in reach.iter_mut().zip(step) {
                *reach = (x.unsigned_abs() as u32).max(*reach);
            }
        }
        let scales: Vec<Scale> =
            reach.into_iter().map(|reach| Scale::new(reach.min((n / 2).max(1)), buckets)).collect();
        let displacements: Vec<u32> =
            forward.chunks_exact(d).flat_map(|step| [step[0] as u32, (step[0] as u32).wrapping_neg()]).collect();
        let table = vec![(0, 0); displacements.len().div_ceil(64) * d * 2 * buckets];
        let mut masks = Self { n, d, forward, displacements, table, buckets, scales };
        masks.fill();
        masks
    }

    fn fill(&mut self) {
        let last = i64::from(self.n) - 1;
        for (axis, &scale) in self.scales.iter().enumerate() {
            for bucket in 0..=scale.bucket(scale.reach) {
                let start = scale.start(bucket);
                let middle = bucket == scale.bucket(scale.reach);
                let end = if middle { last / 2 } else { scale.start(bucket + 1) - 1 };
                if end < start {
                    continue; // no coordinate is here
                }
                for (side, (low, high)) in [(start, end), (last - end, last - start)].into_iter().enumerate() {
                    for (pair, step) in self.forward.chunks_exact(self.d).enumerate() {
                        let row = ((pair / 32) * self.d + axis) * 2 * self.buckets + side * self.buckets + bucket;
                        let (some, every) = &mut self.table[row];
                        for (bit, step) in [(pair % 32 * 2, step[axis]), (pair % 32 * 2 + 1, -step[axis])] {
                            let (first, end) = ((-step).max(0), last.min(last - step));
                            *some |= u64::from(low <= end && first <= high) << bit;
                            *every |= u64::from(first <= low && high <= end) << bit;
                        }
                    }
                }
            }
        }
    }

    /// Writes the displacements, in index, of the first steps that stay when they begin at a point. Returns how many there
    /// were, at most as many as there is room for.
    #[inline]
    pub(super) fn collect(&self, point: &[u32], rows: &mut Rows, into: &mut [u32]) -> usize {
        let last = self.n - 1;
        rows.clear();
        rows.extend(point.iter().zip(&self.scales).enumerate().map(|(axis, (&x, scale))| {
            let far = x > last - x;
            let distance = if far { last - x } else { x };
            (axis * 2 + usize::from(far)) * self.buckets + scale.bucket(distance)
        }));
        let mut found = 0;
        let tables = self.table.chunks_exact(self.d * 2 * self.buckets);
        for (block, (table, displacements)) in tables.zip(self.displacements.chunks(64)).enumerate() {
            let (mut some, mut every) = (!0, !0);
            for &row in rows.iter() {
                let (of_some, of_every) = table[row];
                some &= of_some;
                every &= of_every;
            }
            for bit in Bits(some & !every) {
                some &= !(u64::from(!self.stays(point, block * 64 + bit)) << bit);
            }
            for (into, bit) in into[found..].iter_mut().zip(Bits(some)) {
                *into = displacements[bit];
            }
            found += some.count_ones() as usize;
            if found >= into.len() {
                return into.len();
            }
        }
        found
    }

    /// Whether a step from a point ends in the cube.
    fn stays(&self, point: &[u32], at: usize) -> bool {
        let step = &self.forward[at / 2 * self.d..(at / 2 + 1) * self.d];
        let sign = if at.is_multiple_of(2) { 1 } else { -1 };
        point.iter().zip(step).all(|(&x, step)| (0..i64::from(self.n)).contains(&(i64::from(x) + sign * step)))
    }
}

/// The places of the bits of a word that are set, rising.
struct Bits(u64);

impl Iterator for Bits {
    type Item = usize;
    #[inline]
    fn next(&mut self) -> Option<usize> {
        let bit = self.0.trailing_zeros() as usize;
        self.0 &= self.0.wrapping_sub(1);
        (bit < 64).then_some(bit)
    }
}
