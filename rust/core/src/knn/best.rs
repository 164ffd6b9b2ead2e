//! The nearest points found so far, for the queries of one leaf.

use super::scalar::Scalar;
use super::tree::LEAF;
use crate::NONE;

/// What is best for each of [`LEAF`] queries.
pub(super) trait Best<S: Scalar> {
    /// Forgets everything; gives the distances beyond which nothing counts, below zero for queries that ask nothing.
    fn begin(&mut self) -> [S; LEAF];
    /// Takes those points of a leaf that the mask names; gives the distance and number after which nothing counts any
    /// more.
    fn offer(&mut self, query: usize, distances: &[S; LEAF], ids: &[u32; LEAF], mask: u32) -> (S, u32);
}

/// What gives lists.
pub(super) trait Lists<S: Scalar>: Best<S> {
    /// The best of a query, packed, in order; padded by what lies at [`Scalar::FAR`].
    fn list(&mut self, query: usize) -> &[S::Packed];
}

/// Lists of up to this many are kept sorted.
pub(super) const SHORT: usize = 64;

/// Sorted lists, for small `k`.
pub(super) struct Sorted<S: Scalar> {
    pub(super) k: usize,
    /// Room of a list, `k` or more.
    pub(super) room: usize,
    pub(super) lists: Vec<S::Packed>,
}

impl<S: Scalar> Sorted<S> {
    pub(super) fn new(k: usize, room: usize) -> Self {
        Self { k, room, lists: vec![S::FAR.pack(NONE); LEAF * room] }
    }
}

/// Calls `visit` with every packed pair that a mask names.
#[inline]
fn each<S: Scalar>(distances: &[S; LEAF], ids: &[u32; LEAF], mut mask: u32, mut visit: impl FnMut(S::Packed)) {
    while mask != 0 {
        let lane = mask.trailing_zeros() as usize;
        mask &= mask - 1;
        visit(distances[lane].pack(ids[lane]));
    }
}

impl<S: Scalar> Best<S> for Sorted<S> {
    #[inline]
    fn begin(&mut self) -> [S; LEAF] {
        self.lists.fill(S::FAR.pack(NONE));
        [S::FAR; LEAF]
    }

    #[inline]
    fn offer(&mut self, query: usize, distances: &[S; LEAF], ids: &[u32; LEAF], mask: u32) -> (S, u32) {
        let list = &mut self.lists[query * self.room..][..self.k];
        each(distances, ids, mask, |packed| {
            let mut at = list.len();
            while at > 0 && list[at - 1] > packed {
                if at < list.len() {
                    list[at] = list[at - 1];
                }
                at -= 1;
            }
            if at < list.len() {
                list[at] = packed;
            }
        });
        S::unpack(list[list.len() - 1])
    }
}

impl<S: Scalar> Lists<S> for Sorted<S> {
    fn list(&mut self, query: usize) -> &[S::Packed] {
        &self.lists[query * self.room..][..self.k]
    }
}

/// Lists of which the worse half is dropped when they have grown to `2 k`, for large `k`.
pub(super) struct Buffered<S: Scalar> {
    k: usize,
    lists: Vec<Vec<S::Packed>>,
    bounds: [(S, u32); LEAF],
}

impl<S: Scalar> Buffered<S> {
    pub(super) fn new(k: usize) -> Self {
        Self { k, lists: vec![Vec::new(); LEAF], bounds: [(S::FAR, NONE); LEAF] }
    }
}

impl<S: Scalar> Best<S> for Buffered<S> {
    fn begin(&mut self) -> [S; LEAF] {
        self.lists.iter_mut().for_each(Vec::clear);
        self.bounds.fill((S::FAR, NONE));
        [S::FAR; LEAF]
    }

    fn offer(&mut self, query: usize, distances: &[S; LEAF], ids: &[u32; LEAF], mask: u32) -> (S, u32) {
        let (k, list) = (self.k, &mut self.lists[query]);
        each(distances, ids, mask, |packed| {
            list.push(packed);
            if list.len() == 2 * k {
                let (_, last, _) = list.select_nth_unstable(k - 1);
                self.bounds[query] = S::unpack(*last);
                list.truncate(k);
            }
        });
        self.bounds[query]
    }
}

impl<S: Scalar> Lists<S> for Buffered<S> {
    fn list(&mut self, query: usize) -> &[S::Packed] {
        let list = &mut self.lists[query];
        list.sort_unstable();
        list.resize(self.k, S::FAR.pack(NONE));
        list
    }
}
