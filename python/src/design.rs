//! `deeplimit.design`: from what is wanted back to an activation. `deeplimit/design.py` has the classes and the words.

use deeplimit::activation::{Constants, Exact, Expr};
use deeplimit::design::{
    self, Among, Criterion, Definiteness, Extent, Extremum, Family, KernelOutcome, KernelWish,
    Leaky, Proof, Shape, Slopes, Span, WantedKernel,
};
use deeplimit::real::Analytic;
use deeplimit::{Effort, Quantity};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use rug::Rational;

use crate::activation::Activation;
use crate::number::Number;
use crate::verdict::hyphened;
use crate::{errors, real, work};

type Answer<'py> = PyResult<Bound<'py, PyAny>>;

/// `(activation, parameters, alpha, certificate)` for each solution, and what is proved.
struct Designed<'py> {
    py: Python<'py>,
    digits: usize,
    solutions: Vec<Bound<'py, PyDict>>,
    more: Bound<'py, PyDict>,
}

impl<'py> Designed<'py> {
    fn new(py: Python<'py>, digits: usize) -> Self {
        Designed {
            py,
            digits,
            solutions: Vec::new(),
            more: PyDict::new(py),
        }
    }

    fn number(&self, q: &Quantity) -> Number {
        Number::new(q.clone(), self.digits)
    }

    /// One solution; what is added to the dictionary that comes back is its certificate.
    fn solution(
        &mut self,
        activation: &Expr,
        values: &[(String, Quantity)],
        alpha: Option<&Quantity>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let (one, certificate) = (PyDict::new(self.py), PyDict::new(self.py));
        let parameters = PyDict::new(self.py);
        for (name, value) in values {
            parameters.set_item(name, self.number(value))?;
        }
        one.set_item("activation", Activation::of(self.py, activation.clone())?)?;
        one.set_item("parameters", parameters)?;
        one.set_item("alpha", alpha.map(|q| self.number(q)))?;
        one.set_item("certificate", &certificate)?;
        self.solutions.push(one);
        Ok(certificate)
    }

    /// The object; nothing feasible, proved, raises `Infeasible`.
    fn told(self, proof: Proof) -> Answer<'py> {
        let py = self.py;
        if self.solutions.is_empty()
            && let Some(why) = &proof.infeasible
        {
            let class = if proof.proved {
                "Infeasible"
            } else {
                "Undecided"
            };
            let raised = errors::raise(py, class, why);
            if proof.proved {
                raised.value(py).setattr("why", why)?;
            }
            return Err(raised);
        }
        let fields = PyDict::new(py);
        fields.set_item("solutions", PyList::new(py, self.solutions)?)?;
        fields.set_item("complete", proof.complete)?;
        fields.set_item("proved", proof.proved)?;
        fields.set_item("certificate", self.more)?;
        Ok(fields.into_any())
    }
}

/// An end of a box: a number, or the infinity of that side, as a text or a float.
fn end(x: &Bound<'_, PyAny>, letter: &str, infinity: &str) -> PyResult<Option<Rational>> {
    match x.str()?.to_string().trim() == infinity {
        true => Ok(None),
        false => real::rational(x, letter).map(Some),
    }
}

/// Exponents: `design.alpha`.
#[pyfunction]
#[pyo3(signature = (alpha, family, spans, shape, finite, digits, timeout))]
#[allow(clippy::too_many_arguments)]
pub fn _design_alpha<'py>(
    py: Python<'py>,
    alpha: &Bound<'py, PyAny>,
    family: Option<String>,
    spans: Vec<Ends<'py>>,
    shape: (bool, bool, bool),
    finite: Option<(f64, f64)>,
    digits: i64,
    timeout: Option<f64>,
) -> Answer<'py> {
    let effort = work::effort(py, digits, timeout)?;
    let failed = |e| errors::of(py, e, None);
    let mut wanted = exponent(alpha)?;
    let mut told = Designed::new(py, effort.digits);
    if let Some((layers, points)) = finite {
        let dimension = wanted.is_integer().then(|| wanted.numer().to_u32());
        let Some(dimension) = dimension.flatten() else {
            let message = "with a depth, d is the dimension of the data: a whole number";
            return Err(errors::raise(py, "DomainError", message));
        };
        let found = design::at_depth(dimension, layers, points).map_err(failed)?;
        // three digits of an estimate
        wanted = format!("{:.3}", found.alpha).exact().map_err(failed)?;
        let finite = PyDict::new(py);
        finite.set_item("alpha", found.alpha)?;
        finite.set_item("nearest", found.nearest)?;
        finite.set_item("depth_of_limit", found.depth)?;
        finite.set_item("remark", found.remark())?;
        told.more.set_item("finite_depth", finite)?;
    }
    told.more
        .set_item("wanted", Number::fraction(&wanted, effort.digits))?;
    let Some(family) = family else {
        let (odd, bounded, monotone) = shape;
        let shape = Shape {
            odd,
            bounded,
            monotone,
        };
        let found = work::ask(py, None, move || design::known(&wanted, shape, &effort))?;
        for k in &found {
            let certificate = told.solution(&k.activation, &k.values, Some(&k.alpha))?;
            certificate.set_item("about", &k.about)?;
            certificate.set_item("odd", k.shape.odd)?;
            certificate.set_item("bounded", k.shape.bounded)?;
            certificate.set_item("monotone", k.shape.monotone)?;
        }
        return told.told(Proof::of_found(found.len()));
    };
    let spans = boxes_of(&spans)?;
    let shown = |s: &Span| {
        let text = |q: &Option<Rational>, none: &str| match q {
            Some(q) => Expr::rational(q).to_string(),
            None => none.to_owned(),
        };
        format!(
            "{}={}..{}",
            s.letter,
            text(&s.from, "-inf"),
            text(&s.to, "inf")
        )
    };
    let boxes: Vec<String> = spans.iter().map(shown).collect();
    let asked = Expr::rational(&wanted).to_string();
    let text = family.clone();
    let found = work::ask(py, Some(&text), move || {
        Family::parse(&family)?.with_alpha(&wanted, &spans, &effort)
    })?;
    for m in &found.members {
        told.solution(&m.activation, &m.values, Some(&m.alpha))?;
    }
    let mut open = Vec::new();
    for part in &found.open {
        let one = PyDict::new(py);
        one.set_item("letter", &part.span.letter)?;
        one.set_item("from", part.span.from.as_ref().map(Rational::to_f64))?;
        one.set_item("to", part.span.to.as_ref().map(Rational::to_f64))?;
        one.set_item("reason", &part.reason)?;
        open.push(one);
    }
    told.more.set_item("remarks", &found.remarks)?;
    told.more.set_item("open", open)?;
    told.more.set_item("lines", found.sections)?;
    told.told(found.proof(&boxes.join(", "), &asked))
}

/// A letter and its two ends.
type Ends<'py> = (String, Bound<'py, PyAny>, Bound<'py, PyAny>);

fn boxes_of(spans: &[Ends<'_>]) -> PyResult<Vec<Span>> {
    let of = |(letter, from, to): &Ends<'_>| {
        let (from, to) = (end(from, letter, "-inf")?, end(to, letter, "inf")?);
        let letter = letter.clone();
        Ok(Span { letter, from, to })
    };
    spans.iter().map(of).collect()
}

/// At an end: `design.extremal`. `degree`, `kinks` or `family` say among which.
#[pyfunction]
#[pyo3(signature = (alpha, what, degree, kinks, family, spans, odd, digits, timeout))]
#[allow(clippy::too_many_arguments)]
pub fn _design_extremal<'py>(
    py: Python<'py>,
    alpha: &Bound<'py, PyAny>,
    what: &str,
    degree: Option<i64>,
    kinks: Option<i64>,
    family: Option<String>,
    spans: Vec<Ends<'py>>,
    odd: bool,
    digits: i64,
    timeout: Option<f64>,
) -> Answer<'py> {
    let effort = work::effort(py, digits, timeout)?;
    let (wanted, spans) = (exponent(alpha)?, boxes_of(&spans)?);
    let what: Extremum = what.parse().map_err(|e| errors::of(py, e, None))?;
    let small = |n: i64, name: &str, most: u32| {
        let known = u32::try_from(n).ok();
        known.filter(|n| (1..=most).contains(n)).ok_or_else(|| {
            let message = format!("{name} must be between 1 and {most}, got {n}");
            errors::raise(py, "DomainError", &message)
        })
    };
    let among = match (degree, kinks, &family, odd) {
        (Some(n), None, None, false) => Among::Polynomials(small(n, "the degree", 100)?),
        (Some(n), None, None, true) => Among::OddPolynomials(small(n, "the degree", 100)?),
        (None, Some(m), None, false) => Among::Kinks(small(m, "kinks", design::KINKS_MAX)?),
        (None, None, None, false) => Among::All,
        (None, None, None, true) => Among::Odd,
        (None, None, Some(text), false) => {
            let family = Family::parse(text).map_err(|e| errors::of(py, e, Some(text)))?;
            Among::Family(family, spans)
        }
        _ => {
            let message = "degree, kinks and a family exclude each other; odd goes with a degree or with none of them";
            return Err(errors::raise(py, "Error", message));
        }
    };
    let found = work::ask(py, family.as_deref(), move || {
        design::extremal(&wanted, what, &among, &effort)
    })?;
    let mut told = Designed::new(py, effort.digits);
    for e in &found.best {
        let certificate = told.solution(&e.activation, &e.values, Some(&e.alpha))?;
        certificate.set_item("b_prime", told.number(&e.slope))?;
        let lipschitz = e.lipschitz.as_ref().map(|q| told.number(q));
        certificate.set_item("lipschitz", lipschitz)?;
    }
    let bound = found.bound.as_ref().map(|q| told.number(q));
    told.more.set_item("bound", bound)?;
    told.more.set_item("optimal", found.optimal)?;
    told.more.set_item("reason", &found.reason)?;
    told.told(found.proof())
}

fn exponent(alpha: &Bound<'_, PyAny>) -> PyResult<Rational> {
    let py = alpha.py();
    match alpha.extract::<String>() {
        Ok(text) => design::exponent(&text).map_err(|e| errors::of(py, e, Some(&text))),
        Err(_) => real::rational(alpha, "the exponent"),
    }
}

/// Slopes: `design.slopes`.
#[pyfunction]
#[pyo3(signature = (activation, slope, network, curvature, leaky, digits, timeout))]
pub fn _design_slopes<'py>(
    activation: &Bound<'py, PyAny>,
    slope: Option<&Bound<'py, PyAny>>,
    network: Option<String>,
    curvature: Option<&Bound<'py, PyAny>>,
    leaky: Option<(Bound<'py, PyAny>, i64)>,
    digits: i64,
    timeout: Option<f64>,
) -> Answer<'py> {
    let py = activation.py();
    let effort = work::effort(py, digits, timeout)?;
    if let Some((correlation, layers)) = leaky {
        let correlation = real::rational(&correlation, "the correlation")?;
        return tailored(activation, correlation, layers, &effort);
    }
    let mut told = Designed::new(py, effort.digits);
    let mut wanted = match (slope, curvature) {
        (Some(slope), None) => Slopes::Dks(real::rational(slope, "the slope")?),
        (None, Some(curvature)) => Slopes::Tat(real::rational(curvature, "the curvature")?),
        _ => {
            let message =
                "one of a slope (deep kernel shaping) and a curvature (with tat=True) is wanted";
            return Err(errors::raise(py, "Error", message));
        }
    };
    if let (Some(network), Slopes::Dks(slope)) = (network, &mut wanted) {
        let formula = Expr::parse_in("psi", &network, &Constants::default())
            .map_err(|e| errors::of(py, e, Some(&network)))?;
        let (whole, digits) = (slope.clone(), effort.digits + 5);
        *slope = work::ask(py, None, move || {
            design::local_slope(&formula, &whole, digits)
        })?;
        let local = Quantity::new(&Analytic::rational(slope, 64 + 4 * digits as u32), None);
        told.more.set_item("local_slope", told.number(&local))?;
    }
    let expr = Activation::taken(activation)?.typed;
    let found = work::ask(py, None, move || design::slopes(&expr, &wanted, &effort))?;
    for s in &found.solutions {
        let certificate = told.solution(&s.activation, &[], None)?;
        certificate.set_item("input_scale", told.number(&s.input_scale))?;
        certificate.set_item("input_shift", told.number(&s.input_shift))?;
        certificate.set_item("output_shift", told.number(&s.output_shift))?;
        certificate.set_item("output_scale", told.number(&s.output_scale))?;
    }
    told.told(found.proof())
}

/// A leaky ReLU for a depth.
fn tailored<'py>(
    activation: &Bound<'py, PyAny>,
    correlation: Rational,
    layers: i64,
    effort: &Effort,
) -> Answer<'py> {
    let py = activation.py();
    let typed = Activation::taken(activation)?.typed;
    if !matches!(typed, Expr::Named("leaky_relu", _)) {
        let message = "a correlation is asked of leaky ReLUs: write leaky_relu; of smooth activations tat=True asks for a curvature";
        return Err(errors::raise(py, "DomainError", message));
    }
    // out of range is refused by the question
    let layers = u32::try_from(layers).unwrap_or(0);
    let question = *effort;
    let found = work::ask(py, None, move || {
        design::leaky(layers, &correlation, &question)
    })?;
    let mut told = Designed::new(py, effort.digits);
    let proof = Leaky::proof(found.as_ref(), layers);
    if let Some(leaky) = &found {
        let values = [("a".to_owned(), leaky.negative_slope.clone())];
        let certificate = told.solution(&leaky.activation, &values, None)?;
        certificate.set_item("negative_slope", told.number(&leaky.negative_slope))?;
        certificate.set_item("output_scale", told.number(&leaky.output_scale))?;
    }
    told.told(proof)
}

/// The edge of chaos: `design.critical`.
#[pyfunction]
#[pyo3(signature = (activation, scales, rate, digits, timeout))]
pub fn _design_critical<'py>(
    activation: &Bound<'py, PyAny>,
    scales: Vec<Bound<'py, PyAny>>,
    rate: Option<&Bound<'py, PyAny>>,
    digits: i64,
    timeout: Option<f64>,
) -> Answer<'py> {
    let py = activation.py();
    let effort = work::effort(py, digits, timeout)?;
    let scales = scales.iter().map(|s| real::rational(s, "the input scale"));
    let scales = scales.collect::<PyResult<Vec<_>>>()?;
    let expr = Activation::taken(activation)?.typed;
    let rate = rate.map(|r| real::rational(r, "the rate")).transpose()?;
    let found = work::ask(py, None, move || match &rate {
        Some(rate) => design::critical_with_rate(&expr, rate, &effort),
        None => design::critical(&expr, &scales, &effort),
    })?;
    let mut told = Designed::new(py, effort.digits);
    for c in &found.attracting {
        let certificate = told.solution(&c.activation, &[], None)?;
        let scale = Number::fraction(&c.input_scale, effort.digits);
        certificate.set_item("input_scale", scale)?;
        certificate.set_item("output_shift", told.number(&c.output_shift))?;
        certificate.set_item("output_scale", told.number(&c.output_scale))?;
        certificate.set_item("variance_slope", told.number(&c.variance_slope))?;
        certificate.set_item("sigma_w_squared", told.number(&c.weights))?;
        let biases = c.biases.as_ref().map(|b| told.number(b));
        certificate.set_item("sigma_b_squared", biases)?;
    }
    told.more.set_item("remarks", found.remarks())?;
    told.told(found.proof())
}

/// The nearest with an exponent: `design.nearest`.
#[pyfunction]
#[pyo3(signature = (activation, alpha, degree, digits, timeout))]
pub fn _design_nearest<'py>(
    activation: &Bound<'py, PyAny>,
    alpha: &Bound<'py, PyAny>,
    degree: i64,
    digits: i64,
    timeout: Option<f64>,
) -> Answer<'py> {
    let py = activation.py();
    let effort = work::effort(py, digits, timeout)?;
    let alpha = exponent(alpha)?;
    let Some(degree) = u32::try_from(degree).ok().filter(|n| (2..=20).contains(n)) else {
        let message = format!("the degree must be between 2 and 20, got {degree}");
        return Err(errors::raise(py, "DomainError", &message));
    };
    let expr = Activation::taken(activation)?.typed;
    let found = work::ask(py, None, move || {
        design::nearest(&expr, &alpha, degree, &effort)
    })?;
    let mut told = Designed::new(py, effort.digits);
    let m = &found.member;
    let certificate = told.solution(&m.activation, &m.values, Some(&m.alpha))?;
    certificate.set_item("distance", found.distance)?;
    told.told(found.proof())
}

/// What a kernel is wanted of.
#[derive(FromPyObject)]
enum Target<'py> {
    /// A formula in rho.
    Formula(String),
    /// Rows of a correlation and a value.
    Table(Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>),
}

/// Kernels: `design.kernel`. `layers` makes the target an activation, of whose deep network the kernel is wanted.
#[pyfunction]
#[pyo3(signature = (target, layers, of, degree, tolerance, criterion, realised, digits, timeout))]
#[allow(clippy::too_many_arguments)]
pub fn _design_kernel<'py>(
    target: &Bound<'py, PyAny>,
    layers: Option<i64>,
    of: &str,
    degree: Option<i64>,
    tolerance: Option<&Bound<'py, PyAny>>,
    criterion: &str,
    realised: &str,
    digits: i64,
    timeout: Option<f64>,
) -> Answer<'py> {
    let py = target.py();
    let effort = work::effort(py, digits, timeout)?;
    let failed = |e| errors::of(py, e, None);
    let most = i64::from(design::DEGREE_MAX);
    let extent = match (degree, tolerance) {
        (Some(n), None) if (0..=most).contains(&n) => Extent::Degree(n as u32),
        (Some(n), None) => {
            let message = format!("the degree must be between 0 and {most}, got {n}");
            return Err(errors::raise(py, "DomainError", &message));
        }
        (None, Some(e)) => match real::rational(e, "the tolerance")? {
            e if e > 0 => Extent::Tolerance(e),
            _ => {
                return Err(errors::raise(
                    py,
                    "DomainError",
                    "the tolerance must be positive",
                ));
            }
        },
        _ => {
            return Err(errors::raise(
                py,
                "Error",
                "one of degree and tolerance is wanted",
            ));
        }
    };
    let criterion = match criterion {
        "series" => Criterion::Series,
        "sum-is-one" => Criterion::NearestNormalised,
        _ => Criterion::Nearest,
    };
    let wish = KernelWish {
        extent,
        criterion,
        realised: realised.parse().map_err(failed)?,
    };
    let wanted = match layers {
        Some(layers) => {
            let known = u32::try_from(layers).ok();
            let known = known.filter(|n| (1..=design::LAYERS_MAX).contains(n));
            let Some(layers) = known else {
                let message = format!(
                    "layers must be between 1 and {}, got {layers}",
                    design::LAYERS_MAX
                );
                return Err(errors::raise(py, "DomainError", &message));
            };
            let kind = of.parse().map_err(failed)?;
            let activation = Activation::taken(target)?;
            work::ask(py, None, move || {
                WantedKernel::of_network(&activation, layers, kind)
            })?
        }
        None => wanted(target)?,
    };
    let name = wanted.to_string();
    let (outcome, verdict) = work::ask(py, None, move || {
        let outcome = wanted.design(&wish, &effort)?;
        let verdict = match &outcome {
            KernelOutcome::Design(design) => design.classification(&effort)?,
            KernelOutcome::None { .. } => None,
        };
        Ok((outcome, verdict))
    })?;
    let mut told = Designed::new(py, effort.digits);
    told.more.set_item("kernel", name)?;
    let proof = outcome.proof(criterion);
    let KernelOutcome::Design(design) = outcome else {
        return told.told(proof);
    };
    let alpha = verdict.as_ref().and_then(|c| c.alpha.as_ref());
    let certificate = told.solution(&design.realisation.activation, &[], alpha)?;
    let coefficients = design.coefficients.iter();
    let coefficients: Vec<Number> = coefficients
        .map(|q| Number::fraction(q, effort.digits))
        .collect();
    certificate.set_item("coefficients", coefficients)?;
    certificate.set_item("error", told.number(&design.error))?;
    certificate.set_item("error_at_least", told.number(&design.at_least))?;
    certificate.set_item("best", design.is_best())?;
    certificate.set_item("smallest_degree", design.smallest_degree)?;
    certificate.set_item("slope", told.number(&design.realisation.slope))?;
    certificate.set_item("all_signs", design.realisation.all_signs)?;
    certificate.set_item("regime", verdict.map(|c| hyphened(c.regime.name())))?;
    certificate.set_item("everywhere", !design.partial)?;
    let (definite, negative, looked) = match &design.definite {
        Definiteness::Yes => (Some(true), None, None),
        Definiteness::No {
            degree,
            coefficient,
        } => (Some(false), Some((*degree, told.number(coefficient))), None),
        Definiteness::Open(looked) => (None, None, *looked),
    };
    told.more.set_item("positive_definite", definite)?;
    told.more.set_item("negative_coefficient", negative)?;
    told.more.set_item("looked_up_to", looked)?;
    told.told(proof)
}

fn wanted(target: &Bound<'_, PyAny>) -> PyResult<WantedKernel> {
    let py = target.py();
    match target.extract::<Target<'_>>() {
        Ok(Target::Formula(text)) => WantedKernel::formula(&text, &Constants::default())
            .map_err(|e| errors::of(py, e, Some(&text))),
        Ok(Target::Table(rows)) => {
            let row = |(rho, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
                let value = real::rational(&value, "the value of the kernel")?;
                Ok((real::rational(&rho, "rho")?, value))
            };
            let rows = rows.into_iter().map(row).collect::<PyResult<Vec<_>>>()?;
            WantedKernel::table("table", rows).map_err(|e| errors::of(py, e, None))
        }
        Err(_) => {
            let message = "the kernel is a formula in rho, rows of (rho, value), a function of an array, or an activation with layers=";
            Err(errors::raise(py, "Error", message))
        }
    }
}
