//! Work without the GIL.
//!
//! The thread that Python called waits, looks for Ctrl-C and reports progress, some twenty times a second; another does the work,
//! on a pool of threads of this process: rayon's global pool does not survive a fork, after which a child would wait for ever.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use deeplimit::{Deadline, Effort};
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::errors;

/// How often signals are looked for.
const POLL: Duration = Duration::from_millis(50);

struct Pools {
    process: u32,
    threads: Option<usize>,
    pool: Option<Arc<ThreadPool>>,
}

static POOLS: Mutex<Pools> = Mutex::new(Pools {
    process: 0,
    threads: None,
    pool: None,
});

/// This process's pool.
fn pool() -> Result<Arc<ThreadPool>, String> {
    let mut pools = POOLS.lock().unwrap_or_else(|e| e.into_inner());
    let process = std::process::id();
    if pools.process != process {
        // the threads of a pool made before a fork are not there: to drop it would wait for them
        std::mem::forget(pools.pool.take());
        pools.process = process;
    }
    if let Some(pool) = &pools.pool {
        return Ok(pool.clone());
    }
    let made = ThreadPoolBuilder::new()
        .num_threads(pools.threads.unwrap_or(0))
        .build();
    let made = Arc::new(made.map_err(|e| e.to_string())?);
    pools.pool = Some(made.clone());
    Ok(made)
}

/// Use so many threads from now on; None: one for each core (or RAYON_NUM_THREADS).
#[pyfunction]
#[pyo3(signature = (n=None, /))]
pub fn set_num_threads(py: Python<'_>, n: Option<i64>) -> PyResult<()> {
    if let Some(n) = n.filter(|n| *n < 1 || *n > 4096) {
        let message = format!("n must be between 1 and 4096, got {n}");
        return Err(errors::raise(py, "Error", &message));
    }
    let old = {
        let mut pools = POOLS.lock().unwrap_or_else(|e| e.into_inner());
        pools.threads = n.map(|n| n as usize);
        match pools.process == std::process::id() {
            true => pools.pool.take(),
            false => None,
        }
    };
    // work under way keeps the old pool until it has ended
    py.detach(|| drop(old));
    Ok(())
}

/// How far the work is, told by the one who does it.
#[derive(Default)]
pub struct Watch {
    stop: AtomicBool,
    done: AtomicUsize,
    all: AtomicUsize,
}

impl Watch {
    /// `done` of `all` steps are done; false: stop.
    pub fn report(&self, done: usize, all: usize) -> bool {
        self.done.store(done, Relaxed);
        self.all.store(all, Relaxed);
        !self.stopped()
    }

    /// Looks for Ctrl-C, and tells `progress` what is new.
    fn tell(&self, progress: Option<&Py<PyAny>>, told: &mut (usize, usize)) -> PyResult<()> {
        Python::attach(|py| {
            py.check_signals()?;
            let now = (self.done.load(Relaxed), self.all.load(Relaxed));
            if let Some(progress) = progress.filter(|_| now.1 > 0 && now != *told) {
                *told = now;
                progress.call1(py, now)?;
            }
            Ok(())
        })
    }

    /// Shall it stop?
    pub fn stopped(&self) -> bool {
        self.stop.load(Relaxed)
    }
}

/// The result of work that looks at `watch` where it can; `progress` is called with `(done, all)`.
///
/// # Errors
/// What Ctrl-C or `progress` raise, at once where the work looks at its watch; a panic as `InternalError`.
pub fn run<T: Send>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Watch) -> T + Send,
) -> PyResult<T> {
    let progress = progress.map(|p| p.clone().unbind());
    let watch = Watch::default();
    let pool = pool().map_err(|e| errors::raise(py, "InternalError", &e))?;
    let done = py.detach(|| {
        std::thread::scope(|scope| {
            let (end, ended) = channel::<()>();
            let worker = scope.spawn({
                let (pool, watch) = (&pool, &watch);
                move || {
                    let result = pool.install(|| {
                        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(watch)))
                    });
                    drop(end);
                    result
                }
            });
            let mut told = (0, 0);
            let mut tell = || watch.tell(progress.as_ref(), &mut told);
            let failure = loop {
                match ended.recv_timeout(POLL) {
                    Err(RecvTimeoutError::Timeout) => {
                        if let Err(error) = tell() {
                            watch.stop.store(true, Relaxed);
                            break Some(error);
                        }
                    }
                    _ => break None,
                }
            };
            let result = worker.join().unwrap_or_else(Err);
            match failure {
                Some(error) => Err(error),
                None => {
                    tell()?;
                    Ok(result)
                }
            }
        })
    })?;
    done.map_err(|panic| errors::raise(py, "InternalError", &errors::of_panic(panic)))
}

/// The result of work that looks at no watch but at a deadline, or at nothing: Ctrl-C leaves it behind, in a thread of its own that
/// ends by itself.
pub fn ask<T: Send + 'static>(
    py: Python<'_>,
    text: Option<&str>,
    work: impl FnOnce() -> deeplimit::Result<T> + Send + 'static,
) -> PyResult<T> {
    leave(py, None, move |_| work())?.map_err(|e| errors::of(py, e, text))
}

/// The result of work that looks at its watch where it can, which may be seldom: Ctrl-C, or what `progress` raises, leaves it behind.
///
/// # Errors
/// What Ctrl-C or `progress` raise, at once; a panic as `InternalError`.
pub fn leave<T: Send + 'static>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Watch) -> T + Send + 'static,
) -> PyResult<T> {
    let progress = progress.map(|p| p.clone().unbind());
    let pool = pool().map_err(|e| errors::raise(py, "InternalError", &e))?;
    let watch = Arc::new(Watch::default());
    let (end, ended) = channel();
    let spawned = std::thread::Builder::new().spawn({
        let watch = watch.clone();
        move || {
            let result = pool.install(|| {
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&watch)))
            });
            let _ = end.send(result);
        }
    });
    spawned.map_err(|e| errors::raise(py, "InternalError", &e.to_string()))?;
    let done = py.detach(move || {
        let mut told = (0, 0);
        loop {
            let answer = ended.recv_timeout(POLL);
            let late = matches!(answer, Err(RecvTimeoutError::Timeout));
            if late || progress.is_some() {
                let told = watch.tell(progress.as_ref(), &mut told);
                told.inspect_err(|_| watch.stop.store(true, Relaxed))?;
            }
            match answer {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(done) => return Ok(Some(done)),
                Err(RecvTimeoutError::Disconnected) => return Ok::<_, PyErr>(None),
            }
        }
    })?;
    match done {
        Some(Ok(result)) => Ok(result),
        Some(Err(panic)) => Err(errors::raise(py, "InternalError", &errors::of_panic(panic))),
        None => Err(errors::raise(
            py,
            "InternalError",
            "the work ended without an answer",
        )),
    }
}

/// `digits` certain digits within `timeout` seconds.
///
/// # Errors
/// `Error` for digits that are not between 1 and 1000, for a timeout that is not positive.
pub fn effort<N>(py: Python<'_>, digits: N, timeout: Option<f64>) -> PyResult<Effort>
where
    N: Copy + std::fmt::Display + TryInto<usize>,
{
    let known = digits.try_into().ok().filter(|n| (1..=1000).contains(n));
    let Some(digits) = known else {
        let message = format!("digits must be between 1 and 1000, got {digits}");
        return Err(errors::raise(py, "Error", &message));
    };
    Ok(Effort {
        deadline: deadline(py, timeout)?,
        ..Effort::digits(digits)
    })
}

/// So many seconds from now; none without.
pub fn deadline(py: Python<'_>, timeout: Option<f64>) -> PyResult<Deadline> {
    let Some(seconds) = timeout else {
        return Ok(Deadline::default());
    };
    let span = Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|s| !s.is_zero() && Instant::now().checked_add(*s).is_some());
    match span {
        Some(span) => Ok(Deadline::after(span)),
        None if seconds == f64::INFINITY => Ok(Deadline::default()),
        None => {
            let message = format!("timeout must be a positive number of seconds, got {seconds}");
            Err(errors::raise(py, "Error", &message))
        }
    }
}
