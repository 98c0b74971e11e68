//! Which column is what: the header or its absence, the label, what is left out. Names decide where there are names.

use std::path::Path;

use csv::StringRecord;
use deeplimit::error::Result;

use super::labels::missing;
use super::{Asked, Label, Rows, bad, listed};

/// Names of columns that hold classes or targets.
const TARGETS: [&str; 7] = [
    "label", "labels", "class", "classes", "target", "targets", "y",
];

/// What a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Coordinate,
    Label,
    /// A real target, the one of this number of those that were asked for.
    Target(usize),
    /// Left out, as `--drop` says.
    Dropped,
    /// Of a row to be predicted: its label (`None`) or the target of this number; it is compared with the prediction, and nothing else.
    Known(Option<usize>),
}

/// The columns of a file.
#[derive(Clone, Debug)]
pub struct Columns {
    /// The first line, where it is a header.
    pub header: Option<Vec<String>>,
    pub roles: Vec<Role>,
    /// Coordinates that `--keep` names.
    pub kept: Vec<usize>,
    /// Names on the command line that no column here has.
    absent: Vec<String>,
    /// What one might not have noticed.
    pub notes: Vec<String>,
}

impl Columns {
    /// From the first record of a file.
    pub fn of(path: &Path, first: &StringRecord, asked: &Asked) -> Result<Columns> {
        let header = header(path, first, asked)?;
        let mut columns = Columns {
            roles: vec![Role::Coordinate; first.len()],
            header: header.then(|| first.iter().map(str::to_owned).collect()),
            kept: vec![],
            absent: vec![],
            notes: vec![],
        };
        for (names, dropped) in [(asked.drop, true), (asked.keep, false)] {
            for name in names {
                match (columns.place(path, name), &asked.label) {
                    (Ok(place), _) if dropped => columns.roles[place] = Role::Dropped,
                    (Ok(place), _) => columns.kept.push(place),
                    // a column of one of two files
                    (Err(_), Label::Like { known, .. }) if known.has(name) => {}
                    (Err(_), Label::Column(_) | Label::Targets(_)) if asked.pair => {
                        columns.absent.push(name.clone())
                    }
                    (Err(error), _) => return Err(error),
                }
            }
        }
        match asked.label {
            Label::None => {}
            Label::Column(name) => {
                let place = columns.place(path, name)?;
                if columns.roles[place] == Role::Dropped {
                    return Err(bad(path, format!("`{name}` is both --label and --drop")));
                }
                columns.roles[place] = Role::Label;
            }
            Label::Targets(names) => {
                for (k, name) in names.iter().enumerate() {
                    let place = columns.place(path, name)?;
                    match columns.roles[place] {
                        Role::Dropped => {
                            return Err(bad(path, format!("`{name}` is both --target and --drop")));
                        }
                        Role::Target(_) => {
                            return Err(bad(path, format!("`{name}` is a target twice")));
                        }
                        _ => columns.roles[place] = Role::Target(k),
                    }
                }
            }
            Label::Like { known, .. } => columns.like(known),
        }
        if columns.coordinates().next().is_none() {
            return Err(bad(path, "there are no columns of numbers"));
        }
        if !matches!(asked.label, Label::Like { .. }) {
            columns.ask(path, asked)?;
        }
        Ok(columns)
    }

    /// The roles of the columns of training rows, by name where both have names, and by place elsewhere.
    fn like(&mut self, known: &Rows) {
        let Some(theirs) = &known.columns else { return };
        let answer = |role: &Role| match role {
            Role::Label => Some(Role::Known(None)),
            Role::Target(k) => Some(Role::Known(Some(*k))),
            _ => None,
        };
        let places = theirs.roles.iter().enumerate();
        let answers: Vec<(usize, Role)> = places
            .filter_map(|(place, role)| Some((place, answer(role)?)))
            .collect();
        match (&self.header, &theirs.header) {
            (Some(names), Some(others)) => {
                for (name, role) in names.iter().zip(&mut self.roles) {
                    let same = |(place, _): &&(usize, Role)| others[*place] == *name;
                    if let (Some((_, known)), Role::Coordinate) = (answers.iter().find(same), *role)
                    {
                        *role = *known;
                    }
                }
            }
            _ => {
                let mut roles = theirs.roles.clone();
                // without the label or the targets, everything else as it is there
                if roles.len() == self.roles.len() + answers.len() {
                    roles.retain(|role| answer(role).is_none());
                }
                if roles.len() != self.roles.len() {
                    return;
                }
                for (role, other) in self.roles.iter_mut().zip(roles) {
                    *role = answer(&other).unwrap_or(other);
                }
                if self.header.is_some() != theirs.header.is_some() {
                    let [here, there] = match self.header.is_some() {
                        true => ["has", "has none"],
                        false => ["has no", "has one"],
                    };
                    self.notes.push(format!(
                        "{here} header, and the training file {there}: columns are taken in their order"
                    ));
                }
            }
        }
    }

    /// The places of the coordinates.
    pub fn coordinates(&self) -> impl Iterator<Item = usize> {
        let coordinate = |k: &usize| self.roles[*k] == Role::Coordinate;
        (0..self.roles.len()).filter(coordinate)
    }

    /// The names of the coordinates, where there are names.
    pub fn names(&self) -> Vec<String> {
        match &self.header {
            Some(header) => self.coordinates().map(|k| header[k].clone()).collect(),
            None => vec![],
        }
    }

    /// A column for programs: its name, or its number.
    pub fn key(&self, k: usize) -> String {
        match &self.header {
            Some(header) if !header[k].is_empty() => header[k].clone(),
            _ => (k + 1).to_string(),
        }
    }

    /// A column for people: its name, or its number.
    pub fn called(&self, k: usize) -> String {
        match &self.header {
            Some(header) if !header[k].is_empty() => format!("`{}`", header[k]),
            _ => format!("column {}", k + 1),
        }
    }

    /// The column of a name, or of a number from 1.
    fn place(&self, path: &Path, name: &str) -> Result<usize> {
        let width = self.roles.len();
        let number = name.parse().ok().filter(|n| (1..=width).contains(n));
        if let Some(header) = &self.header {
            let mut places = (0..width).filter(|k| header[*k] == name);
            match (places.next(), places.next()) {
                (Some(place), None) => return Ok(place),
                (Some(a), Some(b)) => {
                    return Err(bad(
                        path,
                        format!(
                            "columns {} and {} are both called `{name}`: give the number of the one that is meant",
                            a + 1,
                            b + 1
                        ),
                    ));
                }
                _ => {}
            }
        }
        number.map(|n: usize| n - 1).ok_or_else(|| {
            let there = match &self.header {
                Some(header) => format!("the first line is {}", listed(header)),
                None => {
                    format!(
                        "the first line is no header, and columns are numbers from 1 to {width}"
                    )
                }
            };
            bad(path, format!("there is no column `{name}`: {there}"))
        })
    }

    /// A coordinate whose name says that it is none is asked about.
    fn ask(&self, path: &Path, asked: &Asked) -> Result<()> {
        let Some(header) = &self.header else {
            return Ok(());
        };
        // points of a plane or of space
        let names = self.names();
        let axes = ["x", "y", "z"];
        let plain = (2..=3).contains(&names.len())
            && names
                .iter()
                .zip(axes)
                .all(|(n, a)| n.eq_ignore_ascii_case(a));
        let suspect = self.coordinates().find(|k| {
            let target = TARGETS.iter().any(|t| header[*k].eq_ignore_ascii_case(t));
            target && !plain && !self.kept.contains(k)
        });
        match suspect {
            None => Ok(()),
            Some(k) => Err(bad(path, question(&header[k], k, asked))),
        }
    }

    /// The same where the names stand in a comment: `# a, b, label`.
    pub fn commented(&self, path: &Path, cells: &[String], asked: &Asked) -> Result<()> {
        if self.header.is_some() || cells.len() != self.roles.len() {
            return Ok(());
        }
        let named = Columns {
            header: Some(cells.to_vec()),
            ..self.clone()
        };
        named.ask(path, asked)
    }
}

fn question(name: &str, k: usize, asked: &Asked) -> String {
    let label = match (asked.labels, &asked.label) {
        (true, Label::None) => format!("--label {name} says that it holds them, "),
        (_, Label::Targets(_)) => format!("--target {name} says that it is one, too, "),
        _ => String::new(),
    };
    format!(
        "column {} is called `{name}`, as classes or targets are, and would be a coordinate: {label}--drop {name} leaves \
         it out, --keep {name} takes it as it is",
        k + 1
    )
}

/// Is the first line a header? It is where a column is named that stands in it, or where no cell of a coordinate is a number.
fn header(path: &Path, first: &StringRecord, asked: &Asked) -> Result<bool> {
    if let Some(said) = asked.header {
        return Ok(said);
    }
    let width = first.len();
    let place = |name: &&str| name.parse().ok().filter(|n| (1..=width).contains(n));
    let found = |name: &&str| place(name).is_none() && first.iter().any(|f| f == *name);
    let (label, targets) = match asked.label {
        Label::Column(name) => (Some(name), &[][..]),
        Label::Targets(names) => (None, names),
        _ => (None, &[][..]),
    };
    let names = || {
        let named = asked.drop.iter().chain(asked.keep).chain(targets);
        named.map(String::as_str).chain(label)
    };
    if names().any(|n| found(&n)) {
        return Ok(true);
    }
    if let Label::Like { known, .. } = asked.label
        && !known.names.is_empty()
        && known.names.iter().all(|n| first.iter().any(|f| f == n))
    {
        return Ok(true);
    }
    let apart: Vec<usize> = names()
        .filter_map(|n| place(&n))
        .map(|n: usize| n - 1)
        .collect();
    let cells = || first.iter().enumerate();
    // a cell that has a name of the command line, and the column of that number, are no coordinates
    let coordinates: Vec<&str> = cells()
        .filter(|(k, f)| !apart.contains(k) && !names().any(|n| n == *f))
        .map(|(_, f)| f)
        .collect();
    let number = |f: &&str| meant_as_number(f);
    if !coordinates.iter().any(number) {
        return Ok(coordinates.iter().any(|f| !missing(f)));
    }
    // pandas calls columns without names 0, 1, 2 ...
    let counted = cells().filter(|(k, f)| *f == k.to_string()).count();
    let words = cells().filter(|(_, f)| !number(f)).count();
    if counted >= 3 && counted + words == width {
        return Err(bad(
            path,
            "line 1 counts the columns from 0, as pandas does where they have no names: --header yes or --header no says \
             whether it is one",
        ));
    }
    Ok(false)
}

/// A number, or what was meant as one: `1,5`, `1_000`, `50%`. It begins as one and has nothing but what numbers have.
fn meant_as_number(cell: &str) -> bool {
    const SIGNS: &str = "+-.\u{2212}";
    let begins = cell.starts_with(|c: char| c.is_ascii_digit() || SIGNS.contains(c));
    let within = |c: char| c.is_ascii_digit() || SIGNS.contains(c) || ",_' eE%".contains(c);
    let digits = cell.contains(|c: char| c.is_ascii_digit());
    cell.parse::<f64>().is_ok() || begins && digits && cell.chars().all(within)
}

impl Rows {
    /// Was this name on the command line found here? An array has no names.
    fn has(&self, name: &String) -> bool {
        self.columns
            .as_ref()
            .is_some_and(|c| !c.absent.contains(name))
    }

    /// The columns in the order of the training rows, where both have names.
    pub fn like(mut self, path: &Path, known: &Rows, whose: &Path) -> Result<Rows> {
        let named = !self.names.is_empty() && !known.names.is_empty();
        let lacking = |names: &[String], of: &[String]| -> Vec<String> {
            let absent = names.iter().filter(|n| !of.contains(n));
            absent.cloned().collect()
        };
        if self.dimension != known.dimension {
            let mut text = format!(
                "rows have {} coordinates, those of {} have {}",
                self.dimension,
                whose.display(),
                known.dimension
            );
            let (more, less) = (
                lacking(&self.names, &known.names),
                lacking(&known.names, &self.names),
            );
            if named && less.is_empty() && !more.is_empty() {
                text += &format!(" and no {} (--drop leaves columns out)", listed(&more));
            } else if named && !less.is_empty() {
                text += &format!(": {} is missing", listed(&less));
            }
            return Err(bad(path, text));
        }
        if !named || self.names == known.names {
            return Ok(self);
        }
        let place = |name: &String| {
            let mut places = (0..self.names.len()).filter(|k| self.names[*k] == *name);
            let place = places.next().filter(|_| places.next().is_none());
            place.ok_or_else(|| {
                bad(
                    path,
                    format!(
                        "the columns are named {}, those of {} {}",
                        listed(&self.names),
                        whose.display(),
                        listed(&known.names)
                    ),
                )
            })
        };
        let order: Vec<usize> = known.names.iter().map(place).collect::<Result<_>>()?;
        let rows = self.values.chunks_exact(self.dimension);
        self.values = rows.flat_map(|row| order.iter().map(|k| row[*k])).collect();
        self.names.clone_from(&known.names);
        self.read.named(&self.names);
        self.read.note(format!(
            "the columns are taken by name, in the order of {}",
            whose.display()
        ));
        Ok(self)
    }
}
