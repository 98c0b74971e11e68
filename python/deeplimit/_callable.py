"""Activations that are functions of an array and no text: in doubles, nothing proved."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import _core
from ._core import Activation
from ._errors import DataError, DomainError, Error
from ._numbers import doubles

__all__ = ["CallableActivation", "KernelEstimates"]


class KernelEstimates(NamedTuple):
    """Both kernels with their estimated errors, arrays of the shape of the correlations.

    Attributes
    ----------
    nngp, ntk : numpy.ndarray
    nngp_error, ntk_error : numpy.ndarray
        Estimates, no bounds; infinite where nothing is known.
    """

    nngp: np.ndarray
    ntk: np.ndarray
    nngp_error: np.ndarray
    ntk_error: np.ndarray


class CallableActivation:
    """An activation of which nothing is known but its values: `Activation.from_callable` makes it.

    It is sampled between its kinks, its Hermite coefficients ``a_n = E phi(Z) h_n(Z)/sqrt(E phi(Z)^2)`` are integrated by two rules
    of Gauss and Legendre, and what they differ by is carried along as the error: an estimate and no proof. A kink that was not told
    shows as an error that is large.

    Attributes
    ----------
    name : str
    kinks : tuple of float
    proved : bool
        False.
    error : float
        Estimated error of each Hermite coefficient.
    rest : float
        ``1 - sum a_n^2``: what is beyond the last degree.
    square : float
        ``E phi(Z)^2``.

    Examples
    --------
    >>> import numpy as np
    >>> import deeplimit as dl
    >>> phi = dl.Activation.from_callable(lambda x: np.maximum(x, 0), kinks=[0.0], name="relu")
    >>> phi, phi.proved
    (<CallableActivation relu: not proved, a_n to 1e-15>, False)
    >>> bool(abs(phi.dual(0.5) - float(dl.dual("relu", 0.5))) < 1e-12)
    True
    """

    proved = False

    def __init__(self, f: Callable[[Any], Any], kinks: Sequence[float] = (), name: str | None = None) -> None:
        if not callable(f):
            raise Error(f"from_callable takes a function of an array, got {type(f).__name__}")
        try:
            self.kinks = tuple(float(kink) for kink in kinks)
        except (TypeError, ValueError):
            raise DomainError(f"the kinks are a sequence of numbers, got {kinks!r}") from None
        self.function = f
        self.name = str(name if name is not None else getattr(f, "__name__", type(f).__name__))
        points = _core._sample_points(list(self.kinks))
        self._sampled = _core._sampled(list(self.kinks), self(points))
        self.error = self._sampled.error
        self.square = self._sampled.square
        self.rest = max(0.0, 1.0 - float(np.sum(np.square(self._sampled.coefficients))))

    def __call__(self, x: Any, /) -> Any:
        """The values, elementwise, in doubles.

        Parameters
        ----------
        x : array_like of real numbers

        Returns
        -------
        numpy.ndarray or numpy.float64

        Raises
        ------
        DataError
            Where the function raises, or gives back what is no real number for each.
        """
        array = doubles(x, "x")
        values = np.asarray(_values(self.function, array, self.name))
        if values.dtype.kind not in "biuf":
            raise DataError(f"the function {self.name} must give real numbers, got {values.dtype}")
        if values.shape != array.shape:
            raise DataError(
                f"the function {self.name} must give a value for each element: {array.shape} came to {values.shape}"
            )
        return np.require(values, np.float64, ["C", "A"])[()]

    @property
    def slope(self) -> tuple[float, float] | None:
        """``B' = E phi'(Z)^2`` of the normalised function and its estimated error; None where it jumps or could not be told."""
        return self._sampled.slope

    def hermite(self, n: int) -> np.ndarray:
        """The coefficients ``a_0, ..., a_n``, each off by about `error`.

        Parameters
        ----------
        n : int
            At most 1000.

        Returns
        -------
        numpy.ndarray
        """
        known = self._sampled.coefficients
        if not 0 <= n < len(known):
            raise DomainError(f"n must be between 0 and {len(known) - 1}, got {n}")
        return known[: n + 1]

    def dual(self, rho: Any, *, slope: bool = False, error: bool = False, timeout: float | None = 60) -> Any:
        """The normalised dual at correlations.

        Parameters
        ----------
        rho : array_like
            From -1 to 1.
        slope : bool, default False
            The derivative instead.
        error : bool, default False
            The estimated errors, too.
        timeout : float or None, default 60

        Returns
        -------
        numpy.ndarray or numpy.float64, or a pair of them with ``error=True``
        """
        array = _correlations(rho)
        found = self._sampled.dual(array.ravel(), slope, timeout)
        values, errors = (column.reshape(array.shape)[()] for column in found)
        return (values, errors) if error else values

    def kernels(self, depth: int, rho: Any, *, timeout: float | None = 60) -> KernelEstimates:
        """Both kernels of a network with `depth` hidden layers, normalised, without biases, on inputs of length 1.

        Parameters
        ----------
        depth : int
        rho : array_like
            From -1 to 1.
        timeout : float or None, default 60

        Returns
        -------
        KernelEstimates

        Examples
        --------
        >>> import numpy as np
        >>> import deeplimit as dl
        >>> phi = dl.Activation.from_callable(np.tanh)
        >>> at = phi.kernels(3, [0.0, 0.5])
        >>> exact = [float(value.ntk) for value in dl.Network("tanh").values(3, [0.0, 0.5])]
        >>> bool(np.all(np.abs(at.ntk - exact) <= at.ntk_error))
        True
        """
        array = _correlations(rho)
        nngp, off, ntk, far = (
            column.reshape(array.shape)[()] for column in self._sampled.kernels(depth, array.ravel(), timeout)
        )
        return KernelEstimates(nngp, ntk, off, far)

    def __repr__(self) -> str:
        return f"<CallableActivation {self.name}: not proved, a_n to {self.error:.0e}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.function, self.kinks, self.name)

    def __copy__(self) -> CallableActivation:
        return self

    def __deepcopy__(self, memo: Any) -> CallableActivation:
        return self


def _correlations(rho: Any) -> np.ndarray:
    array = doubles(rho, "rho")
    bad = np.flatnonzero(~(np.abs(array.ravel()) <= 1))
    if bad.size:
        index = int(bad[0])
        here = f"[{index}]" if array.ndim else ""
        error = DomainError(f"rho{here} must be a correlation between -1 and 1, got {array.ravel()[index]}")
        error.index = index if array.ndim else None
        raise error
    return array


def _values(f: Callable[[Any], Any], x: np.ndarray, name: str) -> Any:
    """What the function makes of an array: of numpy, of torch where it wants one, or number by number."""
    try:
        return f(x.copy())
    except Exception as error:
        first = error
    torch = sys.modules.get("torch")
    if torch is not None:
        try:
            with torch.no_grad():
                return f(torch.from_numpy(x.copy())).detach().cpu().numpy()
        except Exception:  # the first complaint says more
            pass
    if isinstance(first, TypeError):
        try:
            return np.array([float(f(float(one))) for one in x.ravel()]).reshape(x.shape)
        except Exception:
            pass
    raise DataError(f"the function {name} raised {type(first).__name__}: {first}") from first


def from_callable(
    cls: type[Activation], f: Callable[[Any], Any], /, *, kinks: Sequence[float] = (), name: str | None = None
) -> CallableActivation:
    """An activation that is a function of an array, in doubles: nothing of it is proved, errors are estimates.

    Parameters
    ----------
    f : callable
        Of an array of float64 (or a tensor of torch), elementwise.
    kinks : sequence of float
        Where it, or its derivative, jumps.
    name : str, optional

    Returns
    -------
    CallableActivation

    Raises
    ------
    DataError
        Where the function raises or gives no real numbers.
    DomainError
        Where it is zero or constant.
    Undecided
        Where it grows beyond what is looked at, ``|x| < 13``.

    Examples
    --------
    >>> import numpy as np
    >>> import deeplimit as dl
    >>> phi = dl.Activation.from_callable(np.tanh)
    >>> phi.proved, bool(abs(phi.hermite(1)[1] - float(dl.hermite("tanh", 1)[1])) < 1e-14)
    (False, True)
    """
    return CallableActivation(f, kinks, name)


for _class in (CallableActivation, KernelEstimates):
    _class.__module__ = "deeplimit"
