"""Lazy Gram matrices, and which kernel of images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

import dask
import dask.array as da
import numpy as np

from .. import cntk
from .._errors import DataError


@dataclass(frozen=True)
class ImageKernel:
    """Which convolutional kernel of images: `deeplimit.cntk` with its options, to be called later and elsewhere.

    Parameters
    ----------
    depth : int
        Convolutions.
    activation : str, default="relu"
    pooling : bool, default=True
        Global average pooling before the last layer, and not a flat vector.
    layout : {"nhwc", "nchw"}, optional
        Where the channels are.
    dtype : {"f4", "f8"}, default="f8"
        Numbers that it is computed in.

    Examples
    --------
    >>> import numpy as np
    >>> from deeplimit.dask import ImageKernel
    >>> images = np.random.default_rng(0).normal(size=(3, 8, 8, 3))
    >>> ImageKernel(depth=2)(images, images[:2]).shape
    (3, 2)
    """

    depth: int
    activation: Any = "relu"
    pooling: bool = True
    layout: str | None = None
    dtype: str = "f8"

    def __call__(self, images: Any, other: Any = None) -> np.ndarray:
        """The kernels between images, float64, (n, m)."""
        options = {"layout": self.layout} if self.layout is not None else {}
        return cntk(
            images,
            other,
            depth=self.depth,
            activation=self.activation,
            pooling=self.pooling,
            dtype=self.dtype,
            **options,
        )

    def _words(self) -> str:
        readout = "pooling" if self.pooling else "flat"
        return f"cntk {self.activation}, {self.depth} convolutions, {readout}, {self.layout or 'axes as the sizes show'}, {self.dtype}"


def gram(X: Any, kernel: Callable[..., Any], *, chunks: int = 512) -> da.Array:
    """The Gram matrix as a lazy Dask array: tiles on and below the diagonal are computed, the others are their transposes.

    Parameters
    ----------
    X : array-like or dask.array.Array of shape (n, ...)
        Rows, or images.
    kernel : deeplimit.Kernel, ImageKernel, or any callable
        Called as ``kernel(rows)`` and ``kernel(rows, others)``; it travels to the workers by pickle.
    chunks : int, default=512
        Rows of a tile.

    Returns
    -------
    dask.array.Array of shape (n, n), float64

    See Also
    --------
    to_zarr : what survives the death of the scheduler, too.

    Examples
    --------
    >>> import numpy as np
    >>> import deeplimit
    >>> from deeplimit.dask import gram
    >>> X = np.random.default_rng(0).normal(size=(100, 5))
    >>> kernel = deeplimit.Kernel("relu", 3)
    >>> K = gram(X, kernel, chunks=40)
    >>> K.chunks
    ((40, 40, 20), (40, 40, 20))
    >>> bool(abs(K.compute() - kernel(X)).max() < 1e-13)
    True
    """
    side = side_of(chunks)
    if isinstance(X, da.Array):
        rows = X.rechunk({0: side, **{axis: -1 for axis in range(1, X.ndim)}})
    else:
        X = np.asarray(X)
        rows = da.from_array(X, chunks=(side,) + X.shape[1:]) if X.ndim else X
    if rows.ndim < 2 or rows.shape[0] == 0:
        raise DataError(f"X must have rows, got shape {rows.shape}")
    name = "deeplimit-gram-" + dask.base.tokenize(rows, kernel, side)
    tail = (0,) * (rows.ndim - 1)
    (parts, *_), count = rows.chunks, len(rows.chunks[0])
    layer: dict[Any, Any] = {}
    for i in range(count):
        layer[name, i, i] = (_called, kernel, (rows.name, i) + tail)
        for j in range(i):
            layer[name, i, j] = (_called, kernel, (rows.name, i) + tail, (rows.name, j) + tail)
            layer[name, j, i] = (np.transpose, (name, i, j))
    graph = dask.highlevelgraph.HighLevelGraph.from_collections(name, layer, dependencies=[rows])
    return da.Array(graph, name, chunks=(parts, parts), dtype=np.float64)


def _called(kernel: Callable[..., Any], rows: Any, other: Any = None) -> np.ndarray:
    return np.asarray(kernel(rows) if other is None else kernel(rows, other))


def side_of(chunks: Any) -> int:
    if isinstance(chunks, (int, np.integer)) and not isinstance(chunks, bool) and chunks >= 1:
        return int(chunks)
    raise DataError(f"chunks must be a number of rows from 1 on, got {chunks!r}")
