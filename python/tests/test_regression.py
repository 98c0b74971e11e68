"""Regression on a Gram matrix, against numpy and against the classifier of the kernel."""

from __future__ import annotations

import numpy as np
import pytest

import deeplimit as dl

RANDOM = np.random.default_rng(17)
X, Y = RANDOM.normal(size=(60, 5)), RANDOM.normal(size=(11, 5))


@pytest.fixture(scope="module")
def kernel():
    return dl.Kernel("relu", 3, kind="nngp")


def test_it_solves_the_equations(kernel):
    gram, cross = kernel(X), kernel(Y, X)
    targets = RANDOM.normal(size=(60, 3))
    model = dl.Regression(gram, targets, ridge=1e-3)
    ridged = gram + 1e-3 * gram.diagonal().mean() * np.eye(60)
    weights = np.linalg.solve(ridged, targets)
    np.testing.assert_allclose(model.weights, weights, rtol=1e-8)
    np.testing.assert_allclose(model.predict(cross), cross @ weights, atol=1e-8)
    single = dl.Regression(gram, targets[:, 1], ridge=1e-3)
    assert single.predict(cross).shape == (11,) and single.weights.shape == (60,)
    np.testing.assert_allclose(single.predict(cross), model.predict(cross)[:, 1], rtol=1e-12)
    # log p(y), and what is unknown after the data, by their definitions
    sign, log = np.linalg.slogdet(ridged)
    y = targets[:, 1]
    by_hand = -y @ weights[:, 1] / 2 - log / 2 - 30 * np.log(2 * np.pi)
    assert sign == 1 and single.log_likelihood == pytest.approx(by_hand, rel=1e-10)
    explained = np.einsum("ij,ji->i", cross, np.linalg.solve(ridged, cross.T))
    np.testing.assert_allclose(model.variances(cross, kernel.diag(Y)), kernel.diag(Y) - explained, atol=1e-9)


def test_left_out_is_left_out(kernel):
    gram, y = kernel(X), X[:, 0] * X[:, 1]
    ridge = 1e-2
    seen = dl.Regression(gram, y, ridge=ridge).left_out()
    for i in (0, 17, 59):
        rest = np.delete(np.arange(60), i)
        # the ridge is that of all rows
        own = ridge * gram.diagonal().mean() / gram[np.ix_(rest, rest)].diagonal().mean()
        without = dl.Regression(gram[np.ix_(rest, rest)], y[rest], ridge=own)
        assert without.predict(gram[i : i + 1, rest])[0] == pytest.approx(seen[i], abs=1e-9)


def test_labels_as_the_kernel_itself_decides(kernel):
    labels = np.array(["up", "down", "level"])[(X[:, 0] > 0).astype(int) + (X[:, 1] > 0)]
    fitted = kernel.fit(X, labels, ridge=1e-3)
    model = dl.Regression.of_labels(kernel(X), labels, ridge=1e-3)
    assert model.classes.tolist() == ["down", "level", "up"]
    np.testing.assert_allclose(model.scores(kernel(Y, X)), fitted.scores(Y), atol=1e-10)
    assert (model.predict(kernel(Y, X)) == fitted.labels(Y)).all()
    assert (model.left_out() == fitted.left_out()).all()


def test_a_matrix_of_images():
    pixels = RANDOM.normal(size=(8, 6, 6, 1))
    gram = dl.cntk(pixels, depth=2)
    y = pixels.mean(axis=(1, 2, 3))
    model = dl.Regression(gram, y)
    np.testing.assert_allclose(model.predict(gram), y, atol=1e-9)


def test_what_is_no_equation(kernel):
    gram, y = kernel(X), X[:, 0]
    lopsided, broken = gram.copy(), gram.copy()
    lopsided[3, 5] += 0.5
    broken[2, 4] = np.nan
    for bad, words, index in ((lopsided, "not symmetric", (3, 5)), (broken, "finite", (2, 4))):
        with pytest.raises(dl.DataError, match=words) as caught:
            dl.Regression(bad, y)
        assert caught.value.index == index
    for bad in (gram[:, :4], gram[0], [[]]):
        with pytest.raises(dl.DataError, match="square"):
            dl.Regression(bad, y)
    for targets in (y[:3], np.zeros((60, 0)), np.zeros((60, 1, 1))):
        with pytest.raises(dl.DataError, match="targets"):
            dl.Regression(gram, targets)
    with pytest.raises(dl.DataError, match=r"targets\[7\] is nan"):
        dl.Regression(gram, np.where(np.arange(60) == 7, np.nan, y))
    with pytest.raises(dl.DataError, match="labels"):
        dl.Regression.of_labels(gram, ["a"])
    for ridge in (-1.0, np.nan, True, "1"):
        with pytest.raises(dl.DataError, match="ridge"):
            dl.Regression(gram, y, ridge=ridge)
    # two rows that are the same
    twice = kernel(np.vstack([X, X[:1]]))
    with pytest.raises(dl.Undecided, match="positive definite"):
        dl.Regression(twice, np.r_[y, y[0]])
    model = dl.Regression(gram, y)
    for cross in (gram[:, :4], gram[0], np.full((1, 60), np.inf)):
        with pytest.raises(dl.DataError):
            model.predict(cross)
    with pytest.raises(dl.DataError):
        model.variances(gram, np.ones(3))
