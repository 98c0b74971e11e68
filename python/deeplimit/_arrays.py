"""Rows and correlations from whatever was given: arrays of float64 in C order, or one clear sentence."""

from __future__ import annotations

import warnings
from numbers import Real
from typing import Any

import numpy as np

from ._errors import DataError
from ._numbers import doubles


def rows(x: Any, name: str) -> tuple[np.ndarray, float]:
    """Rows as an array of shape (n, d), and the rounding of the numbers that they were made of."""
    if hasattr(x, "toarray") and hasattr(x, "nnz"):
        raise DataError(f"{name} must not be a sparse matrix: {name}.toarray() is a dense one")
    given = getattr(x, "dtype", None)
    array = doubles(x, name)
    if array.ndim != 2:
        raise DataError(f"{name} must be two-dimensional (rows, coordinates), got shape {array.shape}")
    if array.shape[1] == 0:
        raise DataError(f"{name} has rows without coordinates: shape {array.shape}")
    floating = given is not None and getattr(given, "kind", "") == "f"
    return array, float(np.finfo(given).eps) if floating else float(np.finfo(np.float64).eps)


def alike(x: np.ndarray, y: np.ndarray) -> None:
    """Rows of as many coordinates."""
    if x.shape[1] != y.shape[1]:
        raise DataError(f"X has rows of {x.shape[1]} coordinates and Y of {y.shape[1]}")


def warn_of_one_column(x: np.ndarray, lengths: str, stacklevel: int) -> bool:
    """Directions of numbers are their signs: was that said?"""
    alike = x.shape[1] == 1 and lengths == "unit"
    if alike:
        warnings.warn(
            'rows of one coordinate have but two directions, so with lengths="unit" all of them become 1 or -1; lengths="lift" tells them apart',
            UserWarning,
            stacklevel=stacklevel + 1,
        )
    return alike


def correlations(rho: Any) -> np.ndarray:
    """Correlations, of any shape; what is outside of [-1, 1] is refused where it is used."""
    return doubles(rho, "rho")


def finite(x: np.ndarray, name: str) -> None:
    """Refuses what is not finite, with its place."""
    good = np.isfinite(x)
    if not good.all():
        index = tuple(int(i) for i in np.unravel_index(int(good.argmin()), x.shape))
        error = DataError(f"{name}[{', '.join(map(str, index))}] is {x[index]}: every number must be finite")
        error.index = index if len(index) > 1 else index[0]
        raise error


def labels(given: Any) -> np.ndarray:
    """Labels of any type that numpy sorts."""
    array = np.asarray(given)
    if array.ndim != 1:
        raise DataError(f"labels must be one-dimensional, got shape {array.shape}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise DataError(f"labels[{int(np.flatnonzero(~np.isfinite(array))[0])}] is not finite")
    return array


def ridge(given: Any) -> float:
    """A ridge, relative to the mean of the diagonal."""
    if isinstance(given, Real) and not isinstance(given, (bool, np.bool_)) and 0 <= (value := float(given)) < float("inf"):
        return value
    raise DataError(f"ridge must be a number from 0 on, got {given!r}")


def target(out: Any, shape: tuple[int, int]) -> np.ndarray:
    """Memory for a matrix of this shape: new, or the one that was given, where it is fit for it."""
    if out is None:
        return np.empty(shape)
    fit = isinstance(out, np.ndarray) and out.dtype == np.float64 and out.flags.c_contiguous and out.flags.writeable
    if not fit:
        raise DataError("out must be a writeable array of float64 in C order")
    if out.shape != shape:
        raise DataError(f"out has shape {out.shape}, the matrix {shape}")
    return out
