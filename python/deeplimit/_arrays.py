"""Rows, images and correlations from whatever was given: arrays of float64 in C order, or one clear sentence."""

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


def warn_of_one_column(x: np.ndarray, lengths: str, warned: list[bool]) -> None:
    """Directions of numbers are their signs; said once for each kernel."""
    if x.shape[1] == 1 and lengths == "unit" and not warned[0]:
        warned[0] = True
        warnings.warn(
            "rows of one coordinate have but two directions, so with lengths='unit' all of them become 1 or -1; lengths='lift' tells them apart",
            UserWarning,
            stacklevel=4,
        )


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


def images(x: Any, layout: Any, name: str = "images") -> np.ndarray:
    """Images as (n, height, width, channels); unsigned bytes are divided by 255."""
    bytes_ = getattr(x, "dtype", None) == np.uint8
    array = doubles(x, name)
    if layout not in (None, "nhwc", "nchw"):
        raise DataError(f"layout must be 'nhwc' or 'nchw', got {layout!r}")
    if array.ndim == 3:
        array = array[..., None]
    elif array.ndim != 4:
        raise DataError(f"{name} must have three axes (n, height, width) or four (and channels), got shape {array.shape}")
    else:
        first, last = array.shape[1] <= 4, array.shape[3] <= 4
        if layout is None and first == last:
            raise DataError(
                f"the shape {array.shape} of {name} does not show which axis has the channels: say layout='nhwc' or layout='nchw'"
            )
        if layout == "nchw" or (layout is None and first):
            array = array.transpose(0, 2, 3, 1)
    if 0 in array.shape[1:]:
        raise DataError(f"{name} has images without pixels: shape {array.shape}")
    array = np.ascontiguousarray(array)
    return array / 255.0 if bytes_ else array
