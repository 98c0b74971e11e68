"""Kernel regression on a matrix that no memory has to hold: written tile by tile, solved by reading it.

    python python/examples/out_of_core.py --rows 20000 --folder /scratch

The matrix of n rows takes 8 n^2 bytes on the disk (n = 20,000: 3.2 GB) and none of the memory; it is deleted at the end unless --keep.
"""

from __future__ import annotations

import argparse
import os
import shutil
import time

import numpy as np

import deeplimit
from deeplimit.dask import solve, to_zarr


def data(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Directions in 20 dimensions, two targets that are smooth functions of them, and noise of a tenth."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(rows, 20))
    u = X / np.linalg.norm(X, axis=1)[:, None]
    targets = np.column_stack([np.sin(6 * u[:, 0]) + u[:, 1], 20 * u[:, 2] * u[:, 3]])
    return X, targets + 0.1 * random.normal(size=targets.shape)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--rows", type=int, default=20_000)
    arguments.add_argument("--folder", default=".")
    arguments.add_argument("--ridge", type=float, default=1e-3)
    arguments.add_argument("--rank", type=int, default=256)
    arguments.add_argument("--workers", type=int, default=0, help="processes of a local Dask cluster; 0: none")
    arguments.add_argument("--keep", action="store_true")
    options = arguments.parse_args()

    X, y = data(options.rows, 0)
    others, truth = data(2_000, 1)
    kernel = deeplimit.Kernel("relu", 3)
    path = os.path.join(options.folder, f"gram-{options.rows}.zarr")

    client = None
    if options.workers:
        from distributed import Client, LocalCluster

        client = Client(LocalCluster(n_workers=options.workers, threads_per_worker=1, dashboard_address=None))

    start = time.perf_counter()
    to_zarr(path, X, kernel, client=client)
    written = time.perf_counter()
    print(f"matrix:     {written - start:7.1f} s  ({8e-9 * len(X) ** 2:.1f} GB in {path})")

    found = solve(path, y, ridge=options.ridge, rank=options.rank, tolerance=1e-8, client=client)
    solved = time.perf_counter()
    print(f"regression: {solved - written:7.1f} s  ({found.iterations} passes, residual {found.residuals.max():.1e})")

    predicted = kernel(others, X) @ found.coefficients
    left = np.square(predicted - truth).mean(axis=0) / truth.var(axis=0)
    print(f"R^2 on 2,000 other rows: {1 - left[0]:.4f}, {1 - left[1]:.4f}")
    if not options.keep:
        shutil.rmtree(path)


if __name__ == "__main__":
    main()
