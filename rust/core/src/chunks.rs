//! Parallel work over fixed chunks of vertices.

use crate::{Error, Monitor};
use rayon::prelude::*;
use std::ops::Range;

/// Vertices per chunk. Fixed, so that nothing depends on the number of threads; small, so that a stop is seen at once.
pub(crate) const CHUNK: usize = 1 << 14;

/// Runs `work` on every chunk of `0..n` in parallel, and stops between chunks when asked.
pub(crate) fn for_each_chunk<W>(n: usize, monitor: &Monitor, work: W) -> Result<(), Error>
where
    W: Fn(Range<usize>) -> Result<(), Error> + Sync + Send,
{
    (0..n.div_ceil(CHUNK)).into_par_iter().try_for_each(|chunk| {
        monitor.check()?;
        work(chunk * CHUNK..n.min((chunk + 1) * CHUNK))
    })
}
