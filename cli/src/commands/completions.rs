//! `deeplimit completions`.

use clap::CommandFactory;

use crate::args::{Cli, Completions};
use crate::report::Report;

/// Answers the command.
pub fn run(args: &Completions) -> Report {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "deeplimit", &mut script);
    Report::of(String::from_utf8_lossy(&script).into_owned())
}
