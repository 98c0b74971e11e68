"""A matrix on its way to a Zarr folder."""

from __future__ import annotations

import os
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from ._core import CompiledKernel, Rows, Tiles
from ._errors import DataError

if TYPE_CHECKING:
    from ._kernel import Kernel


class Store:
    """The tiles of a matrix on their way to a Zarr folder; any process may open it and fill some."""

    def __init__(self, kernel: Kernel, path: Any, X: Any, Y: Any, chunks: int) -> None:
        path = os.fspath(path)
        if not str(path).endswith(".zarr"):
            raise DataError(f"{path} must end in .zarr")
        if isinstance(chunks, bool) or not isinstance(chunks, Integral) or chunks < 1:
            raise DataError(f"chunks must be a number of rows from 1 on, got {chunks!r}")
        self._kernel: CompiledKernel = kernel._core
        self._x: Rows = kernel._read(X, "X")
        self._y: Rows | None = None if Y is None else kernel._read(Y, "Y")
        n, m = len(self._x), len(self._x if self._y is None else self._y)
        self._tiles: Tiles = Tiles(path, n, m, Y is None, self._kernel.words(self._x, self._y), int(chunks))

    def missing(self, shard: tuple[int, int] = (1, 1)) -> list[tuple[int, int]]:
        """The places of the tiles that are computed and not there yet; of the k-th of n shards."""
        return self._tiles.missing(shard)

    def has(self, i: int, j: int) -> bool:
        """Is this tile there?"""
        return self._tiles.has(i, j)

    def finish(self) -> bool:
        """Gives the matrix its name, if all tiles are there; are they?"""
        return self._tiles.finish()

    def fill(self, i: int, j: int) -> None:
        """Computes and keeps a tile."""
        top, bottom, left, right = place = self._tiles.place(i, j)
        values = np.empty((bottom - top, right - left))
        self._kernel.tile(self._x, self._y, place, values)
        self._tiles.keep(i, j, values)
