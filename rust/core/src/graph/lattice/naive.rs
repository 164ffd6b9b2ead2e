//! Neighbours by a look at every other point: the specification, and the way out where lists of steps end.

use super::basis::{Vector, squared_length};
use super::lattice::{Lattice, MAX_DIMENSION};
use super::steps::Place;
use std::collections::BinaryHeap;

fn squared_distance(from: &[u32], to: &[u32]) -> u128 {
    from.iter().zip(to).map(|(&from, &to)| u128::from(u64::from(from.abs_diff(to)).pow(2))).sum()
}

impl Lattice {
    /// The first neighbours of a point, as many as a row holds: O(n d), no table used.
    pub(super) fn neighbors_by_search(&self, u: u32) -> Vec<u32> {
        let origin = self.place(u as usize);
        let mut nearest: BinaryHeap<(Place, u32)> = BinaryHeap::new();
        let mut point = self.place(0);
        for v in 0..self.n() {
            // Where nothing comes before the order of lengths, most points are too far away to be looked at closely.
            let bound = nearest.peek().map_or(u128::MAX, |((_, squared_length, ..), _)| *squared_length);
            let full = nearest.len() == self.row_length();
            if v != u && (!full || self.has_relevant() || squared_distance(&origin, &point) <= bound) {
                nearest.push((self.step(&origin, &point), v));
                if full {
                    nearest.pop();
                }
            }
            self.advance(&mut point);
        }
        nearest.into_sorted_vec().into_iter().map(|(_, v)| v).collect()
    }

    /// The place of the step between two points.
    fn step(&self, from: &[u32], to: &[u32]) -> Place {
        let mut vector: Vector = [0; MAX_DIMENSION];
        for (x, (&from, &to)) in vector.iter_mut().zip(from.iter().zip(to)) {
            *x = i64::from(to) - i64::from(from);
        }
        let squared_length = squared_length(&vector);
        let backward = vector[0] < 0;
        if backward {
            vector = vector.map(|x| -x);
        }
        (!self.is_relevant(&vector), squared_length, vector, backward)
    }
}
