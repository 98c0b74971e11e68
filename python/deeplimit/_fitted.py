"""`Fitted`: a classifier that has seen its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._core import CompiledFit

if TYPE_CHECKING:
    from ._kernel import Kernel


class Fitted:
    """A classifier that has seen its rows: made by `Kernel.fit`.

    Attributes
    ----------
    classes : ndarray
        The labels that there are, sorted.
    kernel : Kernel
    """

    def __init__(self, kernel: Kernel, core: CompiledFit, classes: np.ndarray) -> None:
        self.kernel, self._core, self.classes = kernel, core, classes

    def scores(self, X: Any, /) -> np.ndarray:
        """A score for each row and class; the largest decides.

        Parameters
        ----------
        X : array_like of shape (m, d)

        Returns
        -------
        ndarray of shape (m, number of classes)
        """
        return self._core.scores(self.kernel._read(X, "X"))

    def labels(self, X: Any, /) -> np.ndarray:
        """The label of each row.

        Parameters
        ----------
        X : array_like of shape (m, d)

        Returns
        -------
        ndarray of shape (m,)
        """
        return self.classes[self._core.labels(self.kernel._read(X, "X"))]

    def left_out(self) -> np.ndarray:
        """What each row would be taken for, had it not been seen.

        Returns
        -------
        ndarray of shape (n,)
        """
        return self.classes[self._core.left_out()]


Fitted.__module__ = "deeplimit"
