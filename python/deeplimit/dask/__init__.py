"""Many machines: Gram matrices by Dask, and regression on matrices that no memory holds.

===================  =================================================================================================
`gram`               a lazy ``dask.array``, for those who live in one
`to_zarr`            the library's own store, tile by tile: what is finished stays, whatever dies
`ImageKernel`        which convolutional kernel, for both of them
`solve`              regression on such a store: conjugate gradients, a pass over the tiles in each step
===================  =================================================================================================

A scheduler is trusted with nothing but work. Whether a tile is there, its file says: one task for each missing tile, which returns no
numbers; what died is listed again; a tile that was blamed for the death of a worker is tried again by itself.
"""

from __future__ import annotations

try:
    import dask.array  # noqa: F401
except ImportError as error:
    raise ImportError(
        'deeplimit.dask needs Dask and Zarr: pip install "deeplimit[dask]"'
    ) from error

from ._lazy import ImageKernel, gram
from ._solve import Solution, solve
from ._store import to_zarr

__all__ = ["ImageKernel", "Solution", "gram", "solve", "to_zarr"]
