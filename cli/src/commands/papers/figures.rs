//! `deeplimit papers figures`.

use std::fs;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use super::LIMIT;
use crate::args::PapersFigures;
use crate::batch::answers;
use crate::collection::laboratory;
use crate::commands::INTERRUPT;
use crate::fault::Fault;
use crate::figures::in_all;
use crate::library::{figure, figure_names};
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
        in_all(&data, &data.name, &out)
    });
    let missing = batch.missing(&names, "figures");
    let mut text = String::new();
    let mut faults = Vec::new();
    for (name, answer) in names.iter().zip(batch.answers) {
        match answer {
            Some(Ok(files)) => {
                for file in files {
                    text += &format!("{}\n", file.display());
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
