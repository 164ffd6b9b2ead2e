//! The window through which long work is watched and stopped.

use crate::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// A stop flag and a counter of work done, shared by the caller and the threads that work.
///
/// # Example
///
/// ```
/// use morsebar_core::{Error, Monitor};
/// let monitor = Monitor::new();
/// monitor.expect(10);
/// monitor.advance(4);
/// assert_eq!(monitor.progress(), (4, 10));
/// assert_eq!(monitor.check(), Ok(()));
/// monitor.stop();
/// assert_eq!(monitor.check(), Err(Error::Interrupted));
/// ```
#[derive(Debug, Default)]
pub struct Monitor {
    stop: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
}

impl Monitor {
    /// A monitor of work that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the work to stop; it ends with [`Error::Interrupted`] at its next chunk.
    pub fn stop(&self) {
        self.stop.store(true, Relaxed);
    }

    /// Called by the work, once a chunk.
    ///
    /// # Errors
    ///
    /// [`Error::Interrupted`] after [`stop`](Self::stop).
    pub fn check(&self) -> Result<(), Error> {
        if self.stop.load(Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// Adds to the work expected in all.
    pub fn expect(&self, steps: u64) {
        self.total.fetch_add(steps, Relaxed);
    }

    /// Counts work as done.
    pub fn advance(&self, steps: u64) {
        self.done.fetch_add(steps, Relaxed);
    }

    /// `(done, expected)` so far.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        (self.done.load(Relaxed), self.total.load(Relaxed))
    }
}
