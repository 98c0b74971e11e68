"""Explicit features: landmarks, or the neurons of a random network."""

from __future__ import annotations

import math
import warnings
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from .. import Activation, _arrays, expect
from .._errors import DataError, DomainError
from ._rows import cached, compiled, definite, depth_of, rows_of, scale_of

# Rows that are made into features at a time: 4096 x 2000 doubles are 65 MB.
_BATCH = 4096


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
        if self.method == "random" and depth_of(self.depth) == "inf":
            raise DomainError('a random network has finitely many layers: for depth "inf" take method="nystroem"')
        _arrays.warn_of_one_column(X, self.lengths, 2)
        self.kernel_ = kernel = compiled(self)
        definite(kernel, "a feature map")
        self._scale, self._fit_lengths = scale_of(kernel), self.lengths
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
        values, vectors = np.linalg.eigh(self.kernel_(rows_of(self.landmarks_, self._fit_lengths)))
        # what is rounding has no inverse: those features are 0
        kept = values > values[-1] * m * np.finfo(float).eps
        roots = np.where(kept, 1.0 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
        self._root = (vectors * roots) @ vectors.T * math.sqrt(self._scale)
        self._n_features_out = m
        return order[m:] if m < len(X) else order

    def _weights(self, X: np.ndarray, m: int, random: Any) -> np.ndarray:
        depth = depth_of(self.depth)
        # one feature alone is an activation
        ntk = self.kind == "ntk" and m > 1
        self._phi = self.activation if isinstance(self.activation, Activation) else Activation(self.activation)
        if self.sigma_w is None and self.sigma_b is None:
            # c_sigma = 1/sqrt(E phi(Z)^2): the depth-1 kernel of Lee et al. 2019 with sigma_w = 1 at rho = 1
            second = cached(self.activation, 1, "nngp", 1, None, "unit")
            first, weight, bias = 1.0, 1.0 / math.sqrt(second.at(1.0) * scale_of(second)), 0.0
        else:
            first = weight = _value(self.sigma_w, 1.0)
            bias = _value(self.sigma_b, 0.0)
        self._sigmas = (first, weight, bias)
        width, tangents = (m - m // 2, m // 2) if ntk else (m, 0)
        inputs = rows_of(X[:1], self._fit_lengths).shape[1] + (bias != 0.0)
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
        rows = rows_of(X, self._fit_lengths)
        if hasattr(self, "_root"):
            return self.kernel_(rows, rows_of(self.landmarks_, self._fit_lengths)) @ self._root
        return self._network(rows)

    def _measure(self, X: np.ndarray, rest: np.ndarray, random: Any) -> None:
        seen = X[random.permutation(rest)[:256]]
        features = self._features(seen)
        exact = self.kernel_(rows_of(seen, self._fit_lengths)) * self._scale
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
