//! `deeplimit`, the command line: parse, ask the library, print.

mod against;
mod args;
mod batch;
mod cache;
mod collection;
mod commands;
mod data;
mod exact;
mod fault;
mod figures;
mod json;
mod library;
mod number;
mod output;
mod page;
#[cfg(feature = "plot")]
mod plot;
mod points;
mod progress;
mod report;
mod table;
mod typed;
mod words;

use std::io;
use std::process::exit;
use std::thread;

use anstyle::{AnsiColor, Style};
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use console::Term;

use args::{Cli, Command};
use commands::INTERRUPT;
use report::{Exit, Report};

const NOTE: Style = AnsiColor::Cyan.on_default().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();

fn main() {
    let code = match cli() {
        Ok(cli) => answered(&cli),
        Err(error) => {
            refused(&error);
            if error.use_stderr() {
                Exit::Error
            } else {
                Exit::Answered
            }
        }
    };
    // Threads that ignored their deadline end here too.
    exit(code as i32);
}

fn cli() -> Result<Cli, clap::Error> {
    // Bytes that are no text become a character that no expression has.
    let typed: Vec<String> = std::env::args_os()
        .map(|a| a.to_string_lossy().into_owned())
        .collect();
    output::know(&typed);
    let typed = args::with_leading_minus(typed);
    // Known before the rest is, so that clap's own words keep to it too.
    let never = typed
        .windows(2)
        .any(|w| w[0] == "--color" && w[1] == "never")
        || typed.iter().any(|a| a == "--color=never");
    let always = typed
        .windows(2)
        .any(|w| w[0] == "--color" && w[1] == "always")
        || typed.iter().any(|a| a == "--color=always");
    let color = match (never, always) {
        (true, _) => args::Color::Never,
        (_, true) => args::Color::Always,
        _ => args::Color::Auto,
    };
    anstream::ColorChoice::from(color).write_global();
    let matches = Cli::command().try_get_matches_from(typed)?;
    Cli::from_arg_matches(&matches)
}

/// clap's words: help and version, usage errors; the one sentence of a bad value without the rest.
fn refused(error: &clap::Error) {
    let text = error.render().ansi().to_string();
    let text = match error.use_stderr() {
        // The blank of `args::with_leading_minus` was not typed.
        true => text.replace("' -", "'-"),
        false => text,
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = output::print(&text);
        }
        ErrorKind::ValueValidation => {
            output::complain(text.split("\n\n").next().unwrap_or(&text));
            output::complain("\n");
        }
        _ => output::complain(&text),
    }
}

fn answered(cli: &Cli) -> Exit {
    anstream::ColorChoice::from(cli.color).write_global();
    // The panic of a worker is reported as the error of its expression.
    std::panic::set_hook(Box::new(|info| {
        if thread::current().name() == Some("main") {
            output::complain(&format!(
                "this is a bug in deeplimit, please report it: {info}\n"
            ));
        }
    }));
    // The first Ctrl-C prints what is finished, the second ends at once.
    let _ = ctrlc::set_handler(|| {
        if !INTERRUPT.press() {
            let (finished, missing) = INTERRUPT.unfinished();
            let _ = output::print(&finished);
            output::complain(&format!("{missing}\n"));
            exit(Exit::Interrupted as i32);
        }
    });
    if let Err(error) = typed::set(cli.command.settings()) {
        output::complain(&format!("{ERROR}error{ERROR:#}: {error}\n"));
        return Exit::Error;
    }
    let result = report(cli, output::width(&Term::stdout())).and_then(|report| {
        output::print(&report.text)?;
        let width = output::width(&Term::stderr());
        for note in &report.notes {
            output::complain(&format!("{NOTE}note{NOTE:#}: {}\n", fault::clean(note)));
        }
        for fault in &report.faults {
            output::complain(&fault.text(width));
        }
        for line in &report.closing {
            output::complain(&format!("{line}\n"));
        }
        Ok(report.exit)
    });
    result.unwrap_or_else(|error| {
        output::complain(&format!("{ERROR}error{ERROR:#}: {error}\n"));
        Exit::Error
    })
}

fn report(cli: &Cli, width: usize) -> io::Result<Report> {
    match &cli.command {
        Command::Classify(args) => commands::classify::run(args, width),
        Command::Activations(args) => Ok(commands::activations::run(args, width)),
        Command::Constants(args) => commands::constants::run(args, width),
        Command::Hermite(args) => commands::hermite::run(args, width),
        Command::Dual(args) => commands::dual::run(args, width),
        Command::Expect(args) => commands::expect::run(args, width),
        Command::Ntk(args) => commands::ntk::run(args, width),
        Command::Phase(args) => commands::phase::run(args, width),
        Command::Papers(args) => commands::papers::run(&args.action, width),
        Command::Limit(args) => commands::limit::run(args, width),
        Command::Depth(args) => commands::depth::run(args, width),
        Command::Spectrum(args) => commands::spectrum::run(args, width),
        Command::Learn(args) => commands::learn::run(args, width),
        Command::Emit(args) => commands::emit::run(args),
        Command::Plot(args) => commands::plot::run(args),
        Command::Report(args) => commands::report::run(args),
        Command::Gram(args) => commands::gram::run(args),
        Command::Evaluate(args) => commands::evaluate::run(args, width),
        Command::Predict(args) => commands::predict::run(args),
        Command::Regress(args) => commands::regress::run(args, width),
        Command::Dynamics(args) => commands::dynamics::run(args),
        Command::Cntk(args) => Ok(commands::cntk::run(args, width)),
        Command::Design(args) => commands::design::run(args, width),
        Command::Identities(args) => commands::identities::run(args, width),
        Command::Completions(args) => Ok(commands::completions::run(args)),
        Command::Man(args) => commands::man::run(args),
    }
}
