"""Estimators for scikit-learn: classification, regression, Gaussian processes, explicit features.

==========================  ==========================================================================================
`DeepKernelClassifier`      what the network makes of labels, at any depth and at infinite depth
`DeepKernelRegressor`       kernel regression, several targets at once
`DeepKernel`                a kernel for Gaussian processes, SVC, KernelRidge: ``theta`` is ``log sigma_w``, ``log sigma_b``
`DeepKernelFeatures`        explicit features for more rows than a Gram matrix has room for
==========================  ==========================================================================================

All of them see directions, unless `lengths` says otherwise, because the kernel of an infinitely wide network is a function of the
correlation of its inputs:

* ``"unit"``: every row is divided by its length. A row of zeros has no direction, and counts as orthogonal to all others.
* ``"lift"``: a constant 1 is appended first, so that lengths count: ``rho = (1 + x.x') / sqrt((1 + |x|^2)(1 + |x'|^2))``.
* ``"keep"``: lengths count as they do in the network itself; for homogeneous activations (relu and its like) without biases.
* ``"strict"``: rows of length 1 are asked for, and others refused.

`deeplimit.Kernel` is the compiled kernel beneath; it knows nothing of scikit-learn. (Two classes, because ``KernelRidge`` calls whatever
is no subclass of scikit-learn's ``Kernel`` for each pair of rows.)
"""

from __future__ import annotations

import math
import warnings
from functools import lru_cache
from numbers import Integral, Real
from typing import Any

import numpy as np

try:
    from scipy.linalg import LinAlgError, cho_factor, cho_solve
    from sklearn.base import (
        BaseEstimator,
        ClassifierMixin,
        ClassNamePrefixFeaturesOutMixin,
        RegressorMixin,
        TransformerMixin,
    )
    from sklearn.gaussian_process.kernels import Hyperparameter
    from sklearn.gaussian_process.kernels import Kernel as SklearnKernel
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        'deeplimit.sklearn needs scikit-learn, 1.6 or later: pip install "deeplimit[sklearn]"'
    ) from error

from . import Activation, Kernel, expect
from ._errors import DataError, DomainError

__all__ = ["DeepKernel", "DeepKernelClassifier", "DeepKernelFeatures", "DeepKernelRegressor"]

_LENGTHS = ("unit", "keep", "lift", "strict")
# Rows that are made into features at a time: 4096 x 2000 doubles are 65 MB.
_BATCH = 4096


# What a kernel is made of ---------------------------------------------------------------------------------------------


def _number(value: Any, name: str) -> Any:
    """A float, a text, or None: what stands for one constant is one key."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Real) and not isinstance(value, (bool, np.bool_)) and math.isfinite(value):
        return int(value) if isinstance(value, Integral) else float(value)
    raise DataError(f"{name} must be a number or the text of one, got {value!r}")


def _depth(depth: Any) -> int | str:
    if isinstance(depth, str):
        text = depth.strip()
        if text == "inf":
            return text
        depth = int(text) if text.isdigit() else depth
    elif isinstance(depth, Real) and not isinstance(depth, (bool, np.bool_)):
        if depth == math.inf:
            return "inf"
        depth = int(depth) if depth == int(depth) else depth
    if isinstance(depth, int) and not isinstance(depth, bool) and depth >= 1:
        return depth
    raise DataError(f'depth must be a number of layers from 1 on, or "inf", got {depth!r}')


@lru_cache(maxsize=128)
def _cached(
    activation: Any, depth: Any, kind: str, sigma_w: Any, sigma_b: Any, lengths: str
) -> Kernel:
    # either of them given: weights and biases of any variance are those of Lee et al. 2019 (and neural-tangents)
    convention = None if sigma_w is None and sigma_b is None else "lee2019"
    return Kernel(
        activation,
        depth,
        kind=kind,
        sigma_w=sigma_w,
        sigma_b=sigma_b,
        convention=convention,
        lengths=lengths,
    )


def _compiled(owner: Any, sigma_w: Any = None, sigma_b: Any = None) -> Kernel:
    """The kernel of these parameters: compiled once in a process, whatever clones there are."""
    activation, lengths, kind = owner.activation, owner.lengths, owner.kind
    if not isinstance(activation, (str, Activation)):
        raise DataError(
            f"activation must be an expression or a deeplimit.Activation, got {type(activation).__name__}"
        )
    for name, value, words in (("lengths", lengths, _LENGTHS), ("kind", kind, ("ntk", "nngp"))):
        if value not in words:
            raise DataError(f"{name} must be one of {', '.join(words)}, got {value!r}")
    sigma_w = owner.sigma_w if sigma_w is None else sigma_w
    sigma_b = owner.sigma_b if sigma_b is None else sigma_b
    return _cached(
        activation,
        _depth(owner.depth),
        kind,
        _number(sigma_w, "sigma_w"),
        _number(sigma_b, "sigma_b"),
        # a row of zeros and the constant 1 are given a coordinate of their own here (`_rows`)
        "unit" if lengths == "lift" else lengths,
    )


def _rows(X: Any, lengths: str) -> np.ndarray:
    """The rows as the kernel takes them: with a coordinate more, where one is needed.

    Lifted, it is 1; else a row of zeros gets 1 there and the others 0, which makes it orthogonal to them.
    """
    X = np.ascontiguousarray(X, dtype=np.float64)
    if lengths not in ("unit", "lift"):
        return X
    out = np.empty((X.shape[0], X.shape[1] + 1))
    out[:, :-1] = X
    out[:, -1] = 1.0 if lengths == "lift" else ~X.any(axis=1)
    return out


def _scale(kernel: Kernel) -> float:
    """What the compiled values have to be multiplied by."""
    if kernel.log_scale == 0.0:
        return 1.0
    if abs(kernel.log_scale) > 690.0:
        raise DomainError(
            f"the entries of this kernel are e^{kernel.log_scale:.1f} times doubles: take fewer layers, or a sigma_w nearer to the edge of chaos"
        )
    return math.exp(kernel.log_scale)


def _finite(kernel: Kernel, what: str) -> None:
    """Refuses what has no Gram matrix that is positive definite."""
    if kernel.classifier == "interpolant":
        raise DomainError(
            f"{what} needs a kernel that is positive definite, and that of {kernel.activation} at depth {kernel.depth} is so only for weights whose sum is 0 "
            "(it becomes an interpolant): DeepKernelClassifier can use it, and finite depths are positive definite"
        )
    if kernel.infinite_diagonal:
        raise DomainError(
            f"{what} needs a kernel that is finite at equal inputs, and that of {kernel.activation} at depth {kernel.depth} is not "
            f"(it becomes a {kernel.classifier}): DeepKernelClassifier can use it, and any finite depth of a continuous activation is finite"
        )


def _warn_of_lines(X: np.ndarray, lengths: str) -> None:
    if X.shape[1] == 1 and lengths == "unit":
        warnings.warn(
            'with lengths="unit" and one feature all rows are one of two points, +1 and -1: lengths="lift" tells them apart',
            UserWarning,
            stacklevel=3,
        )


def _ridge(ridge: Any) -> float:
    if (
        isinstance(ridge, Real)
        and not isinstance(ridge, (bool, np.bool_))
        and 0.0 <= ridge < math.inf
    ):
        return float(ridge)
    raise DataError(f"ridge must be a number from 0 on, got {ridge!r}")


# Estimators -----------------------------------------------------------------------------------------------------------


class DeepKernelClassifier(ClassifierMixin, BaseEstimator):
    r"""What an infinitely wide network makes of labelled rows, at any depth.

    At finite depth it is kernel regression on the classes: the trained network, :math:`\hat y(x) = k(x, X)(K + r I)^{-1} Y`, with
    :math:`Y` the classes as columns of mean 0, and the largest score decides. At ``depth="inf"`` it is what that becomes, which
    depends on the activation's regime: the singular smoother (consistent, for the right exponent), the majority vote, the nearest
    neighbour, or an interpolant (Radhakrishnan, Belkin, Uhler 2022, Theorem 1 and sections after it).

    Parameters
    ----------
    activation : str or deeplimit.Activation, default="tanh"
        An expression (``"max(x, x/5)"``) or a name (`deeplimit.activations`).
    depth : int or "inf", default=3
        Hidden layers.
    kind : {"ntk", "nngp"}, default="ntk"
        All layers trained, or the last one.
    sigma_w, sigma_b : number or text, optional
        Standard deviations of weights and biases, in the convention of Lee et al. 2019 (neural-tangents' ``W_std``, ``b_std``). Neither
        given: no biases, and weights that keep the variance 1.
    lengths : {"unit", "lift", "keep", "strict"}, default="unit"
        See `deeplimit.sklearn`. At infinite depth only directions count, ``"keep"`` is for finite depths.
    ridge : float, default=1e-6
        Relative to the mean of the kernel's diagonal. Counts for regression and the interpolant; votes and smoothers have none.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    kernel_ : deeplimit.Kernel
        The compiled kernel.
    classifier_ : str
        What it is: ``"regression"``, ``"smoother"``, ``"majority vote"``, ``"nearest neighbour"`` or ``"interpolant"``.
    X_fit_ : ndarray of shape (n_samples, n_features)
        The rows that were learnt.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    Notes
    -----
    Memory: the Gram matrix and its factor, ``16 n^2`` bytes (n = 20,000: 6.4 GB). For more rows: `DeepKernelFeatures`, or
    `deeplimit.dask`. A pickle has the rows and not the factor, which is made anew at the first prediction.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from deeplimit.sklearn import DeepKernelClassifier
    >>> X, y = load_iris(return_X_y=True, as_frame=False)
    >>> model = make_pipeline(StandardScaler(), DeepKernelClassifier("erf", depth=3, lengths="lift", ridge=0.01))
    >>> bool(model.fit(X[::2], y[::2]).score(X[1::2], y[1::2]) > 0.9)
    True
    >>> DeepKernelClassifier("sin(x)", depth="inf").fit(X, y).classifier_
    'smoother'
    """

    def __init__(
        self,
        activation: Any = "tanh",
        depth: Any = 3,
        *,
        kind: str = "ntk",
        sigma_w: Any = None,
        sigma_b: Any = None,
        lengths: str = "unit",
        ridge: float = 1e-6,
    ) -> None:
        self.activation = activation
        self.depth = depth
        self.kind = kind
        self.sigma_w = sigma_w
        self.sigma_b = sigma_b
        self.lengths = lengths
        self.ridge = ridge

    def fit(self, X: Any, y: Any) -> DeepKernelClassifier:
        """Learns rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels of any type.

        Returns
        -------
        self

        Raises
        ------
        deeplimit.Error
            A parameter that is not one, a single class, a matrix that is not positive definite without a ridge. (A ``ValueError``.)
        """
        ridge = _ridge(self.ridge)
        X, y = validate_data(self, X, y, dtype=np.float64, order="C")
        check_classification_targets(y)
        _warn_of_lines(X, self.lengths)
        self.classes_, self._codes = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise DataError(f"y has one class alone, {self.classes_[0]}: there is nothing to decide")
        self.kernel_ = _compiled(self)
        self.classifier_ = self.kernel_.classifier
        self.X_fit_ = X
        self._fit_ridge, self._fit_lengths = ridge, self.lengths
        self._fitted = self._learn()
        return self

    def _learn(self) -> Any:
        rows = _rows(self.X_fit_, self._fit_lengths)
        return self.kernel_.fit(rows, self._codes.astype(np.int64), ridge=self._fit_ridge)

    def _learnt(self, X: Any) -> tuple[Any, np.ndarray]:
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64, order="C")
        if self._fitted is None:
            self._fitted = self._learn()
        return self._fitted, _rows(X, self._fit_lengths)

    def decision_function(self, X: Any) -> np.ndarray:
        """Scores: the largest decides.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes one column: the second's score less the first's.
        """
        fitted, rows = self._learnt(X)
        scores = np.asarray(fitted.scores(rows))
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def predict(self, X: Any) -> np.ndarray:
        """The class of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        fitted, rows = self._learnt(X)
        return self.classes_[np.asarray(fitted.labels(rows))]

    def left_out(self) -> np.ndarray:
        """What each training row would be taken for if it had not been seen: leave-one-out, in closed form.

        Returns
        -------
        ndarray of shape (n_samples,)

        Examples
        --------
        >>> from deeplimit.sklearn import DeepKernelClassifier
        >>> model = DeepKernelClassifier("relu").fit([[1, 0], [9, 1], [0, 1], [1, 9]], ["a", "a", "b", "b"])
        >>> model.left_out().tolist()
        ['a', 'a', 'b', 'b']
        """
        check_is_fitted(self)
        if self._fitted is None:
            self._fitted = self._learn()
        return self.classes_[np.asarray(self._fitted.left_out())]

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        return {**state, "_fitted": None} if "_fitted" in state else state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # a majority vote is what it is; which of the classifiers this will be is known after fit
        tags.classifier_tags.poor_score = self.depth in ("inf", math.inf)
        return tags


class DeepKernelRegressor(RegressorMixin, BaseEstimator):
    r"""Regression by the kernel of an infinitely wide network: what it predicts, trained to the end.

    .. math:: \hat y(x) = \bar y + k(x, X)\,(K + r\,\bar K I)^{-1} (y - \bar y)

    with :math:`\bar K` the mean of the diagonal and :math:`\bar y` that of the targets (each target for itself).

    Parameters
    ----------
    activation, depth, kind, sigma_w, sigma_b
        As in `DeepKernelClassifier`.
    lengths : {"unit", "lift", "keep", "strict"}, default="lift"
        See `deeplimit.sklearn`. A target usually depends on how large the features are, and not on their direction alone.
    ridge : float, default=0.1
        Relative to the mean of the kernel's diagonal: the variance of the noise over that of the prior.

    Attributes
    ----------
    kernel_ : deeplimit.Kernel
        The compiled kernel.
    dual_coef_ : ndarray of shape (n_samples,) or (n_samples, n_targets)
        :math:`(K + r \bar K I)^{-1}(y - \bar y)`.
    X_fit_ : ndarray of shape (n_samples, n_features)
        The rows that were learnt.
    y_mean_ : ndarray of shape (1,) or (n_targets,)
        The targets' means.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    Notes
    -----
    At ``depth="inf"`` regression has a limit for linear activations alone, and otherwise only its sign: what is left of
    other regimes (majority vote, smoother, nearest neighbour) is refused here, and is what `DeepKernelClassifier` is for.

    Examples
    --------
    >>> import numpy as np
    >>> from deeplimit.sklearn import DeepKernelRegressor
    >>> x = np.linspace(-2, 2, 40)[:, None]
    >>> model = DeepKernelRegressor("tanh", depth=3, ridge=1e-6).fit(x, np.sin(2 * x[:, 0]))
    >>> bool(abs(model.predict([[0.37]])[0] - np.sin(0.74)) < 1e-2)
    True
    """

    def __init__(
        self,
        activation: Any = "tanh",
        depth: Any = 3,
        *,
        kind: str = "ntk",
        sigma_w: Any = None,
        sigma_b: Any = None,
        lengths: str = "lift",
        ridge: float = 0.1,
    ) -> None:
        self.activation = activation
        self.depth = depth
        self.kind = kind
        self.sigma_w = sigma_w
        self.sigma_b = sigma_b
        self.lengths = lengths
        self.ridge = ridge

    def fit(self, X: Any, y: Any) -> DeepKernelRegressor:
        """Learns rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)

        Returns
        -------
        self

        Raises
        ------
        deeplimit.DomainError
            At infinite depth, where the limit is a classifier.
        deeplimit.DataError
            A parameter that is not one; a matrix that is not positive definite in doubles without a (larger) ridge.
        """
        ridge = _ridge(self.ridge)
        X, y = validate_data(
            self, X, y, dtype=np.float64, order="C", multi_output=True, y_numeric=True
        )
        _warn_of_lines(X, self.lengths)
        kernel = _compiled(self)
        if kernel.classifier != "regression":
            raise DomainError(
                f"at depth {kernel.depth} what {kernel.activation} makes of its data is a {kernel.classifier}, which decides between classes and "
                "predicts no numbers: take DeepKernelClassifier, or a finite depth of a continuous activation"
            )
        y = y.astype(np.float64)
        self.kernel_, self._fit_lengths, self.X_fit_ = kernel, self.lengths, X
        rows = _rows(X, self.lengths)
        self._rows_fit = rows
        gram = kernel(rows)
        mean = gram.trace() / len(X)
        gram.flat[:: len(X) + 1] += ridge * mean
        # what a pivot is off by: a row that is nearer than that to the span of the others has no weight that means anything
        rounding = 10.0 * (np.finfo(float).eps + kernel.error) * mean
        self.y_mean_ = np.atleast_1d(y.mean(axis=0))
        centred = y - (self.y_mean_ if y.ndim == 2 else self.y_mean_[0])
        try:
            factor = cho_factor(gram, lower=True, overwrite_a=True, check_finite=True)
            if (factor[0].diagonal() ** 2).min() <= rounding:
                raise LinAlgError
        except LinAlgError:
            raise DataError(
                "the Gram matrix is not positive definite in doubles: rows that are nearly the same, or a kernel that is nearly "
                f"constant; a larger ridge than {ridge:g} helps"
            ) from None
        self.dual_coef_ = cho_solve(factor, centred, check_finite=False)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The predicted targets.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64, order="C")
        cross = self.kernel_(_rows(X, self._fit_lengths), self._rows_fit)
        mean = self.y_mean_ if self.dual_coef_.ndim == 2 else self.y_mean_[0]
        return cross @ self.dual_coef_ + mean

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


# Gaussian processes ---------------------------------------------------------------------------------------------------


class DeepKernel(SklearnKernel):
    r"""The kernel of an infinitely wide network for Gaussian processes, ``SVC``, ``KernelRidge``, ``KernelPCA`` and the like.

    Its hyperparameters are the standard deviations of weights and biases, in the convention of Lee et al. 2019:

    .. math:: k_0 = \sigma_w^2 \rho + \sigma_b^2, \quad k_{l+1} = \sigma_w^2\, E[\phi(u)\phi(v)] + \sigma_b^2, \quad
              \Theta_{l+1} = k_{l+1} + \sigma_w^2\, \Theta_l\, E[\phi'(u)\phi'(v)], \quad (u, v) \sim N(0, k_l)

    with :math:`\Theta_0 = k_0`. Activation and depth are plain parameters, for a grid search.

    Parameters
    ----------
    activation, depth, kind, lengths
        As in `DeepKernelClassifier`; default ``lengths="unit"``. Where a kernel is infinite at equal inputs (singular regimes at
        infinite depth, jumps) it is refused when it is used.
    sigma_w : float or None, default=1.5
        None, together with ``sigma_b=None``: the network of the paper, weights that keep the variance 1 and no biases.
    sigma_w_bounds : pair of floats or "fixed", default=(0.1, 10)
    sigma_b : float or None, default=0.1
        None or 0: no biases, and nothing to fit.
    sigma_b_bounds : pair of floats or "fixed", default=(0.001, 10)

    Notes
    -----
    ``theta`` is the logarithm of what is free, in scikit-learn's order: ``sigma_b``, ``sigma_w``. The gradient is a difference of fourth
    order between four compiled kernels for each of them, whose values have errors of some 1e-15: it is correct to some 1e-12 of the
    largest entry (1e-11 where the kernel's own error is 1e-14). So a step of the optimiser compiles nine kernels, which takes milliseconds each for
    activations whose duals have closed forms (relu, erf, gelu, sin) and a second for others (tanh).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.gaussian_process import GaussianProcessRegressor
    >>> from sklearn.gaussian_process.kernels import WhiteKernel
    >>> from deeplimit.sklearn import DeepKernel
    >>> x = np.linspace(-2, 2, 20)[:, None]
    >>> kernel = DeepKernel("erf", depth=2, lengths="lift") + WhiteKernel(1e-4, "fixed")
    >>> gp = GaussianProcessRegressor(kernel).fit(x, np.sin(2 * x[:, 0]))
    >>> bool(abs(gp.predict([[0.37]])[0] - np.sin(0.74)) < 0.05)
    True
    >>> DeepKernel("relu", depth=3, sigma_w=None, sigma_b=None)([[1.0, 0.0], [0.0, 1.0]]).round(6).tolist()
    [[4.0, 1.060388], [1.060388, 4.0]]
    """

    def __init__(
        self,
        activation: Any = "tanh",
        depth: Any = 3,
        *,
        kind: str = "ntk",
        sigma_w: Any = 1.5,
        sigma_w_bounds: Any = (0.1, 10.0),
        sigma_b: Any = 0.1,
        sigma_b_bounds: Any = (0.001, 10.0),
        lengths: str = "unit",
    ) -> None:
        self.activation = activation
        self.depth = depth
        self.kind = kind
        self.sigma_w = sigma_w
        self.sigma_w_bounds = sigma_w_bounds
        self.sigma_b = sigma_b
        self.sigma_b_bounds = sigma_b_bounds
        self.lengths = lengths

    def _hyperparameter(self, name: str) -> Hyperparameter:
        value = getattr(self, name)
        free = isinstance(value, Real) and value > 0
        return Hyperparameter(name, "numeric", getattr(self, f"{name}_bounds") if free else "fixed")

    @property
    def hyperparameter_sigma_b(self) -> Hyperparameter:
        return self._hyperparameter("sigma_b")

    @property
    def hyperparameter_sigma_w(self) -> Hyperparameter:
        return self._hyperparameter("sigma_w")

    def _kernel(self, **sigmas: float) -> tuple[Kernel, float]:
        kernel = _compiled(self, **sigmas)
        _finite(kernel, "a Gram matrix")
        return kernel, _scale(kernel)

    def __call__(self, X: Any, Y: Any = None, eval_gradient: bool = False) -> Any:
        """The kernel between rows, and its gradient.

        Parameters
        ----------
        X : array-like of shape (n_samples_X, n_features)
        Y : array-like of shape (n_samples_Y, n_features), optional
            Without it: between the rows of X.
        eval_gradient : bool, default=False
            Also the derivatives by ``theta``; without Y alone.

        Returns
        -------
        K : ndarray of shape (n_samples_X, n_samples_Y)
        K_gradient : ndarray of shape (n_samples_X, n_samples_X, n_free)
            Where `eval_gradient` is set.

        Raises
        ------
        deeplimit.Error
            Rows with NaN (``.index`` says where), rows of other dimensions, a kernel that is infinite at equal inputs. (A ``ValueError``.)
        """
        if Y is not None and eval_gradient:
            raise ValueError("Gradient can only be evaluated when Y is None.")
        X = _checked(X, "X")
        rows = _rows(X, self.lengths)
        other = None if Y is None else _rows(_checked(Y, "Y"), self.lengths)
        if other is not None and other.shape[1] != rows.shape[1]:
            raise DataError(f"X and Y must have as many columns as each other, got {X.shape[1]} and {np.shape(Y)[1]}")
        kernel, scale = self._kernel()
        gram = kernel(rows) if other is None else kernel(rows, other)
        if scale != 1.0:
            gram *= scale
        if not eval_gradient:
            return gram
        free = [h for h in self.hyperparameters if not h.fixed]
        gradient = np.empty((len(X), len(X), len(free)))
        for k, hyperparameter in enumerate(free):
            gradient[:, :, k] = self._derivative(hyperparameter.name, rows)
        return gram, gradient

    def _derivative(self, name: str, rows: np.ndarray) -> np.ndarray:
        """``dK/d log sigma``: a central difference of fourth order.

        A homogeneous kernel is ``sigma^D``, ``D = 2 (depth + 1)``, and the error relative to the derivative ``(h D)^4/30 + 1e-15/(h D)``: 1e-12 near ``h D = 2e-3``.
        """
        depth = _depth(self.depth)
        step = 1e-3 / (1 + (0 if depth == "inf" else depth))
        sigma, total = float(getattr(self, name)), 0.0
        for k, weight in ((1, 8.0), (-1, -8.0), (2, -1.0), (-2, 1.0)):
            kernel, scale = self._kernel(**{name: sigma * math.exp(k * step)})
            total = total + (weight * scale / (12.0 * step)) * kernel(rows)
        return total

    def diag(self, X: Any) -> np.ndarray:
        """The diagonal of ``self(X)``, to the last bit, without the matrix.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        kernel, scale = self._kernel()
        values = np.asarray(kernel.diag(_rows(_checked(X, "X"), self.lengths)))
        return values * scale if scale != 1.0 else values

    def is_stationary(self) -> bool:
        """False: it is a function of the correlation, and not of the difference, of two inputs."""
        return False

    def __repr__(self) -> str:
        words = [str(self.activation), f"depth={self.depth}", self.kind]
        for name in ("sigma_w", "sigma_b"):
            value = getattr(self, name)
            if value is not None:
                words.append(f"{name}={value:.3g}" if isinstance(value, Real) else f"{name}={value}")
        if self.lengths != "unit":
            words.append(f"lengths={self.lengths}")
        return f"DeepKernel({', '.join(words)})"


def _checked(X: Any, name: str) -> np.ndarray:
    """Two-dimensional and finite: ``SVC`` and ``KernelRidge`` do not look at what they hand to a kernel."""
    if isinstance(X, np.ma.MaskedArray):
        raise DataError(f"{name} is a masked array, and a kernel cannot leave entries out: fill them first")
    try:
        X = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{name} must be an array of numbers") from None
    if X.ndim != 2:
        raise DataError(f"{name} must be two-dimensional, got shape {X.shape}")
    if X.shape[0] == 0 or X.shape[1] == 0:
        raise DataError(f"{name} must have rows and columns, got shape {X.shape}")
    finite = np.isfinite(X)
    if not finite.all():
        index = tuple(int(i) for i in np.argwhere(~finite)[0])
        error = DataError(f"{name}[{index[0]}, {index[1]}] is {X[index]}")
        error.index = index
        raise error
    return X


# Features -------------------------------------------------------------------------------------------------------------


class DeepKernelFeatures(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    r"""Explicit features :math:`\Phi` whose products are the kernel, :math:`\Phi(x) \cdot \Phi(x') \approx K(x, x')`: for more rows than a
    Gram matrix has room for (from some 50,000), in front of any linear model.

    ``method="nystroem"`` (Williams, Seeger 2001): :math:`\Phi(x) = k(x, Z) K_{ZZ}^{-1/2}` with landmarks :math:`Z` drawn from the rows; it is exact on
    the landmarks, knows the data, and any kernel that is finite at equal inputs will do.

    ``method="random"``: the activations and the tangents of a finite network with random weights (Rahimi, Recht 2007; Han et al. 2022 for
    the tangents), which does not look at the data. With :math:`A_0 = (\sigma_w x, \sigma_b) = \Psi_0` and Gaussian matrices :math:`W, R`,

    .. math:: A_{l+1} = (\sigma_w \phi(W A_l)/\sqrt m,\ \sigma_b), \qquad
              \Psi_{l+1} = (A_{l+1},\ \sigma_w\, (R \Psi_l) \odot \phi'(W A_l)/\sqrt m)

    have :math:`E\, A_L \cdot A_L' = k_L` (as :math:`m \to \infty`) and :math:`E\, \Psi_L \cdot \Psi_L' = \Theta_L`. Finite depths of continuous activations.

    Parameters
    ----------
    activation, depth, kind, sigma_w, sigma_b, lengths
        As in `DeepKernelClassifier`.
    method : {"nystroem", "random"}, default="nystroem"
    n_components : int, default=500
        Features; of landmarks no more than there are rows.
    random_state : int, RandomState instance or None, default=None

    Attributes
    ----------
    error_ : float
        What was measured on 256 of the rows (as few as there are), the landmarks left aside: the Frobenius norm of :math:`\Phi\Phi^T - K` over
        that of :math:`K`.
    max_error_ : float
        The largest entry of :math:`|\Phi\Phi^T - K|` there, over the mean of the diagonal of :math:`K`.
    kernel_ : deeplimit.Kernel
        The compiled kernel.
    landmarks_ : ndarray of shape (n_components, n_features)
        Of ``"nystroem"``.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import RidgeClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from deeplimit.sklearn import DeepKernelFeatures
    >>> X, y = load_digits(return_X_y=True)
    >>> features = DeepKernelFeatures("relu", depth=3, n_components=300, random_state=0)
    >>> model = make_pipeline(features, RidgeClassifier(1e-3)).fit(X[::2], y[::2])
    >>> bool(features.error_ < 0.03 and model.score(X[1::2], y[1::2]) > 0.95)
    True
    """

    def __init__(
        self,
        activation: Any = "tanh",
        depth: Any = 3,
        *,
        kind: str = "ntk",
        sigma_w: Any = None,
        sigma_b: Any = None,
        lengths: str = "unit",
        method: str = "nystroem",
        n_components: int = 500,
        random_state: Any = None,
    ) -> None:
        self.activation = activation
        self.depth = depth
        self.kind = kind
        self.sigma_w = sigma_w
        self.sigma_b = sigma_b
        self.lengths = lengths
        self.method = method
        self.n_components = n_components
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> DeepKernelFeatures:
        """Draws landmarks or weights, and measures the error.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        deeplimit.Error
            A parameter that is not one; a kernel that is infinite at equal inputs. (A ``ValueError``.)
        """
        X = validate_data(self, X, dtype=np.float64, order="C")
        m = self.n_components
        if not isinstance(m, Integral) or isinstance(m, (bool, np.bool_)) or m < 1:
            raise DataError(f"n_components must be a number from 1 on, got {m!r}")
        if self.method not in ("nystroem", "random"):
            raise DataError(f"method must be one of nystroem, random, got {self.method!r}")
        if self.method == "random" and _depth(self.depth) == "inf":
            raise DomainError('a random network has finitely many layers: for depth "inf" take method="nystroem"')
        _warn_of_lines(X, self.lengths)
        self.kernel_ = kernel = _compiled(self)
        _finite(kernel, "a feature map")
        self._scale, self._fit_lengths = _scale(kernel), self.lengths
        random = check_random_state(self.random_state)
        if self.method == "nystroem":
            rest = self._landmarks(X, int(m), random)
        else:
            rest = self._weights(X, int(m), random)
        self._measure(X, rest, random)
        return self

    def _landmarks(self, X: np.ndarray, m: int, random: Any) -> np.ndarray:
        if m > len(X):
            warnings.warn(
                f"n_components={m} is more than the {len(X)} rows: each of them is a landmark",
                UserWarning,
                stacklevel=3,
            )
            m = len(X)
        order = random.permutation(len(X))
        self.landmarks_ = X[order[:m]]
        values, vectors = np.linalg.eigh(self.kernel_(_rows(self.landmarks_, self._fit_lengths)))
        # what is rounding has no inverse: those features are 0
        kept = values > values[-1] * m * np.finfo(float).eps
        roots = np.where(kept, 1.0 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
        self._root = (vectors * roots) @ vectors.T * math.sqrt(self._scale)
        self._n_features_out = m
        return order[m:] if m < len(X) else order

    def _weights(self, X: np.ndarray, m: int, random: Any) -> np.ndarray:
        depth = _depth(self.depth)
        # one feature alone is an activation
        ntk = self.kind == "ntk" and m > 1
        self._phi = self.activation if isinstance(self.activation, Activation) else Activation(self.activation)
        if self.sigma_w is None and self.sigma_b is None:
            # c_sigma = 1/sqrt(E phi(Z)^2): the depth-1 kernel of Lee et al. 2019 with sigma_w = 1 at rho = 1
            second = _cached(self.activation, 1, "nngp", 1, None, "unit")
            first, weight, bias = 1.0, 1.0 / math.sqrt(second.at(1.0) * _scale(second)), 0.0
        else:
            first = weight = _value(self.sigma_w, 1.0)
            bias = _value(self.sigma_b, 0.0)
        self._sigmas = (first, weight, bias)
        width, tangents = (m - m // 2, m // 2) if ntk else (m, 0)
        inputs = _rows(X[:1], self._fit_lengths).shape[1] + (bias != 0.0)
        size, whole = inputs, inputs
        self._matrices = []
        for layer in range(depth):
            # the last layer has a bias of its own, which is a feature
            last = layer + 1 == depth
            neurons = width - (1 if last and bias != 0.0 and width > 1 else 0)
            weights = random.standard_normal((size, neurons))
            tangent = random.standard_normal((whole, tangents)) if ntk else None
            own = random.standard_normal((size, tangents)) if ntk else None
            self._matrices.append((weights, own, tangent))
            size = neurons + (bias != 0.0)
            whole = size + tangents
        self._n_features_out = whole if ntk else size
        return np.arange(len(X))

    def _network(self, rows: np.ndarray) -> np.ndarray:
        first, weight, bias = self._sigmas
        if self._fit_lengths != "keep":
            rows = rows / np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]

        def biased(a: np.ndarray) -> np.ndarray:
            return np.column_stack([a, np.full(len(a), bias)]) if bias != 0.0 else a

        psi = a = biased(first * rows)
        for weights, own, tangent in self._matrices:
            after = biased(weight / math.sqrt(weights.shape[1]) * self._phi(a @ weights))
            if tangent is not None:
                # neurons of their own, so that activations and tangents err apart
                slopes = self._phi.derivative(a @ own)
                slopes *= weight / math.sqrt(own.shape[1])
                psi = np.column_stack([after, (psi @ tangent) * slopes])
            a = after
        return a if self._matrices[0][2] is None else psi

    def _features(self, X: np.ndarray) -> np.ndarray:
        rows = _rows(X, self._fit_lengths)
        if hasattr(self, "_root"):
            return self.kernel_(rows, _rows(self.landmarks_, self._fit_lengths)) @ self._root
        return self._network(rows)

    def _measure(self, X: np.ndarray, rest: np.ndarray, random: Any) -> None:
        seen = X[random.permutation(rest)[:256]]
        features = self._features(seen)
        exact = self.kernel_(_rows(seen, self._fit_lengths)) * self._scale
        off = np.abs(features @ features.T - exact)
        size = np.linalg.norm(exact)
        self.error_ = float(np.linalg.norm(off) / size) if size else 0.0
        mean = exact.trace() / len(seen)
        self.max_error_ = float(off.max() / mean) if mean else 0.0

    def transform(self, X: Any) -> np.ndarray:
        """The features of these rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64, order="C")
        out = np.empty((len(X), self._n_features_out))
        for start in range(0, len(X), _BATCH):
            out[start : start + _BATCH] = self._features(X[start : start + _BATCH])
        return out


def _value(sigma: Any, default: float) -> float:
    """A standard deviation as a double: text is a constant, ``sqrt(2)``."""
    if sigma is None:
        return default
    return float(expect(sigma)) if isinstance(sigma, str) else float(sigma)
