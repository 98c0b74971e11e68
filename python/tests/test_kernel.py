"""`Kernel` on arrays: the library's values, whatever the memory looks like; what cannot be answered; threads, forks, Ctrl-C."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
import signal
import threading
import time
import warnings

import numpy as np
import pytest

import deeplimit as dl

RNG = np.random.default_rng(7)
X = RNG.normal(size=(70, 5))
Y = RNG.normal(size=(33, 5))


@pytest.fixture(scope="module")
def relu():
    return dl.Kernel("relu", 3)


def reference(kernel, x, y):
    """Entry by entry, from the function of the correlation."""
    x, y = (a / np.linalg.norm(a, axis=1, keepdims=True) for a in (x, y))
    return kernel.at(np.clip(x @ y.T, -1, 1))


def apart(matrix):
    """But for the diagonal, where a product that is rounded is no correlation 1."""
    return matrix[~np.eye(len(matrix), dtype=bool)]


@pytest.mark.parametrize("activation", ["relu", "erf", "gelu", "tanh"])
@pytest.mark.parametrize("kind", ["ntk", "nngp"])
def test_the_compiled_function_is_the_enclosed_one(activation, kind):
    kernel, network = dl.Kernel(activation, 4, kind=kind), dl.Network(activation)
    places = ["-0.9", "-1/3", "0", "1/2", "0.99", "1"]
    exact = [float(getattr(v, kind)) for v in network.values(4, places, digits=20)]
    found = kernel.at([eval(p) for p in places])
    np.testing.assert_allclose(found, exact, rtol=1e-12, atol=1e-13)
    assert kernel.error < 1e-12


def test_weights_and_biases_are_those_of_the_network():
    kernel = dl.Kernel("erf", 2, sigma_w=1.5, sigma_b="1/10")
    exact = dl.Network("erf", sigma_w=1.5, sigma_b="1/10").values(2, "0.3")
    assert abs(kernel.at(0.3) / float(exact.ntk) - 1) < 1e-13
    # a float is the double that it is
    assert dl.Kernel("erf", 2, sigma_w=0.1) != dl.Kernel("erf", 2, sigma_w="0.1")
    # numbers are compared, not how they were written
    half, same = dl.Kernel("erf", 2, sigma_w=0.5), dl.Kernel("erf", 2, sigma_w="1/2")
    assert half == same and hash(half) == hash(same) and half.at(0.3) == same.at(0.3)
    assert dl.Network("relu", sigma_w="sqrt(2)") == dl.Network("relu", sigma_w="2^(1/2)") != dl.Network("relu", sigma_w="sqrt(3)")
    assert dl.Network("relu", sigma_b=0) == dl.Network("relu", sigma_w=1) != dl.Network("relu", sigma_b=0, convention="jacot2018")
    assert half != dl.Kernel("erf", 2, sigma_w=0.5, sigma_b="1/3") and half != dl.Kernel("erf", 3, sigma_w=0.5)


@pytest.mark.parametrize("depth", [3, 3.0, "3", np.int64(3), np.float32(3)])
def test_a_depth_is_a_number_however_it_came(depth):
    assert dl.Kernel("relu", depth) == dl.Kernel("relu", 3) and dl.Kernel("relu", depth).depth == 3


def test_matrices(relu):
    own, cross = relu(X), relu(X, Y)
    np.testing.assert_allclose(apart(own), apart(reference(relu, X, X)), rtol=1e-12)
    np.testing.assert_allclose(cross, reference(relu, X, Y), rtol=1e-13)
    assert own.dtype == np.float64 and own.flags.c_contiguous
    assert (own == own.T).all()
    assert (own.diagonal() == relu.at(1.0)).all() and (relu.diag(X) == own.diagonal()).all()


def test_equal_rows_have_the_diagonal(relu):
    rows = np.vstack([X[:3], 2.0 * X[:3], X[:3]])
    own, cross = relu(rows), relu(rows[:3], rows[3:])
    top = relu.at(1.0)
    for i in range(3):
        assert own[i, i + 3] == own[i, i + 6] == cross[i, i] == cross[i, i + 3] == top


def test_memory_of_any_shape(relu):
    wanted = relu(X)
    wide = np.empty((70, 10))
    wide[:, ::2] = X
    for same in (
        np.asfortranarray(X),
        wide[:, ::2],
        X[::-1][::-1],
        X.astype(">f8"),
        X.tolist(),
    ):
        np.testing.assert_array_equal(relu(same), wanted)
    readonly = X.copy()
    readonly.flags.writeable = False
    np.testing.assert_array_equal(relu(readonly), wanted)
    integers = RNG.integers(-9, 9, size=(20, 4))
    integers[:, 0] = 1
    np.testing.assert_array_equal(relu(integers), relu(integers.astype(float)))
    single = X.astype(np.float32)
    np.testing.assert_array_equal(relu(single), relu(single.astype(float)))
    assert relu(single).dtype == np.float64


def test_what_is_given_is_not_changed(relu):
    before = X.copy()
    relu(X)
    relu(X, Y)
    np.testing.assert_array_equal(X, before)


def test_out(relu):
    out = np.full((70, 70), np.nan)
    assert relu(X, out=out) is out
    np.testing.assert_array_equal(out, relu(X))
    for bad in (np.empty((70, 69)), np.empty((70, 70), np.float32), np.empty((70, 70), order="F"), [[0.0]], np.empty((70, 140))[:, ::2]):
        with pytest.raises(dl.DataError, match="out"):
            relu(X, out=bad)
    locked = np.empty((70, 70))
    locked.flags.writeable = False
    with pytest.raises(dl.DataError, match="out"):
        relu(X, out=locked)
    # rows that are overwritten by their own matrix
    square = X[:5].copy()
    wanted = relu(square)
    np.testing.assert_array_equal(relu(square, out=square), wanted)


def test_few_rows(relu):
    assert relu(X[:0]).shape == (0, 0) and relu(X[:0], Y).shape == (0, 33) and relu(X, Y[:0]).shape == (70, 0)
    assert relu.diag(X[:0]).shape == (0,)
    assert relu(X[:1]).tolist() == [[4.0]]
    np.testing.assert_allclose(relu(X[:1], Y), relu(X, Y)[:1], rtol=1e-14)


def test_one_column_is_warned_of_once():
    kernel = dl.Kernel("relu", 1)
    with pytest.warns(UserWarning, match="lift"):
        assert kernel([[1.0], [-3.0]]).tolist() == [[2.0, 0.0], [0.0, 2.0]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kernel([[1.0], [2.0]])
        dl.Kernel("relu", 1, lengths="lift")([[1.0], [2.0]])


def test_lengths():
    unit, keep, lift, strict = (dl.Kernel("relu", 2, lengths=w) for w in ("unit", "keep", "lift", "strict"))
    norms = np.linalg.norm(X, axis=1)
    np.testing.assert_allclose(keep(X), np.outer(norms, norms) * unit(X), rtol=1e-14)
    assert (keep.diag(X) == keep(X).diagonal()).all()
    np.testing.assert_array_equal(lift(X), unit(np.hstack([X, np.ones((70, 1))])))
    rows = X / norms[:, None]
    np.testing.assert_allclose(strict(rows), unit(X), rtol=1e-13)
    assert strict((X / norms[:, None]).astype(np.float32)).shape == (70, 70)
    rows[11] *= 1 + 1e-9
    with pytest.raises(dl.DataError, match="row 11 of X has length 1.0") as caught:
        strict(rows)
    assert caught.value.index == 11
    # two variances for each pair: on rows of length 1 what it is there, and beside it no power of lengths
    both = dl.Kernel("erf", 2, sigma_w=1.5, sigma_b=0.1, lengths="keep")
    # entries are as good as 1e-10 of sqrt(K(x, x) K(y, y)), and these far better; small ones are small by cancellation
    unit = dl.Kernel("erf", 2, sigma_w=1.5, sigma_b=0.1)(X)
    np.testing.assert_allclose(both(X / norms[:, None]), unit, rtol=0, atol=1e-12 * unit[0, 0])
    assert (both.diag(X) == both(X).diagonal()).all() and np.linalg.eigvalsh(both(X)).min() > -1e-12
    with pytest.raises(dl.DomainError, match="no closed form in doubles at two variances"):
        dl.Kernel("elu", 2, lengths="keep")(X)
    with pytest.raises(dl.Error, match="lengths"):
        dl.Kernel("relu", 2, lengths="long")


def test_rows_of_zeros():
    rows = X.copy()
    rows[[4, 9]] = 0
    with pytest.raises(dl.DataError, match="row 4 of X is zero") as caught:
        dl.Kernel("relu", 2)(rows)
    assert caught.value.index == 4
    with pytest.raises(dl.DataError, match="row 4 of Y is zero"):
        dl.Kernel("relu", 2)(X, rows)
    assert (dl.Kernel("relu", 2, lengths="keep")(rows)[4] == 0).all()
    assert np.isfinite(dl.Kernel("relu", 2, lengths="lift")(rows)).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused_with_its_place(relu, bad):
    rows = Y.copy()
    rows[7, 2] = bad
    for call in (lambda: relu(rows), lambda: relu(X, rows), lambda: relu.diag(rows), lambda: relu.fit(rows, [0, 1, 1] * 11)):
        with pytest.raises(dl.DataError, match=r"\[7, 2\]") as caught:
            call()
        assert caught.value.index == (7, 2)


def test_what_are_no_rows(relu):
    sparse = pytest.importorskip("scipy.sparse")
    masked = np.ma.masked_array(X, X > 1)
    for bad in (
        masked,
        X.astype(object),
        X.astype(complex),
        sparse.csr_matrix(X),
        [[1.0, 2.0], [3.0]],
        [["a", "b"]],
        X[0],
        X[None],
        3.0,
        None,
        np.empty((3, 0)),
        np.array(["2020-01-01"], "M8[D]")[None],
    ):
        with pytest.raises(dl.DataError) as caught:
            relu(bad)
        assert "X" in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(dl.DataError, match="5.*4"):
        relu(X, Y[:, :4])


def test_correlations(relu):
    assert isinstance(relu.at(0.5), float)
    assert relu.at([[0.1, 0.2], [0.3, 0.4]]).shape == (2, 2) and relu.at([]).shape == (0,)
    for bad in (1.0000001, -2, np.nan):
        with pytest.raises(dl.DomainError) as caught:
            relu.at([0.0, bad])
        assert caught.value.index == 1


def test_what_is_no_kernel():
    for bad in (
        lambda: dl.Kernel("relu", 0),
        lambda: dl.Kernel("relu", -1),
        lambda: dl.Kernel("relu", 2.5),
        lambda: dl.Kernel("relu", True),
        lambda: dl.Kernel("relu", kind="mlp"),
        lambda: dl.Kernel("relu", convention="mine"),
        lambda: dl.Kernel("relu", sigma_w=0),
        lambda: dl.Kernel("relu", sigma_w=float("nan")),
        lambda: dl.Kernel("relu", sigma_b="x"),
        lambda: dl.Kernel("relu +", 3),
        lambda: dl.Kernel("relu", "inf", sigma_b=1),
        lambda: dl.Kernel(3, 3),
    ):
        with pytest.raises((dl.Error, TypeError)):
            bad()


REGIMES = {
    "smoother": "sin(x)",
    "majority": "gelu",
    "nearest neighbour": "x^2-1",
    "interpolant": "tanh(x)+1",
    "regression": "x",
}


@pytest.mark.parametrize("classifier", REGIMES)
def test_infinite_depth_in_every_regime(classifier):
    kernel = dl.Kernel(REGIMES[classifier], "inf")
    assert kernel.depth == "inf" and kernel.classifier.startswith(classifier.split()[0]), kernel.classifier
    assert kernel == dl.Kernel(REGIMES[classifier], float("inf"))
    matrix = kernel(X)
    assert kernel.infinite_diagonal == np.isinf(matrix.diagonal()).all()
    assert (kernel.diag(X) == matrix.diagonal()).all()
    labels = (X[:, 0] + 0.3 * X[:, 1] > 0).astype(int)
    fitted = kernel.fit(X, labels, ridge=1e-9)
    scores = fitted.scores(Y)
    assert scores.shape == (33, 2) and np.isfinite(scores).all()
    assert (fitted.labels(Y) == scores.argmax(axis=1)).mean() > 0.95
    assert fitted.left_out().shape == (70,)
    if classifier in ("smoother", "nearest neighbour"):
        assert (fitted.labels(X) == labels).all()


def test_decisive():
    nearest = dl.Kernel("x^2-1", "inf")
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    np.testing.assert_allclose(nearest.decisive(X), np.abs(unit @ unit.T) - 1, atol=1e-14)
    relu = dl.Kernel("relu", 2)
    np.testing.assert_array_equal(relu.decisive(X, Y), relu(X, Y))
    # the nearest in angle, by hand
    labels = np.arange(70) % 3
    by_hand = labels[np.abs(Y / np.linalg.norm(Y, axis=1, keepdims=True) @ unit.T).argmax(axis=1)]
    assert (nearest.fit(X, labels).labels(Y) == by_hand).all()


def test_labels_of_any_type(relu):
    codes = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
    words = np.array(["no", "maybe", "yes"])[codes]
    first = relu.fit(X, codes, ridge=1e-3)
    names = relu.fit(X, words, ridge=1e-3)
    assert names.classes.tolist() == ["maybe", "no", "yes"]
    assert (names.labels(Y) == np.array(["no", "maybe", "yes"])[first.labels(Y)]).all()
    far = relu.fit(X, codes * 1000 - 7, ridge=1e-3)
    assert (far.labels(Y) == first.labels(Y) * 1000 - 7).all() and (far.left_out() == first.left_out() * 1000 - 7).all()
    # regression, by hand
    gram, targets = relu(X), np.eye(3)[codes]
    gram[np.diag_indices(70)] += 1e-3 * gram.diagonal().mean()
    by_hand = relu(Y, X) @ np.linalg.solve(gram, targets)
    assert (by_hand.argmax(axis=1) == first.labels(Y)).all()
    for bad in ([0], [[0, 1]], np.zeros(70, int), [np.nan] * 70):
        with pytest.raises(dl.DataError):
            relu.fit(X, bad)
    for ridge in (-1.0, np.nan, "1"):
        with pytest.raises(dl.Error, match="ridge"):
            relu.fit(X, codes, ridge=ridge)


def test_lengths_count_in_a_fit():
    keep = dl.Kernel("relu", 2, lengths="keep")
    codes = (X[:, 0] > 0).astype(int)
    fitted = keep.fit(X, codes, ridge=1e-6)
    np.testing.assert_allclose(fitted.scores(3 * Y), 3 * fitted.scores(Y), rtol=1e-9)
    with pytest.raises(dl.DomainError):
        dl.Kernel("elu", 2, lengths="keep").fit(X, codes)


def test_copies_are_the_same_and_pickles_are_equal(relu):
    assert copy.copy(relu) is relu and copy.deepcopy(relu) is relu
    other = dl.Kernel("erf", 2, kind="nngp", sigma_w="3/2", sigma_b=0.25, lengths="lift")
    for kernel in (relu, other):
        again = pickle.loads(pickle.dumps(kernel))
        assert again == kernel and hash(again) == hash(kernel) and again is not kernel
        np.testing.assert_array_equal(again(X), kernel(X))
    assert relu != other and relu != "relu"
    assert dl.Kernel(dl.Activation("max(x, a*x)", a="1/5"), 2) == pickle.loads(pickle.dumps(dl.Kernel(dl.Activation("max(x, a*x)", a="1/5"), 2)))


def test_eight_threads_at_once(relu):
    wanted, found = relu(X, Y), [None] * 8

    def work(n):
        for _ in range(10):
            found[n] = relu(X, Y)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert all((f == wanted).all() for f in found)


def _child(queue):
    queue.put(dl.Kernel("relu", 3)(X))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_after_a_fork(relu):
    wanted = relu(X)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_child, args=(queue,))
    child.start()
    try:
        found = queue.get(timeout=60)
    finally:
        child.kill() if child.is_alive() and not queue.empty() else child.join(20)
    np.testing.assert_array_equal(found, wanted)


def test_numbers_of_threads_change_nothing(relu):
    try:
        dl.set_num_threads(1)
        one = relu(X)
        dl.set_num_threads(3)
        np.testing.assert_array_equal(relu(X), one)
    finally:
        dl.set_num_threads(None)
    for bad in (0, -1):
        with pytest.raises(dl.Error):
            dl.set_num_threads(bad)


def test_memory_that_cannot_be_had(relu):
    rows = np.ones((3_000_000, 2))
    seen = relu.fit(X[:, :2], np.arange(70) % 2, ridge=1.0)
    for call in (
        lambda: relu(rows),
        lambda: relu.decisive(rows),
        lambda: relu.fit(rows, np.arange(len(rows)) % 2),
    ):
        with pytest.raises(MemoryError):
            call()
    assert seen.labels(X[:2, :2]).shape == (2,)


LARGE = RNG.normal(size=(6000, 400))


def test_progress(relu):
    seen = []
    relu(LARGE, progress=lambda done, all: seen.append((done, all)))
    assert seen and seen == sorted(seen) and seen[-1][0] == seen[-1][1]

    class Enough(Exception):
        pass

    def stop(done, all):
        raise Enough

    with pytest.raises(Enough):
        relu(LARGE, progress=stop)
    with pytest.raises(dl.Error, match="progress"):
        relu(X, progress="yes")


@pytest.mark.skipif(os.name != "posix", reason="no such signals here")
def test_ctrl_c(relu):
    begun = [None]

    def press():
        time.sleep(0.15)
        begun[0] = time.perf_counter()
        os.kill(os.getpid(), signal.SIGINT)

    out = np.empty((6000, 6000))
    thread = threading.Thread(target=press)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        while True:
            relu(LARGE, out=out)
    assert time.perf_counter() - begun[0] < 0.5
    thread.join()


@pytest.mark.skipif(os.name != "posix", reason="no such signals here")
def test_ctrl_c_leaves_a_long_fit_behind(relu):
    rows = RNG.normal(size=(4000, 20))

    def press():
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    begun = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        while True:
            relu.fit(rows, np.arange(4000) % 2, ridge=1e-3)
    assert time.perf_counter() - begun < 1.3
    thread.join()
