"""Regression on a matrix that stays on the disk."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Any, Callable

import numpy as np

from .._errors import DataError, StoreError, Undecided
from .._numbers import doubles
from .._progress import Progress, watching


@dataclass(frozen=True)
class Solution:
    """What `solve` found.

    Attributes
    ----------
    coefficients : ndarray of shape (n,) or (n, n_targets)
        Predictions of other rows are ``kernel(others, X) @ coefficients``.
    iterations : int
        Passes over the matrix, that of the preconditioner aside.
    residuals : ndarray of shape (n_targets,)
        ``|(K + r I) a - y| / |y|``, computed anew at the end.
    shift : float
        ``r``: the ridge times the mean of the diagonal.
    """

    coefficients: np.ndarray
    iterations: int
    residuals: np.ndarray
    shift: float


def solve(
    path: str | os.PathLike[str],
    targets: Any,
    *,
    ridge: float = 1e-4,
    tolerance: float = 1e-8,
    rank: int = 256,
    iterations: int = 500,
    random_state: int = 0,
    client: Any = None,
    progress: Progress = None,
) -> Solution:
    r"""Kernel regression on a matrix that stays on the disk: :math:`(K + r \bar K I)\, a = y` by preconditioned conjugate gradients.

    Each step reads the tiles on and below the diagonal once, for all targets together. The preconditioner is a randomised Nystroem approximation
    (Frangella, Tropp, Udell 2023, SIAM J. Matrix Anal. Appl. 44): one pass more, and the largest `rank` eigenvalues are out of the way.

    Parameters
    ----------
    path : path
        A whole, symmetric matrix of `to_zarr`, `deeplimit.Kernel.to_zarr` or ``deeplimit gram``.
    targets : array-like of shape (n,) or (n, n_targets)
    ridge : float, default=1e-4
        Relative to the mean of the diagonal, positive.
    tolerance : float, default=1e-8
        Of the residual over the target, for each target.
    rank : int, default=256
        Of the preconditioner, half the rows at most: ``16 n rank`` bytes. 0: none.
    iterations : int, default=500
        At most.
    random_state : int, default=0
        Of the preconditioner.
    client : distributed.Client, optional
        Its workers read the tiles, a share each; without, the threads of this process do.
    progress : bool or callable, optional
        Called with digits reached and digits wanted.

    Returns
    -------
    Solution

    Raises
    ------
    deeplimit.DataError
        Shapes that do not fit; a matrix that is not whole, or not symmetric; numbers that are none.
    deeplimit.Undecided
        The tolerance was not reached; the sentence says what was.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> import deeplimit
    >>> from deeplimit.dask import solve
    >>> X = np.random.default_rng(0).normal(size=(200, 5))
    >>> y = X[:, 0] / np.linalg.norm(X, axis=1)
    >>> kernel = deeplimit.Kernel("relu", 3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kernel.to_zarr(folder + "/K.zarr", X)
    ...     found = solve(folder + "/K.zarr", y, ridge=1e-3)
    >>> bool(abs(kernel(X) @ found.coefficients - y).max() < 0.05)
    True
    """
    matrix = _Symmetric(path, client)
    y = doubles(targets, "targets")
    if y.ndim not in (1, 2) or len(y) != matrix.n or y.size == 0:
        raise DataError(f"targets must have {matrix.n} rows, as the matrix has, got shape {y.shape}")
    if not np.isfinite(y).all():
        at = int(np.argwhere(~np.isfinite(y))[0][0])
        error = DataError(f"target {at} is not a finite number")
        error.index = at
        raise error
    for name, value, least in (("ridge", ridge, 0.0), ("tolerance", tolerance, 0.0)):
        if not (isinstance(value, (int, float, np.floating)) and least < value < math.inf):
            raise DataError(f"{name} must be a positive number, got {value!r}")
    for name, value in (("rank", rank), ("iterations", iterations)):
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 0:
            raise DataError(f"{name} must be a number from 0 on, got {value!r}")
    columns = y.reshape(matrix.n, -1)
    shift = float(ridge) * matrix.mean_diagonal()
    if not shift > 0.0:
        raise DataError("the mean of the diagonal is not positive: this is no Gram matrix")
    smoothed = _nystroem(matrix, min(int(rank), matrix.n // 2), shift, random_state)
    with watching(progress, "digits") as tell:
        found, steps, residuals = _gradients(
            matrix, columns, shift, smoothed, float(tolerance), int(iterations), tell
        )
    if residuals.max() > 10.0 * tolerance:
        raise Undecided(
            f"after {steps} steps the residual is {residuals.max():.1e} of the targets, and {tolerance:.1e} is wanted: a larger rank, a larger ridge, or more "
            "iterations help"
        )
    return Solution(found.reshape(y.shape), steps, residuals, shift)


class _Symmetric:
    """A symmetric matrix on the disk, multiplied with few columns by reading half of it."""

    def __init__(self, path: str | os.PathLike[str], client: Any) -> None:
        self.path, self.client = os.path.abspath(os.fspath(path)), client
        self.n, self.side = _symmetric(self.path)
        count = -(-self.n // self.side)
        self.tiles = [(i, j) for i in range(count) for j in range(i + 1)]

    def mean_diagonal(self) -> float:
        squares = (_tile(self.path, i, j, self.side, self.n) for i, j in self.tiles if i == j)
        return float(sum(np.trace(square) for square in squares)) / self.n

    def times(self, vectors: np.ndarray) -> np.ndarray:
        if self.client is None:
            from concurrent.futures import ThreadPoolExecutor

            shares = os.cpu_count() or 1
            with ThreadPoolExecutor(shares) as pool:
                parts = [
                    pool.submit(_partial, self.path, self.tiles[k::shares], self.side, vectors)
                    for k in range(shares)
                ]
                out = sum(part.result() for part in parts)
        else:
            shares = max(1, sum(self.client.nthreads().values()))
            sent = self.client.scatter(vectors, broadcast=False, hash=False)
            parts = [
                self.client.submit(_partial, self.path, self.tiles[k::shares], self.side, sent, pure=False)
                for k in range(shares)
            ]
            out = sum(self.client.gather(parts))
        if not np.isfinite(out).all():
            raise DataError(f"{self.path} has an entry that is not finite: with such a kernel there is nothing to be solved")
        return out


def _symmetric(path: str) -> tuple[int, int]:
    """Rows, and rows of a tile, of a symmetric matrix of deeplimit's."""
    import json

    try:
        with open(os.path.join(path, "zarr.json"), encoding="utf-8") as file:
            found = json.load(file)
        own = found["attributes"]["deeplimit"]
        shape, chunks = found["shape"], found["chunk_grid"]["configuration"]["chunk_shape"]
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{path} is no matrix of deeplimit's") from None
    if len(shape) != 2 or not own.get("symmetric"):
        raise DataError(f"{path} is no Gram matrix of one set of rows: its shape is {tuple(shape)}")
    return shape[0], chunks[0]


def _tile(path: str, i: int, j: int, side: int, n: int) -> np.ndarray:
    """The numbers of a tile, as the store has them: little-endian, not compressed, those at the edges filled up.

    Through the zarr package it takes three times as long, which is all that a pass does.
    """
    try:
        numbers = np.fromfile(os.path.join(path, "c", str(i), str(j)), dtype="<f8")
    except FileNotFoundError:
        raise DataError(f"{path} is not whole: tile {i}/{j} is missing") from None
    if numbers.size != side * side:
        raise DataError(f"{path} is damaged: tile {i}/{j} has {numbers.size} numbers and not {side * side}")
    return numbers.reshape(side, side)[: n - i * side, : n - j * side]


def _partial(path: str, tiles: list[Any], side: int, vectors: np.ndarray) -> np.ndarray:
    """What these tiles and their mirror images contribute to the product."""
    out = np.zeros_like(vectors)
    for i, j in tiles:
        rows, columns = slice(i * side, (i + 1) * side), slice(j * side, (j + 1) * side)
        tile = _tile(path, i, j, side, len(vectors))
        out[rows] += tile @ vectors[columns]
        if i != j:
            out[columns] += tile.T @ vectors[rows]
    return out


def _nystroem(
    matrix: _Symmetric, rank: int, shift: float, random_state: int
) -> Callable[[np.ndarray], np.ndarray]:
    """The inverse of ``U diag(l) U^T + shift I``, scaled to be 1 beyond the rank."""
    if rank == 0:
        return lambda r: r
    random = np.random.default_rng(random_state)
    basis, _ = np.linalg.qr(random.standard_normal((matrix.n, rank)))
    image = matrix.times(basis)
    # a little more than nothing on the diagonal, taken off again below: the small matrix is positive definite then
    nudge = math.sqrt(matrix.n) * np.finfo(float).eps * np.linalg.norm(image)
    image += nudge * basis
    small = basis.T @ image
    values, vectors = np.linalg.eigh((small + small.T) / 2)
    kept = values > values[-1] * rank * np.finfo(float).eps
    root = image @ (vectors[:, kept] / np.sqrt(values[kept]))
    left, sizes, _ = np.linalg.svd(root, full_matrices=False)
    eigenvalues = np.maximum(sizes**2 - nudge, 0.0)
    factors = (eigenvalues[-1] + shift) / (eigenvalues + shift) - 1.0

    def smoothed(r: np.ndarray) -> np.ndarray:
        return r + left @ (factors[:, None] * (left.T @ r))

    return smoothed


def _gradients(
    matrix: _Symmetric,
    y: np.ndarray,
    shift: float,
    smoothed: Callable[[np.ndarray], np.ndarray],
    tolerance: float,
    most: int,
    tell: Any,
) -> tuple[np.ndarray, int, np.ndarray]:
    """One iteration for every column, with one product for all of them."""
    size = np.linalg.norm(y, axis=0)
    size[size == 0.0] = 1.0
    wanted = -math.log10(tolerance)

    def dots(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.einsum("ij,ij->j", a, b)

    def quotient(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        # a column that is solved stands still
        return np.divide(a, b, out=np.zeros_like(a), where=b > 0.0)

    a, r = np.zeros_like(y), y.copy()
    z = smoothed(r)
    p, rz, steps = z.copy(), dots(r, z), 0
    while steps < most:
        reached = (np.linalg.norm(r, axis=0) / size).max()
        if tell is not None:
            tell(min(max(0, int(-math.log10(max(reached, 1e-300)))), math.ceil(wanted)), math.ceil(wanted))
        if reached <= tolerance:
            break
        q = matrix.times(p) + shift * p
        alpha = quotient(rz, dots(p, q))
        a += alpha * p
        r -= alpha * q
        z = smoothed(r)
        before, rz = rz, dots(r, z)
        p = z + quotient(rz, before) * p
        steps += 1
    left = y - matrix.times(a) - shift * a
    return a, steps, np.linalg.norm(left, axis=0) / size
