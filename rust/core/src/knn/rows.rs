//! Tables whose rows are written by many threads, in any order, each row by one.
#![allow(unsafe_code, reason = "rows scattered over a table are borrowed one by one, see `Rows::chunks`")]

use crate::NONE;
use rayon::prelude::*;
use std::marker::PhantomData;

/// Some rows of a borrowed table, in an order of their own.
pub(super) struct Rows<'a, T> {
    start: *mut T,
    k: usize,
    /// Distinct rows of the table, but for [`NONE`].
    ids: &'a [u32],
    table: PhantomData<&'a mut [T]>,
}

// SAFETY: what threads share is the place of the table and who its rows are; see `Chunk` for the rows themselves.
unsafe impl<T: Send> Sync for Rows<'_, T> {}

impl<'a, T: Send> Rows<'a, T> {
    /// The rows `ids` of a table with `k` entries a row; [`NONE`] is no row.
    ///
    /// # Panics
    ///
    /// If an id is no row, or comes twice.
    pub(super) fn new(table: &'a mut [T], k: usize, ids: &'a [u32]) -> Self {
        let n = table.len() / k;
        let mut seen = vec![0u64; n.div_ceil(64)];
        for &id in ids.iter().filter(|&&id| id != NONE) {
            assert!((id as usize) < n, "row {id} of {n}");
            let (word, bit) = (&mut seen[id as usize / 64], 1 << (id % 64));
            assert!(*word & bit == 0, "row {id} comes once");
            *word |= bit;
        }
        Self { start: table.as_mut_ptr(), k, ids, table: PhantomData }
    }

    /// The rows in chunks of `size`.
    pub(super) fn chunks(&mut self, size: usize) -> impl IndexedParallelIterator<Item = Chunk<'_, T>> {
        let rows = &*self;
        // The borrow is exclusive, so that no row is in two chunks that are alive: chunks of distinct ids.
        rows.ids.par_chunks(size).map(move |ids| Chunk { start: rows.start, k: rows.k, ids, table: PhantomData })
    }
}

/// Rows that nobody else has.
pub(super) struct Chunk<'a, T> {
    start: *mut T,
    k: usize,
    ids: &'a [u32],
    table: PhantomData<&'a mut [T]>,
}

// SAFETY: a chunk is what `&mut [T]` would be, were its rows side by side.
unsafe impl<T: Send> Send for Chunk<'_, T> {}

impl<T> Chunk<'_, T> {
    /// The row at a place of the chunk, if there is one.
    #[inline]
    pub(super) fn row(&mut self, at: usize) -> Option<&mut [T]> {
        let id = self.ids[at];
        // SAFETY: `Rows::new` saw that the row lies inside the table, which is borrowed as long as the chunk; its id is
        // in no other chunk, and this one is borrowed as long as the row.
        (id != NONE).then(|| unsafe { std::slice::from_raw_parts_mut(self.start.add(id as usize * self.k), self.k) })
    }
}
