"""Matrices into Zarr folders: resumable, in shards, from many processes, the command line's own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

import deeplimit as dl

RNG = np.random.default_rng(11)
X = RNG.normal(size=(75, 4))
Y = RNG.normal(size=(31, 4))


@pytest.fixture(scope="module")
def kernel():
    return dl.Kernel("erf", 3)


def matrix(path):
    """A Zarr 3 array whose chunks are raw little-endian doubles, read without zarr."""
    meta = json.loads((path / "zarr.json").read_text())
    (n, m), (a, b) = meta["shape"], meta["chunk_grid"]["configuration"]["chunk_shape"]
    zarr = pytest.importorskip("zarr", reason="zarr reads it")
    found = zarr.open_array(str(path), mode="r")[:]
    assert found.shape == (n, m) and a == b
    return found


def test_the_matrix(kernel, tmp_path):
    assert kernel.to_zarr(tmp_path / "k.zarr", X, chunks=20) is True
    found = matrix(tmp_path / "k.zarr")
    np.testing.assert_allclose(found, kernel(X), rtol=1e-14)
    assert (found == found.T).all() and (found.diagonal() == kernel.at(1.0)).all()
    assert os.listdir(tmp_path) == ["k.zarr"]
    kernel.to_zarr(str(tmp_path / "c.zarr"), X, Y, chunks=20)
    np.testing.assert_allclose(matrix(tmp_path / "c.zarr"), kernel(X, Y), rtol=1e-14)


def test_it_goes_on_where_it_was(kernel, tmp_path):
    path, seen = tmp_path / "k.zarr", []

    class Enough(Exception):
        pass

    def stop(done, all):
        seen.append((done, all))
        if done == 4:
            raise Enough

    with pytest.raises(Enough):
        kernel.to_zarr(path, X, chunks=20, progress=stop)
    assert not path.exists() and (tmp_path / "k.zarr.part").is_dir()
    assert len(kernel._store(path, X, chunks=20).missing()) == 10 - 4
    again = []
    assert kernel.to_zarr(path, X, chunks=20, progress=lambda done, all: again.append((done, all)))
    assert seen[-1] == (4, 10) and again[-1] == (6, 6)
    np.testing.assert_allclose(matrix(path), kernel(X), rtol=1e-14)
    # finished: nothing to do, and no error
    assert kernel.to_zarr(path, X, chunks=20)


def test_shards(kernel, tmp_path):
    path = tmp_path / "k.zarr"
    assert kernel.to_zarr(path, X, shard=(1, 3), chunks=20) is False
    assert kernel.to_zarr(path, X, shard=(3, 3), chunks=20) is False
    assert not path.exists()
    assert kernel.to_zarr(path, X, shard=(2, 3), chunks=20) is True
    np.testing.assert_allclose(matrix(path), kernel(X), rtol=1e-14)
    for bad in ((0, 3), (4, 3), 3, (1,), "no"):
        with pytest.raises(dl.Error, match="shard"):
            kernel.to_zarr(tmp_path / "b.zarr", X, shard=bad)


def test_tiles_one_by_one(kernel, tmp_path):
    store = kernel._store(tmp_path / "k.zarr", X, chunks=20)
    other = kernel._store(tmp_path / "k.zarr", X, chunks=20)
    assert store.missing() == [(i, j) for i in range(4) for j in range(i + 1)]
    for i, j in reversed(store.missing()):
        store.fill(i, j)
        assert other.has(i, j)
    assert other.missing() == [] and other.finish()
    np.testing.assert_allclose(matrix(tmp_path / "k.zarr"), kernel(X), rtol=1e-14)
    for i, j in ((0, 1), (4, 0)):
        with pytest.raises(dl.DataError, match="no tile"):
            store.fill(i, j)


def test_something_else_is_refused(kernel, tmp_path):
    kernel.to_zarr(tmp_path / "k.zarr", X, shard=(1, 2), chunks=20)
    for call in (
        lambda: kernel.to_zarr(tmp_path / "k.zarr", X + 1, chunks=20),
        lambda: dl.Kernel("erf", 4).to_zarr(tmp_path / "k.zarr", X, chunks=20),
        lambda: dl.Kernel("erf", 3, lengths="lift").to_zarr(tmp_path / "k.zarr", X, chunks=20),
    ):
        with pytest.raises(dl.StoreError, match="something else"):
            call()
    with pytest.raises(dl.StoreError, match="no folder"):
        kernel.to_zarr(tmp_path / "nowhere" / "k.zarr", X)
    (tmp_path / "mine.zarr").mkdir()
    (tmp_path / "mine.zarr" / "letter.txt").write_text("dear")
    with pytest.raises(dl.StoreError):
        kernel.to_zarr(tmp_path / "mine.zarr", X)
    assert (tmp_path / "mine.zarr" / "letter.txt").read_text() == "dear"
    for bad in (tmp_path / "k.npy", tmp_path / "k"):
        with pytest.raises(dl.DataError, match=".zarr"):
            kernel.to_zarr(bad, X)
    for chunks in (0, 2.5, True):
        with pytest.raises(dl.DataError, match="chunks"):
            kernel.to_zarr(tmp_path / "b.zarr", X, chunks=chunks)
    with pytest.raises(dl.DataError):
        kernel.to_zarr(tmp_path / "b.zarr", X[:0])


def test_what_is_infinite_and_what_has_no_direction(tmp_path):
    singular = dl.Kernel("sin(x)", "inf")
    singular.to_zarr(tmp_path / "s.zarr", X, chunks=64)
    found = matrix(tmp_path / "s.zarr")
    assert np.isposinf(found.diagonal()).all() and np.isfinite(found[~np.eye(75, dtype=bool)]).all()
    with pytest.raises(dl.DataError, match="row 2 of X is zero"):
        singular.to_zarr(tmp_path / "z.zarr", np.array([[1.0, 2], [1, 1], [0, 0]]))


KILLED = """
    import sys, numpy as np, deeplimit as dl
    dl.set_num_threads(1)
    X = np.random.default_rng(5).normal(size=(1500, 60))
    def tell(done, all):
        print(done, all, flush=True)
    dl.Kernel("relu", 3).to_zarr(sys.argv[1], X, chunks=64, progress=tell)
"""


@pytest.mark.skipif(os.name != "posix", reason="no such signals here")
def test_killed_in_the_middle(tmp_path):
    path, done = tmp_path / "k.zarr", 0
    for _ in range(2):
        child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(KILLED), str(path)], stdout=subprocess.PIPE, text=True)
        for _ in range(20):
            line = child.stdout.readline().split()
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        done += 20
        assert int(line[0]) == 20
    rows = np.random.default_rng(5).normal(size=(1500, 60))
    kernel = dl.Kernel("relu", 3)
    # nothing that was finished is computed again
    assert len(kernel._store(path, rows, chunks=64).missing()) <= 24 * 25 // 2 - done
    assert kernel.to_zarr(path, rows, chunks=64)
    np.testing.assert_allclose(matrix(path), kernel(rows), rtol=1e-13)


def command():
    target = Path(__file__).resolve().parents[2] / "target"
    found = [target / kind / "deeplimit" for kind in ("release", "debug")]
    return next((str(f) for f in found if f.exists()), shutil.which("deeplimit"))


def test_it_is_the_store_of_the_command_line(tmp_path):
    program = command()
    if program is None:
        pytest.skip("the command line is not built")
    np.save(tmp_path / "x.npy", X)
    line = [program, "gram", "--data", str(tmp_path / "x.npy"), "--activation", "erf", "--depth", "3", "--out", str(tmp_path / "k.zarr"), "--shard", "1/2"]
    ran = subprocess.run(line, capture_output=True, text=True)
    if ran.returncode != 0:
        pytest.fail(ran.stderr)
    kernel = dl.Kernel("erf", 3)
    # what the command began is finished here
    assert kernel.to_zarr(tmp_path / "k.zarr", X)
    np.testing.assert_allclose(matrix(tmp_path / "k.zarr"), kernel(X), rtol=1e-14)
