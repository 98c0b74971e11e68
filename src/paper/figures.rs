//! The figures of a paper as data: numbers, names of curves and of axes; drawing them is the command line's work.

use rug::Rational;

use super::experiment::{singular, tally};
use super::laboratory::Laboratory;
use super::parameters::unknown;
use crate::activation::Expr;
use crate::classifier::certain::dual_of;
use crate::error::{Error, Result};
use crate::figure::{Axis, Curve, Figure, Look};
use crate::limit::Koenigs;
use crate::real::{Analytic, Mpfr, Real};
use crate::recursion::{Correlation, UnitLayers};

/// The dimensions of the figures of accuracy against n.
const BY_POINTS: [&str; 4] = ["accuracy-d1", "accuracy-d2", "accuracy-d4", "accuracy-d8"];
/// Name, activation and title of the dual maps.
const MAPS: [(&str, &str, &str); 5] = [
    (
        "map-singular",
        "optimal(2)",
        "singular: (h1 + h3)/sqrt 2, A = 0, A'^2 = 1/2",
    ),
    (
        "map-nearest",
        "(hermite(2)+hermite(3))/sqrt(2)",
        "nearest neighbour: (h2 + h3)/sqrt 2, A = A' = 0",
    ),
    (
        "map-chaotic",
        "x^2",
        "majority, chaotic: z^2, A > 0, B' = 4/3",
    ),
    (
        "map-edge",
        "relu",
        "majority, edge of chaos: ReLU, A > 0, B' = 1",
    ),
    (
        "map-ordered",
        "exp(x/2)",
        "ordered: exp(z/2), A > 0, B' = 1/4",
    ),
];

/// The names of the figures of `radhakrishnan2022`.
pub fn names() -> Vec<&'static str> {
    let mut names = BY_POINTS.to_vec();
    names.extend([
        "depth-d1",
        "depth-d4",
        "kernels",
        "oscillation",
        "convergence",
    ]);
    names.extend(MAPS.iter().map(|m| m.0));
    names
}

/// One of [`names`]. With `effort` 3 and more the experiment goes to n = 10^4, below to 3162.
///
/// # Errors
/// [`Error::Domain`] for another name; what the library says.
pub fn figure(lab: &Laboratory, name: &str, effort: u32) -> Result<Figure> {
    let dimension = |prefix: &str| {
        name.strip_prefix(prefix)
            .and_then(|d| d.parse::<u64>().ok())
    };
    if BY_POINTS.contains(&name)
        && let Some(d) = dimension("accuracy-d")
    {
        return by_points(lab, name, d, effort);
    }
    if let Some(map) = MAPS.iter().find(|m| m.0 == name) {
        return cobweb(map);
    }
    match name {
        "depth-d1" => by_depth(lab, name, 1, effort),
        "depth-d4" => by_depth(lab, name, 4, effort),
        "kernels" => kernels(lab),
        "oscillation" => oscillation(lab),
        "convergence" => convergence(lab),
        _ => Err(unknown("figure", name, &names())),
    }
}

/// Test points and repetitions for so many training points.
fn size(points: u64) -> (u64, u64) {
    let seeds = match points {
        0..=100 => 20,
        101..=400 => 12,
        401..=1000 => 8,
        1001..=5000 => 5,
        _ => 4,
    };
    (2000, seeds)
}

/// Rules of the experiment with their names in the legend.
fn rules(d: u64) -> Vec<(String, String, Look)> {
    // an alpha below d
    let below = match d {
        1 => "erf, limit (alpha 0.89)",
        2 => "optimal(1), limit (alpha 1)",
        4 => "optimal(2), limit (alpha 2)",
        _ => "optimal(4), limit (alpha 4)",
    };
    let mut out = vec![
        ("Bayes rule".to_owned(), "bayes".to_owned(), Look::Dashed),
        ("1-NN".into(), "nearest".into(), Look::Marked),
        ("majority".into(), "majority".into(), Look::Dashed),
        (
            format!("Hilbert, alpha = {d}"),
            format!("power {d}"),
            Look::Marked,
        ),
        (
            format!("optimal({d}), limit"),
            format!("limit optimal({d})"),
            Look::Marked,
        ),
        (
            format!("optimal({d}), NTK L = 100"),
            format!("ntk 100 optimal({d})"),
            Look::Marked,
        ),
        (
            below.to_owned(),
            format!("limit {}", below.split(',').next().unwrap_or_default()),
            Look::Marked,
        ),
        (
            format!("optimal({0}), limit (alpha {0})", 2 * d),
            format!("limit optimal({})", 2 * d),
            Look::Marked,
        ),
    ];
    if let Some(sine) = sine(d) {
        out.push((
            format!("tuned sine, limit (alpha {d})"),
            format!("limit {sine}"),
            Look::Marked,
        ));
        out.push((
            "tuned sine, NTK L = 100".into(),
            format!("ntk 100 {sine}"),
            Look::Marked,
        ));
    }
    if d == 1 {
        out.push((
            "erf, NTK L = 100".into(),
            "ntk 100 erf".into(),
            Look::Marked,
        ));
    } else {
        out.push((
            "erf, limit (alpha 0.89)".into(),
            "limit erf".into(),
            Look::Marked,
        ));
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

fn by_points(lab: &Laboratory, name: &str, d: u64, effort: u32) -> Result<Figure> {
    let mut sizes = vec![100, 316, 1000, 3162];
    if effort >= 3 {
        sizes.push(10_000);
    }
    let mut series = Vec::new();
    for (label, rule, look) in rules(d) {
        let mut s = Curve::new(label, look, Vec::new());
        for n in &sizes {
            let (tests, seeds) = size(*n);
            let (mean, error) = tally(lab, d, *n, tests, seeds, &rule)?.accuracy();
            s.points.push((*n as f64, mean));
            s.errors.push(error);
        }
        series.push(s);
    }
    Ok(Figure {
        name: name.into(),
        title: format!("Accuracy against n, sphere of dimension {d} (bars: standard error)"),
        x: Axis::new("training points n", true),
        y: Axis::new("accuracy", false),
        series,
        remarks: vec![],
    })
}

fn by_depth(lab: &Laboratory, name: &str, d: u64, effort: u32) -> Result<Figure> {
    let points = if effort >= 3 { 10_000 } else { 1000 };
    let (tests, seeds) = size(points);
    let result = |rule: &str| -> Result<(f64, f64)> {
        Ok(tally(lab, d, points, tests, seeds, rule)?.accuracy())
    };
    let mut series = Vec::new();
    for (label, word) in [("NTK", "ntk"), ("NNGP", "nngp")] {
        let mut s = Curve::new(format!("{label}, optimal({d})"), Look::Marked, Vec::new());
        for k in 2..=8 {
            let (mean, error) = result(&format!("{word} {} optimal({d})", 10u64.pow(k)))?;
            s.points.push((10f64.powi(k as i32), mean));
            s.errors.push(error);
        }
        series.push(s);
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
        series.push(Curve::new(
            label,
            Look::Dashed,
            vec![(1e2, mean), (1e8, mean)],
        ));
    }
    Ok(Figure {
        name: name.into(),
        title: format!("Accuracy against depth, d = {d}, n = {points} (bars: standard error)"),
        x: Axis::new("depth L", true),
        y: Axis::new("accuracy", false),
        series,
        remarks: vec![],
    })
}

fn kernels(lab: &Laboratory) -> Result<Figure> {
    let mut series = Vec::new();
    for d in [4, 8, 16, 32] {
        let kernel = singular(lab, &Expr::parse(&format!("optimal({d})"))?)?;
        let points = (0..=200)
            .map(|i| {
                let u = 0.02 * (1.4f64 / 0.02).powf(f64::from(i) / 200.0);
                (
                    u,
                    kernel.logarithm_at_gap(u * u / 2.0).1 / std::f64::consts::LN_10,
                )
            })
            .collect();
        series.push(Curve::new(format!("d = {d}"), Look::Line, points));
    }
    Ok(Figure {
        name: "kernels".into(),
        title: "The optimal singular kernels h = R(u)/u^d".into(),
        x: Axis::new("u = |x - x'|", true),
        y: Axis::new("log10 of the kernel", false),
        series,
        remarks: vec![],
    })
}

/// `R(u)` over its mean, against `log2(1/t)`.
fn oscillation(lab: &Laboratory) -> Result<Figure> {
    let mut series = Vec::new();
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
        series.push(Curve::new(format!("d = {d}"), Look::Line, points));
    }
    Ok(Figure {
        name: "oscillation".into(),
        title: "R(u) near 0 has no limit: it is periodic in log u".into(),
        x: Axis::new("log2(1/t), t = u^2/2 (one period is 1)", false),
        y: Axis::new("R(u) / mean of R at 0", false),
        series,
        remarks: vec![],
    })
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
        let off = |x: Mpfr| {
            (&(&x / &value) - &Mpfr::int(1, bits))
                .abs()
                .to_f64()
                .log10()
        };
        let x = depth as f64;
        raw.push((x, off(&now / &layers)));
        difference.push((x, off(&now - &before)));
        corrected.push((x, off(&(&now - &c) / &layers)));
    }
    Ok(Figure {
        name: "convergence".into(),
        title: "T_L at rho = 1/2 and its limit h: optimal(4), a = A'^2 = 1/4".into(),
        x: Axis::new("depth L", false),
        y: Axis::new("log10 of the relative distance from h", false),
        series: vec![
            Curve::new("T_L/((L+1) a^L)", Look::Line, raw),
            Curve::new("(T_L/a^L - C)/(L+1)", Look::Line, corrected),
            Curve::new("T_L/a^L - T_(L-1)/a^(L-1)", Look::Dashed, difference),
        ],

        remarks: vec![],
    })
}

fn cobweb((name, text, title): &(&str, &str, &str)) -> Result<Figure> {
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
    Ok(Figure {
        name: (*name).into(),
        title: (*title).into(),
        x: Axis::new("S_l", false),
        y: Axis::new("S_(l+1) = dual(S_l)", false),
        series: vec![
            Curve::new("dual", Look::Line, map),
            Curve::new("identity", Look::Dashed, vec![(0.0, 0.0), (1.0, 1.0)]),
            Curve::new("from S_0 = 0.1", Look::Line, web(0.1, 12)),
            Curve::new("from S_0 = 0.9", Look::Line, web(0.9, 12)),
        ],

        remarks: vec![],
    })
}
