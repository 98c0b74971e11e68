//! A sheet of figures as SVG: one picture for paper, page, PNG and PDF.
//!
//! Every mark has a class (`c0`, `m0`, `ink`, `rule`, `grid`, `guide`, `note`, `paper`), by which a page can give other colours.

use super::panel::Panel;
use super::style::{NOTES, TITLE, letters};
use super::text::{escaped, lines, spoken, typeset};
use super::{Figure, Sheet};

/// Widths of a panel where there are one, two, more.
const PANELS: [f64; 3] = [480.0, 380.0, 320.0];
/// Of a single square one.
const SQUARE: f64 = 430.0;
/// From one line to the next, in sizes.
pub(super) const LEADING: f64 = 1.3;

impl Figure {
    /// [`Sheet::svg`] of this figure alone.
    pub fn svg(&self) -> String {
        Sheet::from(self.clone()).svg()
    }
}

impl Sheet {
    /// The picture: self-contained, with a title and a description for those who do not see it, in no more than seven colours at a time.
    ///
    /// ```
    /// use deeplimit::{Activation, Effort, figure::{Picture, of_activation}};
    /// let figure = of_activation(&"relu".parse::<Activation>()?, Picture::Spectrum, &Effort::digits(12))?;
    /// let svg = figure.svg();
    /// assert!(svg.starts_with("<svg ") && svg.contains("<title>") && !svg.contains("NaN"));
    /// # Ok::<(), deeplimit::Error>(())
    /// ```
    pub fn svg(&self) -> String {
        let columns = self.panels.len().clamp(1, 3);
        let wide_each = match self.panels.as_slice() {
            [one] if one.square => SQUARE,
            _ => PANELS[columns - 1],
        };
        let wide = wide_each * columns as f64;
        let mut body = String::new();
        let mut y = 6.0;
        for line in lines(&self.title, TITLE, wide - 24.0) {
            y += TITLE * LEADING;
            body += &letters((12.0, y), ("start", TITLE, "ink"), &line);
        }
        if !self.title.is_empty() {
            y += 8.0;
        }
        for row in self.panels.chunks(columns) {
            let mut lowest = y;
            for (n, figure) in row.iter().enumerate() {
                let mut panel = Panel::of(figure, (wide_each * n as f64, y), wide_each);
                // the same names in all panels are said once
                let first = self.panels.first().filter(|_| columns == 3);
                let again =
                    |first: &Figure| !std::ptr::eq(first, figure) && names(first).eq(names(figure));
                panel.nameless = first.is_some_and(again);
                let (drawn, bottom) = panel.drawn();
                body += &drawn;
                lowest = lowest.max(bottom);
            }
            y = lowest;
        }
        for remark in &self.remarks {
            for line in lines(remark, NOTES, wide - 24.0) {
                y += NOTES * LEADING;
                body += &letters((12.0, y), ("start", NOTES, "note"), &line);
            }
        }
        let high = y + 8.0;
        let title = match (self.title.as_str(), self.panels.first()) {
            ("", Some(first)) => first.title.as_str(),
            (title, _) => title,
        };
        let mut told: Vec<String> = Vec::new();
        for figure in &self.panels {
            if self.panels.len() > 1 {
                told.push(format!("{}:", figure.title));
            }
            told.push(figure.description());
            told.extend(figure.remarks.iter().cloned());
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" class=\"figure\" width=\"{wide:.0}\" height=\"{high:.0}\" \
             viewBox=\"0 0 {wide:.0} {high:.0}\" font-family=\"Arimo, Arial, 'Liberation Sans', Helvetica, sans-serif\">\n\
             <title>{}</title>\n<desc>{}</desc>\n\
             <rect class=\"paper\" width=\"{wide:.0}\" height=\"{high:.0}\" fill=\"#ffffff\"/>\n{body}</svg>\n",
            escaped(&spoken(&typeset(title))),
            escaped(&spoken(&typeset(&told.join(" ")))),
        )
    }
}

fn names(figure: &Figure) -> impl Iterator<Item = &str> {
    figure.series.iter().map(|s| s.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::{Axis, Curve, Look};
    use super::*;

    fn figure(curves: Vec<Curve>) -> Figure {
        let mut figure = Figure::new(
            "test",
            "A < B & \"C\": p_n",
            Axis::new("x", false),
            Axis::new("y", true),
        );
        figure.series = curves;
        figure
    }

    fn line(name: &str, slope: f64) -> Curve {
        let points = (0..=20).map(|k| (f64::from(k), (slope * f64::from(k)).exp()));
        Curve::new(name, Look::Line, points.collect())
    }

    /// Elements are closed, and nothing but numbers stands where numbers belong.
    fn well_formed(svg: &str) {
        let mut open: Vec<&str> = Vec::new();
        for piece in svg.split('<').skip(1) {
            let (tag, rest) = piece.split_once('>').expect("a tag ends");
            assert!(!rest.contains('>'), "{rest}");
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name));
            } else if !tag.ends_with('/') {
                open.push(tag.split(' ').next().unwrap());
            }
        }
        assert!(open.is_empty() && !svg.contains("NaN") && !svg.contains("inf\""));
    }

    #[test]
    fn anything_can_be_drawn() {
        let nan = Curve::new("nothing", Look::Marked, vec![(f64::NAN, 1.0), (1.0, -1.0)]);
        let point = Curve::new("c*", Look::Point, vec![(3.0, 2.0)]);
        for curves in [
            vec![],
            vec![nan],
            vec![line("one", 0.1), line("two", -40.0), point],
            (0..11)
                .map(|n| line(&format!("curve {n}"), f64::from(n)))
                .collect(),
        ] {
            let mut figure = figure(curves);
            well_formed(&figure.svg());
            figure.square = true;
            figure.inset = Some([(0.0, 5.0), (1.0, 2.0)]);
            well_formed(&figure.svg());
            let sheet = Sheet {
                name: "five".into(),
                title: "Five".into(),
                panels: vec![figure; 5],
                remarks: vec!["20 seeds".into()],
            };
            well_formed(&sheet.svg());
        }
    }

    /// Names stand beside ends that are apart, in order; ends in one point have a legend; all names are there once.
    #[test]
    fn every_curve_has_its_name() {
        let apart = figure(vec![line("rising", 0.5), line("falling", -0.5)]).svg();
        let height = |name: &str| -> f64 {
            let text = apart.split("<text").find(|t| t.contains(name)).unwrap();
            let y = text.split("y=\"").nth(1).unwrap();
            y.split('"').next().unwrap().parse().unwrap()
        };
        assert!(height(">rising<") + 100.0 < height(">falling<"));
        let together: Vec<Curve> = (0..9).map(|n| line(&format!("same {n}"), 0.1)).collect();
        let svg = figure(together).svg();
        for n in 0..9 {
            assert_eq!(svg.matches(&format!(">same {n}</text>")).count(), 1);
        }
    }

    /// Colours are those of Okabe and Ito; a curve that leaves the frame is cut.
    #[test]
    fn nothing_leaves_the_frame() {
        let mut figure = figure(vec![line("one", 1.0)]);
        figure.x.ends = Some((5.0, 10.0));
        figure.y.ends = Some((1e3, 1e4));
        let svg = figure.svg();
        let path = svg.split("class=\"c0\"").nth(1).unwrap();
        let path = path
            .split("d=\"M")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let numbers = path.split(['L', ' ']).map(|n| n.parse::<f64>().unwrap());
        assert!(numbers.into_iter().all(|n| (0.0..=540.0).contains(&n)));
        assert!(svg.contains("#0072B2"));
    }
}
