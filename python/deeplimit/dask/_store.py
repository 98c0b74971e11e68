"""The library's own store, filled by the workers of a cluster."""

from __future__ import annotations

import math
import os
import pickle
import time
import uuid
from dataclasses import dataclass
from threading import local
from typing import Any, Iterable, Iterator

import numpy as np

from .. import Kernel, _core
from .._errors import DataError, Error, StoreError
from .._progress import Progress, watching
from ._lazy import ImageKernel, side_of

_log_lines = "{i} {j} {seconds:.6f} {process}\n"


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
    side = side_of(chunks)
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
            # as they are: bytes are pixels over 255, and short floats know their own rounding
            np.save(out, np.ascontiguousarray(X))
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
