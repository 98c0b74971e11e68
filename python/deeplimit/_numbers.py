"""Arrays of doubles from whatever was given, and numbers for mpmath."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._errors import DataError


def doubles(x: Any, name: str) -> np.ndarray:
    """An array of float64 in C order with the values of `x`; `name` is what it is called in a sentence."""
    if isinstance(x, np.ma.MaskedArray):
        raise DataError(f"{name} must not be a masked array: its mask would be ignored")
    try:
        array = np.asarray(x)
    except ValueError:
        raise DataError(f"{name} must be an array of numbers, its rows have different lengths") from None
    if array.dtype.kind not in "biuf":
        raise DataError(f"{name} must hold real numbers, got an array of {array.dtype}")
    return np.require(array, np.float64, ["C", "A"])


def mpmath(number: Any) -> Any:
    """The midpoint of a `Number` with all its bits."""
    try:
        import mpmath as mp
    except ImportError:
        raise ImportError("Number.mpmath() needs mpmath: pip install mpmath") from None
    middle = number.midpoint
    if middle is None:
        value = float(number)
        if value == 0 or value in (float("inf"), float("-inf")) and number.value not in ("inf", "-inf"):
            return mp.mpf(number.value)
        return mp.mpf(value)
    bits = max(53, middle.numerator.bit_length(), number._bits)
    with mp.workprec(bits):
        return mp.mpf(middle.numerator) / mp.mpf(middle.denominator)
