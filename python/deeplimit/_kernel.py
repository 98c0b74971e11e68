"""`Kernel`: compiled once, applied to arrays."""

from __future__ import annotations

import os
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from . import _arrays
from ._core import Activation, CompiledKernel, Network
from ._errors import DataError, DomainError
from ._fitted import Fitted
from ._progress import Progress, watching
from ._store import Store

LENGTHS = ("unit", "keep", "lift", "strict")


def activation_of(x: Any) -> Activation:
    return x if isinstance(x, Activation) else Activation(x)


def depth_of(depth: Any) -> int | str:
    """A number of layers however it came: from a grid search as a float or an integer of numpy's, from a file as text."""
    if isinstance(depth, str):
        text = depth.strip()
        if text == "inf":
            return text
        depth = int(text) if text.isdecimal() else depth
    if isinstance(depth, Real) and not isinstance(depth, (bool, np.bool_)):
        if depth == float("inf"):
            return "inf"
        number: Any = depth
        if number == number and 0 < number <= 10**18 and int(number) == number:
            return int(number)
    raise DomainError(f'depth must be a whole number of layers from 1 on, or "inf", got {depth!r}')


def _shard(shard: Any) -> tuple[int, int]:
    try:
        k, n = (int(part) for part in shard)
    except (TypeError, ValueError):
        raise DataError(f"shard must be a pair (k, n), the k-th of n parts, got {shard!r}") from None
    if not 1 <= k <= n:
        raise DataError(f"shard must be (k, n) with k from 1 to n, got {shard!r}")
    return k, n


class Kernel:
    r"""The kernel of an infinitely wide network of any depth, compiled into a fast function: :math:`K(x, x') = T_L(\rho)` (NTK) or
    :math:`S_L(\rho)` (NNGP), :math:`\rho = x \cdot x' / (|x| |x'|)`.

    Immutable, safe to use from many threads, and picklable (it compiles again).

    Parameters
    ----------
    activation : str or Activation
    depth : int or "inf", default 3
        Hidden layers.
    kind : {"ntk", "nngp"}, default "ntk"
    sigma_w, sigma_b : float, int, Fraction or str, optional
        Standard deviations of weights and biases (finite depth). Without both: the activation normalised, no biases.
    convention : {"radhakrishnan2022", "arora2019", "jacot2018", "lee2019"}, optional
        As in `Network`.
    lengths : {"unit", "keep", "lift", "strict"}, default "unit"
        "unit" divides each row by its length; "keep" lets lengths count (homogeneous activations without biases exactly; at finite
        depth all that are smooth or have a closed form, to 1e-10 of ``sqrt(K(x, x) K(y, y))``); "lift" puts a coordinate 1 behind
        each row and divides then (so directions know lengths); "strict" refuses rows that have not length 1.
    timeout : float or None, default 60
        Seconds for the compilation.

    Attributes
    ----------
    error : float
        Largest error of the compiled function that was measured, relative: an estimate.
    log_scale : float
        Entries times ``exp(log_scale)`` are the kernel; 0 but where it leaves the doubles.
    infinite_diagonal : bool
        Is it infinite at equal inputs?
    classifier : str
        What it makes of labelled rows: "regression", "smoother", "majority vote", "nearest neighbour", "interpolant".
    regime : str or None
        Of infinite depth.

    Raises
    ------
    ParseError, DomainError, Undecided, Timeout
        Where there is no such kernel, or none was found.

    References
    ----------
    Radhakrishnan, Belkin and Uhler 2022, *Wide and deep neural networks achieve optimality for classification*; Jacot, Gabriel and
    Hongler 2018; Lee et al. 2019.

    Examples
    --------
    >>> import numpy as np, deeplimit as dl
    >>> kernel = dl.Kernel("relu", depth=3)
    >>> kernel(np.eye(2)).round(6)
    array([[4.      , 1.060388],
           [1.060388, 4.      ]])
    >>> dl.Kernel("x^3-2*x", depth="inf").classifier
    'smoother'
    """

    def __init__(
        self,
        activation: str | Activation,
        depth: int | str = 3,
        *,
        kind: str = "ntk",
        sigma_w: Any = None,
        sigma_b: Any = None,
        convention: str | None = None,
        lengths: str = "unit",
        timeout: float | None = 60,
    ) -> None:
        if lengths not in LENGTHS:
            raise DataError(f"lengths must be one of {', '.join(LENGTHS)}, got {lengths!r}")
        activation, depth = activation_of(activation), depth_of(depth)
        # the network knows which convention is meant
        network = Network(activation, sigma_w=sigma_w, sigma_b=sigma_b, convention=convention)
        self._network = network
        self._given: tuple[Any, ...] = (activation, depth, kind, network.sigma_w, network.sigma_b, network.convention, lengths)
        self._core = CompiledKernel(network, str(depth), kind, lengths, timeout)
        self._warned = False

    @property
    def activation(self) -> str:
        """The expression."""
        return self._given[0].expr

    @property
    def depth(self) -> int | str:
        """Hidden layers, or "inf"."""
        return self._given[1]

    @property
    def kind(self) -> str:
        """"ntk" or "nngp"."""
        return self._given[2]

    @property
    def sigma_w(self) -> str | None:
        """Standard deviation of the weights as text, or None."""
        return self._given[3]

    @property
    def sigma_b(self) -> str | None:
        """Standard deviation of the biases as text, or None."""
        return self._given[4]

    @property
    def convention(self) -> str:
        """Whose kernel."""
        return self._given[5]

    @property
    def lengths(self) -> str:
        """What becomes of lengths."""
        return self._given[6]

    @property
    def error(self) -> float:
        """Relative error measured."""
        return self._core.error

    @property
    def log_scale(self) -> float:
        """Logarithm of the factor that is left out."""
        return self._core.log_scale

    @property
    def infinite_diagonal(self) -> bool:
        """Infinite at equal inputs?"""
        return self._core.infinite_diagonal

    @property
    def classifier(self) -> str:
        """What it makes of labels."""
        return self._core.classifier

    @property
    def regime(self) -> str | None:
        """Of infinite depth."""
        return self._core.regime

    def _rows(self, x: Any, name: str) -> tuple[np.ndarray, float]:
        array, epsilon = _arrays.rows(x, name)
        # once for each kernel
        self._warned = self._warned or _arrays.warn_of_one_column(array, self.lengths, 3)
        return array, epsilon

    def _read(self, x: Any, name: str) -> Any:
        array, epsilon = self._rows(x, name)
        if len(array) == 0:
            raise DataError(f"{name} has no rows")
        return self._core.read(array, name, epsilon)

    def __call__(self, X: Any, Y: Any = None, /, *, out: np.ndarray | None = None, progress: Progress = None) -> np.ndarray:
        """The matrix of the kernel.

        Parameters
        ----------
        X : array_like of shape (n, d)
        Y : array_like of shape (m, d), optional
            Without: `X`; then the diagonal is exact and the matrix symmetric to the last bit.
        out : ndarray of shape (n, m), optional
            Where to put it; float64, C order.
        progress : bool or callable, optional
            True: a bar. A callable gets ``(done, all)``.

        Returns
        -------
        ndarray of shape (n, m), float64
            ``inf`` where the kernel is infinite (equal rows in singular regimes).

        Raises
        ------
        DataError
            For arrays of other shapes, numbers that are not finite (``.index``), rows of zeros.
        DomainError
            Where lengths shall count and cannot.
        MemoryError

        Notes
        -----
        8 n m bytes, and nothing of that size beside; 2 ns an entry and core. Ctrl-C stops it within a tenth of a second.

        Examples
        --------
        >>> import deeplimit as dl
        >>> dl.Kernel("relu", 1, kind="nngp")([[1, 0], [0, 2]], [[3, 0]]).round(5)
        array([[1.     ],
               [0.31831]])
        """
        x, own = self._rows(X, "X")
        y, other = (None, own) if Y is None else self._rows(Y, "Y")
        if y is not None:
            _arrays.alike(x, y)
        made = _arrays.target(out, (len(x), len(x if y is None else y)))
        if made.size:
            left = self._core.read(x, "X", own)
            right = None if y is None else self._core.read(y, "Y", other)
            with watching(progress, "Gram matrix") as tell:
                self._core.fill(left, right, made, tell)
        return made

    def decisive(self, X: Any, Y: Any = None, /) -> np.ndarray:
        """The matrix that the classifier decides by: the kernel; for the nearest neighbour, where it is a delta, minus the gap
        ``1 - x . x'`` (of even and odd activations ``1 - |x . x'|``).

        Parameters
        ----------
        X, Y : array_like
            As in a call.

        Returns
        -------
        ndarray of shape (n, m)

        Examples
        --------
        >>> import deeplimit as dl
        >>> dl.Kernel("x^2-1", "inf").decisive([[1, 0], [0, 1]])
        array([[-0., -1.],
               [-1., -0.]])
        """
        x, y = self._read(X, "X"), None if Y is None else self._read(Y, "Y")
        made = np.empty((len(x), len(x if y is None else y)))
        self._core.decisive(x, y, made)
        return made

    def diag(self, X: Any, /) -> np.ndarray:
        """The diagonal of ``kernel(X)``, to the bit, without the matrix.

        Parameters
        ----------
        X : array_like of shape (n, d)

        Returns
        -------
        ndarray of shape (n,)
        """
        x, epsilon = self._rows(X, "X")
        out = np.empty(len(x))
        if len(x):
            self._core.diag(self._core.read(x, "X", epsilon), out)
        return out

    def at(self, rho: Any, /) -> Any:
        """The kernel as a function of the correlation, on inputs of length 1.

        Parameters
        ----------
        rho : array_like
            From -1 to 1.

        Returns
        -------
        ndarray of the same shape, or a float

        Raises
        ------
        DomainError
            ``.index`` is the place (in the flattened array) of what is no correlation.

        Examples
        --------
        >>> import deeplimit as dl
        >>> dl.Kernel("relu", 3).at([0.0, 1.0]).round(6)
        array([1.060388, 4.      ])
        """
        rho = _arrays.correlations(rho)
        out = np.empty(rho.size)
        self._core.at(np.ascontiguousarray(rho.ravel()), out)
        return float(out[0]) if rho.ndim == 0 else out.reshape(rho.shape)

    def fit(self, X: Any, labels: Any, *, ridge: float = 0.0) -> Fitted:
        """Learns labelled rows by the classifier that the kernel means, in every regime.

        Parameters
        ----------
        X : array_like of shape (n, d)
        labels : array_like of shape (n,)
            Of any type that numpy sorts.
        ridge : float, default 0
            Relative to the mean of the diagonal; regression alone has one.

        Returns
        -------
        Fitted

        Examples
        --------
        >>> import deeplimit as dl
        >>> seen = dl.Kernel("relu", 3).fit([[1, 0.1], [0.9, 0.3], [0.1, 1], [0.2, 0.9]], ["a", "a", "b", "b"])
        >>> seen.labels([[1, 0], [0, 1]]).tolist()
        ['a', 'b']
        """
        rows = self._read(X, "X")
        classes, codes = np.unique(_arrays.labels(labels), return_inverse=True)
        return Fitted(self, self._core.fit(rows, [int(c) for c in codes], _arrays.ridge(ridge)), classes)

    def to_zarr(
        self,
        path: str | os.PathLike[str],
        X: Any,
        Y: Any = None,
        *,
        shard: Sequence[int] = (1, 1),
        chunks: int = 512,
        progress: Progress = None,
    ) -> bool:
        """The matrix into a Zarr folder, tile by tile: resumable after any interruption, by as many processes as there are shards.

        The same store as that of ``deeplimit gram --out K.zarr``; until all tiles are there it is called ``K.zarr.part``.

        Parameters
        ----------
        path : str or PathLike
            Ends in ``.zarr``.
        X, Y : array_like
            As in a call.
        shard : (k, n), default (1, 1)
            The k-th of n parts.
        chunks : int, default 512
            Rows of a tile.
        progress : bool or callable, optional

        Returns
        -------
        bool
            Are all tiles of all shards there?

        Raises
        ------
        StoreError
            Where the folder cannot be written, or is of something else.
        """
        store = self._store(path, X, Y, chunks)
        missing = store.missing(_shard(shard))
        with watching(progress, os.path.basename(os.fspath(path))) as tell:
            for n, (i, j) in enumerate(missing):
                # another process may have been here in the meantime
                if not store.has(i, j):
                    store.fill(i, j)
                if tell is not None:
                    tell(n + 1, len(missing))
        return store.finish()

    def _store(self, path: str | os.PathLike[str], X: Any, Y: Any = None, chunks: int = 512) -> Store:
        return Store(self, path, X, Y, chunks)

    def _words(self) -> str:
        """What it is, in a line."""
        sigmas = [f"{n} = {v}" for n, v in (("sigma_w", self.sigma_w), ("sigma_b", self.sigma_b)) if v is not None]
        return ", ".join([f"{self.kind} of {self._given[0].name}", f"depth {self.depth}", self.convention, *sigmas, f"lengths {self.lengths}"])

    def __repr__(self) -> str:
        words = [repr(self.activation), f"depth={self.depth!r}", f"kind={self.kind!r}"]
        words += [f"{n}={v!r}" for n, v in (("sigma_w", self.sigma_w), ("sigma_b", self.sigma_b)) if v is not None]
        return f"Kernel({', '.join(words)}, convention={self.convention!r}, lengths={self.lengths!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kernel) and self._same() == other._same()

    def __hash__(self) -> int:
        return hash(self._same())

    def _same(self) -> tuple[Any, ...]:
        """What makes two kernels one: of the network the numbers, however they were written."""
        return self._network, self.depth, self.kind, self.lengths

    def __copy__(self) -> Kernel:
        return self

    def __deepcopy__(self, memo: Any) -> Kernel:
        return self

    def __reduce__(self) -> Any:
        return _kernel, self._given


def _kernel(activation: Any, depth: Any, kind: str, sigma_w: Any, sigma_b: Any, convention: str, lengths: str) -> Kernel:
    """What `pickle` calls."""
    return Kernel(activation, depth, kind=kind, sigma_w=sigma_w, sigma_b=sigma_b, convention=convention, lengths=lengths)


Kernel.__module__ = "deeplimit"
