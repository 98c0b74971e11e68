//! A line on stderr that says what is going on, for anything over a second, on a terminal.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::fault::shortened;

/// Whoever waits less needs no explanation.
const PATIENCE: Duration = Duration::from_secs(1);

/// The line; it goes away when this is dropped.
pub struct Progress {
    begun: Instant,
    count: usize,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Nothing is shown yet.
    pub fn new(count: usize) -> Self {
        Self {
            begun: Instant::now(),
            count,
            bar: None,
        }
    }

    /// Called at least every few tenths of a second.
    pub fn show(&mut self, done: usize, busy: Option<&str>) {
        if self.bar.is_none() && self.begun.elapsed() < PATIENCE {
            return;
        }
        let count = self.count;
        let begun = self.begun;
        // indicatif draws on stderr, and only if that is a terminal.
        let bar = self.bar.get_or_insert_with(|| {
            let template = match count {
                1 => "{spinner} {msg} ({elapsed})",
                _ => "{spinner} {pos}/{len} done, at work on {msg} ({elapsed}, about {eta} left)",
            };
            let style = ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_spinner());
            ProgressBar::new(count as u64)
                .with_style(style)
                .with_elapsed(begun.elapsed())
        });
        bar.set_position(done as u64);
        if let Some(busy) = busy {
            bar.set_message(shortened(busy, 40));
        }
        bar.tick();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
