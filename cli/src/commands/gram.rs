//! `deeplimit gram`: a Gram matrix into a file, and `deeplimit gram merge`.

use std::io;
use std::path::Path;
use std::time::Instant;

use deeplimit::kernel::LimitForm;
use deeplimit::store::Filled;
use serde::Serialize;

use super::{INTERRUPT, only};
use crate::args::{Columns, Gram as Args, GramAction, GramMatrix, Merge, Network};
use crate::batch::unfinished;
use crate::data::Reading;
use crate::fault::Fault;
use crate::json::array;
use crate::library::{self, ErrorJson, GramReport, Merged};
use crate::progress::Progress;
use crate::report::Report;

/// The contract.
#[derive(Serialize)]
struct GramJson {
    data: String,
    out: String,
    activation: String,
    /// A number of layers, or `inf`.
    depth: String,
    /// `ntk` or `nngp`
    kernel: &'static str,
    /// `unit` or `keep`
    lengths: &'static str,
    /// What was read.
    read: Reading,
    /// The same of the points of the columns; only where they are others.
    #[serde(skip_serializing_if = "Option::is_none")]
    with: Option<Reading>,
    rows: usize,
    columns: usize,
    /// `1/1` without `--shard`.
    shard: String,
    /// Tiles of the shard.
    blocks: usize,
    /// Tiles that an earlier run had finished.
    resumed: usize,
    /// All tiles are there, and the matrix has its name.
    whole: bool,
    /// The kernel is `e^log_scale` times the entries.
    log_scale: f64,
    /// Equal inputs have an infinite kernel.
    infinite_diagonal: bool,
    /// What the entries are at infinite depth: the regime; `null` at finite depth.
    limit: Option<&'static str>,
    #[serde(flatten)]
    error: ErrorJson,
    /// Seconds.
    prepared: f64,
    computed: f64,
}

/// The contract.
#[derive(Serialize)]
struct MergeJson {
    out: String,
    stores: Vec<String>,
    rows: usize,
    columns: usize,
    blocks: usize,
    /// Tiles that an earlier attempt had copied.
    resumed: usize,
}

/// Answers the command.
pub fn run(args: &Args) -> io::Result<Report> {
    match (&args.action, &args.matrix, &args.network) {
        (Some(GramAction::Merge(args)), _, _) => Ok(merged(args)),
        (None, Some(matrix), Some(network)) => made(matrix, network, &args.columns),
        // clap asks for one or the other
        _ => Err(io::Error::other("neither data nor stores are named")),
    }
}

/// The work with a line of progress, and Ctrl-C heard.
///
/// Returns what was reported last, too: tiles that are finished, and all.
fn watched<T>(
    out: &Path,
    work: impl FnOnce(&mut dyn FnMut(usize, usize) -> bool) -> T,
) -> (T, (usize, usize)) {
    let mut progress: Option<Progress> = None;
    let missing = format!("interrupted: no tile of {} is finished", out.display());
    INTERRUPT.would_say(String::new(), missing);
    let mut last = (0, 0);
    let result = work(&mut |done, all| {
        last = (done, all);
        // before the first tile there is nothing to keep, and Ctrl-C ends the program as usual
        INTERRUPT.listen(true);
        let line = progress.get_or_insert_with(|| Progress::new(all));
        line.show(done, Some("tiles"));
        !INTERRUPT.pressed()
    });
    drop(progress);
    INTERRUPT.listen(false);
    (result, last)
}

/// What Ctrl-C left.
fn missing(stopped: bool, (done, all): (usize, usize)) -> Option<String> {
    stopped.then(|| unfinished(done, all, "tiles", &[]))
}

fn made(args: &GramMatrix, network: &Network, columns: &Columns) -> io::Result<Report> {
    let activation = only(&network.activation)?;
    let name = args.data.display().to_string();
    let begun = Instant::now();
    let (answer, tiles) = watched(&args.out, |report| {
        library::gram((args, columns), network, &activation, report)
    });
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            return Ok(Report::of_data_fault(
                "data",
                &name,
                &activation,
                error,
                network.json,
            ));
        }
    };
    let text = match network.json {
        true => array(&[json(args, network, &answer, begun)]),
        false => words(args, &answer, begun),
    };
    let stopped = answer.filled == Filled::Stopped;
    let report = Report::new(text, vec![], false, stopped).with_closing(missing(stopped, tiles));
    Ok(report.having_read(network.json, &answer.read))
}

fn json(args: &GramMatrix, network: &Network, a: &GramReport, begun: Instant) -> GramJson {
    GramJson {
        data: args.data.display().to_string(),
        out: args.out.display().to_string(),
        activation: a.activation.clone(),
        depth: args.depth.to_string(),
        kernel: network.kernel.name(),
        lengths: network.lengths.name(),
        read: a.read[0].clone(),
        with: a.read.get(1).cloned(),
        rows: a.rows,
        columns: a.columns,
        shard: shard(args),
        blocks: a.tiles,
        resumed: a.resumed,
        whole: a.filled == Filled::Whole,
        log_scale: a.log_scale,
        infinite_diagonal: a.singular,
        limit: a.form.map(LimitForm::name),
        error: a.error.json(),
        prepared: a.prepared,
        computed: begun.elapsed().as_secs_f64() - a.prepared,
    }
}

fn shard(args: &GramMatrix) -> String {
    args.shard
        .map_or("1/1".to_owned(), |s| format!("{}/{}", s.index, s.of))
}

fn words(args: &GramMatrix, a: &GramReport, begun: Instant) -> String {
    let out = args.out.display();
    if a.filled == Filled::Stopped {
        return format!("{out} is unfinished; the same line goes on from where it is\n");
    }
    let resumed = match a.resumed {
        0 => String::new(),
        n => format!(", {n} of {} tiles found finished", a.tiles),
    };
    let seconds = begun.elapsed().as_secs_f64();
    if a.filled == Filled::Shard {
        return format!(
            "shard {} of {out}: {} tiles in {seconds:.1} s{resumed}; others are missing\n",
            shard(args),
            a.tiles
        );
    }
    let scale = match a.log_scale {
        0.0 => String::new(),
        log => format!("\nthe kernel is e^{log} times the entries"),
    };
    let limit = a
        .form
        .map(|form| format!("\nthe limit of infinite depth ({})", form.name()))
        .unwrap_or_default();
    let singular = match a.singular {
        true => "\nthe kernel of equal inputs is infinite",
        false => "",
    };
    format!(
        "{out}: {} x {} of {}, in {seconds:.1} s{resumed}{scale}{limit}{singular}\n{}\n",
        a.rows,
        a.columns,
        a.activation,
        a.error.words(),
    )
}

fn merged(args: &Merge) -> Report {
    let out = args.out.display().to_string();
    let (answer, tiles) = watched(&args.out, |report| library::merged(args, report));
    match answer {
        Ok(m) => Report::new(merged_text(args, &m), vec![], false, !m.whole)
            .with_closing(missing(!m.whole, tiles)),
        Err(error) => {
            let text = out.clone();
            Report::refused("out", &out, Fault { text, error }, args.json)
        }
    }
}

fn merged_text(args: &Merge, m: &Merged) -> String {
    let out = args.out.display().to_string();
    match (args.json, m.whole) {
        (true, _) => array(&[MergeJson {
            out,
            stores: args
                .stores
                .iter()
                .map(|s| s.display().to_string())
                .collect(),
            rows: m.rows,
            columns: m.columns,
            blocks: m.tiles,
            resumed: m.resumed,
        }]),
        (false, true) => format!(
            "{out}: {} x {}, {} tiles joined\n",
            m.rows, m.columns, m.tiles
        ),
        (false, false) => format!("{out} is unfinished; the same line goes on from where it is\n"),
    }
}
