"""The kernel of Gaussian processes."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np
from sklearn.gaussian_process.kernels import Hyperparameter
from sklearn.gaussian_process.kernels import Kernel as SklearnKernel

from .. import Kernel
from .._errors import DataError
from ._rows import checked, compiled, definite, depth_of, rows_of, scale_of


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
        kernel = compiled(self, **sigmas)
        definite(kernel, "a Gram matrix")
        return kernel, scale_of(kernel)

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
        X = checked(X, "X")
        rows = rows_of(X, self.lengths)
        other = None if Y is None else rows_of(checked(Y, "Y"), self.lengths)
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
        depth = depth_of(self.depth)
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
        values = np.asarray(kernel.diag(rows_of(checked(X, "X"), self.lengths)))
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
