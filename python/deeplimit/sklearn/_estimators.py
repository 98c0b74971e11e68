"""Classification and regression."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from .. import _arrays
from .._errors import DataError, DomainError
from ._rows import compiled, ridge_of, rows_of


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
        ridge = ridge_of(self.ridge)
        X, y = validate_data(self, X, y, dtype=np.float64, order="C")
        check_classification_targets(y)
        _arrays.warn_of_one_column(X, self.lengths, 2)
        self.classes_, self._codes = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise DataError(f"y has one class alone, {self.classes_[0]}: there is nothing to decide")
        self.kernel_ = compiled(self)
        self.classifier_ = self.kernel_.classifier
        self.X_fit_ = X
        self._fit_ridge, self._fit_lengths = ridge, self.lengths
        self._fitted = self._learn()
        return self

    def _learn(self) -> Any:
        rows = rows_of(self.X_fit_, self._fit_lengths)
        return self.kernel_.fit(rows, self._codes.astype(np.int64), ridge=self._fit_ridge)

    def _learnt(self, X: Any) -> tuple[Any, np.ndarray]:
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64, order="C")
        if self._fitted is None:
            self._fitted = self._learn()
        return self._fitted, rows_of(X, self._fit_lengths)

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
        ridge = ridge_of(self.ridge)
        X, y = validate_data(
            self, X, y, dtype=np.float64, order="C", multi_output=True, y_numeric=True
        )
        _arrays.warn_of_one_column(X, self.lengths, 2)
        kernel = compiled(self)
        if kernel.classifier != "regression":
            raise DomainError(
                f"at depth {kernel.depth} what {kernel.activation} makes of its data is a {kernel.classifier}, which decides between classes and "
                "predicts no numbers: take DeepKernelClassifier, or a finite depth of a continuous activation"
            )
        y = y.astype(np.float64)
        self.kernel_, self._fit_lengths, self.X_fit_ = kernel, self.lengths, X
        rows = rows_of(X, self.lengths)
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
        cross = self.kernel_(rows_of(X, self._fit_lengths), self._rows_fit)
        mean = self.y_mean_ if self.dual_coef_.ndim == 2 else self.y_mean_[0]
        return cross @ self.dual_coef_ + mean

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
