"""The measured errors of explicit features, and what they cost.

python python/examples/feature_errors.py
"""

from __future__ import annotations

import time

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeClassifier

from deeplimit.sklearn import DeepKernelClassifier, DeepKernelFeatures


def main() -> None:
    X, y = load_digits(return_X_y=True)
    exact = DeepKernelClassifier("relu", depth=3, ridge=1e-3).fit(X[::2], y[::2])
    print(f"exact: {exact.score(X[1::2], y[1::2]):.3f}")
    many = np.random.default_rng(0).normal(size=(50_000, 64))
    for method in ("nystroem", "random"):
        for m in (100, 300, 800):
            features = DeepKernelFeatures("relu", depth=3, method=method, n_components=m, random_state=0).fit(X[::2])
            # the mean of the diagonal is 4
            linear = RidgeClassifier(4e-3).fit(features.transform(X[::2]), y[::2])
            score = linear.score(features.transform(X[1::2]), y[1::2])
            start = time.perf_counter()
            features.transform(many)
            print(
                f"{method:8} {m:5}: error_ {features.error_:.4f}, max_error_ {features.max_error_:.3f}, accuracy {score:.3f}, "
                f"50,000 rows in {time.perf_counter() - start:.2f} s"
            )


if __name__ == "__main__":
    main()
