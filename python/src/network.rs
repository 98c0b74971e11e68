//! `Network`: kernels of any depth, enclosed.

use deeplimit::Convention;
use deeplimit::limit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::activation::{Activation, one_or_all};
use crate::number::Number;
use crate::real::{self, Correlations};
use crate::verdict::{answer, known};
use crate::{errors, work};

/// Weights, biases and convention as they were given.
#[derive(Clone, Default)]
pub struct Given {
    pub sigma_w: Option<String>,
    pub sigma_b: Option<String>,
    pub convention: Option<String>,
}

impl Given {
    /// From Python's arguments.
    ///
    /// # Errors
    /// `DomainError` for what is no number.
    pub fn new(
        sigma_w: Option<&Bound<'_, PyAny>>,
        sigma_b: Option<&Bound<'_, PyAny>>,
        convention: Option<String>,
    ) -> PyResult<Self> {
        Ok(Given {
            sigma_w: real::text_of(sigma_w, "sigma_w")?,
            sigma_b: real::text_of(sigma_b, "sigma_b")?,
            convention,
        })
    }

    /// Named, or the one that has the parameters that are given.
    ///
    /// # Errors
    /// `DomainError` for a name that is none.
    pub fn convention(&self, py: Python<'_>) -> PyResult<Convention> {
        let general = self.sigma_w.is_some() || self.sigma_b.is_some();
        match &self.convention {
            Some(name) => name.parse().map_err(|e| errors::of(py, e, None)),
            None if general => Ok(Convention::Lee2019),
            None => Ok(Convention::default()),
        }
    }

    /// The library's network.
    ///
    /// # Errors
    /// `DomainError`, `ParseError` for what the convention does not have.
    pub fn network(
        &self,
        py: Python<'_>,
        activation: &deeplimit::Activation,
    ) -> PyResult<deeplimit::Network> {
        let mut network = deeplimit::Network::of(activation).convention(self.convention(py)?);
        let failed = |e, text: &str| errors::of(py, e, Some(text));
        if let Some(text) = &self.sigma_w {
            network = network.weights(text).map_err(|e| failed(e, text))?;
        }
        if let Some(text) = &self.sigma_b {
            network = network.biases(text).map_err(|e| failed(e, text))?;
        }
        let variances = network.settings().variances();
        variances.map_err(|e| errors::of(py, e, None))?;
        Ok(network)
    }
}

/// An infinitely wide network: an activation, a convention, weights and biases. Its kernels at any depth have certain digits.
///
/// With inputs of length 1 and correlation ``rho``, ``S_0 = rho`` (or what the convention makes of it), ``S_{l+1} =
/// sigma_w^2 E phi(u) phi(v) + sigma_b^2`` (NNGP) and ``T_{l+1} = sigma_w^2 T_l E phi'(u) phi'(v) + S_{l+1}`` (NTK).
///
/// Parameters
/// ----------
/// activation : str or Activation
/// sigma_w, sigma_b : float, int, Fraction or str, optional
///     Standard deviations of weights and biases. Without both: the activation normalised, no biases.
/// convention : {"radhakrishnan2022", "arora2019", "jacot2018", "lee2019"}, optional
///     Where the constants go: whose kernel. ``"lee2019"`` where `sigma_w` or `sigma_b` is given (that of neural-tangents),
///     else ``"radhakrishnan2022"``.
///
/// Attributes
/// ----------
/// activation : Activation
/// convention : str
/// sigma_w, sigma_b : str or None
///     As given.
///
/// Raises
/// ------
/// DomainError
///     For a `sigma_w` that is not positive, a negative `sigma_b`, and what the convention does not have.
///
/// Examples
/// --------
/// >>> import deeplimit as dl
/// >>> network = dl.Network("relu", sigma_w="sqrt(2)")
/// >>> network.values(3, "1/2")
/// NetworkValue(rho='1/2', nngp=Number(1.47625638460200), ntk=Number(3.47568935843062), limit=None, correction=None)
#[pyclass(frozen, module = "deeplimit")]
pub struct Network {
    activation: Py<Activation>,
    given: Given,
    /// The library's.
    pub inner: deeplimit::Network,
}

#[pymethods]
impl Network {
    #[new]
    #[pyo3(signature = (activation, *, sigma_w=None, sigma_b=None, convention=None))]
    fn new(
        activation: &Bound<'_, PyAny>,
        sigma_w: Option<&Bound<'_, PyAny>>,
        sigma_b: Option<&Bound<'_, PyAny>>,
        convention: Option<String>,
    ) -> PyResult<Self> {
        let py = activation.py();
        let activation = Activation::object(activation)?;
        let given = Given::new(sigma_w, sigma_b, convention)?;
        let inner = errors::guarded(py, || given.network(py, &activation.get().inner))?;
        Ok(Network {
            activation: activation.unbind(),
            given,
            inner,
        })
    }

    #[getter]
    fn activation(&self, py: Python<'_>) -> Py<Activation> {
        self.activation.clone_ref(py)
    }

    #[getter]
    fn convention(&self) -> &'static str {
        self.inner.settings().convention.name()
    }

    #[getter]
    fn sigma_w(&self) -> Option<&str> {
        self.given.sigma_w.as_deref()
    }

    #[getter]
    fn sigma_b(&self) -> Option<&str> {
        self.given.sigma_b.as_deref()
    }

    /// Both kernels of the network with `depth` hidden layers, enclosed.
    ///
    /// Parameters
    /// ----------
    /// depth : int
    ///     Hidden layers, from 0 to 10^18.
    /// rho : float, int, Fraction, str, or a sequence of them
    ///     Correlations of two inputs of length 1.
    /// digits : int, default 15
    ///     Certain digits.
    /// timeout : float or None, default 60
    ///     Seconds.
    ///
    /// Returns
    /// -------
    /// NetworkValue, or list of NetworkValue for a sequence
    ///     With ``nngp``, ``ntk`` (infinite on the diagonal of an activation that jumps) and, where the limit kernel was used,
    ///     its ``limit`` and ``correction``.
    ///
    /// Raises
    /// ------
    /// DomainError
    ///     For what is no depth or no correlation (``.index``).
    /// Undecided
    ///     Where so many layers cannot be walked through and no limit kernel is known.
    ///
    /// Examples
    /// --------
    /// >>> import deeplimit as dl
    /// >>> deep = dl.Network("gelu").values(10**12, "0.99")
    /// >>> deep.nngp
    /// Number(0.760401904895909)
    #[pyo3(signature = (depth, rho, *, digits=15, timeout=Some(60.0)), text_signature = "($self, /, depth, rho, *, digits=15, timeout=60.0)")]
    fn values<'py>(
        &self,
        py: Python<'py>,
        depth: &Bound<'py, PyAny>,
        rho: &Bound<'py, PyAny>,
        digits: i64,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let effort = work::effort(py, digits, timeout)?;
        let depth = layers(depth)?;
        let Correlations { at, shown, one } = Correlations::of(rho)?;
        let network = self.inner.clone();
        let found = work::ask(py, None, move || {
            let (expr, settings) = (&network.activation().typed, network.settings());
            let found = limit::values(expr, &at, depth, settings, effort.digits, effort.deadline)?;
            // what made a walk necessary says more than that its numbers became too small or too large
            let unwritten = |e| found.without_limit.clone().unwrap_or(e);
            let rows = found.rows.into_iter().map(|row| {
                let value = row?;
                value.nngp.decimal_exists().map_err(unwritten)?;
                Ok(value)
            });
            Ok(rows.collect::<Vec<deeplimit::Result<_>>>())
        })?;
        let mut values = Vec::with_capacity(found.len());
        for (index, (row, rho)) in found.into_iter().zip(shown).enumerate() {
            let value = row.map_err(|e| {
                let error = errors::of(py, e, None);
                if !one && error.value(py).setattr("index", index).is_err() {
                    return errors::raise(py, "InternalError", "an error without attributes");
                }
                error
            })?;
            let number = |x| Number::deep(x, effort.digits);
            let infinite = || Number::new(deeplimit::Quantity::infinite(), effort.digits);
            let fields = PyDict::new(py);
            fields.set_item("rho", rho)?;
            fields.set_item("nngp", number(value.nngp))?;
            fields.set_item("ntk", value.ntk.map_or_else(infinite, number))?;
            fields.set_item("limit", known(&value.limit, effort.digits))?;
            fields.set_item("correction", known(&value.correction, effort.digits))?;
            values.push(answer(py, "NetworkValue", &fields)?);
        }
        one_or_all(py, values, one)
    }

    /// A kernel of the network, compiled for data.
    ///
    /// Parameters
    /// ----------
    /// depth : int or "inf"
    /// kind : {"ntk", "nngp"}, default "ntk"
    /// **options
    ///     Of `Kernel`.
    ///
    /// Returns
    /// -------
    /// Kernel
    #[pyo3(signature = (depth, kind="ntk", **options))]
    fn kernel<'py>(
        &self,
        py: Python<'py>,
        depth: &Bound<'py, PyAny>,
        kind: &str,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let all = PyDict::new(py);
        all.set_item("kind", kind)?;
        all.set_item("sigma_w", self.sigma_w())?;
        all.set_item("sigma_b", self.sigma_b())?;
        all.set_item("convention", self.convention())?;
        if let Some(options) = options {
            all.update(options.as_mapping())?;
        }
        let class = py.import("deeplimit")?.getattr("Kernel")?;
        class.call((self.activation.clone_ref(py), depth), Some(&all))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Network>().is_ok_and(|other| {
            let (a, b) = (self.inner.settings(), other.get().inner.settings());
            let same = self.inner.activation().typed == other.get().inner.activation().typed;
            same && (a.convention, &a.sigma_w, &a.sigma_b) == (b.convention, &b.sigma_w, &b.sigma_b)
        })
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        pyo3::types::PyString::new(py, &self.inner.to_string()).hash()
    }

    fn __repr__(&self) -> String {
        let mut words = format!("Network('{}'", self.inner.activation().typed);
        for (name, given) in [("sigma_w", self.sigma_w()), ("sigma_b", self.sigma_b())] {
            if let Some(text) = given {
                words += &format!(", {name}='{text}'");
            }
        }
        words + &format!(", convention='{}')", self.convention())
    }

    fn __copy__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __deepcopy__<'py>(slf: Bound<'py, Self>, _memo: &Bound<'py, PyAny>) -> Bound<'py, Self> {
        slf
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let (py, this) = (slf.py(), slf.get());
        let given = this.given.clone();
        let convention = Some(this.convention());
        let state = (
            this.activation(py),
            given.sigma_w,
            given.sigma_b,
            convention,
        );
        (slf.get_type().getattr("_restore")?, state).into_pyobject(py)
    }

    /// What `pickle` calls.
    #[staticmethod]
    fn _restore(
        activation: &Bound<'_, PyAny>,
        sigma_w: Option<&Bound<'_, PyAny>>,
        sigma_b: Option<&Bound<'_, PyAny>>,
        convention: Option<String>,
    ) -> PyResult<Self> {
        Network::new(activation, sigma_w, sigma_b, convention)
    }
}

/// A number of hidden layers.
///
/// # Errors
/// `DomainError` for anything but a whole number from 0 to 10^18.
pub fn layers(depth: &Bound<'_, PyAny>) -> PyResult<u64> {
    let boolean = depth.is_instance_of::<pyo3::types::PyBool>();
    let known = depth.extract::<u64>().ok().filter(|_| !boolean);
    known.filter(|n| *n <= 10u64.pow(18)).ok_or_else(|| {
        let shown = depth.repr().map_or_else(|_| "?".into(), |r| r.to_string());
        let shown: String = shown.chars().take(40).collect();
        let message = format!("the depth must be a whole number from 0 to 10^18, got {shown}");
        errors::raise(depth.py(), "DomainError", &message)
    })
}
