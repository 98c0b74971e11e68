//! `deeplimit man`.

use std::io;

use clap::CommandFactory;
use clap_mangen::Man;

use crate::args::{Cli, Man as Args};
use crate::report::Report;

/// Answers the command.
pub fn run(args: &Args) -> io::Result<Report> {
    let mut program = Cli::command();
    program.build();
    let command = match &args.command {
        None => program,
        Some(name) => {
            let known: Vec<_> = program.get_subcommands().map(|c| c.get_name()).collect();
            let known = known.join(", ");
            program.find_subcommand(name).cloned().ok_or_else(|| {
                let message = format!("there is no command `{name}`; there are {known}");
                io::Error::new(io::ErrorKind::InvalidInput, message)
            })?
        }
    };
    // The examples and tables below the options keep their lines; clap_mangen would fill them.
    let notes = command.get_after_help().map(|text| roff(&text.to_string()));
    let page = Man::new(command.after_help(""));
    let mut text = Vec::new();
    page.render(&mut text)?;
    let mut text = String::from_utf8_lossy(&text).into_owned();
    if let Some(notes) = notes {
        text += &format!(".SH NOTES\n.nf\n{notes}.fi\n");
    }
    Ok(Report::of(text))
}

/// Lines that roff prints as they are.
fn roff(text: &str) -> String {
    let line = |line: &str| {
        let line = line
            .replace('\\', "\\e")
            .replace('-', "\\-")
            .replace('\'', "\\(aq");
        let line = line
            .replace('`', "\\(ga")
            .replace('^', "\\(ha")
            .replace('~', "\\(ti");
        match line.starts_with('.') {
            true => format!("\\&{line}\n"),
            false => line + "\n",
        }
    };
    text.lines().map(line).collect()
}
