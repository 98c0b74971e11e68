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

import math
import os
import pickle
import time
import uuid
from dataclasses import dataclass
from threading import local
from typing import Any, Callable, Iterable, Iterator

import numpy as np

try:
    import dask
    import dask.array as da
except ImportError as error:
    raise ImportError(
        'deeplimit.dask needs Dask and Zarr: pip install "deeplimit[dask]"'
    ) from error

from . import Kernel, cntk
from . import _core
from ._errors import DataError, Error, StoreError
from ._progress import Progress, watching

__all__ = ["ImageKernel", "Solution", "gram", "solve", "to_zarr"]

_log_lines = "{i} {j} {seconds:.6f} {process}\n"


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
        return f"cntk {self.activation}, {self.depth} convolutions, {readout}, {self.layout or 'nhwc'}, {self.dtype}"


# Lazy -----------------------------------------------------------------------------------------------------------------


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
    side = _side(chunks)
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


def _side(chunks: Any) -> int:
    if isinstance(chunks, (int, np.integer)) and not isinstance(chunks, bool) and chunks >= 1:
        return int(chunks)
    raise DataError(f"chunks must be a number of rows from 1 on, got {chunks!r}")


# The store ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Job:
    """All that a worker has to know: where, of what, and not the numbers."""

    path: str
    rows: str
    columns: str | None
    kernel: bytes
    words: str
    chunks: int
    log: str | None
    driver: str


class _ImageStore:
    """The library's store, its tiles made by `deeplimit.cntk`."""

    def __init__(self, job: _Job, kernel: ImageKernel, images: Any, other: Any) -> None:
        self._kernel, self._images, self._other = kernel, images, other
        columns = images if other is None else other
        self._tiles = _core.Tiles(
            job.path, len(images), len(columns), other is None, job.words, job.chunks
        )
        self.missing, self.finish, self.has = self._tiles.missing, self._tiles.finish, self._tiles.has

    def fill(self, i: int, j: int) -> None:
        top, bottom, left, right = self._tiles.place(i, j)
        rows = np.asarray(self._images[top:bottom])
        if self._other is None and i == j:
            values = self._kernel(rows)
        else:
            columns = self._images if self._other is None else self._other
            values = self._kernel(rows, np.asarray(columns[left:right]))
        self._tiles.keep(i, j, values)


def _opened(job: _Job, kernel: Any = None) -> Any:
    kernel = pickle.loads(job.kernel) if kernel is None else kernel
    rows = np.load(job.rows, mmap_mode="r")
    columns = None if job.columns is None else np.load(job.columns, mmap_mode="r")
    if isinstance(kernel, ImageKernel):
        return _ImageStore(job, kernel, rows, columns)
    return kernel._store(job.path, rows, columns, job.chunks)


_here = local()
_threads_of: set[str] = set()


def _process() -> str:
    import socket

    return f"{socket.gethostname()}:{os.getpid()}"


def _fill(job: _Job, i: int, j: int) -> bool:
    """A tile, on a worker. Was it computed? (It may have been there.)"""
    _modest(job)
    key, store = getattr(_here, "store", (None, None))
    if key != job:
        _here.store = None, None
        store = _opened(job)
        # a handle for each thread; the compiled kernel, the rows and their hash are made once in a thread
        _here.store = job, store
    if store.has(i, j):
        return False
    start = time.perf_counter()
    store.fill(i, j)
    if job.log is not None:
        line = _log_lines.format(i=i, j=j, seconds=time.perf_counter() - start, process=_process())
        handle = os.open(job.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)
    return True


def _modest(job: _Job) -> None:
    """As many threads in this process as Dask gave it, and not one for each core of the machine."""
    here = _process()
    if here in _threads_of or here == job.driver:
        return
    _threads_of.add(here)
    try:
        from distributed import get_worker

        _core.set_num_threads(max(1, get_worker().state.nthreads))
    except (ImportError, ValueError):
        pass


def to_zarr(
    path: str | os.PathLike[str],
    X: Any,
    kernel: Kernel | ImageKernel,
    *,
    Y: Any = None,
    client: Any = None,
    chunks: int = 512,
    retries: int = 3,
    log: str | os.PathLike[str] | None = None,
    progress: Progress = None,
) -> None:
    """A Gram matrix into a Zarr folder by the workers of a Dask cluster; what is there is not computed again.

    The folder is the library's own (`deeplimit.Kernel.to_zarr`, ``deeplimit gram --shard``): a tile is a file, written under another name and
    renamed, so that it is complete or absent. While it grows it is ``path + ".part"``, and has its name when it is whole. Called again after any
    interruption, on any cluster, it goes on where it was.

    Parameters
    ----------
    path : path
        Ends in ``.zarr``; on a file system that all workers and this process see.
    X : array of shape (n, d) or (n, height, width, channels), or the path of such a ``.npy`` file
        A file is opened by the workers. An array is written beside the folder first (``path + ".rows-....npy"``) and deleted at the end:
        nothing that only a worker's memory holds can be lost.
    kernel : deeplimit.Kernel or ImageKernel
        Of rows, or of images.
    Y : as X, optional
        The columns. Without: those of X, and of two tiles that are mirror images one is computed.
    client : distributed.Client, optional
        Default: the current one; where there is none, all is computed here.
    chunks : int, default=512
        Rows of a tile, 1024 at most. A tile should take seconds: 512 for rows, some 32 to 128 for images.
    retries : int, default=3
        So often a tile may fail before it is named in an error. Dask blames everything on a worker for its death; the blamed are tried again,
        one by one, so that a guilty one drags no innocent ones along.
    log : path, optional
        For each tile that was computed a line is appended: its row, its column, seconds, host and process.
    progress : bool or callable, optional
        See `deeplimit`.

    Raises
    ------
    deeplimit.DataError
        Rows that are none (``.index``), and all that the kernel says of its data.
    deeplimit.StoreError
        A folder of something else; a tile that failed `retries` times, by its place and the reason.

    Examples
    --------
    >>> import tempfile, numpy as np, zarr
    >>> import deeplimit
    >>> from deeplimit.dask import to_zarr
    >>> X = np.random.default_rng(0).normal(size=(100, 5))
    >>> kernel = deeplimit.Kernel("relu", 3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_zarr(folder + "/K.zarr", X, kernel, chunks=40)
    ...     K = zarr.open_array(folder + "/K.zarr", mode="r")[:]
    >>> bool(abs(K - kernel(X)).max() < 1e-13)
    True
    """
    if not isinstance(kernel, (Kernel, ImageKernel)):
        raise DataError(
            f"kernel must be a deeplimit.Kernel or a deeplimit.dask.ImageKernel, got {type(kernel).__name__}"
        )
    side = _side(chunks)
    if not isinstance(retries, (int, np.integer)) or isinstance(retries, bool) or retries < 1:
        raise DataError(f"retries must be a number from 1 on, got {retries!r}")
    path = os.path.abspath(os.fspath(path))
    if not path.lower().endswith(".zarr"):
        raise DataError(f"a Zarr folder ends in .zarr, {os.path.basename(path)!r} does not")
    temporary: list[str] = []
    try:
        rows = _file(X, path, "rows", temporary)
        columns = None if Y is None else _file(Y, path, "columns", temporary)
        words = ""
        if isinstance(kernel, ImageKernel):
            hashes = [_hash(file) for file in (rows, columns) if file is not None]
            words = f"{kernel._words()}, images {' '.join(hashes)}, deeplimit {_core.__version__}"
        job = _Job(
            path=path,
            rows=rows,
            columns=columns,
            kernel=pickle.dumps(kernel),
            words=words,
            chunks=side,
            log=None if log is None else os.path.abspath(os.fspath(log)),
            driver=_process(),
        )
        _filled(job, kernel, client, int(retries), progress)
    finally:
        for file in temporary:
            os.unlink(file)


def _filled(job: _Job, kernel: Any, client: Any, retries: int, progress: Progress) -> None:
    store = _opened(job, kernel)
    missing = store.missing()
    with watching(progress, "tiles") as tell:
        client = _client() if client is None and missing else client
        if missing and client is not None:
            _by_workers(client, job, store, missing, retries, tell)
            missing = []
        _here.store = job, store
        for done, (i, j) in enumerate(missing):
            _fill(job, i, j)
            if tell is not None:
                tell(done + 1, len(missing))
        _here.store = None, None
    if not store.finish():
        raise StoreError(
            f"{job.path}.part still lacks {len(store.missing())} tiles that the workers have written: do all of them see the same folder?"
        )


def _client() -> Any:
    try:
        from distributed import get_client

        return get_client()
    except (ImportError, ValueError):
        return None


def _file(X: Any, path: str, which: str, temporary: list[str]) -> str:
    """The path of the numbers."""
    if isinstance(X, (str, os.PathLike)):
        return os.path.abspath(os.fspath(X))
    if isinstance(X, np.ma.MaskedArray):
        raise DataError("X is a masked array, and a kernel cannot leave entries out: fill them first")
    X = np.asarray(X)
    if X.ndim < 2 or X.dtype.kind not in "fiub":
        raise DataError(f"X must be an array of numbers with two dimensions or more, got {X.dtype} of shape {X.shape}")
    parent = os.path.dirname(path)
    if not os.path.isdir(parent):
        raise StoreError(f"{path} cannot be written: there is no folder {parent}")
    # of this call alone: others may fill the same folder
    file = f"{path}.{which}-{uuid.uuid4().hex}.npy"
    try:
        with open(file, "xb") as out:
            temporary.append(file)
            np.save(out, np.ascontiguousarray(X, dtype=np.float64))
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}") from None
    return file


def _hash(file: str) -> str:
    """Tells images apart that were taken for each other by mistake."""
    import hashlib

    images = np.load(file, mmap_mode="r")
    found = hashlib.blake2b(repr((images.shape, images.dtype.str)).encode(), digest_size=8)
    for start in range(0, len(images), 1024):
        found.update(np.ascontiguousarray(images[start : start + 1024]).tobytes())
    return found.hexdigest()


def _by_workers(
    client: Any, job: _Job, store: Any, missing: list[Any], retries: int, tell: Any
) -> None:
    """Until no tile is missing, or one has failed too often."""
    failures: dict[tuple[int, int], int] = {}
    guilty: dict[tuple[int, int], BaseException] = {}
    all_of_them, done = len(missing), 0
    while missing:
        fresh = [tile for tile in missing if tile not in failures]
        # the blamed by themselves, one after the other: who dies then is guilty
        turns: list[tuple[list[Any], int | None]] = [(fresh, None)]
        turns += [([tile], 1) for tile in missing if tile in failures]
        for tiles, window in turns:
            for tile, error in _submitted(client, job, tiles, window):
                if error is None:
                    done += 1
                    if tell is not None:
                        tell(min(done, all_of_them), all_of_them)
                    continue
                if isinstance(error, Error) and not isinstance(error, StoreError):
                    # about the data: it will say the same again
                    raise error
                failures[tile] = failures.get(tile, 0) + 1
                if failures[tile] >= retries:
                    guilty[tile] = error
        # a tile may be there whatever was said of it
        missing = store.missing()
        guilty = {tile: error for tile, error in guilty.items() if tile in missing}
        missing = [tile for tile in missing if tile not in guilty]
    for (i, j), error in guilty.items():
        more = f", and {len(guilty) - 1} others" if len(guilty) > 1 else ""
        raise StoreError(
            f"tile {i}/{j} of {job.path}{more} failed {retries} times, the last time by {type(error).__name__}: {error}; all others are finished, and "
            "the same call goes on"
        ) from error


def _submitted(
    client: Any, job: _Job, tiles: Iterable[Any], window: int | None
) -> Iterator[tuple[tuple[int, int], BaseException | None]]:
    """Tiles with what came of them, as they come; no more on their way than keep the workers busy: so few are blamed together."""
    from distributed import as_completed

    waiting = iter(tiles)
    under_way: dict[Any, tuple[int, int]] = {}
    futures = as_completed([], raise_errors=False)

    def more() -> bool:
        tile = next(waiting, None)
        if tile is None:
            return False
        i, j = tile
        # a key of its own each time: what failed is not remembered
        key = f"deeplimit-tile-{i}-{j}-{uuid.uuid4().hex}"
        future = client.submit(_fill, job, i, j, key=key, pure=False)
        under_way[future.key] = (i, j)
        futures.add(future)
        return True

    size, counted = 0, -math.inf
    try:
        while True:
            if window is None and time.monotonic() - counted > 5.0:
                size, counted = 2 * max(1, sum(client.nthreads().values())), time.monotonic()
            while len(under_way) < (window or size) and more():
                pass
            if not under_way:
                return
            future = next(futures)
            tile = under_way.pop(future.key)
            error = None
            if future.status != "finished":
                if client.status != "running":
                    raise StoreError("the connection to the Dask scheduler is lost; what is finished stays, and the same call goes on")
                try:
                    error = future.exception()
                except BaseException as cancelled:  # noqa: BLE001 (asyncio's CancelledError is no Exception)
                    if isinstance(cancelled, KeyboardInterrupt):
                        raise
                    error = RuntimeError(f"the scheduler cancelled it ({cancelled})")
            yield tile, error
    finally:
        if under_way:
            client.cancel(list(futures.futures), force=True)


# Regression -----------------------------------------------------------------------------------------------------------


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
    y = np.asarray(targets, dtype=np.float64)
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
        from ._errors import Undecided

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
