//! The figures of a paper as data: numbers, names of curves and of axes; a door chooses the file.

use rug::Rational;

use super::experiment::{singular, tally};
use super::laboratory::Laboratory;
use super::parameters::unknown;
use crate::activation::Expr;
use crate::classifier::certain::dual_of;
use crate::error::{Error, Result};
use crate::figure::{Axis, Curve, Figure, Look, Sheet};
use crate::limit::Koenigs;
use crate::real::{Analytic, Mpfr, Real};
use crate::recursion::{Correlation, UnitLayers};

/// The dimensions of the figures of accuracy against n.
const BY_POINTS: [&str; 4] = ["accuracy-d1", "accuracy-d2", "accuracy-d4", "accuracy-d8"];
/// Activation and title of a dual map, and where an orbit is lost to the eye.
type Map = (&'static str, &'static str, Option<(f64, f64)>);
const MAPS: [Map; 5] = [
    (
        "optimal(2)",
        "optimal(2), singular: A = 0, A'^2 = 1/2",
        None,
    ),
    (
        "(hermite(2)+hermite(3))/sqrt(2)",
        "(h2 + h3)/sqrt 2, nearest neighbour",
        Some((0.0, 0.12)),
    ),
    ("x^2", "x^2, majority, chaotic: B' = 4/3", None),
    (
        "relu",
        "relu, majority, edge of chaos: B' = 1",
        Some((0.88, 1.0)),
    ),
    ("exp(x/2)", "exp(x/2), ordered: A > 0, B' = 1/4", None),
];
/// Test points of a repetition, and repetitions: the same for every number of training points, so that the test points are.
const TESTS: u64 = 2000;
const SEEDS: u64 = 8;

/// The names of the figures of `radhakrishnan2022`.
pub fn names() -> Vec<&'static str> {
    let mut names = BY_POINTS.to_vec();
    names.extend([
        "depth-d1",
        "depth-d4",
        "kernels",
        "oscillation",
        "convergence",
        "maps",
    ]);
    names
}

/// The figures that a part of `radhakrishnan2022`'s claims is about, by the first word of their keys; those of the experiment, which take
/// minutes, from effort 2 on.
///
/// ```
/// use deeplimit::paper::figures;
/// assert_eq!(figures::of_part("taxonomy", 1), ["maps"]);
/// assert!(figures::of_part("consistency", 1).is_empty());
/// ```
pub fn of_part(part: &str, effort: u32) -> Vec<&'static str> {
    match part {
        "taxonomy" => vec!["maps"],
        "theorem-1" => vec!["kernels", "convergence"],
        "finding" => vec!["oscillation"],
        "consistency" if effort > 1 => names()
            .into_iter()
            .filter(|n| n.starts_with("accuracy") || n.starts_with("depth"))
            .collect(),
        _ => vec![],
    }
}

/// One of [`names`]. With `effort` 3 and more the experiment goes to n = 10^4, below to 3162.
///
/// # Errors
/// [`Error::Domain`] for another name; what the library says.
pub fn figure(lab: &Laboratory, name: &str, effort: u32) -> Result<Sheet> {
    let dimension = |prefix: &str| {
        name.strip_prefix(prefix)
            .and_then(|d| d.parse::<u64>().ok())
    };
    if BY_POINTS.contains(&name)
        && let Some(d) = dimension("accuracy-d")
    {
        return by_points(lab, name, d, effort);
    }
    match name {
        "depth-d1" => Ok(by_depth(lab, name, 1, effort)?.into()),
        "depth-d4" => Ok(by_depth(lab, name, 4, effort)?.into()),
        "kernels" => Ok(kernels(lab)?.into()),
        "oscillation" => Ok(oscillation(lab)?.into()),
        "convergence" => Ok(convergence(lab)?.into()),
        "maps" => maps(),
        _ => Err(unknown("figure", name, &names())),
    }
}

/// A rule of the experiment: its name in the legend, and what it is.
type Named = (String, String);

/// Rules that look at points, beside the limit of the network that has alpha = d.
fn rules(d: u64) -> Vec<Named> {
    let mut out = vec![
        (
            format!("optimal({d}), limit"),
            format!("limit optimal({d})"),
        ),
        (format!("Hilbert, alpha = {d}"), format!("power {d}")),
        ("1-NN".into(), "nearest".into()),
        ("majority".into(), "majority".into()),
    ];
    if d > 1 {
        out.push(("erf, limit (alpha 0.89)".into(), "limit erf".into()));
    }
    out
}

/// Networks: of finite depth, and with another alpha.
fn networks(d: u64) -> Vec<Named> {
    // an alpha below d
    let below = match d {
        1 => "erf, limit (alpha 0.89)",
        2 => "optimal(1), limit (alpha 1)",
        4 => "optimal(2), limit (alpha 2)",
        _ => "optimal(4), limit (alpha 4)",
    };
    let mut out = vec![
        (
            format!("optimal({d}), limit"),
            format!("limit optimal({d})"),
        ),
        (
            format!("optimal({d}), L = 100"),
            format!("ntk 100 optimal({d})"),
        ),
        (
            below.to_owned(),
            format!("limit {}", below.split(',').next().unwrap_or_default()),
        ),
        (
            format!("optimal({0}), limit (alpha {0})", 2 * d),
            format!("limit optimal({})", 2 * d),
        ),
    ];
    if let Some(sine) = sine(d) {
        out.push((
            format!("tuned sine, limit (alpha {d})"),
            format!("limit {sine}"),
        ));
        out.push(("tuned sine, L = 100".into(), format!("ntk 100 {sine}")));
    }
    if d == 1 {
        out.push(("erf, L = 100".into(), "ntk 100 erf".into()));
    }
    out
}

/// `sin(omega z)` with alpha = d (there is none for d = 1).
pub(super) fn sine(d: u64) -> Option<&'static str> {
    match d {
        2 => Some("sin(sqrt(2.676073964919651903665182239219480527398)*x)"),
        4 => Some("sin(sqrt(6.135393035897202728661064833947176438934)*x)"),
        8 => Some("sin(sqrt(13.82584580528150534859620536667441173768)*x)"),
        _ => None,
    }
}

fn by_points(lab: &Laboratory, name: &str, d: u64, effort: u32) -> Result<Sheet> {
    let mut sizes = vec![100, 316, 1000, 3162];
    if effort >= 3 {
        sizes.push(10_000);
    }
    let panel = |title: &str, rules: Vec<Named>| -> Result<Figure> {
        let x = Axis::new("training points n", true);
        let mut figure = Figure::new(name, title, x, Axis::new("accuracy", false));
        // the same test points for all n, so one number
        let (best, _) = tally(lab, d, sizes[0], TESTS, SEEDS, "bayes")?.accuracy();
        let ends = [sizes[0], sizes[sizes.len() - 1]].map(|n| (n as f64, best));
        let line = Curve::new("Bayes rule", Look::Guide, ends.to_vec());
        figure.series.push(line);
        for (label, rule) in rules {
            let mut s = Curve::new(label, Look::Marked, Vec::new());
            for n in &sizes {
                let (mean, error) = tally(lab, d, *n, TESTS, SEEDS, &rule)?.accuracy();
                s.points.push((*n as f64, mean));
                s.errors.push(error);
            }
            figure.series.push(s);
        }
        figure.break_the_axis();
        figure.tell_what_is_covered();
        Ok(figure)
    };
    Ok(Sheet {
        name: name.into(),
        title: format!("Accuracy against n on the sphere of dimension {d}"),
        panels: vec![
            panel("Rules of points", rules(d))?,
            panel("Networks: finite depth, other alpha", networks(d))?,
        ],
        remarks: vec![format!(
            "{SEEDS} seeds, {TESTS} test points each, the same for all n; bars: standard error"
        )],
    })
}

fn by_depth(lab: &Laboratory, name: &str, d: u64, effort: u32) -> Result<Figure> {
    let points = if effort >= 3 { 10_000 } else { 1000 };
    let result = |rule: &str| -> Result<(f64, f64)> {
        Ok(tally(lab, d, points, TESTS, SEEDS, rule)?.accuracy())
    };
    let mut figure = Figure::new(
        name,
        format!("Accuracy against depth, d = {d}, n = {points}"),
        Axis::new("depth L", true),
        Axis::new("accuracy", false),
    );
    for (label, word) in [("NTK", "ntk"), ("NNGP", "nngp")] {
        let mut s = Curve::new(format!("{label}, optimal({d})"), Look::Marked, Vec::new());
        for k in 2..=8 {
            let (mean, error) = result(&format!("{word} {} optimal({d})", 10u64.pow(k)))?;
            s.points.push((10f64.powi(k as i32), mean));
            s.errors.push(error);
        }
        figure.series.push(s);
    }
    for (label, rule) in [
        (
            format!("limit, L infinite (alpha = {d})"),
            format!("limit optimal({d})"),
        ),
        (format!("Hilbert, exponent d = {d}"), format!("power {d}")),
        (
            format!("power, exponent d + 2 = {}", d + 2),
            format!("power {}", d + 2),
        ),
        ("1-NN".into(), "nearest".into()),
    ] {
        let (mean, _) = result(&rule)?;
        figure.series.push(Curve::new(
            label,
            Look::Dashed,
            vec![(1e2, mean), (1e8, mean)],
        ));
    }
    figure.tell_what_is_covered();
    figure.remarks.push(format!(
        "{SEEDS} seeds, {TESTS} test points each; bars: standard error"
    ));
    Ok(figure)
}

fn kernels(lab: &Laboratory) -> Result<Figure> {
    let mut figure = Figure::new(
        "kernels",
        "The optimal singular kernels h = R(u)/u^d",
        Axis::new("u = |x - x'|", true),
        Axis::new("h", true),
    );
    let mut ends = (f64::MAX, f64::MIN);
    for d in [4, 8, 16, 32] {
        let kernel = singular(lab, &Expr::parse(&format!("optimal({d})"))?)?;
        let points: Vec<(f64, f64)> = (0..=200)
            .map(|i| {
                let u = 0.02 * (1.4f64 / 0.02).powf(f64::from(i) / 200.0);
                (u, kernel.logarithm_at_gap(u * u / 2.0).1.exp())
            })
            .collect();
        for (_, h) in &points {
            ends = (ends.0.min(*h), ends.1.max(*h));
        }
        let curve = Curve::new(format!("d = {d}"), Look::Line, points);
        figure.series.push(curve);
    }
    figure.y.ends = Some(ends);
    Ok(figure)
}

/// `R(u)` over its mean, against `log2(1/t)`.
fn oscillation(lab: &Laboratory) -> Result<Figure> {
    let mut figure = Figure::new(
        "oscillation",
        "R(u) near 0 has no limit: it is periodic in log u",
        Axis::new("log2(1/t), t = u^2/2 (one period is 1)", false),
        Axis::new("R(u) over its mean at 0", false),
    );
    for d in [8, 16, 32] {
        let kernel = singular(lab, &Expr::parse(&format!("optimal({d})"))?)?;
        let log_r = |periods: f64| {
            let t = 2f64.powf(-periods);
            kernel.logarithm_at_gap(t).1 + f64::from(d) / 2.0 * (2.0 * t).ln()
        };
        // the mean over one period far in
        let mean = (0..64)
            .map(|i| log_r(30.0 + f64::from(i) / 64.0).exp())
            .sum::<f64>()
            / 64.0;
        let points = (0..=400)
            .map(|i| {
                let periods = 3.0 + 9.0 * f64::from(i) / 400.0;
                (periods, log_r(periods).exp() / mean)
            })
            .collect();
        let curve = Curve::new(format!("d = {d}"), Look::Line, points);
        figure.series.push(curve);
    }
    Ok(figure)
}

fn convergence(lab: &Laboratory) -> Result<Figure> {
    let bits = 400;
    let expr = Expr::parse("optimal(4)")?;
    let lost = || Error::Unresolved("the kernel was not reached".into());
    let dual = dual_of::<Mpfr>(&expr, bits)?;
    let h = Koenigs::new(&dual, Mpfr::int(0, bits), 64).ok_or_else(lost)?;
    let unit = UnitLayers::new(dual);
    let place = || Correlation::rational(&Rational::from((1, 2)), bits);
    let [value, _, c] = h.all_at(&place()).ok_or_else(lost)?;
    let scaled = |depth: u64| -> Result<Mpfr> {
        let mut t = unit.kernels(place(), depth, lab.deadline())?.ntk;
        t.log = &t.log - &(&Mpfr::int(depth as i64, bits) * &h.multiplier().ln());
        Ok(t.value())
    };
    let (mut raw, mut difference, mut corrected) = (Vec::new(), Vec::new(), Vec::new());
    for depth in 1..=64u64 {
        let (now, before) = (scaled(depth)?, scaled(depth - 1)?);
        let layers = Mpfr::int(depth as i64 + 1, bits);
        let off = |x: Mpfr| (&(&x / &value) - &Mpfr::int(1, bits)).to_f64();
        let x = depth as f64;
        raw.push((x, off(&now / &layers)));
        difference.push((x, off(&now - &before)));
        corrected.push((x, off(&(&now - &c) / &layers)));
    }
    let mut figure = Figure::new(
        "convergence",
        "T_L at rho = 1/2 and its limit h: optimal(4), a = A'^2 = 1/4",
        Axis::new("depth L", false),
        Axis::new("relative distance from h", true),
    );
    for (name, points) in [
        ("T_L/((L+1) a^L)", raw),
        ("(T_L/a^L - C)/(L+1)", corrected),
        ("T_L/a^L - T_(L-1)/a^(L-1)", difference),
    ] {
        figure.push_moduli(name, Look::Line, &points);
    }
    Ok(figure)
}

fn maps() -> Result<Sheet> {
    let panels: Result<Vec<Figure>> = MAPS.iter().map(cobweb).collect();
    Ok(Sheet {
        name: "maps".into(),
        title: "The map of correlations, and two pairs of inputs on their way through the layers"
            .into(),
        panels: panels?,
        remarks: vec![],
    })
}

fn cobweb((text, title, window): &Map) -> Result<Figure> {
    let dual = dual_of::<f64>(&Expr::parse(text)?, 53)?;
    let map = (0..=200)
        .map(|i| f64::from(i) / 200.0)
        .map(|x| (x, dual.at(&x)))
        .collect();
    let web = |start: f64, steps: usize| {
        let mut points = vec![(start, 0.0)];
        let mut x = start;
        for _ in 0..steps {
            let y = dual.at(&x);
            points.extend([(x, y), (y, y)]);
            x = y;
        }
        points
    };
    let mut figure = Figure::new(
        "map",
        *title,
        Axis::between("S_l", 0.0, 1.0),
        Axis::between("S_(l+1)", 0.0, 1.0),
    );
    figure.square = true;
    figure.inset = window.map(|w| [w, w]);
    figure.series = vec![
        Curve::new("dual", Look::Line, map),
        Curve::new("identity", Look::Guide, vec![(0.0, 0.0), (1.0, 1.0)]),
        Curve::new("from S_0 = 0.1", Look::Line, web(0.1, 12)),
        Curve::new("from S_0 = 0.9", Look::Line, web(0.9, 12)),
    ];
    Ok(figure)
}
