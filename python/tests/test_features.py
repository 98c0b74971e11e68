"""Explicit features: their error is what is measured, and their mean is the kernel."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from sklearn.datasets import load_diabetes, load_digits  # noqa: E402
from sklearn.linear_model import Ridge  # noqa: E402
from sklearn.model_selection import cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

import deeplimit as dl  # noqa: E402
import deeplimit.sklearn._rows as ours  # noqa: E402
from deeplimit.sklearn import DeepKernelFeatures, DeepKernelRegressor  # noqa: E402

X8 = np.random.default_rng(1).normal(size=(30, 8))


def test_all_rows_as_landmarks_are_the_kernel():
    features = DeepKernelFeatures("tanh", depth=2, n_components=30, random_state=0).fit(X8)
    phi = features.transform(X8)
    assert np.allclose(phi @ phi.T, features.kernel_(ours.rows_of(X8, "unit")), atol=1e-9)
    assert features.error_ < 1e-9 and features.landmarks_.shape == (30, 8)


@pytest.mark.parametrize("kind", ["nngp", "ntk"])
@pytest.mark.parametrize("method", ["nystroem", "random"])
def test_more_features_err_less_and_the_error_is_the_one_measured(method, kind):
    X = load_digits().data[:700]
    errors = []
    for m in (60, 1000):
        features = DeepKernelFeatures("relu", depth=2, kind=kind, method=method, n_components=m, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            features.fit(X)
        errors.append(features.error_)
        assert features.max_error_ > 0 or method == "nystroem"
    assert errors[1] < 0.5 * errors[0] and errors[1] < 0.1
    # on rows that were not looked at
    new = load_digits().data[700:900]
    exact = features.kernel_(ours.rows_of(new, "unit"))
    phi = features.transform(new)
    assert np.linalg.norm(phi @ phi.T - exact) < (3 * errors[1] + 0.02) * np.linalg.norm(exact)


@pytest.mark.parametrize(
    "options",
    [
        {"activation": "erf", "sigma_w": 1.5, "sigma_b": 0.3},
        {"activation": "gelu"},
        {"activation": "relu", "lengths": "lift", "sigma_w": "sqrt(2)", "sigma_b": 0.1},
        {"activation": "relu", "lengths": "keep"},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["nngp", "ntk"])
def test_random_features_have_the_kernel_as_their_mean(options, kind):
    exact = DeepKernelFeatures(**options, depth=2, kind=kind, n_components=8).fit(X8[:8]).kernel_
    lengths = options.get("lengths", "unit")
    gram = exact(ours.rows_of(X8[:8], lengths))
    found, m = [], 600
    for seed in range(16):
        features = DeepKernelFeatures(**options, depth=2, kind=kind, method="random", n_components=m, random_state=seed)
        phi = features.fit(X8[:8]).transform(X8[:8])
        assert phi.shape == (8, m)
        found.append(phi @ phi.T)
    # Monte Carlo, and what finite layers beneath shift the mean by, of order 1/m
    error = np.std(found, axis=0, ddof=1) / 4
    shift = 5 / m * np.sqrt(np.outer(np.diag(gram), np.diag(gram)))
    assert (abs(np.mean(found, axis=0) - gram) < 4 * error + shift).all()
    assert (error < 0.1 * np.diag(gram).max()).all()


def test_features_stand_before_linear_models():
    X, y = load_diabetes(return_X_y=True)
    exact = DeepKernelRegressor("relu", depth=2, ridge=0.05)
    linear = make_pipeline(
        DeepKernelFeatures("relu", depth=2, lengths="lift", n_components=200, random_state=0),
        Ridge(alpha=0.05 * 3),  # the mean of the diagonal is 3
    )
    X = StandardScaler().fit_transform(X)
    a, b = (cross_val_score(model, X, y, cv=4).mean() for model in (exact, linear))
    assert a > 0.3 and abs(a - b) < 0.05
    names = linear[0].fit(X).get_feature_names_out()
    assert len(names) == 200 and names[0] == "deepkernelfeatures0"


def test_features_refuse_what_they_cannot_be():
    for options, words in (
        ({"n_components": 0}, "n_components"),
        ({"n_components": 2.5}, "n_components"),
        ({"method": "fourier"}, "method must be one of"),
        ({"method": "random", "depth": "inf", "activation": "x"}, "nystroem"),
    ):
        with pytest.raises(dl.Error, match=words):
            DeepKernelFeatures(**options).fit(X8)
    with pytest.warns(UserWarning, match="each of them is a landmark"):
        assert DeepKernelFeatures(n_components=99).fit(X8).transform(X8).shape == (30, 30)
