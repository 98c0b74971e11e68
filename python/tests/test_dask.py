"""Many machines: a real cluster whose workers are killed, stores that are gone on with, regression on the disk."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from collections import Counter

import numpy as np
import pytest

pytest.importorskip("dask", reason="Dask is not installed")
pytest.importorskip("distributed", reason="Dask's distributed is not installed")
zarr = pytest.importorskip("zarr", reason="zarr is not installed")

import dask.array as da  # noqa: E402
from distributed import Client, LocalCluster  # noqa: E402

import deeplimit as dl  # noqa: E402
from deeplimit.dask import ImageKernel, gram, solve, to_zarr  # noqa: E402

RANDOM = np.random.default_rng(2)
X = RANDOM.normal(size=(230, 6))
IMAGES = RANDOM.normal(size=(20, 8, 8, 3))
KERNEL = dl.Kernel("relu", 3)


@pytest.fixture(scope="module")
def client():
    """Two processes; a task may be on one worker that dies, and is to blame when it was on two."""
    import dask

    options = {
        "distributed.scheduler.allowed-failures": 1,
        "distributed.worker.memory.terminate": False,
        "distributed.admin.log-format": "%(message)s",
    }
    with dask.config.set(options), LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster, Client(cluster) as client:
        yield client


def whole(path):
    return zarr.open_array(str(path), mode="r")[:]


def logged(path):
    return Counter(tuple(line.split()[:2]) for line in open(path))


# Lazy -----------------------------------------------------------------------------------------------------------------


def test_lazy_gram_is_the_gram():
    exact = KERNEL(X)
    for rows in (X, da.from_array(X, chunks=(50, 3)), X.tolist()):
        lazy = gram(rows, KERNEL, chunks=100)
        assert lazy.shape == (230, 230) and lazy.chunks[0] == (100, 100, 30) and lazy.dtype == np.float64
        found = lazy.compute(scheduler="threads")
        assert abs(found - exact).max() < 1e-13 * exact.max()
        assert (found == found.T).all()
    # a part of it needs that part alone
    assert np.allclose(gram(X, KERNEL, chunks=100)[:10, 220:].compute(), exact[:10, 220:])
    images = gram(IMAGES, ImageKernel(depth=1), chunks=8).compute(scheduler="threads")
    assert np.allclose(images, ImageKernel(depth=1)(IMAGES), rtol=1e-12)


def test_lazy_gram_computes_mirror_images_once():
    calls = []

    def counted(rows, other=None):
        calls.append(len(rows))
        return KERNEL(rows) if other is None else KERNEL(rows, other)

    gram(X, counted, chunks=50).compute(scheduler="synchronous")
    assert len(calls) == 5 * 6 // 2


def test_lazy_gram_on_workers(client):
    assert np.allclose(gram(X, KERNEL, chunks=64).compute(), KERNEL(X), rtol=1e-12)


# The store ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel, rows", [(KERNEL, X), (ImageKernel(depth=2), IMAGES)], ids=["points", "images"])
def test_without_workers(tmp_path, kernel, rows):
    path, log = tmp_path / "K.zarr", tmp_path / "log"
    to_zarr(path, rows, kernel, chunks=len(rows) // 4, log=log)
    assert np.allclose(whole(path), kernel(rows), rtol=1e-12)
    count = -(-len(rows) // (len(rows) // 4))
    assert len(logged(log)) == count * (count + 1) // 2
    # a finished matrix is not computed again, and nothing is left beside it
    to_zarr(path, rows, kernel, chunks=len(rows) // 4, log=log)
    assert set(logged(log).values()) == {1}
    assert sorted(os.listdir(tmp_path)) == ["K.zarr", "log"]


def test_columns_of_others_and_rows_in_files(tmp_path, client):
    np.save(tmp_path / "X.npy", X)
    to_zarr(tmp_path / "C.zarr", tmp_path / "X.npy", KERNEL, Y=X[:90], client=client, chunks=64)
    assert np.allclose(whole(tmp_path / "C.zarr"), KERNEL(X, X[:90]), rtol=1e-12)
    assert sorted(os.listdir(tmp_path)) == ["C.zarr", "X.npy"]
    to_zarr(tmp_path / "I.zarr", IMAGES, ImageKernel(depth=2), Y=IMAGES[:7], client=client, chunks=6)
    assert np.allclose(whole(tmp_path / "I.zarr"), ImageKernel(depth=2)(IMAGES, IMAGES[:7]), rtol=1e-12)


@pytest.mark.parametrize("which", ["bytes", "single"])
def test_numbers_mean_on_the_disk_what_they_mean_in_memory(tmp_path, which):
    if which == "bytes":
        # divided by 255 wherever they are read
        rows, kernel = np.random.default_rng(3).integers(0, 256, size=(9, 8, 8, 3), dtype=np.uint8), ImageKernel(depth=2)
    else:
        # of length 1 as far as their own rounding goes
        unit = X / np.linalg.norm(X, axis=1, keepdims=True)
        rows, kernel = unit.astype(np.float32), dl.Kernel("relu", 3, lengths="strict")
    to_zarr(tmp_path / "K.zarr", rows, kernel, chunks=50)
    assert np.allclose(whole(tmp_path / "K.zarr"), kernel(rows), rtol=1e-12)
    assert np.allclose(gram(rows, kernel, chunks=50).compute(scheduler="threads"), kernel(rows), rtol=1e-12)


def test_it_is_the_librarys_own_store(tmp_path, client):
    # begun as a shard, finished by workers, to the bit
    KERNEL.to_zarr(tmp_path / "K.zarr", X, chunks=64, shard=(1, 3))
    assert (tmp_path / "K.zarr.part").is_dir()
    log = tmp_path / "log"
    to_zarr(tmp_path / "K.zarr", X, KERNEL, client=client, chunks=64, log=log)
    assert len(logged(log)) == 10 - 4  # of 4 x 5 / 2 tiles every third was there
    KERNEL.to_zarr(tmp_path / "one.zarr", X, chunks=64)
    assert (whole(tmp_path / "K.zarr") == whole(tmp_path / "one.zarr")).all()


def slow(seconds):
    """Tiles that take their time, so that there is something to kill."""
    import deeplimit.dask._store as workers

    if not hasattr(workers, "_quick"):
        workers._quick = workers._opened

        def opened(job, kernel=None):
            store = workers._quick(job, kernel)
            return Slow(store, seconds)

        workers._opened = opened


class Slow:
    def __init__(self, store, seconds):
        self.missing, self.finish, self.has = store.missing, store.finish, store.has
        self._fill, self._seconds = store.fill, seconds

    def fill(self, i, j):
        time.sleep(self._seconds)
        self._fill(i, j)


class Slowly:
    """A worker plugin: also for workers that are born later."""

    name = "slowly"

    def setup(self, worker):
        slow(0.15)

    def teardown(self, worker):
        pass


@pytest.mark.parametrize("kernel, rows", [(KERNEL, X), (ImageKernel(depth=2), IMAGES)], ids=["points", "images"])
def test_workers_killed_in_the_middle(tmp_path, client, kernel, rows):
    """-9, one after the other: the same matrix to the bit, nothing lost, nothing computed twice."""
    from distributed import WorkerPlugin

    plugin = type("Plugin", (Slowly, WorkerPlugin), {})()
    client.register_plugin(plugin)
    path, log = tmp_path / "K.zarr", tmp_path / "log"
    side = len(rows) // 7
    killed = []

    def kill():
        for done in (4, 12):
            while not log.exists() or sum(logged(log).values()) < done:
                time.sleep(0.02)
            pids = [w["pid"] for w in workers(client).values()]
            os.kill(pids[0], signal.SIGKILL)
            killed.append(pids[0])

    def workers(client):
        return client.run(lambda dask_worker: {"pid": os.getpid()}, on_error="ignore")

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    seen = []
    to_zarr(path, rows, kernel, client=client, chunks=side, log=log, progress=lambda d, n: seen.append((d, n)))
    killer.join(5)
    assert len(killed) == 2
    found, counts = whole(path), logged(log)
    tiles = -(-len(rows) // side)
    every = tiles * (tiles + 1) // 2
    # who is killed between a tile and its line in the log has written the tile
    assert every - len(killed) <= len(counts) <= every and set(counts.values()) == {1}
    assert seen[-1] == (every, every)
    to_zarr(tmp_path / "undisturbed.zarr", rows, kernel, chunks=side)
    assert (found == whole(tmp_path / "undisturbed.zarr")).all() and not np.isnan(found).any()
    assert not [f for f in os.listdir(path) if f.endswith(".unfinished")]
    assert sorted(os.listdir(tmp_path)) == ["K.zarr", "log", "undisturbed.zarr"]
    client.unregister_worker_plugin("slowly")


def test_interrupted_and_gone_on_with(tmp_path, client):
    path, log = tmp_path / "K.zarr", tmp_path / "log"

    def enough(done, all):
        if done >= 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        to_zarr(path, X, KERNEL, client=client, chunks=30, log=log, progress=enough)
    assert not path.exists() and 5 <= len(logged(log)) < 36
    # what was on its way may end
    time.sleep(0.3)
    to_zarr(path, X, KERNEL, client=client, chunks=30, log=log)
    assert np.allclose(whole(path), KERNEL(X), rtol=1e-12)
    assert len(logged(log)) == 36 and set(logged(log).values()) == {1}


class Deadly:
    """One tile kills who computes it."""

    name = "deadly"

    def setup(self, worker):
        import deeplimit.dask._store as workers

        opened = workers._opened

        def deadly(job, kernel=None):
            store = opened(job, kernel)
            return Guilty(store)

        workers._opened = deadly

    def teardown(self, worker):
        pass


class Guilty(Slow):
    def __init__(self, store):
        super().__init__(store, 0.0)

    def fill(self, i, j):
        if (i, j) == (1, 0):
            os.kill(os.getpid(), signal.SIGKILL)
        super().fill(i, j)


def test_a_guilty_tile_is_named_and_the_innocent_are_finished(tmp_path):
    import dask
    from distributed import WorkerPlugin

    options = {"distributed.scheduler.allowed-failures": 0, "distributed.worker.memory.terminate": False}
    with dask.config.set(options), LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster, Client(cluster) as client:
        client.register_plugin(type("Plugin", (Deadly, WorkerPlugin), {})())
        with pytest.raises(dl.StoreError, match=r"tile 1/0 .* failed 2 times.*KilledWorker"):
            to_zarr(tmp_path / "K.zarr", X, KERNEL, client=client, chunks=60, retries=2)
    left = KERNEL._store(str(tmp_path / "K.zarr"), X, None, 60).missing()
    assert left == [(1, 0)]
    # healthy workers go on
    to_zarr(tmp_path / "K.zarr", X, KERNEL, chunks=60)
    assert np.allclose(whole(tmp_path / "K.zarr"), KERNEL(X), rtol=1e-12)


def test_what_is_wrong_is_said(tmp_path, client):
    bad = X.copy()
    bad[3, 1] = np.nan
    cases = [
        (lambda: to_zarr(tmp_path / "K.zarr", bad, KERNEL, client=client), "nan|NaN"),
        (lambda: to_zarr(tmp_path / "K.npy", X, KERNEL), "ends in .zarr"),
        (lambda: to_zarr(tmp_path / "K.zarr", X, "relu"), "kernel must be"),
        (lambda: to_zarr(tmp_path / "K.zarr", X, KERNEL, chunks=0), "chunks must be"),
        (lambda: to_zarr(tmp_path / "K.zarr", X, KERNEL, retries=0), "retries must be"),
        (lambda: to_zarr(tmp_path / "none" / "K.zarr", X, KERNEL), "there is no folder"),
        (lambda: to_zarr(tmp_path / "K.zarr", np.ma.masked_array(X), KERNEL), "masked"),
        (lambda: to_zarr(tmp_path / "K.zarr", X[0], KERNEL), "two dimensions"),
        (lambda: gram(X, KERNEL, chunks=-1), "chunks must be"),
    ]
    for wrong, words in cases:
        with pytest.raises(dl.Error, match=words):
            wrong()
    # another matrix is not gone on with
    KERNEL.to_zarr(tmp_path / "K.zarr", X, chunks=64, shard=(1, 2))
    with pytest.raises(dl.StoreError):
        to_zarr(tmp_path / "K.zarr", 2 * X + 1, KERNEL)
    assert os.listdir(tmp_path) == ["K.zarr.part"]


def test_image_kernels_travel():
    kernel = ImageKernel(depth=3, pooling=False)
    assert pickle.loads(pickle.dumps(kernel)) == kernel
    with pytest.raises(dl.Error):
        ImageKernel(depth=0)(IMAGES)


# Regression -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [0, 40])
def test_regression_on_the_disk_is_regression(tmp_path, rank):
    KERNEL.to_zarr(tmp_path / "K.zarr", X, chunks=100)
    K = KERNEL(X)
    Y = np.column_stack([np.sin(X[:, 0]), X[:, 1] ** 2, np.zeros(230)])
    found = solve(tmp_path / "K.zarr", Y, ridge=1e-3, tolerance=1e-11, rank=rank)
    exact = np.linalg.solve(K + 1e-3 * K.trace() / 230 * np.eye(230), Y)
    assert abs(found.coefficients - exact).max() < 1e-7 * abs(exact).max()
    assert found.residuals.max() < 1e-10 and found.residuals[2] == 0.0
    one = solve(tmp_path / "K.zarr", Y[:, 0], ridge=1e-3, tolerance=1e-11, rank=rank)
    assert one.coefficients.shape == (230,) and np.allclose(one.coefficients, exact[:, 0], rtol=1e-6)


def test_preconditioning_saves_passes(tmp_path):
    # few large eigenvalues, which are what a smooth kernel has
    kernel = dl.Kernel("erf", 1, kind="nngp")
    kernel.to_zarr(tmp_path / "K.zarr", X, chunks=230)
    y = np.sin(X[:, 0])
    steps = [solve(tmp_path / "K.zarr", y, ridge=1e-5, rank=rank).iterations for rank in (0, 120)]
    assert steps[1] < steps[0] / 3


def test_regression_on_workers(tmp_path, client):
    KERNEL.to_zarr(tmp_path / "K.zarr", X, chunks=50)
    here = solve(tmp_path / "K.zarr", X[:, 0], tolerance=1e-10)
    there = solve(tmp_path / "K.zarr", X[:, 0], tolerance=1e-10, client=client)
    assert np.allclose(here.coefficients, there.coefficients, rtol=1e-6, atol=1e-9)


def test_regression_refuses(tmp_path):
    KERNEL.to_zarr(tmp_path / "K.zarr", X, chunks=50)
    KERNEL.to_zarr(tmp_path / "C.zarr", X, X[:100], chunks=50)
    KERNEL.to_zarr(tmp_path / "P.zarr", X, chunks=50, shard=(1, 2))
    bad = X[:, 0].copy()
    bad[7] = np.inf
    cases = [
        (dl.DataError, "230 rows", lambda: solve(tmp_path / "K.zarr", X[:9, 0])),
        (dl.DataError, "target 7", lambda: solve(tmp_path / "K.zarr", bad)),
        (dl.DataError, "complex", lambda: solve(tmp_path / "K.zarr", 1j * X[:, 0])),
        (dl.DataError, "ridge must be", lambda: solve(tmp_path / "K.zarr", X[:, 0], ridge=0.0)),
        (dl.DataError, "rank must be", lambda: solve(tmp_path / "K.zarr", X[:, 0], rank=-1)),
        (dl.DataError, "no Gram matrix", lambda: solve(tmp_path / "C.zarr", X[:, 0])),
        (dl.DataError, "not whole", lambda: solve(tmp_path / "P.zarr.part", X[:, 0], rank=0)),
        (dl.StoreError, "cannot be read", lambda: solve(tmp_path / "none.zarr", X[:, 0])),
        (dl.Undecided, "after 2 steps", lambda: solve(tmp_path / "K.zarr", X[:, 0], rank=0, iterations=2)),
    ]
    for error, words, wrong in cases:
        with pytest.raises(error, match=words):
            wrong()
