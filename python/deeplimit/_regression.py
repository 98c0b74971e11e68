"""`Regression`: on a Gram matrix that is there already."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _arrays
from ._core import FactoredGram, _largest
from ._errors import DataError
from ._numbers import doubles


class Regression:
    r"""Kernel regression on a Gram matrix, whoever made it (`Kernel`, `cntk`, a store, another program): what the trained network predicts.

    .. math:: \hat y(x) = k(x, X)\,(K + r\,\bar K I)^{-1} y

    with :math:`\bar K` the mean of the diagonal. With the NNGP kernel it is the mean of the Gaussian process after the data.

    Parameters
    ----------
    gram : array_like of shape (n, n)
        Symmetric, between the training rows.
    targets : array_like of shape (n,) or (n, k)
        Real numbers, taken as they are: subtract a mean first, where there is one. (Labels: `of_labels`.)
    ridge : float, default 0
        Relative to the mean of the diagonal; the variance of the noise over that of the prior.

    Attributes
    ----------
    classes : ndarray or None
        The labels that there are, sorted, where it is `of_labels`.

    Raises
    ------
    DataError
        For a matrix that is not square or not symmetric, entries that are not finite (``.index``), other shapes.
    Undecided
        For a matrix that is not positive definite beyond rounding.

    References
    ----------
    Rasmussen and Williams 2006, *Gaussian Processes for Machine Learning*, chapters 2 and 5; Jacot, Gabriel and Hongler 2018.

    Examples
    --------
    >>> import numpy as np, deeplimit as dl
    >>> x = np.linspace(-2, 2, 40)[:, None]
    >>> kernel = dl.Kernel("tanh", 3, lengths="lift")
    >>> model = dl.Regression(kernel(x), np.sin(2 * x[:, 0]), ridge=1e-6)
    >>> bool(abs(model.predict(kernel([[0.37]], x))[0] - np.sin(0.74)) < 1e-2)
    True
    >>> labelled = dl.Regression.of_labels(kernel(x), np.where(x[:, 0] > 0.5, "right", "left"), ridge=1e-6)
    >>> labelled.predict(kernel([[-1.0], [1.5]], x)).tolist()
    ['left', 'right']
    """

    classes: np.ndarray | None

    def __init__(self, gram: Any, targets: Any, *, ridge: float = 0.0) -> None:
        gram = _square(gram)
        y = doubles(targets, "targets")
        if y.ndim not in (1, 2) or len(y) != len(gram) or y.size == 0:
            raise DataError(f"targets must have a row for each of the {len(gram)} rows of the Gram matrix, got shape {y.shape}")
        _arrays.finite(y, "targets")
        self.classes, self._flat = None, y.ndim == 1
        self._core = FactoredGram(gram, np.ascontiguousarray(y.reshape(len(y), -1)), None, _arrays.ridge(ridge))

    @classmethod
    def of_labels(cls, gram: Any, labels: Any, *, ridge: float = 0.0) -> Regression:
        """Regression on labels of any type: the classes as columns of mean 0, and the largest score decides.

        Parameters
        ----------
        gram : array_like of shape (n, n)
        labels : array_like of shape (n,)
        ridge : float, default 0

        Returns
        -------
        Regression
            Whose `predict` and `left_out` give labels.
        """
        gram = _square(gram)
        labels = _arrays.labels(labels)
        if len(labels) != len(gram):
            raise DataError(f"{len(labels)} labels do not go with the {len(gram)} rows of the Gram matrix")
        made = cls.__new__(cls)
        made.classes, codes = np.unique(labels, return_inverse=True)
        made._flat = False
        made._core = FactoredGram(gram, None, ([int(c) for c in codes], len(made.classes)), _arrays.ridge(ridge))
        return made

    def scores(self, cross: Any, /) -> np.ndarray:
        """The predicted numbers; of labels a score for each class.

        Parameters
        ----------
        cross : array_like of shape (m, n)
            The kernel between new rows and the training rows.

        Returns
        -------
        ndarray of shape (m,) or (m, k)
        """
        return self._shaped(self._core.predictions(_cross(cross)))

    def predict(self, cross: Any, /) -> np.ndarray:
        """The predicted targets, or labels.

        Parameters
        ----------
        cross : array_like of shape (m, n)
            The kernel between new rows and the training rows.

        Returns
        -------
        ndarray of shape (m,) or (m, k)
        """
        return self._decided(self._core.predictions(_cross(cross)))

    def left_out(self) -> np.ndarray:
        """What each training row would have been predicted to be without itself: leave-one-out, in closed form.

        Returns
        -------
        ndarray of shape (n,) or (n, k)
        """
        return self._decided(self._core.left_out())

    def variances(self, cross: Any, diagonal: Any, /) -> np.ndarray:
        r"""What is still unknown of new rows: :math:`k(x, x) - k(x, X)(K + r \bar K I)^{-1} k(X, x)`, for the NNGP kernel.

        Parameters
        ----------
        cross : array_like of shape (m, n)
        diagonal : array_like of shape (m,)
            ``kernel.diag(x)``.

        Returns
        -------
        ndarray of shape (m,)
        """
        own = doubles(diagonal, "diagonal")
        if own.ndim != 1:
            raise DataError(f"diagonal must be one-dimensional, got shape {own.shape}")
        _arrays.finite(own, "diagonal")
        return self._core.variances(_cross(cross), np.ascontiguousarray(own))

    @property
    def weights(self) -> np.ndarray:
        """``(K + r I)^-1 y``, of shape (n,) or (n, k)."""
        return self._shaped(self._core.weights())

    @property
    def log_likelihood(self) -> float:
        """``log p(y)`` of the Gaussian process, summed over the targets."""
        return self._core.log_likelihood()

    def _shaped(self, values: np.ndarray) -> np.ndarray:
        return values[:, 0] if self._flat else values

    def _decided(self, values: np.ndarray) -> np.ndarray:
        return self._shaped(values) if self.classes is None else self.classes[_largest(values)]


def _square(gram: Any) -> np.ndarray:
    gram = doubles(gram, "gram")
    if gram.ndim != 2 or gram.shape[0] != gram.shape[1] or gram.size == 0:
        raise DataError(f"gram must be a square matrix, got shape {gram.shape}")
    _arrays.finite(gram, "gram")
    size = np.abs(gram).max()
    # in strips: a matrix has no room beside it
    for start in range(0, len(gram), 256):
        rows = gram[start : start + 256]
        apart = np.abs(rows - gram[:, start : start + 256].T)
        if apart.max() > 1e-9 * size:
            i, j = (int(k) for k in np.unravel_index(apart.argmax(), apart.shape))
            error = DataError(f"gram is not symmetric: gram[{start + i}, {j}] is {rows[i, j]} and gram[{j}, {start + i}] is {gram[j, start + i]}")
            error.index = (start + i, j)
            raise error
    return gram


def _cross(cross: Any) -> np.ndarray:
    cross = doubles(cross, "cross")
    if cross.ndim != 2 or cross.shape[1] == 0:
        raise DataError(f"cross must have a row for each new row and a column for each training row, got shape {cross.shape}")
    _arrays.finite(cross, "cross")
    return cross


Regression.__module__ = "deeplimit"
