//! Which columns of a text file are what: the same arguments of all commands that read rows.

use clap::{Args, ValueEnum};

/// The columns.
#[derive(Args, Clone, Debug, Default)]
pub struct Columns {
    /// Columns of a CSV file that are left out: names or numbers
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',')]
    pub drop: Vec<String>,
    /// Columns that are coordinates even if called label or y
    #[arg(
        long,
        value_name = "COLUMN,...",
        value_delimiter = ',',
        long_help = "Columns that are coordinates even if called label, class, target or
y (which are asked about), or if they have no name"
    )]
    pub keep: Vec<String>,
    /// Is the first line of a CSV file a header: yes, no or auto
    #[arg(
        long,
        value_enum,
        default_value_t = Header::Auto,
        value_name = "WHETHER",
        hide_possible_values = true,
        long_help = "Is the first line of a CSV file a header: yes, no or auto. It is
one where a column that is named on the command line stands in it, or
where no coordinate of it is a number"
    )]
    pub header: Header,
}

/// `--header`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Header {
    /// It is found out
    #[default]
    Auto,
    /// It is one
    Yes,
    /// It is none
    No,
}

impl Columns {
    /// Is there a header? `None`: it is to be found out.
    pub fn header(&self) -> Option<bool> {
        match self.header {
            Header::Auto => None,
            Header::Yes => Some(true),
            Header::No => Some(false),
        }
    }
}
