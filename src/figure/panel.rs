//! One frame with its axes, curves and names: where everything stands.

use super::labels::{Area, free_place, spread};
use super::scale::Scale;
use super::style::{LETTERS, NOTES, Style, TITLE, letters, segment};
use super::svg::LEADING;
use super::text::{Run, lines, typeset, width};
use super::{Figure, Look};

/// Names beside lines are no nearer to each other, and no farther from the ends of their lines.
const APART: f64 = 17.0;
/// Ends that are nearer than this cannot be told apart.
const DISTINCT: f64 = 5.0;
const FARTHEST: f64 = 45.0;
/// Names beside lines take no more than this share of the width.
const BESIDE: f64 = 0.33;
/// The length of a sample of a line.
const SAMPLE: f64 = 24.0;
/// Height over width of a frame that is not square.
const SHAPE: f64 = 0.62;

/// The names' places.
enum Names {
    /// Beside the ends of the lines.
    Beside(Vec<f64>),
    /// In the frame.
    Inside(Area),
    /// Below it, in rows.
    Below,
    /// There is one curve.
    None,
}

pub(super) struct Panel<'a> {
    pub figure: &'a Figure,
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub styles: Vec<Style>,
    pub frame: Area,
    pub x: Scale,
    pub y: Scale,
    /// Its names stand in another panel.
    pub nameless: bool,
}

impl<'a> Panel<'a> {
    pub fn of(figure: &'a Figure, (left, top): (f64, f64), width: f64) -> Panel<'a> {
        let mut named = 0;
        let styles = figure.series.iter().map(|s| {
            let number = match s.look {
                Look::Guide | Look::Point => None,
                _ => {
                    named += usize::from(!s.name.is_empty());
                    Some(named.max(1) - 1)
                }
            };
            let look = s.look;
            Style { number, look }
        });
        let styles = styles.collect();
        let frame = Area {
            left,
            top,
            right: left + width,
            bottom: top + SHAPE * width,
        };
        let (x, y) = scales(figure, &frame);
        let mut panel = Panel {
            figure,
            left,
            top,
            width,
            styles,
            frame,
            x,
            y,
            nameless: false,
        };
        panel.fit(0.0);
        panel
    }

    fn title(&self) -> Vec<Vec<Run>> {
        lines(&self.figure.title, TITLE, self.width - 24.0)
    }

    /// The frame, with this much room for names on its right.
    fn fit(&mut self, names: f64) {
        let numbers = self.y.ticks(6);
        let widest = numbers.iter().map(|t| width(&typeset(&t.label), LETTERS));
        let left = self.left + 40.0 + widest.fold(0.0, f64::max);
        let mut right = self.left + self.width - 16.0 - names;
        let title = self.title().len() as f64 * TITLE * LEADING;
        let top = self.top + title + 14.0;
        let mut high = SHAPE * (self.width - 60.0);
        if self.figure.square {
            high = (right - left).min(340.0);
            right = left + high;
        }
        self.frame = Area {
            left,
            top,
            right,
            bottom: top + high,
        };
        (self.x, self.y) = scales(self.figure, &self.frame);
    }

    pub fn at(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        Some((self.x.at(x)?, self.y.at(y)?))
    }

    /// Curves with a name that stands in a legend.
    fn named(&self) -> Vec<usize> {
        let has = |n: &usize| {
            let s = &self.figure.series[*n];
            !s.name.is_empty() && s.look != Look::Point
        };
        (0..self.figure.series.len()).filter(has).collect()
    }

    /// The last place of a curve, and of what goes on with it, that is in the frame.
    fn end(&self, n: usize) -> Option<(f64, f64)> {
        let series = &self.figure.series;
        let more = series[n + 1..].iter().take_while(|s| s.name.is_empty());
        let all = series[n..=n].iter().chain(more);
        let places = all.flat_map(|s| &s.points).filter_map(|p| self.at(*p));
        let inside = places.filter(|p| self.frame.holds(*p));
        inside.max_by(|a, b| a.0.total_cmp(&b.0))
    }

    /// Where the names stand; the frame is made narrower for those beside lines.
    fn arrange(&mut self, ink: &[(f64, f64)]) -> Names {
        let named = self.named();
        if named.len() < 2 || self.nameless {
            return Names::None;
        }
        let runs = |n: &usize| typeset(&self.figure.series[*n].name);
        let widest = named
            .iter()
            .map(|n| width(&runs(n), LETTERS))
            .fold(0.0, f64::max);
        // where lines lead out of the frame
        let ends: Option<Vec<f64>> = named
            .iter()
            .map(|n| {
                let (x, y) = self.end(*n)?;
                let stems = self.figure.series[*n].look == Look::Stems;
                (x > self.frame.right - 0.06 * self.frame.width() && !stems).then_some(y)
            })
            .collect();
        let apart = |ends: &Vec<f64>| {
            let mut sorted = ends.clone();
            sorted.sort_by(f64::total_cmp);
            sorted.windows(2).all(|pair| pair[1] - pair[0] > DISTINCT)
        };
        if let Some(ends) = ends.filter(apart)
            && widest < BESIDE * self.width
        {
            let (low, high) = (self.frame.top, self.frame.bottom);
            let (places, moved) = spread(&ends, APART, low, high);
            if moved <= FARTHEST {
                self.fit(if self.figure.square {
                    0.0
                } else {
                    widest + 20.0
                });
                // a square may have become smaller
                let ends: Vec<f64> = named.iter().filter_map(|n| Some(self.end(*n)?.1)).collect();
                let room = self.left + self.width - self.frame.right - 24.0;
                if ends.len() == places.len() && room >= widest {
                    return Names::Beside(
                        spread(&ends, APART, self.frame.top, self.frame.bottom).0,
                    );
                }
                self.fit(0.0);
            }
        }
        let size = (widest + SAMPLE + 8.0, named.len() as f64 * APART);
        if size.0 < 0.7 * self.frame.width() && size.1 < 0.7 * self.frame.height() {
            let (area, hidden) = free_place(&self.frame, size, ink, &[]);
            if hidden == 0 {
                return Names::Inside(area);
            }
        }
        Names::Below
    }

    pub fn drawn(mut self) -> (String, f64) {
        let ink = self.ink(&self.frame);
        let names = self.arrange(&ink);
        let ink = self.ink(&self.frame);
        let mut taken = Vec::new();
        let mut out = String::new();
        for (n, line) in self.title().iter().enumerate() {
            let y = self.top + (n + 1) as f64 * TITLE * LEADING;
            out += &letters((self.left + 12.0, y), ("start", TITLE, "ink"), line);
        }
        out += &self.axes();
        out += &self.curves();
        if let Names::Inside(area) = &names {
            taken.push(*area);
        }
        out += &self.points(&ink, &mut taken);
        out += &self.enlarged(&ink, &taken);
        let mut y = self.frame.bottom + 19.0 + LETTERS * LEADING;
        let label = typeset(&self.figure.x.label);
        let middle = f64::midpoint(self.frame.left, self.frame.right);
        out += &letters((middle, y), ("middle", LETTERS, "ink"), &label);
        out += &self.legend(&names, &mut y);
        y += 3.0;
        for remark in &self.figure.remarks {
            for line in lines(remark, NOTES, self.width - 24.0) {
                y += NOTES * LEADING;
                out += &letters((self.left + 12.0, y), ("start", NOTES, "note"), &line);
            }
        }
        (out, y + 10.0)
    }

    fn legend(&self, names: &Names, y: &mut f64) -> String {
        let named = self.named();
        let mut out = String::new();
        let runs = |n: usize| typeset(&self.figure.series[n].name);
        match names {
            Names::None => {}
            Names::Beside(places) => {
                let right = self.frame.right;
                for (n, place) in named.iter().zip(places) {
                    let Some((x, end)) = self.end(*n) else {
                        continue;
                    };
                    let style = self.styles[*n];
                    let class = style
                        .number
                        .map_or("guide".to_owned(), |n| format!("c{}", n % 7));
                    let corner = (right + 3.0, end);
                    out += &segment((x + 2.0, end), corner, &class, style.colour(), 0.8);
                    out += &segment(corner, (right + 13.0, *place), &class, style.colour(), 0.8);
                    let at = (right + 16.0, place + 0.35 * LETTERS);
                    out += &letters(at, ("start", LETTERS, "ink"), &runs(*n));
                }
            }
            Names::Inside(area) => {
                for (row, n) in named.iter().enumerate() {
                    let middle = area.top + (row as f64 + 0.5) * APART;
                    out += &self.entry(*n, (area.left, middle));
                }
            }
            Names::Below => {
                let (left, right) = (self.left + 12.0, self.left + self.width - 12.0);
                let mut x = left;
                *y += APART + 3.0;
                for n in named {
                    let wide = SAMPLE + 8.0 + width(&runs(n), LETTERS);
                    if x > left && x + wide > right {
                        x = left;
                        *y += APART;
                    }
                    out += &self.entry(n, (x, *y - 0.35 * LETTERS));
                    x += wide + 18.0;
                }
            }
        }
        out
    }

    /// A sample of a curve and its name.
    fn entry(&self, n: usize, (x, y): (f64, f64)) -> String {
        let style = self.styles[n];
        let curve = &self.figure.series[n];
        let mut out = format!("<path {} d=\"M{x:.2} {y:.2}h{SAMPLE}\"/>\n", style.line());
        if matches!(curve.look, Look::Marked | Look::Stems) {
            out += &style.mark((x + SAMPLE / 2.0, y));
        }
        let place = (x + SAMPLE + 6.0, y + 0.35 * LETTERS);
        out + &letters(place, ("start", LETTERS, "ink"), &typeset(&curve.name))
    }
}

/// Both axes in a frame.
pub(super) fn scales(figure: &Figure, frame: &Area) -> (Scale, Scale) {
    let across = figure
        .series
        .iter()
        .flat_map(|s| s.points.iter().map(|p| p.0));
    let up = figure.series.iter().flat_map(|s| {
        s.points.iter().enumerate().flat_map(|(n, p)| {
            let error = s.errors.get(n).copied().unwrap_or(0.0);
            [p.1 - error, p.1 + error]
        })
    });
    let x = Scale::new(&figure.x, across, (frame.left, frame.right));
    let y = Scale::new(&figure.y, up, (frame.bottom, frame.top));
    (x, y)
}
