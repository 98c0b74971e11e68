//! What is drawn in a frame: axes, curves, points, and a part of it once more, larger.

use std::fmt::Write;

use super::labels::{Area, clipped, free_place};
use super::panel::{Panel, scales};
use super::style::{GUIDE, INK, LETTERS, NOTES, Style, letters, segment};
use super::text::{typeset, width};
use super::{Curve, Look};

impl Panel<'_> {
    pub fn axes(&self) -> String {
        let f = &self.frame;
        let mut out = String::new();
        for tick in self.y.ticks(if f.height() < 200.0 { 4 } else { 6 }) {
            let (y, small) = (tick.place, tick.label.is_empty());
            if !small {
                out += &segment((f.left, y), (f.right, y), "grid", "#e6e6e6", 0.8);
                let place = (f.left - 7.0, y + 0.35 * LETTERS);
                out += &letters(place, ("end", LETTERS, "ink"), &typeset(&tick.label));
            }
            let length = if small { 2.5 } else { 4.5 };
            out += &segment((f.left - length, y), (f.left, y), "rule", INK, 0.9);
        }
        let across = if f.width() < 260.0 { 4 } else { 6 };
        for tick in self.x.ticks(across) {
            let (x, small) = (tick.place, tick.label.is_empty());
            let length = if small { 2.5 } else { 4.5 };
            out += &segment((x, f.bottom), (x, f.bottom + length), "rule", INK, 0.9);
            let place = (x, f.bottom + 7.0 + LETTERS);
            if !small {
                out += &letters(place, ("middle", LETTERS, "ink"), &typeset(&tick.label));
            }
        }
        out += &segment((f.left, f.top), (f.left, f.bottom), "rule", INK, 0.9);
        out += &segment((f.left, f.bottom), (f.right, f.bottom), "rule", INK, 0.9);
        if let Some(y) = self.y.broken_at() {
            let dotted = "stroke-dasharray=\"1 3\" fill=\"none\"";
            let _ = write!(
                out,
                "<path class=\"guide\" d=\"M{:.2} {y:.2}L{:.2} {y:.2}\" stroke=\"{GUIDE}\" stroke-width=\"0.8\" {dotted}/>\n\
                 <path class=\"break\" d=\"M{:.2} {:.2}l10 -5v4l-10 5z\" fill=\"#ffffff\"/>\n",
                f.left,
                f.right,
                f.left - 5.0,
                y + 0.5,
            );
            for dy in [-1.5, 2.5] {
                let (a, b) = ((f.left - 5.0, y + dy + 2.5), (f.left + 5.0, y + dy - 2.5));
                out += &segment(a, b, "rule", INK, 0.9);
            }
        }
        // up along the axis
        let (x, y) = (self.left + 20.0, f64::midpoint(f.top, f.bottom));
        let _ = writeln!(
            out,
            "<g transform=\"rotate(-90 {x:.2} {y:.2})\">{}</g>",
            letters(
                (x, y),
                ("middle", LETTERS, "ink"),
                &typeset(&self.figure.y.label)
            )
        );
        out
    }

    /// The parts of a curve in a frame, each a line without a break.
    fn parts(&self, curve: &Curve, area: &Area) -> Vec<Vec<(f64, f64)>> {
        let mut parts: Vec<Vec<(f64, f64)>> = Vec::new();
        let mut open = false;
        let places: Vec<_> = curve.points.iter().map(|p| self.at(*p)).collect();
        for pair in places.windows(2) {
            let [Some(from), Some(to)] = pair else {
                open = false;
                continue;
            };
            let Some([a, b]) = clipped(area, *from, *to) else {
                open = false;
                continue;
            };
            match parts.last_mut() {
                Some(part) if open => {
                    let last = part.last().copied().unwrap_or(a);
                    let far = (b.0 - last.0).abs().max((b.1 - last.1).abs()) > 0.3;
                    if far || b != *to {
                        part.push(b);
                    }
                }
                _ => parts.push(vec![a, b]),
            }
            open = b == *to;
        }
        parts
    }

    /// Where something is drawn, closely enough to find what is free.
    pub fn ink(&self, area: &Area) -> Vec<(f64, f64)> {
        let mut out = Vec::new();
        for curve in &self.figure.series {
            for pair in self.parts(curve, area).iter().flat_map(|p| p.windows(2)) {
                let (a, b) = (pair[0], pair[1]);
                let length = (b.0 - a.0).hypot(b.1 - a.1);
                let steps = (length / 4.0).ceil().clamp(1.0, 500.0);
                for k in 0..=steps as i32 {
                    let t = f64::from(k) / steps;
                    out.push((a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1)));
                }
            }
            let places = curve.points.iter().filter_map(|p| self.at(*p));
            let inside = places.filter(|p| area.holds(*p));
            match curve.look {
                Look::Stems => out.extend(inside.flat_map(|(x, y)| {
                    let steps = ((area.bottom - y) / 4.0).max(0.0) as i32;
                    (0..=steps).map(move |k| (x, y + 4.0 * f64::from(k)))
                })),
                _ => out.extend(inside),
            }
        }
        out
    }

    pub fn curves(&self) -> String {
        let mut out = String::new();
        // references first, so that they hide nothing
        for guides in [true, false] {
            for (curve, style) in self.figure.series.iter().zip(&self.styles) {
                if (curve.look == Look::Guide) == guides && curve.look != Look::Point {
                    out += &self.curve(curve, *style, &self.frame);
                }
            }
        }
        out
    }

    fn curve(&self, curve: &Curve, style: Style, area: &Area) -> String {
        let mut out = String::new();
        let mut path = String::new();
        if curve.look == Look::Stems {
            let places = curve.points.iter().filter_map(|p| self.at(*p));
            for (x, y) in places.filter(|p| area.holds(*p)) {
                let _ = write!(path, "M{x:.2} {:.2}V{y:.2}", area.bottom);
            }
        } else {
            for part in self.parts(curve, area) {
                for (n, (x, y)) in part.iter().enumerate() {
                    let letter = if n == 0 { 'M' } else { 'L' };
                    let _ = write!(path, "{letter}{x:.2} {y:.2}");
                }
            }
        }
        if !path.is_empty() {
            let _ = writeln!(out, "<path {} d=\"{path}\"/>", style.line());
        }
        for ((x, y), error) in curve.points.iter().zip(&curve.errors) {
            let ends = (self.at((*x, y - error)), self.at((*x, y + error)));
            if let (Some(a), Some(b)) = ends
                && let Some([a, b]) = clipped(area, a, b)
                && *error > 0.0
            {
                let class = style
                    .number
                    .map_or("guide".to_owned(), |n| format!("c{}", n % 7));
                out += &segment(a, b, &class, style.colour(), 1.0);
            }
        }
        if matches!(curve.look, Look::Marked | Look::Stems) {
            let places = curve.points.iter().filter_map(|p| self.at(*p));
            for place in places.filter(|p| area.holds(*p)) {
                out += &style.mark(place);
            }
        }
        out
    }

    /// Points with their names beside them, where they hide least.
    pub fn points(&self, ink: &[(f64, f64)], taken: &mut Vec<Area>) -> String {
        let mut out = String::new();
        for (curve, style) in self.figure.series.iter().zip(&self.styles) {
            if curve.look != Look::Point {
                continue;
            }
            let places = curve.points.iter().filter_map(|p| self.at(*p));
            let inside: Vec<_> = places.filter(|p| self.frame.holds(*p)).collect();
            for place in &inside {
                out += &style.mark(*place);
            }
            let Some((x, y)) = inside.first().copied() else {
                continue;
            };
            if curve.name.is_empty() {
                continue;
            }
            let runs = typeset(&curve.name);
            let wide = width(&runs, LETTERS) + 2.0;
            let area = |(left, middle): (f64, f64)| Area {
                left,
                top: middle - 0.6 * LETTERS,
                right: left + wide,
                bottom: middle + 0.6 * LETTERS,
            };
            let places = [
                (x + 9.0, y),
                (x - 9.0 - wide, y),
                (x + 7.0, y + 14.0),
                (x - 7.0 - wide, y - 14.0),
                (x - 7.0 - wide, y + 14.0),
                (x + 7.0, y - 14.0),
                (x - wide / 2.0, y + 18.0),
                (x - wide / 2.0, y - 18.0),
            ];
            let cost = |place: &(f64, f64)| {
                let area = area(*place);
                let f = &self.frame;
                let outside = area.left < f.left + 3.0
                    || area.right > f.right
                    || area.top < f.top
                    || area.bottom > f.bottom - 3.0;
                let over = taken.iter().any(|t| {
                    t.left < area.right
                        && area.left < t.right
                        && t.top < area.bottom
                        && area.top < t.bottom
                });
                let hidden = ink.iter().filter(|p| area.holds(**p)).count();
                hidden + 1000 * usize::from(outside) + 1000 * usize::from(over)
            };
            let best = places
                .into_iter()
                .min_by_key(cost)
                .expect("there are places");
            out += &letters(
                (best.0, best.1 + 0.35 * LETTERS),
                ("start", LETTERS, "ink"),
                &runs,
            );
            taken.push(area(best));
        }
        out
    }

    /// A part of the frame drawn larger in a free corner.
    pub fn enlarged(&self, ink: &[(f64, f64)], taken: &[Area]) -> String {
        let Some([across, up]) = self.figure.inset else {
            return String::new();
        };
        let side = 0.38 * self.frame.height().min(self.frame.width());
        // numbers stand on its left and below it
        let (room, _) = free_place(&self.frame, (side + 34.0, side + 18.0), ink, taken);
        let area = Area {
            left: room.left + 30.0,
            top: room.top + 4.0,
            right: room.right,
            bottom: room.bottom - 14.0,
        };
        let mut figure = self.figure.clone();
        figure.x.ends = Some(across);
        figure.y.ends = Some(up);
        figure.y.gap = None;
        let (x, y) = scales(&figure, &area);
        let inner = Panel {
            figure: &figure,
            left: area.left,
            top: area.top,
            width: area.width(),
            styles: self.styles.clone(),
            frame: area,
            x,
            y,
            nameless: true,
        };
        let mut out = format!(
            "<rect class=\"paper frame\" x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"#ffffff\" stroke=\"{GUIDE}\" stroke-width=\"0.8\"/>\n",
            area.left,
            area.top,
            area.width(),
            area.height()
        );
        for tick in x.ticks(2).iter().filter(|t| !t.label.is_empty()) {
            let place = (tick.place, area.bottom + NOTES + 2.0);
            out += &segment(
                (tick.place, area.bottom),
                (tick.place, area.bottom + 2.5),
                "rule",
                INK,
                0.8,
            );
            out += &letters(place, ("middle", NOTES, "ink"), &typeset(&tick.label));
        }
        for tick in y.ticks(2).iter().filter(|t| !t.label.is_empty()) {
            let place = (area.left - 4.0, tick.place + 0.35 * NOTES);
            out += &segment(
                (area.left - 2.5, tick.place),
                (area.left, tick.place),
                "rule",
                INK,
                0.8,
            );
            out += &letters(place, ("end", NOTES, "ink"), &typeset(&tick.label));
        }
        out + &inner.curves()
    }
}
