//! Sorting that can be stopped.

use crate::{Error, Monitor};
use rayon::prelude::*;
use std::cmp::Reverse;
use std::collections::binary_heap::{BinaryHeap, PeekMut};

/// Items sorted between two looks at the monitor: some fifty milliseconds.
const PART: usize = 1 << 18;

/// The items by rising key: parts are sorted in parallel, one look at the monitor each, and merged while they are read.
///
/// # Errors
///
/// [`Error::Interrupted`].
///
/// # Complexity
///
/// O(t log t) for t items; besides them, the keys of one part for each thread.
pub(super) fn sorted<T: Copy + Send + Sync, K: Ord + Copy + Send>(
    items: &mut [T],
    key: impl Fn(T) -> K + Sync,
    monitor: &Monitor,
) -> Result<impl Iterator<Item = T>, Error> {
    items.par_chunks_mut(PART).try_for_each(|part| {
        monitor.check()?;
        part.sort_by_cached_key(|&item| key(item));
        Ok(())
    })?;
    let mut parts: Vec<_> = items.chunks(PART).map(|part| part.iter().copied().peekable()).collect();
    let mut heads: BinaryHeap<_> = (parts.iter_mut().enumerate())
        .filter_map(|(at, part)| part.peek().map(|&item| Reverse((key(item), at))))
        .collect();
    Ok(std::iter::from_fn(move || {
        let mut first = heads.peek_mut()?;
        let part = &mut parts[first.0.1];
        let item = part.next();
        match part.peek() {
            Some(&next) => first.0.0 = key(next),
            None => drop(PeekMut::pop(first)),
        }
        item
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_any_number_of_parts_and_stops() {
        let monitor = Monitor::new();
        for n in [0, 1, PART - 1, PART, PART + 1, 5 * PART + 7] {
            let mut items: Vec<u32> = (0..n as u32).map(|u| u.wrapping_mul(2_654_435_761) % 1000).collect();
            let mut expected = items.clone();
            expected.sort_unstable_by_key(|&item| Reverse(item));
            let found: Vec<u32> = sorted(&mut items, Reverse, &monitor).unwrap().collect();
            assert_eq!(found, expected);
        }
        monitor.stop();
        assert!(matches!(sorted(&mut [2, 1], |item| item, &monitor).map(drop), Err(Error::Interrupted)));
    }
}
