//! `deeplimit gram`: a Gram matrix into a file.

use std::io;
use std::time::Instant;

use deeplimit::kernel::LimitForm;
use serde::Serialize;

use super::{INTERRUPT, Report, expression};
use crate::args::Gram as Args;
use crate::fault::Fault;
use crate::json::{FaultItem, Item, array};
use crate::library::{self, GramReport};
use crate::progress::Progress;

/// The contract.
#[derive(Serialize)]
struct GramJson {
    data: String,
    out: String,
    activation: String,
    rows: usize,
    columns: usize,
    blocks: usize,
    /// Blocks that an earlier run had finished.
    resumed: usize,
    /// The kernel is `e^log_scale` times the entries.
    log_scale: f64,
    /// What the entries are at infinite depth: the regime; `null` at finite depth.
    limit: Option<&'static str>,
    /// The largest relative error met at construction.
    error: f64,
    /// Seconds.
    prepared: f64,
    computed: f64,
}

/// Answers the command.
pub fn run(args: &Args) -> io::Result<Report> {
    let activation = expression(&args.network.activation)?;
    let name = args.data.display().to_string();
    INTERRUPT.listen(true);
    let mut progress: Option<Progress> = None;
    let begun = Instant::now();
    let result = library::gram(args, &activation, |done, all| {
        let line = progress.get_or_insert_with(|| Progress::new(all));
        line.show(done, Some("row blocks"));
        !INTERRUPT.pressed()
    });
    drop(progress);
    INTERRUPT.listen(false);
    let answer = match result {
        Ok(answer) => answer,
        Err(error) => {
            let shown = match args.network.json {
                true => {
                    array::<Item<GramJson>>(&[Item::Fault(FaultItem::new("data", &name, &error))])
                }
                false => String::new(),
            };
            let fault = Fault { text: name, error };
            return Ok(Report::new(shown, vec![fault], false, false));
        }
    };
    let text = match args.network.json {
        true => array(&[json(args, &answer, begun)]),
        false => words(args, &answer, begun),
    };
    Ok(Report::new(text, vec![], false, !answer.whole))
}

fn json(args: &Args, a: &GramReport, begun: Instant) -> GramJson {
    GramJson {
        data: args.data.display().to_string(),
        out: args.out.display().to_string(),
        activation: a.activation.clone(),
        rows: a.rows,
        columns: a.rows,
        blocks: a.blocks,
        resumed: a.resumed,
        log_scale: a.log_scale,
        limit: a.form.map(LimitForm::name),
        error: a.error,
        prepared: a.prepared,
        computed: begun.elapsed().as_secs_f64() - a.prepared,
    }
}

fn words(args: &Args, a: &GramReport, begun: Instant) -> String {
    let out = args.out.display();
    if !a.whole {
        return format!("{out} is unfinished; the same line goes on from where it is\n");
    }
    let scale = match a.log_scale {
        0.0 => String::new(),
        log => format!("\nthe kernel is e^{log} times the entries"),
    };
    let limit = a
        .form
        .map(|form| format!("\nthe limit of infinite depth ({})", form.name()))
        .unwrap_or_default();
    let resumed = match a.resumed {
        0 => String::new(),
        n => format!(", {n} of {} row blocks found finished", a.blocks),
    };
    format!(
        "{out}: {n} x {n} of {}, in {:.1} s{resumed}{scale}{limit}\nlargest error of the compiled kernel, measured: {:.0e}\n",
        a.activation,
        begun.elapsed().as_secs_f64(),
        a.error,
        n = a.rows
    )
}
