"""`cntk`: convolutional kernels of images."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np

from ._core import Activation, _cntk
from ._errors import DataError, DomainError
from ._kernel import activation_of
from ._numbers import doubles
from ._progress import Progress, watching


def cntk(
    images: Any,
    other: Any = None,
    /,
    *,
    depth: int,
    activation: str | Activation = "relu",
    pooling: bool = True,
    kind: str = "ntk",
    filter: int = 3,
    layout: str | None = None,
    dtype: str = "f8",
    progress: Progress = None,
) -> np.ndarray:
    r"""The kernel of an infinitely wide convolutional network on images (Arora et al. 2019): zero padding, stride 1, no biases.

    With :math:`D` the windows of a pair of pixels, :math:`q` the rows of a filter and :math:`c = 1/E\phi(Z)^2`,

    .. math:: \Sigma^{(0)} = \sum_D x x', \quad K^{(l)} = \tfrac{c}{q^2} E[\phi(u)\phi(v)], \quad \Sigma^{(l)} = \sum_D K^{(l)}, \quad
              \Theta^{(l)} = \sum_D \big(\dot K^{(l)} \Theta^{(l-1)} + K^{(l)}\big)

    and the kernel is the sum of :math:`\Theta^{(L)}` (the last one without windows) over equal pixels, or with pooling the mean over all pairs of
    pixels. (For activations that are not homogeneous the first sum is a mean over window and channels.)

    Parameters
    ----------
    images : array_like of shape (n, height, width), (n, height, width, channels) or (n, channels, height, width)
        Unsigned bytes are divided by 255, all other numbers are taken as they are.
    other : array_like, optional
        Of the same shape but for the first axis; without it the Gram matrix of `images`.
    depth : int
        Convolutions. ("Depth" in Table 1 of Arora et al. is one more: it counts the read-out.)
    activation : str or Activation, default "relu"
    pooling : bool, default True
        Global average pooling before the read-out, and not a flat vector.
    kind : {"ntk", "nngp"}, default "ntk"
    filter : int, default 3
        Rows and columns of a filter, an odd number.
    layout : {"nhwc", "nchw", "nhw"}, optional
        The order of the axes; needed where the shape does not show it (up to 4 channels, behind more rows and columns).
    dtype : {"f8", "f4"}, default "f8"
        Numbers that it is computed in: relative errors of some 1e-12, or 1e-5 at about twice the speed.
    progress : bool or callable, optional

    Returns
    -------
    ndarray of shape (n, m), float64

    Raises
    ------
    DataError
        For other shapes, a layout that is not clear, pixels that are not finite (``.index``).
    DomainError
        For a depth or an activation without such a kernel.

    Examples
    --------
    >>> import numpy as np, deeplimit as dl
    >>> pixels = np.random.default_rng(0).normal(size=(3, 8, 8, 3))
    >>> dl.cntk(pixels, depth=2).shape
    (3, 3)
    """
    if dtype not in ("f4", "f8"):
        raise DataError(f"dtype must be 'f4' or 'f8', got {dtype!r}")
    if isinstance(depth, bool) or not isinstance(depth, Integral) or depth < 1:
        raise DomainError(f"depth must be a number of convolutions from 1 on, got {depth!r}")
    if isinstance(filter, bool) or not isinstance(filter, Integral) or filter < 1:
        raise DomainError(f"filter must be an odd number of rows from 1 on, got {filter!r}")
    if layout not in (None, "nhwc", "nchw", "nhw"):
        raise DataError(f"layout must be 'nhwc', 'nchw' or 'nhw', got {layout!r}")
    x, bytes_x = _pictures(images, "images")
    y, bytes_y = (None, False) if other is None else _pictures(other, "other")
    if y is not None and y.shape[1:] != x.shape[1:]:
        raise DataError(f"images of shape {x.shape[1:]} and others of shape {y.shape[1:]} have no kernel")
    shape = (len(x), len(x if y is None else y))
    if 0 in shape:
        return np.empty(shape)
    with watching(progress, "CNTK") as tell:
        return _cntk(
            x, y, [bytes_x, bytes_y], layout, int(depth), int(filter), activation_of(activation), bool(pooling), dtype == "f4", kind, tell
        )


def _pictures(x: Any, name: str) -> tuple[np.ndarray, bool]:
    """Three or four axes, and whether they were bytes."""
    array = doubles(x, name)
    if array.ndim not in (3, 4):
        raise DataError(f"{name} must have three axes (n, height, width) or four (and channels), got shape {array.shape}")
    if 0 in array.shape[1:]:
        raise DataError(f"{name} has images without pixels: shape {array.shape}")
    return array, getattr(x, "dtype", None) == np.uint8


cntk.__module__ = "deeplimit"
