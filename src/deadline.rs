//! A point in time after which a computation gives up.

use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// Checked at every stage that can take long; the default never comes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deadline(Option<(Instant, Duration)>);

impl Deadline {
    /// This long from now.
    pub fn after(span: Duration) -> Self {
        Deadline(Instant::now().checked_add(span).map(|at| (at, span)))
    }

    /// Has it come?
    pub fn passed(&self) -> bool {
        self.0.is_some_and(|(at, _)| Instant::now() >= at)
    }

    /// # Errors
    /// [`Error::Timeout`], naming the stage that was not finished, once the deadline has come.
    pub fn check(&self, stage: &str) -> Result<()> {
        match self.0 {
            Some((at, span)) if Instant::now() >= at => Err(Error::Timeout {
                stage: Some(stage.to_owned()),
                span,
            }),
            _ => Ok(()),
        }
    }
}
