//! `deeplimit design kernel`: the activation whose kernel is nearest to a given one.

use std::io;

use super::{DesignJson, Designed, SolutionJson, answered};
use crate::args::DesignKernel as Args;
use crate::library;
use crate::report::Report;

/// Answers the command.
pub fn run(args: &Args, _width: usize) -> io::Result<Report> {
    let about = ("kernel", args.kernel.as_str());
    answered(about, &args.effort, library::target, |target| Designed {
        json: DesignJson::<SolutionJson> {
            solutions: vec![],
            complete: false,
            infeasible: None,
            proved: false,
            more: None,
        },
        text: format!("{target}\n"),
        notes: vec![],
        undecided: true,
    })
}
