//! `deeplimit papers figures`.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;

use deeplimit::error::Error;

use super::LIMIT;
use crate::args::PapersFigures;
use crate::batch::answers;
use crate::collection::laboratory;
use crate::commands::INTERRUPT;
use crate::fault::Fault;
use crate::library::{Figure, figure, figure_names};
use crate::report::Report;
use deeplimit_claims::{all, chosen};

/// Answers the command.
pub fn run(args: &PapersFigures) -> io::Result<Report> {
    let invalid = |message: String| io::Error::new(ErrorKind::InvalidInput, message);
    chosen(all(None)?, Some(&args.key))?;
    let known = figure_names(&args.key);
    if known.is_empty() {
        return Err(invalid(format!("the paper `{}` has no figures", args.key)));
    }
    if let Some(name) = args.only.iter().find(|n| !known.contains(&n.as_str())) {
        return Err(invalid(format!(
            "there is no figure `{name}`; there is {}",
            known.join(", ")
        )));
    }
    let names: Vec<String> = known
        .iter()
        .filter(|n| args.only.is_empty() || args.only.iter().any(|o| o == *n))
        .map(|n| (*n).to_owned())
        .collect();
    let folder = args.out.clone();
    fs::create_dir_all(&folder).map_err(|e| {
        invalid(format!(
            "the folder {} cannot be made: {e}",
            folder.display()
        ))
    })?;
    let laboratory = Arc::new(laboratory(args.effort, args.data.as_deref()));
    let (questions, effort, out) = (names.clone(), args.effort, folder.clone());
    let batch = answers(&names, LIMIT, &INTERRUPT, move |n| {
        let data = figure(&laboratory, &questions[n], effort)?;
        written(&data, &out)
            .map_err(|e| Error::Unresolved(format!("{} was not written: {e}", data.name)))
    });
    let missing = batch.missing(&names, "figures");
    let mut text = String::new();
    let mut faults = Vec::new();
    for (name, answer) in names.iter().zip(batch.answers) {
        match answer {
            Some(Ok(files)) => {
                for file in files {
                    text += &format!("{}\n", folder.join(file).display());
                }
            }
            Some(Err(error)) => faults.push(Fault {
                text: name.clone(),
                error,
            }),
            None => {}
        }
    }
    Ok(Report::new(text, faults, false, batch.interrupted).with_closing(missing))
}

/// Numbers and pictures, each whole or not at all.
fn written(figure: &Figure, folder: &Path) -> io::Result<Vec<String>> {
    let mut files = vec![(format!("{}.csv", figure.name), csv(figure).into_bytes())];
    #[cfg(feature = "plot")]
    {
        let (svg, png) = crate::plot::pictures(figure).map_err(io::Error::other)?;
        files.push((format!("{}.svg", figure.name), svg.into_bytes()));
        files.push((format!("{}.png", figure.name), png));
    }
    for (name, bytes) in &files {
        whole(&folder.join(name), bytes)?;
    }
    Ok(files.drain(..).map(|f| f.0).collect())
}

/// Under another name first: a file that is there is complete.
fn whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let write = || {
        let mut file = fs::File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().inspect_err(|_| drop(fs::remove_file(&part)))
}

/// `series,x,y,error`
fn csv(figure: &Figure) -> String {
    let mut text = "series,x,y,error\n".to_owned();
    for series in &figure.series {
        for (n, (x, y)) in series.points.iter().enumerate() {
            let error = series.errors.get(n).map_or(String::new(), f64::to_string);
            text += &format!("\"{}\",{x},{y},{error}\n", series.name.replace('"', "\"\""));
        }
    }
    text
}
