//! `deeplimit man`.

use std::io;

use clap::CommandFactory;
use clap_mangen::Man;

use super::Report;
use crate::args::{Cli, Man as Args};

/// Answers the command.
pub fn run(args: &Args) -> io::Result<Report> {
    let mut program = Cli::command();
    program.build();
    let page = match &args.command {
        None => Man::new(program),
        Some(name) => {
            let known: Vec<_> = program.get_subcommands().map(|c| c.get_name()).collect();
            let known = known.join(", ");
            let command = program.find_subcommand(name).cloned().ok_or_else(|| {
                let message = format!("there is no command `{name}`; there are {known}");
                io::Error::new(io::ErrorKind::InvalidInput, message)
            })?;
            Man::new(command)
        }
    };
    let mut text = Vec::new();
    page.render(&mut text)?;
    Ok(Report::of(String::from_utf8_lossy(&text).into_owned()))
}
