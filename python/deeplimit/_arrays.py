"""Rows and correlations from whatever was given: arrays of float64 in C order, or one clear sentence."""

from __future__ import annotations

import warnings
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
