//! How curves are told from each other, and how letters and lines are written.
//!
//! Colours are Okabe and Ito's (2008) without yellow, which is lost on white; each curve has a style of line or a mark of its own, too, so
//! nothing is said by colour alone.

use std::fmt::Write;

use super::Look;
use super::text::{Run, spans};

const COLOURS: [&str; 7] = [
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000",
];
const DASHES: [&str; 7] = [
    "",
    "7 3",
    "2 2.5",
    "9 3 2 3",
    "13 4",
    "5 2 1.5 2 1.5 2",
    "4 4",
];
pub(super) const INK: &str = "#1a1a1a";
pub(super) const GUIDE: &str = "#767676";

/// Sizes of letters.
pub(super) const LETTERS: f64 = 13.0;
pub(super) const TITLE: f64 = 14.0;
pub(super) const NOTES: f64 = 11.0;

/// A line of text at a place.
pub(super) fn letters(
    (x, y): (f64, f64),
    (anchor, size, class): (&str, f64, &str),
    runs: &[Run],
) -> String {
    let colour = if class == "note" { "#555555" } else { INK };
    format!(
        "<text class=\"{class}\" x=\"{x:.2}\" y=\"{y:.2}\" text-anchor=\"{anchor}\" font-size=\"{size}\" fill=\"{colour}\">{}</text>\n",
        spans(runs, size)
    )
}

pub(super) fn segment(
    (x0, y0): (f64, f64),
    (x1, y1): (f64, f64),
    class: &str,
    colour: &str,
    thick: f64,
) -> String {
    format!(
        "<path class=\"{class}\" d=\"M{x0:.2} {y0:.2}L{x1:.2} {y1:.2}\" stroke=\"{colour}\" stroke-width=\"{thick}\" fill=\"none\"/>\n"
    )
}

/// How a curve is told from others: by its number among those that have a name and are no reference.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// `None` for a reference.
    pub number: Option<usize>,
    pub look: Look,
}

impl Style {
    pub fn colour(self) -> &'static str {
        self.number.map_or(GUIDE, |n| COLOURS[n % COLOURS.len()])
    }

    /// As attributes of a line.
    pub fn line(self) -> String {
        let Some(n) = self.number else {
            return format!("class=\"guide\" stroke=\"{GUIDE}\" stroke-width=\"1\" fill=\"none\"");
        };
        let n = n % COLOURS.len();
        let dash = match self.look {
            // told apart by their marks
            Look::Marked | Look::Stems => "",
            Look::Dashed if n == 0 => DASHES[1],
            _ => DASHES[n],
        };
        let dash = match dash {
            "" => String::new(),
            dash => format!(" stroke-dasharray=\"{dash}\""),
        };
        format!(
            "class=\"c{n}\" stroke=\"{}\" stroke-width=\"1.7\" stroke-linejoin=\"round\" fill=\"none\"{dash}",
            COLOURS[n]
        )
    }

    pub fn mark(self, (x, y): (f64, f64)) -> String {
        let Some(n) = self.number else {
            return format!(
                "<circle class=\"ring\" cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"4\" fill=\"#ffffff\" stroke=\"{INK}\" stroke-width=\"1.6\"/>\n"
            );
        };
        let n = n % COLOURS.len();
        let points = |corners: &[(f64, f64)]| {
            let mut path = String::from("M");
            for (dx, dy) in corners {
                let _ = write!(path, "{:.2} {:.2} ", x + dx, y + dy);
            }
            path + "Z"
        };
        let shape = match n % 5 {
            0 => {
                return format!(
                    "<circle class=\"m{n}\" cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"3\" fill=\"{}\"/>\n",
                    COLOURS[n]
                );
            }
            1 => points(&[(-2.8, -2.8), (2.8, -2.8), (2.8, 2.8), (-2.8, 2.8)]),
            2 => points(&[(0.0, -3.7), (3.5, 2.6), (-3.5, 2.6)]),
            3 => points(&[(0.0, -4.0), (4.0, 0.0), (0.0, 4.0), (-4.0, 0.0)]),
            _ => points(&[(0.0, 3.7), (3.5, -2.6), (-3.5, -2.6)]),
        };
        format!(
            "<path class=\"m{n}\" d=\"{shape}\" fill=\"{}\"/>\n",
            COLOURS[n]
        )
    }
}
