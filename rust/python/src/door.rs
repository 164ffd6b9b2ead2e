//! The one door from Python into the core.

use morsebar_core::{Error, Monitor};
use pyo3::exceptions::{PyMemoryError, PyOverflowError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use rayon::ThreadPoolBuilder;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// How often the calling thread looks for Ctrl-C and moves the progress bar.
const POLL: Duration = Duration::from_millis(50);

/// Runs `work` on a pool of `n_jobs` threads of its own, with the interpreter lock released.
///
/// A pool per call costs some ten microseconds a thread, and leaves nothing behind that a forked child could wait for.
/// Meanwhile the calling thread polls: a signal, or an exception from `progress(done, expected)`, stops the work and
/// comes out as it is. A panic becomes a `RuntimeError`.
pub(crate) fn enter<T: Send>(
    py: Python<'_>,
    n_jobs: usize,
    progress: Option<Py<PyAny>>,
    work: impl FnOnce(&Monitor) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let monitor = Monitor::new();
    let pool = ThreadPoolBuilder::new()
        .num_threads(n_jobs)
        .build()
        .map_err(|error| PyRuntimeError::new_err(format!("cannot start n_jobs = {n_jobs} threads: {error}")))?;
    let look = || {
        Python::attach(|py| {
            py.check_signals()?;
            let (done, expected) = monitor.progress();
            progress.as_ref().map_or(Ok(()), |progress| progress.call1(py, (done, expected)).map(drop))
        })
    };
    let (finished, interruption) = py.detach(|| {
        let (sender, receiver) = sync_channel(1);
        let mut interruption = None;
        let finished = pool.in_place_scope(|scope| {
            scope.spawn(|_| {
                let finished = catch_unwind(AssertUnwindSafe(|| work(&monitor)));
                // The receiver waits below until this has been sent.
                let _ = sender.send(finished);
            });
            loop {
                match receiver.recv_timeout(POLL) {
                    Ok(finished) => return finished,
                    Err(RecvTimeoutError::Timeout) if interruption.is_none() => {
                        interruption = look().err();
                        if interruption.is_some() {
                            monitor.stop();
                        }
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return Err(Box::new("the work was lost")),
                }
            }
        });
        (finished, interruption)
    });
    if let Some(interruption) = interruption {
        return Err(interruption);
    }
    let result = finished.map_err(|panic| report(&*panic))?.map_err(exception)?;
    if progress.is_some() {
        look()?;
    }
    Ok(result)
}

fn report(panic: &(dyn Any + Send)) -> PyErr {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    PyRuntimeError::new_err(format!(
        "a bug in morsebar {}: {message}. Please report it, with the input that caused it.",
        env!("CARGO_PKG_VERSION")
    ))
}

/// The Python exception for an error of the core.
pub(crate) fn exception(error: Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::TooManyVertices { .. } | Error::TooManyCells { .. } | Error::Coefficient { .. } => {
            PyOverflowError::new_err(message)
        }
        Error::Memory { .. } => PyMemoryError::new_err(message),
        Error::Interrupted => PyRuntimeError::new_err(message),
        _ => PyValueError::new_err(message),
    }
}
